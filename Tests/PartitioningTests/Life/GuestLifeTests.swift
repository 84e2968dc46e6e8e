import GuestPrograms
import Testing

@testable import Partitioning

/// Guests of our own through the firmware: storage under load, paths, faults, ends.
struct GuestLifeTests {
  private func settle(_ machine: GuestMachine, _ name: String, seconds: Double = 30) throws {
    machine.run(seconds: seconds) {
      machine.manager.partitionView(name)?.pending.isEmpty ?? true
    }
    #expect(try machine.view(name).pending.isEmpty)
  }

  @Test func storageGoesUpAndDownAThousandTimesUnderAToucher() throws {
    let machine = try GuestMachine(
      processors: 1, megahertz: 50,
      [
        GuestMachine.partition("TOUCH", "TOUCHER", megabytes: 2, reservedMegabytes: 1)
      ])
    try machine.activateAll()
    machine.run(seconds: 0.2)
    for _ in 0..<1000 {
      for online in [true, false] {
        try machine.manager.perform(
          .configureStorage(
            "TOUCH", byteCount: 1 << 20, online: online, insistence: .polite, within: 30))
        try settle(machine, "TOUCH")
        #expect(try machine.view("TOUCH").storageByteCount == (online ? 3 : 2) << 20)
        #expect(machine.manager.ledger.isBalanced)
      }
    }
    // The guest counts a release after the firmware has taken it.
    machine.run(seconds: 0.2)
    #expect(machine.counter(.errors, of: "TOUCH") == 0)
    #expect(machine.counter(.taken, of: "TOUCH") == 1000 << 20)
    #expect(machine.counter(.released, of: "TOUCH") == 1000 << 20)
    #expect(machine.counter(.work, of: "TOUCH") > 0)
  }

  @Test func aFaultEndsItsPartitionAlone() throws {
    let machine = try GuestMachine(
      processors: 2, megahertz: 10,
      [
        GuestMachine.partition("SPIN"),
        GuestMachine.partition("TRIPLE", "FAULTY", parameters: "TRIPLE"),
        GuestMachine.partition("HANG", "FAULTY", parameters: "HANG"),
        GuestMachine.partition("LOOP", "FAULTY", parameters: "LOOP"),
      ])
    try machine.activateAll()
    machine.run(seconds: 1)
    #expect(try machine.view("SPIN").state == .operating)
    #expect(try machine.view("TRIPLE").state == .exceptions)
    #expect(try machine.view("HANG").state == .exceptions)
    #expect(try machine.view("LOOP").state == .operating)
    let used = try machine.used(over: 2)
    #expect(abs(used[0] - 1) < 0.01)
    #expect(used[1] == 0)
    #expect(abs(used[3] - 1) < 0.01)
    let kinds = machine.manager.allEvents
    #expect(
      kinds.contains { event in
        if case .tripleFault = event.kind { event.partition == "TRIPLE" } else { false }
      })
    #expect(
      kinds.contains { event in
        if case .disabledWait = event.kind { event.partition == "HANG" } else { false }
      })
    try machine.manager.perform(
      .load("TRIPLE", image: .program(name: "SPIN", parameters: ""), parameters: nil))
    #expect(try machine.view("TRIPLE").state == .operating)
  }

  @Test func shutdownSignalEndsTheGuest() throws {
    let machine = try GuestMachine(
      processors: 1,
      [
        GuestMachine.partition("SPIN"),
        GuestMachine.partition("LOOP", "FAULTY", parameters: "LOOP"),
      ])
    try machine.activateAll()
    machine.run(seconds: 1)
    try machine.manager.perform(.signalShutdown("SPIN", within: 5, thenForce: false))
    machine.run(seconds: 5) { machine.manager.partitionView("SPIN")?.state == .notActivated }
    #expect(try machine.view("SPIN").state == .notActivated)
    #expect(machine.manager.allEvents.contains { $0.kind == .poweredOff })
    // LOOP has its interrupts off: time runs out and it is taken down.
    do throws(ManagementError) {
      _ = try machine.manager.perform(.signalShutdown("LOOP", within: 2, thenForce: true))
      machine.run(seconds: 3)
      #expect(machine.manager.partitionView("LOOP")?.state == .notActivated)
    } catch {
      #expect(error == .shutdownSignalNotEnabled("LOOP"))
    }
  }

  @Test func requestsWaitForAPathAndNothingIsLost() throws {
    var driver = GuestMachine.partition("IO", "IODRIVER", parameters: "2")
    driver.devices = [.init(virtualDevice: 0x100, realDevice: 0x200)]
    let machine = try GuestMachine(processors: 1, megahertz: 20, inputOutput: true, [driver])
    try machine.activateAll()
    machine.run(seconds: 1)
    let before = machine.counter(.work, of: "IO")
    #expect(before > 0)
    try machine.manager.perform(
      .configurePath("IO", path: 0x10, online: false, insistence: .polite))
    machine.run(seconds: 0.5)
    let onOne = machine.counter(.work, of: "IO")
    #expect(onOne > before)
    try machine.manager.perform(
      .configurePath("IO", path: 0x11, online: false, insistence: .unconditional))
    machine.run(seconds: 0.2)
    let stuck = machine.counter(.work, of: "IO")
    machine.run(seconds: 0.5)
    #expect(machine.counter(.work, of: "IO") == stuck)
    try machine.manager.perform(
      .configurePath("IO", path: 0x10, online: true, insistence: .polite))
    machine.run(seconds: 1)
    #expect(machine.counter(.work, of: "IO") > stuck)
    #expect(machine.counter(.errors, of: "IO") == 0)
    #expect(machine.counter(.retried, of: "IO") == 0)
  }

  @Test func stopAndStartKeepEverything() throws {
    let machine = try GuestMachine(processors: 1, [GuestMachine.partition("SPIN")])
    try machine.activateAll()
    machine.run(seconds: 1)
    try machine.manager.perform(.stop("SPIN", processor: nil))
    #expect(try machine.used(over: 1)[0] == 0)
    try machine.manager.perform(.start("SPIN", processor: nil))
    #expect(try machine.used(over: 1)[0] > 0.99)
  }

  @Test func anotherOwnerReadsZeros() throws {
    let machine = try GuestMachine(
      processors: 1,
      [
        GuestMachine.partition("A", "TOUCHER", megabytes: 200),
        GuestMachine.partition("B", megabytes: 200),
      ])
    try machine.manager.perform(.activate("A", load: true))
    try machine.manager.perform(
      .storeStorage("A", address: 150 << 20, bytes: [1, 2, 3, 4]))
    try machine.manager.perform(.deactivate("A", force: true))
    try machine.manager.perform(.activate("B", load: false))
    for megabyte in stride(from: UInt64(0), to: 200, by: 10) {
      let bytes = try #require(machine.manager.storage(of: "B", at: megabyte << 20, count: 65536))
      #expect(bytes.allSatisfy { $0 == 0 })
    }
  }
}
