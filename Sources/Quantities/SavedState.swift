// How a state leaves the process: under the name of its kind and with the version of its form, so that a
// later program knows what it reads, and an earlier one says what it cannot read.

/// The state of one kind of object: data alone.
package protocol SavedState: Codable, Equatable, Sendable {
  /// What it is the state of, as files name it.
  static var kind: String { get }
  /// Version of its form; counts up when an earlier program would misunderstand it.
  static var version: Int { get }
}

/// Why a state is not put back; nothing was changed then.
package enum StateRefusal: Error, Equatable, Sendable {
  /// It is of another kind than what it was read as.
  case otherKind(String, expected: String)
  /// A later program wrote it.
  case laterVersion(kind: String, version: Int, newest: Int)
  /// It is of an object that was built otherwise; the text says what differs.
  case otherLayout(kind: String, what: String)
  /// No object of this kind ever has such a state; the text says where.
  case inconsistent(kind: String, what: String)
}

extension StateRefusal: CustomStringConvertible {
  /// What is wrong, in one line.
  package var description: String {
    switch self {
    case .otherKind(let kind, let expected): "it is a state of \(kind), not of \(expected)"
    case .laterVersion(let kind, let version, let newest):
      "the state of \(kind) is of version \(version), and this program knows \(newest)"
    case .otherLayout(let kind, let what): "the state of \(kind) is of another definition: \(what)"
    case .inconsistent(let kind, let what): "the state of \(kind) is damaged: \(what)"
    }
  }
}

/// A state with its kind and version around it.
package struct StateEnvelope<State: SavedState>: Codable, Equatable, Sendable {
  /// What is inside.
  package var state: State

  private enum CodingKeys: CodingKey { case kind, version, state }

  /// Puts a state into its envelope.
  package init(_ state: State) { self.state = state }

  /// Reads a state of its kind, up to its version.
  ///
  /// Throws `StateRefusal.otherKind` or `.laterVersion` before it reads what is inside.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let kind = try container.decode(String.self, forKey: .kind)
    guard kind == State.kind else {
      throw StateRefusal.otherKind(kind, expected: State.kind)
    }
    let version = try container.decode(Int.self, forKey: .version)
    guard version <= State.version else {
      throw StateRefusal.laterVersion(kind: kind, version: version, newest: State.version)
    }
    state = try container.decode(State.self, forKey: .state)
  }

  /// Writes kind, version and state.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(State.kind, forKey: .kind)
    try container.encode(State.version, forKey: .version)
    try container.encode(state, forKey: .state)
  }
}
