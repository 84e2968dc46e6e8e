import Quantities

// An I/O configuration that can be activated while the machine runs, and which one runs.

/// An I/O configuration by name.
package struct IODeck: Sendable, Equatable, Codable {
  /// 1-8 characters, upper case.
  package var name: String
  /// What it says.
  package var configuration: IOConfiguration

  /// Creates a deck.
  package init(name: String, configuration: IOConfiguration) {
    self.name = name
    self.configuration = configuration
  }
}

/// The side of the last activation to which the I/O configuration is to come.
package enum DeckSide: String, Sendable, Equatable, Codable {
  /// What ran before it.
  case source = "SOURCE"
  /// What it brought.
  case target = "TARGET"
}

/// Which I/O configuration runs, and between which two the last activation led; nil is that of the machine's
/// folder.
package struct DeckBook: Sendable, Equatable, Codable {
  /// The last activation of a deck by name.
  package struct Activation: Sendable, Equatable, Codable {
    /// What ran before it.
    package var source: IODeck?
    /// What it brought.
    package var target: IODeck
  }

  /// What runs.
  package var running: IODeck?
  /// The last activation; nil before the first.
  package var last: Activation?
  /// Managed paths, and the control units that have them, by path.
  @Added package var managed: [ManagedPath] = []

  /// The folder's own runs.
  package init() {}

  /// What a configuration of the folder is called.
  package static let folderName = "FOLDER"
}

extension DeckBook: Blank {
  /// The folder's own runs, and nothing was activated.
  package static var blank: DeckBook { DeckBook() }
}
