/// One item in which two profiles differ.
package struct ProfileDifference: Sendable, Equatable, Codable {
  /// The item in the directory's words, such as `PROCESSOR CP WEIGHT`.
  package var field: String
  /// What the older profile says of it; nil when it does not speak of it.
  package var old: String?
  /// What the newer profile says of it; nil when it does not speak of it.
  package var new: String?

  /// Creates a difference.
  package init(field: String, old: String?, new: String?) {
    self.field = field
    self.old = old
    self.new = new
  }
}

extension PartitionDefinition {
  /// The items in which this profile differs from an older one, in the order of the directory.
  ///
  /// Passwords differ without being shown. Nothing differs between profiles that say the same.
  package func differences(from older: PartitionDefinition) -> [ProfileDifference] {
    let (old, new) = (older.items, items)
    let (before, after) = (Self.values(old), Self.values(new))
    var fields = new.map(\.field)
    // What only the older one has stands where it stood there.
    var previous: String?
    for item in old {
      defer { previous = item.field }
      guard after[item.field] == nil else { continue }
      let place = previous.flatMap { fields.firstIndex(of: $0) }
      let leading = fields.prefix(place.map { $0 &+ 1 } ?? 0)
      fields = leading + [item.field] + fields.dropFirst(leading.count)
    }
    return fields.compactMap { field in
      guard before[field] != after[field] else { return nil }
      let isHidden = ProfileStatement.isSecret(field)
      func shown(_ value: String?) -> String? { isHidden ? value.map { _ in "********" } : value }
      return ProfileDifference(field: field, old: shown(before[field]), new: shown(after[field]))
    }
  }

  private static func values(_ items: [(field: String, value: String)]) -> [String: String] {
    Dictionary(items.map { ($0.field, $0.value) }, uniquingKeysWith: { one, _ in one })
  }

  /// Every item that the profile says, its name first; a password is in it.
  package var items: [(field: String, value: String)] {
    [("PARTITION", name)]
      + statements.flatMap { statement in
        statement.operands.map { operand in
          (
            field: operand.name.isEmpty ? statement.key : statement.key + " " + operand.name,
            value: operand.value
          )
        }
      }
  }
}
