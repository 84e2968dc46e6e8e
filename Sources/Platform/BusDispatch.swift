// Every access of a processor that is not storage arrives here, synchronously, inside a slice: ports and
// device memory go on to the bus, the local APIC and model-specific registers are served here.

import Channels
import Quantities
import X86

/// The bus function of all processors; the context is the partition's `Computer`.
let serveBusAccess: BusFunction = { context, processor, access, address, size, value in
  let computer = Unmanaged<Computer>.fromOpaque(context).takeUnretainedValue()
  let number = Int(processor)
  switch BusAccess(rawValue: access) {
  case .portRead:
    guard let result = computer.readPort(address, size: Int(size), number) else { return false }
    value.pointee = result
  case .portWrite: computer.writePort(address, size: Int(size), value.pointee, number)
  case .memoryRead:
    guard let result = computer.readMemory(address, size: Int(size), number) else { return false }
    value.pointee = result
  case .memoryWrite: computer.writeMemory(address, size: Int(size), value.pointee, number)
  case .msrRead:
    guard let result = computer.readRegister(address, size: Int(size), number) else { return false }
    value.pointee = result
  case .msrWrite: return computer.writeRegister(address, size: Int(size), value.pointee, number)
  case .interruptAcknowledge:
    value.pointee = UInt64(computer.acknowledgeInterrupt(number))
  case .floatingPointError:
    computer.network.setLine(PCLayout.coprocessorPin, high: true)
    return false
  case .unimplementedInstruction:
    computer.noteUnimplemented(number, address: address, bytes: value.pointee)
  default: return false
  }
  return true
}

extension Computer {
  /// The vector of the interrupt that a processor takes; part of the history.
  func acknowledgeInterrupt(_ number: Int) -> UInt8 {
    let vector = network.acknowledge(number)
    values.history.mix(UInt64(clamping: number) << 8 | UInt64(vector))
    values.history.mix(processors[number].now)
    return vector
  }

  /// A timer changed: the slice must not run past its deadline.
  func noteTimer(_ number: Int) {
    if let deadline = timerDeadline(of: number), deadline < sliceEnd {
      processors[number].endSlice()
    }
  }

  private func access(_ size: Int, _ number: Int) -> DeviceAccess {
    let now = uncounted[number]._withUnsafeGuaranteedRef { $0.now }
    return DeviceAccess(time: now, size: size, processor: number)
  }

  /// Reads a port; nil when nothing is there.
  func readPort(_ port: UInt64, size: Int, _ number: Int) -> UInt64? {
    bus.readPort(port, access(size, number))
  }

  /// Writes a port; what nobody decodes is lost.
  func writePort(_ port: UInt64, size: Int, _ value: UInt64, _ number: Int) {
    bus.writePort(port, value, access(size, number))
  }

  // MARK: Memory

  /// Reads device memory; nil when nothing is there.
  func readMemory(_ address: UInt64, size: Int, _ number: Int) -> UInt64? {
    switch address {
    case PCLayout.localAPICBase..<PCLayout.localAPICBase + 0x1000:
      guard network.state.apics[number].decodesMemory else { return nil }
      let offset = UInt32(address - PCLayout.localAPICBase)
      guard offset & 0xF == 0, size == 4 else { return 0 }
      return UInt64(network.readLocal(number, offset, now: processors[number].now))
    default:
      if let value = bus.readMemory(address, access(size, number)) { return value }
      if let value = readShadow(address, size: size) { return value }
      noteOutsideStorage(number, address)
      return nil
    }
  }

  /// Writes device memory; what nobody decodes is lost.
  func writeMemory(_ address: UInt64, size: Int, _ value: UInt64, _ number: Int) {
    let word = UInt32(truncatingIfNeeded: value)
    switch address {
    case PCLayout.localAPICBase..<PCLayout.localAPICBase + 0x1000:
      let offset = UInt32(address - PCLayout.localAPICBase)
      guard network.state.apics[number].decodesMemory, offset & 0xF == 0, size == 4 else { return }
      if network.writeLocal(number, offset, word, now: processors[number].now) {
        noteTimer(number)
      }
    default:
      if bus.writeMemory(address, value, access(size, number)) { return }
      if writeShadow(address, size: size, value) { return }
      noteOutsideStorage(number, address)
    }
  }

