/// An assembler of ACPI machine language (ACPI specification, "ACPI Machine Language (AML)").
///
/// Every function returns the bytes of one term; terms nest by concatenation.
enum MachineLanguage {
  /// A term: a piece of AML.
  typealias Term = [UInt8]

  // MARK: Names and data

  /// Encodes a path such as `\_SB_.C000` or `CSEL`.
  static func path(_ text: String) -> Term {
    var bytes: Term = []
    var rest = Substring(text)
    while let first = rest.first, first == "\\" || first == "^" {
      bytes.append(first == "\\" ? 0x5C : 0x5E)
      rest = rest.dropFirst()
    }
    let segments = rest.split(separator: ".")
    switch segments.count {
    case 0: bytes.append(0)
    case 1: break
    case 2: bytes.append(0x2E)
    default: bytes += [0x2F, UInt8(clamping: segments.count)]
    }
    for segment in segments {
      bytes += Array((segment + "____").utf8.prefix(4))
    }
    return bytes
  }

  /// Encodes an integer in the shortest form.
  static func integer(_ value: UInt64) -> Term {
    switch value {
    case 0: [0x00]
    case 1: [0x01]
    case ...0xFF: [0x0A, UInt8(value)]
    case ...0xFFFF: [0x0B] + littleEndian(UInt16(value))
    case ...0xFFFF_FFFF: [0x0C] + littleEndian(UInt32(value))
    default: [0x0E] + littleEndian(value)
    }
  }

  /// Encodes a null-terminated string.
  static func string(_ text: String) -> Term { [0x0D] + Array(text.utf8) + [0] }

  /// Encodes a compressed EISA identifier such as `PNP0501`, as an integer.
  static func compressedIdentifier(_ text: String) -> Term {
    var value: UInt32 = 0
    for (index, character) in text.utf8.enumerated() {
      if index < 3 {
        value = value << 5 | UInt32(character &- 0x40)
      } else {
        let digit = character <= 0x39 ? character &- 0x30 : character &- 0x41 &+ 10
        value = value << 4 | UInt32(digit)
      }
      if index == 2 { value &= 0x7FFF }
    }
    return [0x0C] + littleEndian(value.byteSwapped)
  }

  /// Encodes a buffer that holds exactly `bytes`.
  static func buffer(_ bytes: Term) -> Term {
    [0x11] + sized(integer(UInt64(clamping: bytes.count)) + bytes)
  }

  /// Encodes a package of elements.
  static func package(_ elements: [Term]) -> Term {
    [0x12] + sized([UInt8(clamping: elements.count)] + elements.flatMap { $0 })
  }

  // MARK: Named objects

  /// Name (path, data).
  static func name(_ text: String, _ data: Term) -> Term { [0x08] + path(text) + data }

  /// Scope (path) { body }.
  static func scope(_ text: String, _ body: [Term]) -> Term {
    [0x10] + sized(path(text) + body.flatMap { $0 })
  }

  /// Device (path) { body }.
  static func device(_ text: String, _ body: [Term]) -> Term {
    [0x5B, 0x82] + sized(path(text) + body.flatMap { $0 })
  }

  /// Method (path, arguments, Serialized) { body }.
  static func method(_ text: String, arguments: UInt8, _ body: [Term]) -> Term {
    [0x14] + sized(path(text) + [arguments | 0x08] + body.flatMap { $0 })
  }

  /// OperationRegion (path, SystemIO, offset, length).
  static func portRegion(_ text: String, _ offset: UInt64, _ byteCount: UInt64) -> Term {
    [0x5B, 0x80] + path(text) + [0x01] + integer(offset) + integer(byteCount)
  }

  /// Field (region, access, NoLock, update rule) { fields as (name or empty, bits) }.
  static func field(_ region: String, flags: UInt8, _ fields: [(String, Int)]) -> Term {
    var body = path(region) + [flags]
    for (name, bitCount) in fields {
      body += name.isEmpty ? [0x00] : path(name)
      body += bareLength(bitCount)
    }
    return [0x5B, 0x81] + sized(body)
  }

  /// A device of the ISA bus that is known by its identifier.
  ///
  /// - Parameters:
  ///   - text: Its name, four characters.
  ///   - identifier: Its EISA identifier.
  ///   - ports: First ports of its ranges.
  ///   - portCount: Ports of each range.
  ///   - request: The request that is its interrupt, an edge.
  /// - Returns: The term.
  static func boardDevice(
    _ text: String, _ identifier: String, ports: [UInt64], _ portCount: UInt8, request: Int
  ) -> Term {
    let resources = ports.map { portResource(UInt16(truncatingIfNeeded: $0), portCount) }
    return device(
      text,
      [
        name("_HID", compressedIdentifier(identifier)),
        name("_CRS", self.resources(resources + [requestResource(request)])),
      ])
  }

