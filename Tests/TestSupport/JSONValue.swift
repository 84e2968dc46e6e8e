import Foundation

// Values taken apart by their written form, so that a test can change any part of one that no list names.

/// A value as JSON has it.
package enum JSONValue: Codable, Equatable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// What a value is written as.
  package init(of value: some Encodable) throws {
    self = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(UInt64.self) {
      self = .unsigned(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .unsigned(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }

  /// Its text.
  package var text: Data { get throws { try JSONEncoder().encode(self) } }

  /// The value that it is the written form of.
  package func read<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: text)
  }

  /// One of its members or elements.
  package subscript(_ name: String) -> JSONValue? {
    switch self {
    case .object(let members): members[name]
    case .array(let elements):
      Int(name).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
    default: nil
    }
  }

  /// Everything in it, itself first, with the way there; members in the order of their names.
  package var parts: [(path: [String], value: JSONValue)] {
    let children: [(String, JSONValue)] =
      switch self {
      case .object(let members): members.sorted { $0.key < $1.key }
      case .array(let elements): elements.enumerated().map { ("\($0)", $1) }
      default: []
      }
    return [([], self)]
      + children.flatMap { name, child in child.parts.map { ([name] + $0.path, $0.value) } }
  }

  /// Itself with another value at the end of a way.
  package func replacing(_ path: some Collection<String>, with value: JSONValue) -> JSONValue {
    guard let name = path.first else { return value }
    let child = (self[name] ?? .null).replacing(path.dropFirst(), with: value)
    switch self {
    case .object(var members):
      members[name] = child
      return .object(members)
    case .array(var elements):
      if let index = Int(name), elements.indices.contains(index) { elements[index] = child }
      return .array(elements)
    default: return self
    }
  }
}
