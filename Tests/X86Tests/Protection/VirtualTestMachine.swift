@testable import X86

/// Virtual-8086 code at 1000:0000, its stack at 1800:8000, its data at 5000:0000.
extension SystemTestMachine {
  static let virtualData: UInt64 = 0x50000
  private static let virtualFlag: UInt64 = 1 << 17

  /// Enters virtual-8086 mode by the IRETD of a supervisor.
  func enterVirtual8086(ioPrivilege: UInt64 = 0, flags: UInt64 = 0) {
    enterProtectedMode()
    precondition(memory.store(UInt16(0x68), at: Self.task + 0x66))
    let image = Self.virtualFlag | 2 | ioPrivilege << 12 | flags
    let frame: [UInt64] = [0, 0x1000, image, 0x8000, 0x1800, 0x5000, 0x5000, 0x5001, 0x5002]
    processor[.rsp] = Self.supervisorStack - 36
    for (index, value) in frame.enumerated() {
      let place = processor[.rsp] + UInt64(index) * 4
      precondition(memory.store(UInt32(truncatingIfNeeded: value), at: place))
    }
    store([0xCF], at: 0xF000)
    processor.instructionPointer = 0xF000
    run(instructions: 1)
  }

  /// Runs virtual-8086 code from 1000:0000 on.
  func runVirtual(_ code: [UInt8], cycles: Int = 1000) {
    store(code, at: Self.code)
    processor.instructionPointer = 0
    run(instructions: cycles)
  }

  /// A word of the virtual-8086 stack, counted from its top.
  func virtualStack(_ index: UInt64) -> UInt16 {
    load16(0x18000 + (processor[.rsp] & 0xFFFF) + index * 2)
  }

  /// Gives the task maps: 32 bytes for interrupts at 0x68, then ports from 0x88 on.
  func setTaskMaps(intercepted: Set<UInt8>, refusedPorts: Set<UInt16> = []) {
    precondition(memory.store(UInt16(0x88), at: Self.task + 0x66))
    for offset in UInt64(0x68)..<0x108 { store([0], at: Self.task + offset) }
    for vector in intercepted { setBit(Self.task + 0x68, Int(vector)) }
    for port in refusedPorts { setBit(Self.task + 0x88, Int(port)) }
    processor.setSegment(
      .tr, selector: Selector.task, base: Self.task, limit: 0x107, attributes: 0x8B)
  }

  private func setBit(_ start: UInt64, _ number: Int) {
    let address = start + UInt64(number / 8)
    let byte = UInt8(truncatingIfNeeded: load16(address))
    store([byte | 1 << UInt8(number % 8)], at: address)
  }
}
