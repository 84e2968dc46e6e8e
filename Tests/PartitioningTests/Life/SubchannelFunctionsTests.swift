import Testing

@testable import Channels
@testable import Partitioning

/// HALT and missing interrupts, as the firmware judges them and a guest meets them.
///
/// Oracle: counters of the guest program that drives a disk, and the rules of z/VM's missing interrupts by hand.
@Suite("Halt and missing interrupts in the firmware")
struct SubchannelFunctionsTests {
  private func machine() throws -> GuestMachine {
    let machine = try GuestMachine(
      processors: 2, inputOutput: true,
      [GuestMachine.partition("A", "IODRIVER", parameters: "1"), GuestMachine.partition("B")])
    try machine.manager.perform(.activate("A", load: false))
    try machine.manager.perform(.attachDevice("A", device: 0x200, as: 0x100))
    return machine
  }

  private func load(_ machine: GuestMachine) throws {
    try machine.manager.perform(.load("A", image: nil, parameters: nil))
    machine.run(seconds: 0.1)
  }

  @Test("a halt reaches the guest as an I/O error, which tries again and loses nothing")
  func halt() throws {
    let machine = try machine()
    let manager = machine.manager
    #expect(machine.refusal(.haltDevice(0x999)) == .deviceNotFound(0x999))
    #expect(machine.refusal(.haltDevice(0x200)) == .deviceIdle(0x200))
    try load(machine)
    #expect(machine.counter(.retried, of: "A") == 0)
    try manager.perform(.inject(.device(0x200, DeviceFault(delayNanoseconds: 1_000_000_000))))
    machine.run(seconds: 0.2)
    let before = try machine.view("A").requestCount
    let rehearsal = manager.rehearsal()
    try rehearsal.perform(.haltDevice(0x200))
    #expect(manager.channels.requests(of: 0).outstanding == 1)
    try manager.perform(.haltDevice(0x200))
    try manager.perform(.inject(.device(0x200, nil)))
    machine.run(seconds: 0.5)
    #expect(try machine.view("A").requestCount > before)
    #expect(machine.counter(.retried, of: "A") == 1)
    #expect(machine.counter(.errors, of: "A") == 0)
  }

  @Test("a late disk is told of, tried over the other path, and ends in an error of the guest's")
  func missing() throws {
    let machine = try machine()
    let manager = machine.manager
    try load(machine)
    try manager.perform(.set(.missingInterruptTime(.devices(0x200...0x200), seconds: 3)))
    try manager.perform(.inject(.device(0x200, DeviceFault(delayNanoseconds: 7_000_000_000))))
    func missing() -> [FirmwareEventKind] {
      manager.allEvents.map(\.kind).filter {
        if case .missingInterrupt = $0 { true } else { false }
      }
    }
    machine.run(seconds: 4.9)
    #expect(missing().isEmpty)
    machine.run(seconds: 0.3)
    #expect(missing().count == 1 && machine.counter(.retried, of: "A") == 0)
    machine.run(seconds: 5)
    guard case .missingInterrupt(0x200, let first?, true)? = missing().first,
      case .missingInterrupt(0x200, let second?, false)? = missing().last
    else {
      Issue.record("\(missing())")
      return
    }
    #expect(missing().count == 2 && Set([first, second]) == [0x10, 0x11])
    #expect(machine.counter(.retried, of: "A") == 1)
    try manager.perform(.inject(.device(0x200, nil)))
    machine.run(seconds: 8)
    let count = missing().count
    machine.run(seconds: 8)
    #expect(missing().count == count)
    #expect(machine.counter(.errors, of: "A") == 0)
  }

  @Test("times are judged, rounded up to five seconds, and kept in profiles where it is asked")
  func times() throws {
    let manager = try machine().manager
    func seconds() -> [Int?] {
      let settings = manager.machineRecord.settings
      return [settings.running, settings.profile].map { $0.missingInterrupts.seconds(of: 0x200) }
    }
    #expect(seconds() == [15, 15])
    for wrong in [0, -1, 6_000] {
      #expect(throws: ManagementError.missingInterruptTimeOutOfRange(wrong)) {
        try manager.perform(.set(.missingInterruptTime(.disks, seconds: wrong)))
      }
    }
    #expect(throws: ManagementError.deviceNotFound(0x201)) {
      try manager.perform(.set(.missingInterruptTime(.devices(0x200...0x201), seconds: 5)))
    }
    try manager.perform(.set(.missingInterruptTime(.disks, seconds: 31), .both))
    #expect(seconds() == [35, 35])
    try manager.perform(.set(.missingInterruptTime(.devices(0x200...0x200), seconds: 60)))
    #expect(seconds() == [60, 35])
    try manager.perform(.set(.missingInterruptTime(.disks, seconds: nil)))
    #expect(seconds() == [60, 35])
    try manager.perform(.set(.missingInterruptTime(.all, seconds: nil), .profile))
    #expect(seconds() == [60, nil])
    #expect(manager.channels.settings?.missingInterruptTime(of: 0x200) == 60_000_000_000)
  }
}
