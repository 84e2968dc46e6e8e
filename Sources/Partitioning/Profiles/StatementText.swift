import Quantities

// What shares and loads are in the words of the directory.

extension ShareDefinition {
  /// The operands of SHARE; nil when WEIGHT and CAPPED of PROCESSOR say it all.
  var statement: String? {
    let words: [String?] =
      switch limit {
      case .none, .hard(nil): []
      case .soft(let most): [most?.directoryText, "LIMITSOFT"]
      case .hard(let most?): [most.directoryText, "LIMITHARD"]
      }
    if let weight, words.isEmpty, weight <= ShareDefinition.weights.upperBound { return nil }
    return ([amount.directoryText] + words).compactMap(\.self).joined(separator: " ")
  }
}

extension ShareAmount {
  /// The amount as SHARE has it, such as `RELATIVE 100` or `ABSOLUTE 12.50%`.
  package var directoryText: String {
    switch self {
    case .relative(let weight): "RELATIVE \(weight)"
    case .absolute(let hundredths): "ABSOLUTE \(hundredthsText(hundredths))%"
    }
  }
}

extension IPLDefinition {
  /// The operands of IPL.
  package var directoryText: String {
    let (words, parameters): ([String], String) =
      switch self {
      case .kernel(let file, let disk, let parameters):
        (
          ["KERNEL", DirectoryWord.of(file)]
            + (disk.map { ["INITRD", DirectoryWord.of($0)] } ?? []),
          parameters
        )
      case .savedSystem(let name, let parameters): (["NSS", name], parameters)
      case .program(let name, let parameters): (["PROGRAM", name], parameters)
      case .multiboot(let file, let modules, let parameters):
        (
          ["MULTIBOOT", DirectoryWord.of(file)]
            + modules.flatMap { ["MODULE", DirectoryWord.of($0)] }, parameters
        )
      case .device(let number, let parameters): ([DeviceNumbers.text(number)], parameters)
      }
    let tail = parameters.isEmpty ? [] : ["PARM", DirectoryWord.quoted(parameters)]
    return (words + tail).joined(separator: " ")
  }
}

/// How a word is written so that it is read as one.
enum DirectoryWord {
  /// The word, between apostrophes when it would not be one without them.
  static func of(_ word: String) -> String {
    let isPlain =
      !word.isEmpty && !word.unicodeScalars.contains { " \t\r'".unicodeScalars.contains($0) }
      && !word.contains("/*")
    return isPlain ? word : quoted(word)
  }

  /// The text between apostrophes, those in it doubled.
  static func quoted(_ text: String) -> String {
    "'" + text.map { $0 == "'" ? "''" : String($0) }.joined() + "'"
  }
}
