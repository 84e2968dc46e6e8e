import ArgumentParser
import X86

/// What a processor has beyond the fixed model, as it is named on the command line.
struct FeatureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Processor features beyond the fixed model, separated by commas, or all.",
      valueName: "list"))
  var features = ""

  /// The features that were named.
  ///
  /// - Throws: `ValidationError` with the names that would be right.
  func named() throws -> ProcessorFeatures {
    var result = ProcessorFeatures.baseline
    guard !features.isEmpty else { return result }
    for name in features.split(separator: ",", omittingEmptySubsequences: false) {
      if name == "all" {
        result.formUnion(.all)
        continue
      }
      guard let feature = ProcessorFeatures(name: String(name)) else {
        let known = (ProcessorFeatures.names + ["all"]).joined(separator: ", ")
        throw ValidationError(
          "--features \(name): not a feature of this processor; it has \(known)")
      }
      result.formUnion(feature)
    }
    return result
  }

  func validate() throws { _ = try named() }
}
