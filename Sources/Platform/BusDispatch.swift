import Channels
import Quantities
import X86

// Every access of a processor that is not storage arrives here, synchronously, inside a slice.
// Devices get the offset within their own range.

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

  // MARK: Ports

  /// Reads a port; nil when nothing is there.
  ///
  /// A wide access to bytes-wide devices is split.
  func readPort(_ port: UInt64, size: Int, _ number: Int) -> UInt64? {
    let now = processors[number].now
    if let board, let value = readLegacy(board, port, size: size, now) { return value }
    switch port {
    case PCLayout.powerTimer where size == 4: return UInt64(PowerManagementChip.timer(at: now))
    case PCLayout.eventRegister where size == 4: return UInt64(values.events.takePending())
    case PCLayout.processorHotplug where size == 4: return UInt64(values.events.selector)
    default: break
    }
    if let value = testDevice?.read(port, size: size) { return value }
    if size == 1 { return readByte(port, now).map(UInt64.init) }
    var value: UInt64 = 0
    var isAnywhere = false
    for index in 0..<UInt64(clamping: size) {
      let byte = readByte(port &+ index, now)
      if byte != nil { isAnywhere = true }
      value |= UInt64(byte ?? 0xFF) << (8 &* index)
    }
    return isAnywhere ? value : nil
  }

  private func readByte(_ port: UInt64, _ now: SimulatedTime) -> UInt8? {
    switch port {
    case PCLayout.serialPort..<PCLayout.serialPort + 8:
      return serial.read(UInt8(port - PCLayout.serialPort))
    case PCLayout.intervalTimer..<PCLayout.intervalTimer + 4:
      return values.timer.read(Int(port - PCLayout.intervalTimer), now: now)
    case PCLayout.systemControl: return values.timer.readSystemControl(now: now)
    case PCLayout.clockIndex: return values.clock.index
    case PCLayout.clockIndex + 1:
      defer { if board != nil { noteBoardTimer(now) } }
      return values.clock.read(now: now, timeOfDay: configuration.timeOfDay)
    case PCLayout.sleepStatus: return 0
    case PCLayout.powerTimer..<PCLayout.powerTimer + 4:
      let timer = PowerManagementChip.timer(at: now)
      return UInt8(truncatingIfNeeded: timer >> UInt32(8 * (port - PCLayout.powerTimer)))
    case PCLayout.processorHotplug + 4: return values.events.flags()
    default: return nil
    }
  }

  /// Writes a port; what nobody decodes is lost.
  func writePort(_ port: UInt64, size: Int, _ value: UInt64, _ number: Int) {
    if port == PCLayout.coprocessorError {
      network.setLine(PCLayout.coprocessorPin, high: false)
      processors[number].ignoreFloatingPointErrors()
      return
    }
    if let board, writeLegacy(board, port, size: size, value, number) { return }
    if port == PCLayout.processorHotplug, size == 4 {
      values.events.select(UInt32(truncatingIfNeeded: value))
      return
    }
    if writeTestHardware(port, size: size, value, number) { return }
    for index in 0..<UInt64(clamping: size) {
      let byte = UInt8(truncatingIfNeeded: value >> (8 &* index))
      writeByte(port &+ index, byte, processors[number].now)
    }
  }

  /// Writes a port of the test hardware; false when it has none there.
  private func writeTestHardware(
    _ port: UInt64, size: Int, _ value: UInt64, _ number: Int
  ) -> Bool {
    if let exit = configuration.testHardware.debugExitPort, port == UInt64(exit) {
      end(
        .powerOff, .debugExit(UInt32(truncatingIfNeeded: value)), at: processors[number].now)
      return true
    }
    guard let testDevice, testDevice.write(port, size: size, value) else { return false }
    // A flushed page is noticed where a slice begins.
    if port == PCLayout.testFlushPage { processors[number].endSlice() }
    return true
  }

  private func writeByte(_ port: UInt64, _ value: UInt8, _ now: SimulatedTime) {
    switch port {
    case PCLayout.serialPort..<PCLayout.serialPort + 8:
      serial.write(UInt8(port - PCLayout.serialPort), value)
    case PCLayout.intervalTimer..<PCLayout.intervalTimer + 4:
      values.timer.write(Int(port - PCLayout.intervalTimer), value, now: now)
      if board != nil { noteBoardTimer(now) }
    case PCLayout.systemControl: values.timer.writeSystemControl(value, now: now)
    case PCLayout.clockIndex: values.clock.select(value)
    case PCLayout.clockIndex + 1:
      values.clock.write(value, now: now, timeOfDay: configuration.timeOfDay)
      if board != nil { noteBoardTimer(now) }
    case PCLayout.sleepControl:
      // Sleep type in bits 2-4, enable in bit 5; the DSDT offers S5 only, type 5.
      if value & 0x20 != 0, value >> 2 & 7 == 5 { end(.powerOff, .powerOff, at: now) }
    case PCLayout.resetRegister:
      if value == PCLayout.resetValue { end(.reset, .reset, at: now) }
    case PCLayout.keyboardCommand:
      if value == 0xFE { end(.reset, .reset, at: now) }
    case PCLayout.processorHotplug + 4:
      if let ejected = values.events.writeFlags(value) { emit(.processorEjected(ejected), at: now) }
    default: break
    }
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
    case PCLayout.ioAPICBase..<PCLayout.ioAPICBase + PCLayout.ioAPICByteCount:
      return UInt64(network.readIOAPIC(address - PCLayout.ioAPICBase))
    default:
      if let (device, offset) = blockDevice(at: address) { return device.read(offset, size: size) }
      if let value = readShadow(address, size: size) { return value }
      noteOutsideStorage(number, address)
      return nil
    }
  }

  /// The block device at an address, and the offset among its registers.
  private func blockDevice(at address: UInt64) -> (device: BlockDevice, offset: UInt64)? {
    guard let offset = address.subtracting(PCLayout.virtioBase),
      let device = blockDevices.element(at: Int(clamping: offset / PCLayout.virtioByteCount))
    else { return nil }
    return (device, offset % PCLayout.virtioByteCount)
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
    case PCLayout.ioAPICBase..<PCLayout.ioAPICBase + PCLayout.ioAPICByteCount:
      network.writeIOAPIC(address - PCLayout.ioAPICBase, word)
    default:
      if let (device, offset) = blockDevice(at: address) {
        guard size == 4 else { return }
        let now = processors[number].now
        let requests = device.write(offset, word, now: now, nextTag: &values.nextTag)
        for request in requests { emit(.channelRequest(request), at: now) }
        return charge(device.noticeCycles, to: number)
      }
      if writeShadow(address, size: size, value) { return }
      noteOutsideStorage(number, address)
    }
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
