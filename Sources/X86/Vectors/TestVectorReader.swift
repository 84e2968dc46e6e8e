/// Reads the fields of one line, byte by byte.
struct TestVectorReader {
  private let line: UnsafeRawBufferPointer
  private var position = 0
  private var field = 1
  private var fieldStart = 0

  init(_ line: UnsafeRawBufferPointer) { self.line = line }

  private static let tab = UInt8(ascii: "\t")
  private static let comma = UInt8(ascii: ",")
  /// Most bytes of storage that an answer tells of one range.
  static let longestWanted: UInt64 = 1 << 20
  /// Most bytes of storage that one answer tells.
  static let longestAnswer: UInt64 = 16 << 20

  /// Reads a line; columns past the sixth, such as the answer of a recorded line, are left alone.
  ///
  /// - Returns: The bytes of the line that are its id.
  mutating func read(into vector: inout TestVector) throws(TestVectorError) -> Range<Int> {
    vector.clear()
    let identifier = word()
    try nextField()
    vector.mode = try readMode()
    try nextField()
    vector.stop = try readStop()
    try nextField()
    try readList { (reader, start) throws(TestVectorError) in
      try reader.readRegister(start, into: &vector)
    }
    try nextField()
    try readList { (reader, start) throws(TestVectorError) in
      try reader.readMemory(start, into: &vector)
    }
    try nextField()
    try readList { (reader, start) throws(TestVectorError) in
      try reader.readWanted(start, into: &vector)
    }
    return identifier
  }

  // MARK: Fields

  private mutating func nextField() throws(TestVectorError) {
    guard position < line.count, line[position] == Self.tab else {
      throw error(
        "the line ends here", "a line is id, mode, stop, regs, mem and want, with tabs between")
    }
    position &+= 1
    field &+= 1
    fieldStart = position
  }

  /// The bytes up to the next tab.
  private mutating func word() -> Range<Int> {
    let start = position
    while position < line.count, line[position] != Self.tab { position &+= 1 }
    return span(start, position)
  }

  /// Reads elements with commas between, up to the next tab.
  private mutating func readList(
    _ element: (inout TestVectorReader, Int) throws(TestVectorError) -> Void
  ) throws(TestVectorError) {
    while position < line.count, line[position] != Self.tab {
      try element(&self, position)
      guard position < line.count, line[position] == Self.comma else { break }
      position &+= 1
    }
    guard position == line.count || line[position] == Self.tab else {
      throw error(
        "'\(text(span(position, position &+ 1)))' is out of place", "a comma or a tab goes here")
    }
  }

  private mutating func readMode() throws(TestVectorError) -> TestVectorMode {
    let range = word()
    for mode in TestVectorMode.allCases where matches(range, mode.name) { return mode }
    throw error(
      "'\(text(range))' is no mode", "real, prot16, prot32, vm86 and long are", at: range.lowerBound
    )
  }

  private mutating func readStop() throws(TestVectorError) -> TestVectorStop {
    let range = word()
    if matches(range, "hlt") { return .halt }
    let colon = range.first { line[$0] == UInt8(ascii: ":") } ?? range.upperBound
    var count = 0
    for index in span(colon &+ 1, range.upperBound) {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(line[index]), count < 100_000_000
      else {
        count = 0
        break
      }
      count = count &* 10 &+ Int(line[index] &- UInt8(ascii: "0"))
    }
    let name = span(range.lowerBound, colon)
    if count > 0, matches(name, "event") { return .events(count) }
    if count > 0, matches(name, "limit") { return .instructions(count) }
    throw error(
      "'\(text(range))' is no stop", "hlt, event:N and limit:N are, N a decimal number from 1",
      at: range.lowerBound)
  }

  private mutating func readRegister(
    _ start: Int, into vector: inout TestVector
  ) throws(TestVectorError) {
    var key: UInt128 = 0
    while position < line.count, line[position] > UInt8(ascii: ","), line[position] != 0x3D {
      key = key &<< 8 | UInt128(line[position])
      position &+= 1
    }
    guard position &- start <= TestVectorRegister.longestName,
      let register = TestVectorRegister.named[key]
    else {
      throw error(
        "'\(text(span(start, position)))' is no register", "Docs/Vectors.md lists their names",
        at: start
      )
    }
    try expect(UInt8(ascii: "="), after: "the register's name")
    let valueStart = position
    let value = try hexadecimal("a value")
    guard register.width == 128 || value >> UInt128(register.width) == 0 else {
      throw error(
        "\(text(span(valueStart, position))) is too large for \(text(span(start, valueStart &- 1)))",
        "it has \(register.width) bits", at: valueStart)
    }
    vector.registers.append((register, value))
    vector.steps |= 1 << UInt16(register.step)
  }

