// A value within a value of its own kind: a struct cannot hold itself but behind a reference.

/// A field that may hold a value of the kind that it is a field of.
///
/// It is written as an optional field is: where there is none, nothing is.
@propertyWrapper
package struct Indirect<Value> {
  /// One value, or none; an array is the reference.
  private var held: [Value]

  /// The field.
  package var wrappedValue: Value? {
    get { held.first }
    set { held = newValue.map { [$0] } ?? [] }
  }

  /// A field that holds a value, or none.
  package init(wrappedValue: Value?) { held = wrappedValue.map { [$0] } ?? [] }
}

extension Indirect: Sendable where Value: Sendable {}
extension Indirect: Equatable where Value: Equatable {}

extension Indirect: Codable where Value: Codable {
  package init(from decoder: any Decoder) throws {
    self.init(wrappedValue: try decoder.singleValueContainer().decode(Value.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue)
  }
}

extension KeyedDecodingContainer {
  /// What the compiler's own `init(from:)` calls for such a field.
  package func decode<Value: Codable>(
    _ type: Indirect<Value>.Type, forKey key: Key
  ) throws -> Indirect<Value> {
    Indirect(wrappedValue: try decodeIfPresent(Value.self, forKey: key))
  }
}

extension KeyedEncodingContainer {
  /// What the compiler's own `encode(to:)` calls for such a field.
  package mutating func encode<Value: Codable>(
    _ field: Indirect<Value>, forKey key: Key
  ) throws {
    try encodeIfPresent(field.wrappedValue, forKey: key)
  }
}
