import Foundation
import Testing

@testable import X86

/// The features that the host's processor and ours both have, so that their instructions can be
/// compared.
enum HostFeatures {
  /// The names that /proc/cpuinfo gives them.
  private static let names: [(ProcessorFeatures, String)] = [
    (.sse3, "pni"), (.ssse3, "ssse3"), (.sse41, "sse4_1"), (.sse42, "sse4_2"),
    (.popcnt, "popcnt"), (.lzcnt, "abm"), (.bmi1, "bmi1"), (.movbe, "movbe"),
    (.fsgsbase, "fsgsbase"),
  ]

  private static func entry(_ name: String) -> Substring {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    return text.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
  }

  /// Whether the host's processor is of the make whose choices ours follows (Docs/Deviations.md).
  static let isOurMake = entry("vendor_id").hasSuffix("AuthenticAMD")
  /// The host's family of processors; 0 when it does not say.
  static let family = Int(entry("cpu family").split(separator: " ").last ?? "") ?? 0
  /// Why what makers differ in is not compared with the host's processor.
  static let isOtherMake: Comment =
    "SKIPPED: this host's processor is not AMD's, as ours is; recorded silicon is compared all the same"

  static let offered: ProcessorFeatures = {
    let line = entry("flags")
    let flags = Set(line.split(separator: " ").map(String.init))
    let present = names.filter { flags.contains($0.1) }.map(\.0)
    return ProcessorFeatures(present).intersection(.all)
  }()
}
