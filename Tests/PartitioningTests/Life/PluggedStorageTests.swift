import Testing

@testable import Partitioning
@testable import Platform

// Oracle: PR/SM Planning Guide, "Reserved central storage", and the law that granted and free storage come to
// what is installed. What a guest's driver does is Linux' to say: SystemTests, "Linux' storage".

@Suite("Storage that guests plug by blocks") struct PluggedStorageTests {
  private func machine() throws -> GuestMachine {
    var partition = GuestMachine.partition("A", megabytes: 4, reservedMegabytes: 16)
    partition.storage.method = .virtio
    return try GuestMachine(processors: 1, [partition, GuestMachine.partition("B", "TOUCHER")])
  }

  private func configure(
    _ megabytes: UInt64, online: Bool, _ insistence: Insistence = .polite
  ) -> ManagementAction {
    .configureStorage(
      "A", byteCount: megabytes << 20, online: online, insistence: insistence, within: nil)
  }

  @Test("comes by virtio to a kernel and by notices to a program, unless the definition says")
  func method() {
    var partition = GuestMachine.partition("A", reservedMegabytes: 16)
    #expect(partition.storageMethod == .call && !partition.hasPluggableStorage)
    partition.ipl = .kernel(file: "vmlinuz", initialRamdisk: nil, parameters: "")
    #expect(partition.storageMethod == .virtio && partition.hasPluggableStorage)
    partition.storage.method = .call
    #expect(partition.storageMethod == .call)
    let room = partition.deviceRoom
    partition.storage.method = .acpi
    #expect(partition.storageMethod == .acpi && partition.hasPluggableStorage)
    #expect(partition.deviceRoom == 8, "it takes no place of a virtio device")
    partition.storage.method = .virtio
    #expect(partition.deviceRoom == 7 && room == 8)
    partition.storage = PartitionStorage(method: .virtio)
    #expect(!partition.hasPluggableStorage, "there is nothing to plug")
  }