  private mutating func readMemory(
    _ start: Int, into vector: inout TestVector
  ) throws(TestVectorError) {
    let address = try address()
    try expect(UInt8(ascii: ":"), after: "the address")
    let first = vector.pool.count
    while position < line.count, let high = Self.digit(line[position]) {
      guard position &+ 1 < line.count, let low = Self.digit(line[position &+ 1]) else {
        throw error("half a byte", "a byte has two hexadecimal digits")
      }
      vector.pool.append(high << 4 | low)
      position &+= 2
    }
    let bytes = span(first, vector.pool.count)
    try check(address, UInt64(clamping: vector.pool.count &- first), at: start)
    vector.memory.append((address, bytes))
  }

  private mutating func readWanted(
    _ start: Int, into vector: inout TestVector
  ) throws(TestVectorError) {
    if matches(span(start, min(start &+ 6, line.count)), "flags=") {
      position = start &+ 6
      vector.flagsMask = UInt64(truncatingIfNeeded: try hexadecimal("a mask"))
      return
    }
    let address = try address()
    try expect(UInt8(ascii: "+"), after: "the address")
    let count = try hexadecimal("a length")
    guard count <= UInt128(Self.longestWanted) else {
      throw error("a length of more than a mebibyte", "100000 is the most")
    }
    let byteCount = UInt64(truncatingIfNeeded: count)
    try check(address, byteCount, at: start)
    vector.wantedByteCount &+= byteCount
    guard vector.wantedByteCount <= Self.longestAnswer else {
      throw error("more than 16 mebibytes in one line", "ask for them in several lines", at: start)
    }
    vector.wanted.append((address, Int(clamping: byteCount)))
  }

  // MARK: Parts

  private func check(_ address: UInt64, _ count: UInt64, at start: Int) throws(TestVectorError) {
    guard count <= TestVectorMachine.storageByteCount,
      address <= TestVectorMachine.storageByteCount &- count
    else {
      throw error("there is no storage at this address", "storage ends at bfffffff", at: start)
    }
  }

  private mutating func address() throws(TestVectorError) -> UInt64 {
    UInt64(clamping: try hexadecimal("an address"))
  }

  private mutating func hexadecimal(_ what: StaticString) throws(TestVectorError) -> UInt128 {
    let start = position
    var value: UInt64 = 0
    while position < line.count, position &- start < 16, let digit = Self.digit(line[position]) {
      value = value &<< 4 | UInt64(digit)
      position &+= 1
    }
    guard position > start else {
      throw error("\(what) is missing", "it is written in hexadecimal digits without a prefix")
    }
    guard position < line.count, Self.digit(line[position]) != nil else { return UInt128(value) }
    var wide = UInt128(value)
    while position < line.count, let digit = Self.digit(line[position]) {
      guard wide >> 124 == 0 else {
        throw error("\(what) of more than 128 bits", "32 digits are the most", at: start)
      }
      wide = wide &<< 4 | UInt128(digit)
      position &+= 1
    }
    return wide
  }

  private mutating func expect(
    _ character: UInt8, after what: StaticString
  ) throws(TestVectorError) {
    guard position < line.count, line[position] == character else {
      let character = String(decoding: [character], as: UTF8.self)
      throw error("no '\(character)' here", "a '\(character)' follows \(what)")
    }
    position &+= 1
  }

  @inline(__always) private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
    default: nil
    }
  }

  private func matches(_ range: Range<Int>, _ name: StaticString) -> Bool {
    name.withUTF8Buffer { text in
      text.count == range.upperBound &- range.lowerBound
        && text.indices.allSatisfy { line[range.lowerBound &+ $0] == text[$0] }
    }
  }

  /// The places from one up to another, none where that comes before.
  private func span(_ start: Int, _ end: Int) -> Range<Int> {
    Range(uncheckedBounds: (start, max(start, end)))
  }

  private func text(_ range: Range<Int>) -> String {
    let end = min(range.upperBound, range.lowerBound &+ 40)
    let bytes = span(range.lowerBound, end).map { line[$0] }
    return String(decoding: bytes, as: UTF8.self) + (end < range.upperBound ? "..." : "")
  }

  private func error(_ text: String, _ remedy: String, at place: Int? = nil) -> TestVectorError {
    TestVectorError(column: (place ?? position) &+ 1, field: field, text: text, remedy: remedy)
  }
}