  /// Reads read-only memory, and shadowed storage, for a processor that is about to write it.
  private func readShadow(_ address: UInt64, size: Int) -> UInt64? {
    guard bridge != nil, let bytes = bytes(at: address, count: size) else { return nil }
    return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Writes where reads and writes part; false where there is no storage at all.
  private func writeShadow(_ address: UInt64, size: Int, _ value: UInt64) -> Bool {
    guard bridge != nil else { return false }
    // Cannot trap: eight bytes at most.
    return store(Array(MachineLanguage.littleEndian(value).prefix(size)), at: address)
  }

  // MARK: Model-specific registers

  private static let apicBase: UInt64 = 0x1B
  private static let timestampDeadline: UInt64 = 0x6E0
  /// AMD's NB_CFG: bit 46 says that extended configuration cycles are on, so Linux leaves it alone.
  private static let bridgeConfiguration: UInt64 = 0xC001_001F
  private static let extendedAPIC: Range<UInt64> = 0x800..<0x840
  /// The task priority register; an access of one byte is CR8, in either mode of the local APIC.
  private static let taskPriorityRegister: UInt64 = 0x808

  /// Reads a register that the processor does not have itself; nil is a #GP.
  func readRegister(_ register: UInt64, size: Int, _ number: Int) -> UInt64? {
    switch register {
    case Computer.apicBase: return network.state.apics[number].base
    case Computer.taskPriorityRegister where size == 1:
      return UInt64(network.state.apics[number].taskPriority)
    case Computer.timestampDeadline:
      return network.timestampDeadline(number, now: processors[number].now)
    case Computer.extendedAPIC:
      return network.readExtended(
        number, UInt32(register - Computer.extendedAPIC.lowerBound), now: processors[number].now)
    case Computer.bridgeConfiguration: return 1 << 46
    case ParavirtualClock.Register.wallClock, ParavirtualClock.Register.oldWallClock: return 0
    case ParavirtualClock.Register.systemTime, ParavirtualClock.Register.oldSystemTime:
      return values.clocks[number].systemTime
    case ParavirtualClock.Register.stealTime: return values.clocks[number].stealTime
    default: return nil
    }
  }

  /// Writes a register that the processor does not have itself; false is a #GP.
  func writeRegister(_ register: UInt64, size: Int, _ value: UInt64, _ number: Int) -> Bool {
    switch register {
    case Computer.apicBase: return network.writeBase(number, value)
    case Computer.taskPriorityRegister where size == 1:
      network.setTaskPriority(number, UInt8(truncatingIfNeeded: value))
    case Computer.timestampDeadline:
      network.setTimestampDeadline(number, value)
      noteTimer(number)
    case Computer.extendedAPIC:
      let index = UInt32(register - Computer.extendedAPIC.lowerBound)
      let effect = network.writeExtended(number, index, value, now: processors[number].now)
      if effect == .timerChanged { noteTimer(number) }
      return effect != .rejected
    case Computer.bridgeConfiguration: break
    case ParavirtualClock.Register.wallClock, ParavirtualClock.Register.oldWallClock:
      ParavirtualClock.writeWallClock(
        at: value,
        nanosecondsSince1970: UInt64(clamping: configuration.timeOfDay)
          .multipliedClamped(by: 1_000_000_000).addingClamped(values.originTime),
        memory)
    case ParavirtualClock.Register.systemTime, ParavirtualClock.Register.oldSystemTime:
      let now = processors[number].now
      values.clocks[number].setSystemTime(
        value, elapsed: now &- values.originTime,
        timestamp: now &+ processors[number].timestampOffset,
        memory)
    case ParavirtualClock.Register.stealTime:
      return values.clocks[number].setStealTime(value, memory)
    default: return false
    }
    return true
  }
}

// What its devices want of the computer.
extension Computer: DeviceOwner {
  func takeTag() -> UInt64 {
    defer { values.nextTag &+= 1 }
    return values.nextTag
  }

  func limitSlice(to deadline: SimulatedTime) {
    if deadline < sliceEnd, let running = network.running { processors[running].endSlice() }
  }
}
