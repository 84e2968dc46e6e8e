// The written form of a value: what is taken into digests, and what a row or a file can hold. It is the JSON
// of the value (RFC 8259) in one way only: keys by their bytes ascending, no blanks, no member that is nil,
// whole numbers in decimal, strings with nothing escaped but the quote, the backslash and control
// characters (as \u and four digits). It depends on no library, so that it is the same with every build;
// Docs/Operations.md describes it.

/// A value in its written form.
package enum WrittenForm {
  /// Raised when the written form of a value becomes another.
  package static let version = 1

  /// The text of a value; of one that cannot be written, what says so.
  package static func text(_ value: some Encodable) -> String {
    let node = WrittenNode()
    do {
      try value.encode(to: WrittenEncoder(node: node, codingPath: []))
      return node.text
    } catch {
      // No type of ours throws when it is encoded.
      return "null"
    }
  }
}

/// A value that is being written.
private final class WrittenNode {
  enum Kind { case single, array, object }

  private var kind: Kind?
  private var single = ""
  private var elements: [WrittenNode] = []
  private var members: [(key: String, node: WrittenNode)] = []

  /// Makes it a value that is no container.
  func write(_ text: String) {
    kind = .single
    single = text
  }

  /// Makes it a container, empty so far, unless it is one.
  func open(_ kind: Kind) { self.kind = self.kind ?? kind }

  /// A new element of an array.
  func append() -> WrittenNode {
    kind = .array
    let node = WrittenNode()
    elements.append(node)
    return node
  }

  /// A member of an object; the same for the same key.
  func member(_ key: String) -> WrittenNode {
    kind = .object
    if let present = members.first(where: { $0.key == key }) { return present.node }
    let node = WrittenNode()
    members.append((key, node))
    return node
  }

  var count: Int { elements.count }

  var text: String {
    switch kind {
    case nil: "null"
    case .single: single
    case .array: "[" + elements.map(\.text).joined(separator: ",") + "]"
    case .object:
      "{"
        + members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { Self.quoted($0.key) + ":" + $0.node.text }.joined(separator: ",") + "}"
    }
  }

  static func quoted(_ string: String) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      switch scalar.value {
      case 0x22: text += "\\\""
      case 0x5C: text += "\\\\"
      case 0..<0x20:
        text += "\\u" + hexDigits(scalar.value, 4)
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}

private struct WrittenEncoder: Encoder {
  let node: WrittenNode
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.open(.object)
    return KeyedEncodingContainer(WrittenObject<Key>(node: node, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.open(.array)
    return WrittenArray(node: node, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    WrittenValue(node: node, codingPath: codingPath)
  }
}

/// Writes one value; every integer is written alike.
private struct WrittenValue: SingleValueEncodingContainer {
  let node: WrittenNode
  let codingPath: [any CodingKey]

  private func write(_ text: String) { node.write(text) }

  mutating func encodeNil() { write("null") }
  mutating func encode(_ value: Bool) { write(value ? "true" : "false") }
  mutating func encode(_ value: String) { write(WrittenNode.quoted(value)) }
  mutating func encode(_ value: Double) {
    // JSON has no number for what is none.
    write(value.isFinite ? "\(value)" : "null")
  }
  mutating func encode(_ value: Float) { encode(Double(value)) }
  mutating func encode(_ value: Int) { write("\(value)") }
  mutating func encode(_ value: Int8) { write("\(value)") }
  mutating func encode(_ value: Int16) { write("\(value)") }
  mutating func encode(_ value: Int32) { write("\(value)") }
  mutating func encode(_ value: Int64) { write("\(value)") }
  mutating func encode(_ value: UInt) { write("\(value)") }
  mutating func encode(_ value: UInt8) { write("\(value)") }
  mutating func encode(_ value: UInt16) { write("\(value)") }
  mutating func encode(_ value: UInt32) { write("\(value)") }
  mutating func encode(_ value: UInt64) { write("\(value)") }
  mutating func encode(_ value: some Encodable) throws {
    try value.encode(to: WrittenEncoder(node: node, codingPath: codingPath))
  }
}

private struct WrittenArray: UnkeyedEncodingContainer {
  let node: WrittenNode
  let codingPath: [any CodingKey]
  var count: Int { node.count }

  mutating func encodeNil() { node.append().write("null") }
  mutating func encode(_ value: some Encodable) throws {
    try value.encode(to: WrittenEncoder(node: node.append(), codingPath: codingPath))
  }
  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type
  ) -> KeyedEncodingContainer<NestedKey> {
    WrittenEncoder(node: node.append(), codingPath: codingPath).container(keyedBy: keyType)
  }
  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    WrittenEncoder(node: node.append(), codingPath: codingPath).unkeyedContainer()
  }
  mutating func superEncoder() -> any Encoder {
    WrittenEncoder(node: node.append(), codingPath: codingPath)
  }
}

private struct WrittenObject<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: WrittenNode
  let codingPath: [any CodingKey]

  private func encoder(_ key: any CodingKey) -> WrittenEncoder {
    WrittenEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key])
  }

  mutating func encodeNil(forKey key: Key) {
    node.member(key.stringValue).write("null")
  }
  mutating func encode(_ value: some Encodable, forKey key: Key) throws {
    try value.encode(to: encoder(key))
  }
  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    encoder(key).container(keyedBy: keyType)
  }
  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    encoder(key).unkeyedContainer()
  }
  mutating func superEncoder() -> any Encoder {
    WrittenEncoder(node: node.member("super"), codingPath: codingPath)
  }
  mutating func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }
}
