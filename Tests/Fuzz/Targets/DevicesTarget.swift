import Channels
import Foundation
import X86

@testable import Platform

/// Arbitrary accesses to ports, device memory and model-specific registers, time passing, input, and
/// storage that holds whatever a driver's queues may be.
enum DevicesTarget: FuzzTarget {
  static func run(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    guard
      let machine = try? Computer(
        ComputerConfiguration(
          name: "FUZZ", partitionNumber: 0, maximumProcessors: 2, initialProcessors: 2,
          initialStorage: 2 << 20, maximumStorage: 2 << 20,
          blockDevices: [BlockDeviceConfiguration(deviceNumber: 0x200, blockCount: 64)],
          takesDevices: true, entropySeed: 1, pluggableStorage: 4 * piece,
          memoryDeviceByteCount: piece)),
      (try? machine.load(.program(GuestProgramImage(bytes: [0xF4])), at: 0)) != nil
    else { fail("the machine could not be built") }
    var time: SimulatedTime = 0
    var steps = 0
    while !input.isAtEnd, steps < 256 {
      steps += 1
      step(machine, &input, &time)
      answerRequests(machine, time)
    }
  }

  /// Bytes of an ACPI memory device; there are four.
  private static let piece: UInt64 = 2 << 20

  private static let ports: [UInt64] = [
    PCLayout.serialPort, PCLayout.intervalTimer, PCLayout.systemControl, PCLayout.keyboardCommand,
    PCLayout.clockIndex, PCLayout.sleepControl, PCLayout.powerTimer, PCLayout.eventRegister,
    PCLayout.processorHotplug, 0x20, 0xA0, 0xCF8, 0x510, 0xE0, PCLayout.deviceHotplug, 0xF4,
  ]

  private static func step(
    _ machine: Computer, _ input: inout FuzzInput, _ time: inout SimulatedTime
  ) {
    let action = input.byte()
    let processor = Int(action >> 7)
    let size = 1 << Int(action >> 4 & 3)
    let choice = input.byte()
    let base = action & 0x40 == 0 ? ports[Int(choice & 15)] : PCLayout.storageHotplug
    let port = base + UInt64(choice >> 4)
    switch action & 15 {
    case 0, 1: _ = machine.readPort(port, size: min(4, size), processor)
    case 2, 3, 4: machine.writePort(port, size: min(4, size), input.number(), processor)
    case 5:
      _ = machine.readMemory(memoryAddress(choice, &input), size: size, processor)
    case 6, 7, 8:
      let address = memoryAddress(choice, &input)
      machine.writeMemory(address, size: size, input.number(), processor)
    case 9: _ = machine.readRegister(register(choice, &input), size: 8, processor)
    case 10, 11:
      let number = register(choice, &input)
      _ = machine.writeRegister(number, size: 8, input.number(), processor)
    case 12:
      time += UInt64(input.word(UInt16.self)) << UInt64(choice & 15)
      machine.deliverTimers(upTo: time)
    case 13: machine.type(input.take(Int(choice & 31)))
    case 14: _ = machine.store(input.take(32), at: UInt64(choice) << 4)
    default:
      if choice & 1 == 0 {
        _ = machine.acknowledgeInterrupt(processor)
      } else {
        changeDevice(machine, choice >> 1)
      }
    }
  }

  /// A device or storage comes or goes, or is wanted back, whatever the guest does with it.
  private static func changeDevice(_ machine: Computer, _ choice: UInt8) {
    let number = 0x200 + UInt16(choice >> 3 & 7)
    switch choice & 7 {
    case 0, 1:
      _ = machine.attachDisk(
        BlockDeviceConfiguration(
          deviceNumber: number, blockCount: 64, isReadOnly: choice & 7 == 0))
    case 2:
      _ = machine.attachAdapter(
        NetworkDeviceConfiguration(deviceNumber: number, address: AdapterAddress(UInt64(number))))
    case 3: _ = machine.recallDevice(number)
    case 4: machine.withdrawRecall(ofDevice: number)
    case 5:
      let most = UInt64(choice >> 5) + 1
      machine.offerPluggable(UInt64(choice >> 3 & 3) * piece, keeping: most * piece)
    case 6: machine.recallPluggable()
    default: machine.detachDevice(number, isGivenBack: choice & 0x40 == 0)
    }
  }