  @Test("is not on line for a guest without the driver, and nothing has changed") func refused()
    throws
  {
    let machine = try machine()
    try machine.activateAll()
    machine.run(seconds: 0.05)
    let before = machine.manager.runningConfiguration
    for manager in [machine.manager, machine.manager.rehearsal()] {
      #expect(throws: ManagementError.guestPlugsNoStorage("A")) {
        try manager.perform(configure(8, online: true))
      }
      #expect(throws: ManagementError.notMultipleOfIncrement(3 << 20, increment: 2 << 20)) {
        try manager.perform(configure(3, online: true))
      }
      #expect(
        throws: ManagementError.storageLimit("A", requested: 22 << 20, limit: 20 << 20)
      ) {
        try manager.perform(configure(18, online: true))
      }
      #expect(
        throws: ManagementError.storageNotRemovable("A", requested: 2 << 20, removable: 0)
      ) {
        try manager.perform(configure(2, online: false))
      }
    }
    #expect(machine.manager.runningConfiguration == before)
  }

  @Test(
    "is granted by force, stays through a reset, and goes politely while the guest has plugged none"
  )
  func granted() throws {
    let machine = try machine()
    let manager = machine.manager
    try machine.activateAll()
    let free = manager.ledger.freeByteCount
    machine.run(seconds: 0.05)
    try manager.perform(configure(8, online: true, .unconditional))
    #expect(try machine.view("A").storageByteCount == 12 << 20)
    #expect(manager.ledger.freeByteCount == free - 8 << 20 && manager.ledger.isBalanced)
    // Nothing of it is storage before a driver plugs it.
    #expect(manager.storage(of: "A", at: 128 << 20, count: 1) == nil)
    try manager.perform(.load("A", image: nil, parameters: nil, clear: false, force: true))
    #expect(try machine.view("A").storageByteCount == 12 << 20)
    machine.run(seconds: 0.05)
    for manager in [manager.rehearsal(), manager] {
      try manager.perform(configure(2, online: false))
      #expect(manager.partitionView("A")?.storageByteCount == 10 << 20)
    }
    try manager.perform(configure(2, online: false, .force))
    try manager.perform(.load("A", image: nil, parameters: nil, clear: true, force: true))
    #expect(try machine.view("A").storageByteCount == 4 << 20)
    #expect(manager.ledger.freeByteCount == free && manager.ledger.isBalanced)
  }

  @Test("a rehearsed guest plugs what it is offered once time passes") func rehearsed() throws {
    let machine = try machine()
    try machine.activateAll()
    machine.run(seconds: 0.05)
    let rehearsal = machine.manager.rehearsal()
    try rehearsal.partition("A").rehearsed.plugsStorage = true
    try rehearsal.perform(configure(8, online: true))
    #expect(rehearsal.partitionView("A")?.pending.map(\.text) == ["STORAGE 8M ONLINE"])
    #expect(rehearsal.partitionView("A")?.storageByteCount == 4 << 20)
    #expect(throws: ManagementError.self) { try rehearsal.perform(configure(2, online: false)) }
    try rehearsal.perform(.cancelPending("A", kind: .storage))
    #expect(rehearsal.ledger.freeByteCount == machine.manager.ledger.freeByteCount)
    try rehearsal.perform(configure(8, online: true))
    rehearsal.firmware.reconfiguration.agreeToPending()
    #expect(rehearsal.partitionView("A")?.storageByteCount == 12 << 20)
    try rehearsal.perform(configure(6, online: false))
    #expect(rehearsal.partitionView("A")?.storageByteCount == 12 << 20, "the guest has it plugged")
    rehearsal.firmware.reconfiguration.agreeToPending()
    #expect(rehearsal.partitionView("A")?.storageByteCount == 6 << 20)
    #expect(rehearsal.partitionView("A")?.pending.isEmpty == true)
    #expect(rehearsal.ledger.isBalanced)
  }

  /// Memory devices of 128 MiB; increments of 16.
  private func memoryDevices() throws -> GuestMachine {
    var partition = GuestMachine.partition("A", megabytes: 16, reservedMegabytes: 512)
    partition.storage.method = .acpi
    return try GuestMachine(
      processors: 1, storageMegabytes: 1024, incrementMegabytes: 16, [partition])
  }

  @Test("by ACPI it comes in whole memory devices, and to a guest that listens") func wholeDevices()
    throws
  {
    let machine = try memoryDevices()
    try machine.activateAll()
    machine.run(seconds: 0.05)
    let before = machine.manager.runningConfiguration
    for manager in [machine.manager, machine.manager.rehearsal()] {
      for online in [true, false] {
        #expect(throws: ManagementError.notMultipleOfIncrement(64 << 20, increment: 128 << 20)) {
          try manager.perform(configure(64, online: online, .force))
        }
      }
      #expect(throws: ManagementError.guestNotListening("A")) {
        try manager.perform(configure(128, online: true))
      }
    }
    #expect(machine.manager.runningConfiguration == before)
    #expect(throws: ManagementError.notMultipleOfIncrement(160 << 20, increment: 128 << 20)) {
      var other = GuestMachine.partition("B", megabytes: 16, reservedMegabytes: 160)
      other.storage.method = .acpi
      try machine.manager.judge(PartitionEntry(number: 1, definition: other, others: []))
    }
  }

  @Test("by ACPI and force it is there, where no definition of DEFINE STORAGE reaches")
  func forcedDevices() throws {
    let machine = try memoryDevices()
    let manager = machine.manager
    try machine.activateAll()
    let free = manager.ledger.freeByteCount
    machine.run(seconds: 0.05)
    try manager.perform(configure(256, online: true, .unconditional))
    #expect(try machine.view("A").storageByteCount == 272 << 20)
    // From the first memory block of Linux' after the initial storage on.
    #expect(manager.storage(of: "A", at: 128 << 20, count: 1) == [0])
    #expect(manager.storage(of: "A", at: (384 << 20) - 1, count: 1) == [0])
    #expect(manager.storage(of: "A", at: 384 << 20, count: 1) == nil)
    try manager.perform(.load("A", image: nil, parameters: nil, clear: false, force: true))
    #expect(manager.storage(of: "A", at: 128 << 20, count: 1) == [0])
    machine.run(seconds: 0.05)
    // The guest has not looked at it.
    for manager in [manager.rehearsal(), manager] {
      try manager.perform(configure(128, online: false))
      #expect(manager.partitionView("A")?.storageByteCount == 144 << 20)
    }
    #expect(manager.storage(of: "A", at: 256 << 20, count: 1) == nil)
    try manager.perform(.load("A", image: nil, parameters: nil, clear: true, force: true))
    #expect(manager.storage(of: "A", at: 128 << 20, count: 1) == nil)
    #expect(manager.ledger.freeByteCount == free && manager.ledger.isBalanced)
  }

  @Test(
    "by ACPI a device that the guest cannot take is the one that is wanted back",
    arguments: [true, false])
  func refusedDevice(isOtherTaken: Bool) throws {
    let machine = try memoryDevices()
    let manager = machine.manager
    try machine.activateAll()
    machine.run(seconds: 0.05)
    let free = manager.ledger.freeByteCount
    let computer = try #require(try manager.partition("A").computer)
    func write(_ register: UInt64, _ value: UInt64) {
      computer.writePort(PCLayout.storageHotplug + register, size: 4, value, 0)
    }
    func answer(_ device: UInt64, _ status: UInt64) {
      write(0, device)
      write(8, 1)
      write(12, status)
    }
    // The guest hears of events, with an interrupt for a processor that it has not.
    let entry = 0x10 + UInt64(PCLayout.eventPin(hasBoard: false)) * 2
    for (register, value) in [(entry + 1, 5 << 24), (entry, 0x40)] as [(UInt64, UInt64)] {
      computer.writeMemory(PCLayout.ioAPICBase, size: 4, register, 0)
      computer.writeMemory(PCLayout.ioAPICBase + 0x10, size: 4, value, 0)
    }
    try manager.perform(configure(256, online: true, .unconditional))
    for device in [0, 1] as [UInt64] {
      write(0, device)
      #expect(computer.readPort(PCLayout.storageHotplug + 4, size: 1, 0) == 3)
    }
    if isOtherTaken { answer(0, 0) }
    try manager.perform(configure(128, online: false))
    #expect(try machine.view("A").pending.map(\.text) == ["STORAGE 128M OFFLINE"])
    answer(1, 1)
    machine.run(seconds: 0.05)
    #expect(try machine.view("A").pending.isEmpty)
    #expect(try machine.view("A").storageByteCount == 144 << 20)
    #expect(manager.storage(of: "A", at: 128 << 20, count: 1) == [0])
    #expect(manager.storage(of: "A", at: 256 << 20, count: 1) == nil)
    answer(0, 0)
    machine.run(seconds: 0.05)
    #expect(manager.ledger.freeByteCount == free - 128 << 20 && manager.ledger.isBalanced)
  }

  @Test("DEFINE STORAGE is of what is there from the start") func element() throws {
    let machine = try machine()
    try machine.activateAll()
    try machine.manager.perform(configure(8, online: true, .force))
    #expect(throws: ManagementError.storageLimit("A", requested: 5 << 20, limit: 4 << 20)) {
      try machine.manager.perform(.defineStorage("A", byteCount: 5 << 20))
    }
    try machine.manager.perform(.defineStorage("A", byteCount: 2 << 20))
    #expect(try machine.view("A").storageByteCount == 2 << 20)
    try machine.manager.perform(configure(16, online: true))
    #expect(try machine.view("A").storageByteCount == 18 << 20)
    #expect(machine.manager.ledger.isBalanced)
  }
}
