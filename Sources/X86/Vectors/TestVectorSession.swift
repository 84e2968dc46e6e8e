/// Answers vectors, one line each.
///
/// Used by one thread. A line that is wrong changes nothing for the lines after it.
package final class TestVectorSession {
  private let machine: TestVectorMachine
  private let limit: Int
  private var vector = TestVector()
  private var before: [UInt128] = []

  /// Prepares to answer.
  ///
  /// - Parameters:
  ///   - features: What the processor has beside its baseline.
  ///   - limit: Most instructions of a vector whose stop names no limit.
  /// - Throws: `HostMemoryError` when the host has no address space for the storage.
  package init(features: ProcessorFeatures, limit: Int) throws(HostMemoryError) {
    machine = try TestVectorMachine(features: features)
    self.limit = limit
  }

  /// Appends the answer of one line, newline included; a blank line or a comment has none.
  ///
  /// - Parameters:
  ///   - line: The line without its newline.
  ///   - output: Where the answer goes; untouched when the line is wrong.
  /// - Throws: `TestVectorError` with what is wrong about the line.
  package func answer(
    _ line: UnsafeRawBufferPointer, into output: inout [UInt8]
  ) throws(TestVectorError) {
    guard let first = line.first, first != UInt8(ascii: "#") else { return }
    var reader = TestVectorReader(line)
    let identifier = try reader.read(into: &vector)
    machine.setUp(vector)
    let processor = machine.processor
    before = TestVectorRegister.reported.map { processor.value(of: $0.register) }
    let ending = machine.run(vector.stop, limit: limit)
    output.append(contentsOf: line[identifier])
    output.append(Self.tab)
    appendStatus(ending, to: &output)
    output.append(Self.tab)
    appendRegisters(ending, to: &output)
    output.append(Self.tab)
    appendMemory(to: &output)
    output.append(UInt8(ascii: "\n"))
  }

  private static let tab = UInt8(ascii: "\t")

  private func appendStatus(_ ending: TestVectorMachine.Ending, to output: inout [UInt8]) {
    let name: StaticString =
      switch ending {
      case .halt: "hlt"
      case .event: "event"
      case .limit: "limit"
      case .shutdown: "shutdown"
      }
    output.append(name)
  }

  /// The event that ended the run, and the registers that changed.
  private func appendRegisters(_ ending: TestVectorMachine.Ending, to output: inout [UInt8]) {
    let processor = machine.processor
    var isFirst = true
    func append(_ name: String, _ value: UInt128) {
      if !isFirst { output.append(UInt8(ascii: ",")) }
      isFirst = false
      output.append(contentsOf: name.utf8)
      output.append(UInt8(ascii: "="))
      output.append(hexadecimal: value)
    }
    var tellsAddress = false
    if ending == .event || ending == .shutdown, let event = processor.eventLog.last {
      append("vector", UInt128(event.vector))
      if let code = event.errorCode { append("error", UInt128(code)) }
      tellsAddress = event.vector == GuestException.pageFaultVector
    }
    for (entry, known) in zip(TestVectorRegister.reported, before) {
      var value = processor.value(of: entry.register)
      var old = known
      if entry.register.kind == .flags {
        value &= UInt128(vector.flagsMask)
        old &= UInt128(vector.flagsMask)
      }
      let isFaultAddress = entry.register.kind == .control && entry.register.number == 2
      if value != old || (tellsAddress && isFaultAddress) {
        append(vector.mode == .long ? entry.long : entry.narrow, value)
      }
    }
  }

  private func appendMemory(to output: inout [UInt8]) {
    for (index, range) in vector.wanted.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      output.append(hexadecimal: UInt128(range.address))
      output.append(UInt8(ascii: ":"))
      withUnsafeTemporaryAllocation(byteCount: max(1, range.byteCount), alignment: 1) { room in
        let bytes = UnsafeMutableRawBufferPointer(start: room.baseAddress, count: range.byteCount)
        guard machine.memory.read(range.address, into: bytes) else { return }
        for byte in bytes {
          output.append(digit(byte >> 4))
          output.append(digit(byte & 15))
        }
      }
    }
  }
}

private func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

extension [UInt8] {
  fileprivate mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { append(contentsOf: $0) }
  }

  /// Appends a number without leading zeros.
  fileprivate mutating func append(hexadecimal value: UInt128) {
    var shift = UInt128(Swift.max(0, (127 - value.leadingZeroBitCount) / 4 * 4))
    while true {
      append(digit(UInt8(truncatingIfNeeded: value >> shift) & 15))
      if shift == 0 { return }
      shift -= 4
    }
  }
}
