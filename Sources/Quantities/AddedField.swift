// Fields that were added to a saved state in a later version: a payload without them has their blank
// values, which must mean what the earlier program did.

/// What a field that was added later holds where it was not written.
package protocol Blank {
  /// The value of "none yet".
  static var blank: Self { get }
}

extension Bool: Blank { package static var blank: Bool { false } }
extension Int: Blank { package static var blank: Int { 0 } }
extension UInt8: Blank { package static var blank: UInt8 { 0 } }
extension UInt64: Blank { package static var blank: UInt64 { 0 } }
extension Array: Blank { package static var blank: [Element] { [] } }

/// A field that was added to a saved value in a later version: a payload without it has its blank
/// value.
@propertyWrapper
package struct Added<Value: Codable & Blank & Sendable>: Codable, Sendable {
  /// The field.
  package var wrappedValue: Value

  /// A field that holds a value.
  package init(wrappedValue: Value) { self.wrappedValue = wrappedValue }

  package init(from decoder: any Decoder) throws {
    wrappedValue = try decoder.singleValueContainer().decode(Value.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue)
  }
}

extension Added: Equatable where Value: Equatable {}

extension KeyedDecodingContainer {
  /// What the compiler's own `init(from:)` calls for such a field.
  package func decode<Value>(_ type: Added<Value>.Type, forKey key: Key) throws -> Added<Value> {
    try decodeIfPresent(type, forKey: key) ?? Added(wrappedValue: Value.blank)
  }
}
