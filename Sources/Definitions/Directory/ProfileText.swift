// Profiles as text in the form of *.direct. Reading the text gives the equal value, unless the value
// could not have been read: files outside the folder.

import Partitioning
import Quantities

extension PartitionDefinition {
  /// The partition's entry, ending in a new line; the password is in it.
  package var directoryText: String {
    DirectoryText.entry("PARTITION " + name, statements)
  }

  /// The partition's entry as it may be shown: without its passwords.
  package var displayText: String {
    DirectoryText.entry("PARTITION " + name, statements.map(\.withoutSecrets))
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
    var words = absoluteCaps.map {
      "ABSCAP \($0.type.rawValue) \(hundredthsText($0.hundredths))"
    }
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

/// How an entry is laid out.
enum DirectoryText {
  /// A header and its statements, indented.
  static func entry(_ header: String, _ statements: [ProfileStatement]) -> String {
    header + "\n" + statements.compactMap(\.line).map { "  " + $0 + "\n" }.joined()
  }
}
