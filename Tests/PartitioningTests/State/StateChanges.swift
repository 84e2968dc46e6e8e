import TestSupport

// States changed at each of their places, for the laws that something forgets none of them.

/// Each place of a state, changed by itself to something else that is one; elements have their list's place.
func stateChanges<State: Codable & Equatable>(
  of state: State
) throws -> [(place: String, state: State)] {
  let whole = try JSONValue(of: state)
  return whole.parts.compactMap { path, value in
    for other in value.others where other != value {
      let text = whole.replacing(path, with: other)
      guard let changed: State = try? text.read(), changed != state else { continue }
      return (path.filter { Int($0) == nil }.joined(separator: "."), changed)
    }
    return nil
  }
}

/// Fields of a value that are nil or empty, by their names: what cannot be seen to be told or kept.
func absentFields(of value: Any, at path: String = "") -> [String] {
  let mirror = Mirror(reflecting: value)
  let isNothing =
    [.optional, .collection, .set, .dictionary].contains(mirror.displayStyle)
    && mirror.children.isEmpty
  if isNothing { return [path] }
  // An optional's value, an element and a case's values have no names of their own.
  let isTransparent = mirror.displayStyle != .struct
  return mirror.children.flatMap { label, child in
    absentFields(of: child, at: isTransparent ? path : path + "." + (label ?? ""))
  }
}

extension String {
  /// Whether it is a place in a list, or in a place that is there as a whole.
  func isPlace(in list: some Sequence<String>) -> Bool {
    list.contains { self == $0 || hasPrefix($0 + ".") }
  }
}

extension JSONValue {
  /// What a state has in one form of several: the others are looked at one by one.
  private static let words = [
    "NO", "YES", "HORIZONTAL", "VERTICAL", "SHARED", "DEDICATED", "CP", "IFL", "operating",
    "not-operating", "DEBUGEXIT", "RNG", "VIRTIO", "CALL",
  ]

  /// The ways in which it can be another, as texts of it.
  fileprivate var others: [JSONValue] {
    switch self {
    case .bool(let isOn): [.bool(!isOn)]
    case .integer(let number): [.integer(number + 1)]
    case .unsigned(let number): [.unsigned(number - 1)]
    case .string(let text): [.string(text + "X")] + Self.words.map { .string($0) }
    // Of flags there are always as many.
    case .array(let elements):
      if case .bool = elements.last ?? .bool(true) { [] } else { [.array(elements.dropLast())] }
    default: []
    }
  }
}