  private static func memoryAddress(_ choice: UInt8, _ input: inout FuzzInput) -> UInt64 {
    switch choice & 3 {
    case 0: PCLayout.localAPICBase + UInt64(choice & 0xFC) << 2
    case 1: PCLayout.ioAPICBase + UInt64(choice & 0xFC) >> 2 * 16
    case 2: PCLayout.virtioBase + UInt64(input.word(UInt16.self) & 0x3FF)
    default: input.number()
    }
  }

  private static func register(_ choice: UInt8, _ input: inout FuzzInput) -> UInt64 {
    switch choice & 3 {
    case 0: 0x800 + UInt64(choice >> 2)
    case 1: [0x1B, 0x6E0, 0x808, 0xC001_001F][Int(choice >> 2 & 3)]
    case 2: 0x4B56_4D00 + UInt64(choice >> 2 & 7)
    default: input.number()
    }
  }

  /// Ends the requests that block devices started, as the channel subsystem does, and brings frames back.
  private static func answerRequests(_ machine: Computer, _ time: SimulatedTime) {
    for event in machine.outbox {
      if case .frame(let request) = event.kind {
        machine.completeFrame(device: request.device, tag: request.tag, at: time)
        _ = machine.receiveFrame(request.frame, device: request.device)
      }
      guard case .channelRequest(let request) = event.kind else { continue }
      let data = [UInt8](
        repeating: 0x5A, count: request.kind == .read ? min(request.byteCount, 1 << 16) : 0)
      machine.completeChannel(
        ChannelCompletion(
          partition: 0, device: request.device, tag: request.tag, status: .ok, data: data, at: time)
      )
    }
    machine.clearOutbox()
  }

  static var seeds: [[UInt8]] {
    // A block device that is set up: queue of 8 at 0x100, 0x200 and 0x300, and notified.
    let writes: [(UInt16, UInt32)] = [
      (0x070, 0), (0x070, 1), (0x070, 3), (0x024, 1), (0x020, 1), (0x070, 11), (0x030, 0),
      (0x038, 8), (0x080, 0x100), (0x090, 0x200), (0x0A0, 0x300), (0x044, 1), (0x070, 15),
      (0x050, 0),
    ]
    var ring: [UInt8] = []
    // The same for the entropy device behind it.
    let both = writes + writes.map { ($0.0 + UInt16(PCLayout.virtioByteCount), $0.1) }
    for (offset, value) in both {
      ring += [0x26, 2] + MachineLanguage.littleEndian(offset)
      ring += [5] + MachineLanguage.littleEndian(value)
    }
    var ports: [UInt8] = []
    for port in 0..<16 as Range<UInt8> { ports += [2, port, 2, 0x34, 0, port, 12, 3, 0, 1] }
    var registers: [UInt8] = []
    var memory: [UInt8] = []
    for index in 0..<64 as Range<UInt8> {
      registers += [10, index << 2, 2, 0x31, 9, index << 2]
      memory += [0x26, index << 2, 2, 0x31, 0x25, index << 2]
    }
    // Two memory devices come, one is wanted back, and the guest looks at both and answers of them.
    var pieces: [UInt8] = [0x0F, 53 << 1 | 1, 0x0F, 45 << 1 | 1]
    for number in 0..<2 as Range<UInt8> {
      pieces += [0x62, 0x00, number, 0x40, 0x40, 0x62, 0x80, 1, 0x62, 0xC0, number]
    }
    return [ring, ports, registers, memory, ring + ports, pieces]
  }
}
