import Channels
import Quantities
import X86

// Ports of the PC/AT board. What is not here falls through to the ports of every computer.
extension Computer {
  // MARK: Reads

  /// Reads a port of the board; nil when it has none there.
  func readLegacy(
    _ board: LegacyBoard, _ port: UInt64, size: Int, _ now: SimulatedTime
  ) -> UInt64? {
    switch port {
    case PCLayout.configurationAddress where size == 4: return UInt64(board.state.bridge.address)
    case PCLayout.configurationData..<PCLayout.configurationData + 4:
      let offset = Int(port - PCLayout.configurationData)
      return UInt64(board.state.bridge.read(offset, size: min(size, 4 - offset)))
    case PCLayout.firmwareConfigurationAddress..<PCLayout.firmwareConfigurationAddress + 8:
      let offset = port &- PCLayout.firmwareConfigurationAddress
      let rest = FirmwareConfigurationChip.directSignature >> (8 &* offset)
      return size >= 8 ? rest : rest & ~(UInt64.max << (8 &* UInt64(clamping: size)))
    default: break
    }
    if let offset = powerOffset(board, port) {
      return readPower(board, offset, size: size, now)
    }
    guard size == 1 else { return nil }
    return readLegacyByte(board, port, now).map(UInt64.init)
  }

  private func readLegacyByte(
    _ board: LegacyBoard, _ port: UInt64, _ now: SimulatedTime
  ) -> UInt8? {
    switch port {
    case PCLayout.interruptControllers.master..<PCLayout.interruptControllers.master + 2:
      return network.readController(Int(port & 1), ofSlave: false)
    case PCLayout.interruptControllers.slave..<PCLayout.interruptControllers.slave + 2:
      return network.readController(Int(port & 1), ofSlave: true)
    case PCLayout.interruptLevels..<PCLayout.interruptLevels + 2:
      return network.requestLevels(ofSlave: port & 1 == 1)
    case PCLayout.keyboardData:
      let value = board.state.keyboard.readData()
      // The line falls between two bytes: each is an edge.
      network.setLine(PCLayout.keyboardPin, high: false)
      network.setLine(PCLayout.auxiliaryPin, high: false)
      updateKeyboardLines(board)
      return value
    case PCLayout.keyboardCommand: return board.state.keyboard.readStatus()
    case PCLayout.diagnostic: return board.state.diagnostic
    case PCLayout.systemControlA: return board.state.keyboard.opensGate ? 2 : 0
    case PCLayout.powerControl: return board.state.powerControl
    case PCLayout.powerControl + 1: return board.state.powerStatus
    case PCLayout.video..<PCLayout.video + 0x30:
      return board.state.video.read(port - PCLayout.video, now: now)
    case PCLayout.debugConsole: return PCLayout.debugConsoleMark
    case PCLayout.firmwareConfiguration + 1: return board.state.firmwareConfiguration.read()
    default: return nil
    }
  }

  // MARK: Writes

  /// Writes a port of the board; false when it has none there.
  func writeLegacy(
    _ board: LegacyBoard, _ port: UInt64, size: Int, _ value: UInt64, _ number: Int
  ) -> Bool {
    let now = processors[number].now
    let word = UInt32(truncatingIfNeeded: value)
    switch port {
    case PCLayout.configurationAddress where size == 4: board.state.bridge.select(word)
    case PCLayout.configurationData..<PCLayout.configurationData + 4:
      let offset = Int(port - PCLayout.configurationData)
      let before = board.state.bridge.shadowRegisters
      board.state.bridge.write(offset, size: min(size, 4 - offset), word)
      if board.state.bridge.shadowRegisters != before { applyShadows(board) }
    case PCLayout.firmwareConfiguration where size == 2:
      board.state.firmwareConfiguration.select(UInt16(truncatingIfNeeded: value))
    case PCLayout.firmwareConfigurationAddress where size == 4:
      board.state.directAddressHigh = word.byteSwapped
    case PCLayout.firmwareConfigurationAddress + 4 where size == 4:
      transferConfiguration(
        board, UInt64(board.state.directAddressHigh) << 32 | UInt64(word.byteSwapped), number)
      board.state.directAddressHigh = 0
    default:
      if let offset = powerOffset(board, port) {
        writePower(board, offset, size: size, word, now)
        return true
      }
      return writeLegacyBytes(board, port, size: size, value, now)
    }
    return true
  }

  /// An access of several bytes to the registers of one byte each.
  private func writeLegacyBytes(
    _ board: LegacyBoard, _ port: UInt64, size: Int, _ value: UInt64, _ now: SimulatedTime
  ) -> Bool {
    guard writeLegacyByte(board, port, UInt8(truncatingIfNeeded: value), now) else { return false }
    var next = port
    var rest = value
    for _ in 1..<max(1, size) {
      next &+= 1
      rest >>= 8
      _ = writeLegacyByte(board, next, UInt8(truncatingIfNeeded: rest), now)
    }
    return true
  }