  // MARK: Statements

  /// Store (value, target).
  static func store(_ value: Term, _ target: Term) -> Term { [0x70] + value + target }

  /// If (condition) { body }.
  static func condition(_ predicate: Term, _ body: [Term]) -> Term {
    [0xA0] + sized(predicate + body.flatMap { $0 })
  }

  /// Return (value).
  static func result(_ value: Term) -> Term { [0xA4] + value }

  /// Notify (object, value).
  static func notify(_ object: String, _ value: UInt64) -> Term {
    [0x86] + path(object) + integer(value)
  }

  /// And (a, b), without a target.
  static func and(_ left: Term, _ right: Term) -> Term { [0x7B] + left + right + [0x00] }

  /// LEqual (left, right).
  static func equal(_ left: Term, _ right: Term) -> Term { [0x93] + left + right }

  /// Method argument `index`.
  static func argument(_ index: UInt8) -> Term { [0x68 &+ index] }

  /// Method local `index`.
  static func local(_ index: UInt8) -> Term { [0x60 &+ index] }

  // MARK: Resources

  /// ResourceTemplate (): the descriptors with an end tag, as a buffer.
  static func resources(_ descriptors: [Term]) -> Term {
    buffer(descriptors.flatMap { $0 } + [0x79, 0x00])
  }

  /// IO (Decode16, port, port, 1, byteCount).
  static func portResource(_ port: UInt16, _ byteCount: UInt8) -> Term {
    [0x47, 0x01] + littleEndian(port) + littleEndian(port) + [1, byteCount]
  }

  /// Interrupt (ResourceConsumer, Level or Edge, ActiveHigh, Exclusive) { number }.
  static func interruptResource(_ number: UInt32, isLevel: Bool) -> Term {
    [0x89, 0x06, 0x00, isLevel ? 0x01 : 0x03, 1] + littleEndian(number)
  }

  /// Memory32Fixed (ReadWrite, base, byteCount).
  static func memoryResource(_ base: UInt32, _ byteCount: UInt32) -> Term {
    [0x86, 0x09, 0x00, 0x01] + littleEndian(base) + littleEndian(byteCount)
  }

  /// QWordMemory (ResourceConsumer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite, 0, addresses).
  static func storageResource(_ addresses: ClosedRange<UInt64>) -> Term {
    [0x8A, 0x2B, 0x00, 0, 0x0D, 3] + window(addresses)
  }

  /// IRQNoFlags () { request }: an edge of the ISA bus.
  static func requestResource(_ request: Int) -> Term {
    [0x22] + littleEndian(UInt16(truncatingIfNeeded: 1 << request))
  }

  /// WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0, numbers).
  static func busResource(_ numbers: ClosedRange<UInt16>) -> Term {
    [0x88, 0x0D, 0x00, 2, 0x0C, 0] + window(numbers)
  }

  /// WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0, ports).
  static func portWindow(_ ports: ClosedRange<UInt16>) -> Term {
    [0x88, 0x0D, 0x00, 1, 0x0C, 3] + window(ports)
  }

  /// DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite, 0, addresses).
  static func memoryWindow(_ addresses: ClosedRange<UInt32>) -> Term {
    [0x87, 0x17, 0x00, 0, 0x0C, 1] + window(addresses)
  }

  /// Granularity, first, last, translation, length.
  private static func window<T: FixedWidthInteger>(_ range: ClosedRange<T>) -> Term {
    littleEndian(T.zero) + littleEndian(range.lowerBound) + littleEndian(range.upperBound)
      + littleEndian(T.zero) + littleEndian(range.upperBound &- range.lowerBound &+ 1)
  }

  // MARK: Lengths

  /// Puts the package length, which counts itself, before a body.
  private static func sized(_ body: Term) -> Term {
    // All that is below 64 bytes, 4 KiB, 1 MiB and 256 MiB with its length; tables are far shorter.
    let following = body.count < 0x3F ? 0 : body.count < 0xFFE ? 1 : body.count < 0xF_FFFD ? 2 : 3
    return length(body.count &+ following &+ 1, followingBytes: following) + body
  }

  /// Encodes a field's width, which does not count itself.
  private static func bareLength(_ bitCount: Int) -> Term {
    length(bitCount, followingBytes: bitCount < 0x40 ? 0 : 1)
  }

  private static func length(_ value: Int, followingBytes: Int) -> Term {
    guard followingBytes > 0 else { return [UInt8(truncatingIfNeeded: value & 0x3F)] }
    var bytes = [UInt8(truncatingIfNeeded: followingBytes << 6 | value & 0x0F)]
    var rest = value >> 4
    for _ in 0..<followingBytes {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
    return bytes
  }

  /// The bytes of an integer, lowest first.
  static func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
