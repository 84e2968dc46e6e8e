import TestSupport
import Testing
import X86

/// A few instructions run on the simulated processor, for tests of one behaviour.
struct Snippet {
  /// Flags by name.
  enum Flag {
    static let carry: UInt64 = 0x1
    static let parity: UInt64 = 0x4
    static let adjust: UInt64 = 0x10
    static let zero: UInt64 = 0x40
    static let sign: UInt64 = 0x80
    static let direction: UInt64 = 0x400
    static let overflow: UInt64 = 0x800
    static let arithmetic: UInt64 = 0x8D5
  }

  /// A stack away from the data, so that frames of exceptions do not touch them.
  static let stack: UInt64 = 0x1_0000
  static let data = UserLayout.data

  let simulated: SimulatedProcessor
  var state = UserState(
    registers: [UInt64](repeating: 0, count: 16), flags: 0, data: [UInt8](repeating: 0, count: 64))
  private(set) var ending = SimulatedProcessor.Ending.completed

  init() throws {
    simulated = try SimulatedProcessor()
    self[.rsp] = Self.stack
  }

  subscript(_ register: Assembler.Register) -> UInt64 {
    get { state.registers[Int(register.rawValue)] }
    set { state.registers[Int(register.rawValue)] = newValue }
  }

  var flags: UInt64 {
    get { state.flags & (Flag.arithmetic | Flag.direction) }
    set { state.flags = newValue }
  }

  /// Runs what is assembled.
  @discardableResult
  mutating func run(_ emit: (inout Assembler) -> Void) -> SimulatedProcessor.Ending {
    var assembler = Assembler(origin: UserLayout.code)
    emit(&assembler)
    return run(bytes: assembler.finish())
  }

  @discardableResult
  mutating func run(bytes: [UInt8]) -> SimulatedProcessor.Ending {
    ending = simulated.run(bytes, &state)
    return ending
  }

  /// The data as a 64-bit word.
  func word(at offset: Int) -> UInt64 {
    (0..<8).reduce(0) { $0 | UInt64(state.data[offset + $1]) << UInt64(8 * $1) }
  }

  mutating func setWord(_ value: UInt64, at offset: Int) {
    for index in 0..<8 {
      state.data[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
    }
  }

  /// A 64-bit word of the stack; after an exception the frame, its error code first if it has one.
  func stackWord(_ index: UInt64) -> UInt64? {
    simulated.memory.load(self[.rsp] + 8 * index, as: UInt64.self)
  }

  /// Makes the 2 MiB of the code and the data read-only, or present and writable again.
  func setWindow(writable: Bool) {
    let entry: UInt64 = 0x2000_0000 | (writable ? 0x83 : 0x81)
    #expect(simulated.memory.store(entry, at: 0x3000 + 8 * 0x100))
    simulated.processor.cr3 = simulated.processor.cr3
  }
}