  private func writeLegacyByte(
    _ board: LegacyBoard, _ port: UInt64, _ value: UInt8, _ now: SimulatedTime
  ) -> Bool {
    switch port {
    case PCLayout.interruptControllers.master..<PCLayout.interruptControllers.master + 2:
      network.writeController(Int(port & 1), ofSlave: false, value)
    case PCLayout.interruptControllers.slave..<PCLayout.interruptControllers.slave + 2:
      network.writeController(Int(port & 1), ofSlave: true, value)
    case PCLayout.interruptLevels..<PCLayout.interruptLevels + 2:
      network.setRequestLevels(ofSlave: port & 1 == 1, value)
    case PCLayout.keyboardData: perform(board.state.keyboard.writeData(value), board, now)
    case PCLayout.keyboardCommand: perform(board.state.keyboard.writeCommand(value), board, now)
    case PCLayout.diagnostic: board.state.diagnostic = value
    case PCLayout.systemControlA:
      board.state.keyboard.setGate(value & 2 != 0)
      perform(value & 1 != 0 ? .reset : .gateChanged, board, now)
    case PCLayout.powerControl:
      board.state.powerControl = value
      board.state.power.command(value)
      updatePower(board, now)
    case PCLayout.powerControl + 1: board.state.powerStatus = value
    case PCLayout.video..<PCLayout.video + 0x30:
      board.state.video.write(port - PCLayout.video, value)
    case PCLayout.debugConsole: board.state.debugOutput.append(value)
    case PCLayout.resetControl: if value & 4 != 0 { end(.reset, .reset, at: now) }
    default: return false
    }
    return true
  }

  private func perform(
    _ effect: KeyboardControllerChip.Effect, _ board: LegacyBoard, _ now: SimulatedTime
  ) {
    switch effect {
    case .none: break
    case .reset: end(.reset, .reset, at: now)
    case .gateChanged: applyGate(isOpen: board.state.keyboard.opensGate)
    }
    updateKeyboardLines(board)
  }

  // MARK: Power management

  private func powerOffset(_ board: LegacyBoard, _ port: UInt64) -> UInt64? {
    guard let base = board.state.bridge.powerPort, let offset = port.subtracting(base),
      offset < PowerManagementChip.byteCount
    else { return nil }
    return offset
  }

  private func readPower(
    _ board: LegacyBoard, _ offset: UInt64, size: Int, _ now: SimulatedTime
  ) -> UInt64 {
    let even = offset & ~1
    let low = UInt64(board.state.power.read(even, now: now))
    let high = UInt64(board.state.power.read(even &+ 2, now: now))
    return (high << 16 | low) >> (8 &* (offset & 1))
  }

  private func writePower(
    _ board: LegacyBoard, _ offset: UInt64, size: Int, _ value: UInt32, _ now: SimulatedTime
  ) {
    let even = offset & ~1
    var word = UInt16(truncatingIfNeeded: value)
    if size == 1 {
      // Status bits are cleared by ones: a byte leaves the other's alone.
      let other = even == 0 ? 0 : board.state.power.read(even, now: now)
      word = offset & 1 == 0 ? other & 0xFF00 | word : other & 0xFF | word << 8
    }
    var isOff = board.state.power.write(even, word, now: now)
    if size > 2,
      board.state.power.write(even &+ 2, UInt16(truncatingIfNeeded: value >> 16), now: now)
    {
      isOff = true
    }
    updatePower(board, now)
    if isOff { end(.powerOff, .powerOff, at: now) }
  }

  // MARK: Firmware configuration

  /// Bits of the control word of a direct memory access.
  private enum Transfer {
    static let error: UInt32 = 1
    static let read: UInt32 = 2
    static let skip: UInt32 = 4
    static let select: UInt32 = 8
    static let write: UInt32 = 16
  }

  /// Bytes that a direct memory access moves in a cycle.
  private static let bytesPerCycle: UInt64 = 256

  /// Carries out the access that is described at `address`: control, byte count, target.
  private func transferConfiguration(_ board: LegacyBoard, _ address: UInt64, _ number: Int) {
    guard let control = memory.load(address, as: UInt32.self)?.byteSwapped,
      let count = memory.load(address &+ 4, as: UInt32.self)?.byteSwapped,
      let target = memory.load(address &+ 8, as: UInt64.self)?.byteSwapped
    else { return }
    if control & Transfer.select != 0 {
      board.state.firmwareConfiguration.select(UInt16(truncatingIfNeeded: control >> 16))
    }
    var isDone = control & Transfer.write == 0
    if control & Transfer.read != 0 {
      isDone = isDone && copyConfiguration(board, to: target, UInt64(count))
      if isDone { charge(Int(clamping: UInt64(count) / Computer.bytesPerCycle), to: number) }
    } else if control & Transfer.skip != 0 {
      board.state.firmwareConfiguration.skip(Int(count))
    }
    _ = memory.store((isDone ? 0 : Transfer.error).byteSwapped, at: address)
  }

  private func copyConfiguration(
    _ board: LegacyBoard, to target: UInt64, _ count: UInt64
  ) -> Bool {
    guard let range = AddressRange(start: target, byteCount: count),
      memory.isStorage(Range(uncheckedBounds: (range.start, range.end)))
    else { return false }
    var place = range.start
    while place < range.end {
      let count = Int(clamping: min(4096, range.end &- place))
      let piece = board.state.firmwareConfiguration.read(count)
      _ = store(piece, at: place)
      place &+= UInt64(clamping: piece.count)
    }
    return true
  }
}
