// Profiles as text in the form of *.direct. Reading the text gives the equal value, unless the value
// could not have been read: a weight that a share replaces, files outside the folder.

extension PartitionDefinition {
  /// The partition's entry, ending in a new line; the password is in it.
  package var directoryText: String {
    DirectoryText.entry("PARTITION " + name, statements)
  }

  /// The partition's entry as it may be shown: without its password.
  package var displayText: String {
    DirectoryText.entry("PARTITION " + name, statements.filter { $0.verb != "PASSWORD" })
  }
}

extension ImageProfile {
  /// The profile's entry, ending in a new line.
  package var directoryText: String {
    DirectoryText.entry("IMAGE \(name) FOR \(partition)", definition.profileStatements)
  }
}

extension LoadProfile {
  /// The profile's entry, ending in a new line.
  package var directoryText: String {
    DirectoryText.entry("LOADPROFILE " + name, [ProfileStatement("IPL", ipl.directoryText)])
  }
}

extension GroupDefinition {
  /// The group's statement, ending in a new line; empty when the group has no cap.
  package var directoryText: String {
    var words = absoluteCaps.map { "ABSCAP \($0.type.rawValue) \(Problem.decimal($0.hundredths))" }
    if let capacityUnits { words.append("MSU \(capacityUnits)") }
    return words.isEmpty ? "" : (["GROUP " + name] + words).joined(separator: " ") + "\n"
  }
}

extension SystemDefinition {
  /// Everything that *.direct says: groups, partitions, their further image profiles, load profiles.
  package var directoryText: String {
    (groups.map(\.directoryText) + partitions.map(\.directoryText)
      + imageProfiles.map(\.directoryText) + loadProfiles.map(\.directoryText))
      .joined()
  }
}

extension ShareDefinition {
  /// The operands of SHARE.
  package var directoryText: String {
    switch limit {
    case .none: amount.directoryText
    case .soft(let most): Self.text(amount, most, "LIMITSOFT")
    case .hard(let most): Self.text(amount, most, "LIMITHARD")
    }
  }

  private static func text(_ amount: ShareAmount, _ most: ShareAmount?, _ limit: String) -> String {
    [amount.directoryText, most?.directoryText, limit].compactMap(\.self).joined(separator: " ")
  }
}

extension ShareAmount {
  /// The amount as SHARE has it, such as `RELATIVE 100` or `ABSOLUTE 12.50%`.
  package var directoryText: String {
    switch self {
    case .relative(let weight): "RELATIVE \(weight)"
    case .absolute(let hundredths): "ABSOLUTE \(Problem.decimal(hundredths))%"
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

/// How an entry is laid out.
enum DirectoryText {
  /// A header and its statements, indented.
  static func entry(_ header: String, _ statements: [ProfileStatement]) -> String {
    header + "\n" + statements.compactMap(\.line).map { "  " + $0 + "\n" }.joined()
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
