import Channels
import Testing

@testable import Partitioning
@testable import Platform

// Disks that several partitions have to write, and those that guests have as SCSI disks. Oracle: a device is several
// partitions' for writing where each of them says so, and only there; SPC-4 for what a partition leaves behind.

@Suite("Disks that are shared")
struct SharedDeviceTests {
  private func machine() throws -> GuestMachine {
    let machine = try GuestMachine(
      processors: 2, inputOutput: true, ["A", "B", "C"].map { GuestMachine.partition($0) })
    for name in ["A", "B", "C"] { try machine.manager.perform(.activate(name, load: false)) }
    return machine
  }

  private func attach(
    _ name: String, _ options: DeviceOptions = [], isReadOnly: Bool = false
  ) -> ManagementAction {
    .attachDevice(
      name, device: 0x200, as: 0x100, isReadOnly: isReadOnly,
      with: options.isEmpty ? nil : options)
  }

  /// How two can have one device: as it is had first, as it is wanted beside that, and whether it is given.
  static let cases: [(DeviceOptions, Bool, DeviceOptions, Bool, Bool)] = [
    ([], false, [], false, false), ([], true, [], true, true), ([], false, [], true, false),
    (.shared, false, [], false, false), ([], false, .shared, false, false),
    (.shared, false, .shared, false, true), (.shared, false, .shared, true, true),
    (.shared, false, [], true, false), (.shared, true, [], true, true),
    (.scsi, false, .scsi, false, false), ([.shared, .scsi], false, .shared, false, true),
  ]

  @Test("a second writer has it where both share it", arguments: cases)
  func pairs(
    _ first: DeviceOptions, _ isFirstRead: Bool, _ second: DeviceOptions, _ isSecondRead: Bool,
    _ isGiven: Bool
  ) throws {
    let machine = try machine()
    try machine.manager.perform(attach("A", first, isReadOnly: isFirstRead))
    let refusal = machine.refusal(attach("B", second, isReadOnly: isSecondRead))
    #expect(refusal == (isGiven ? nil : .deviceInUse(0x200, by: "A", as: 0x100)))
    // So it is when they are activated with it, and when what they have is put back.
    var definition = machine.manager.definition
    for (name, options, isReadOnly) in [
      ("A", first, isFirstRead), ("B", second, isSecondRead),
    ] {
      let index = try #require(definition.partitions.firstIndex { $0.name == name })
      definition.partitions[index].devices = [
        DeviceAssignment(
          virtualDevice: 0x100, realDevice: 0x200, isReadOnly: isReadOnly, options: options)
      ]
    }
    let other = GuestMachine(manager: try PartitionManager(definition))
    for name in ["A", "B"] { try other.manager.perform(.activate(name, load: false)) }
    #expect(try other.view("B").devices.count == (isGiven ? 1 : 0))
    guard isGiven else { return }
    let again = GuestMachine(manager: try PartitionManager(definition))
    try again.manager.restore(other.manager.checkpoint())
    #expect(try again.view("B").devices == other.view("B").devices)
  }

  @Test(
    "its guest has it as it is wanted: as a SCSI disk that all know by one number, or a block device"
  )
  func faces() throws {
    let machine = try machine()
    try machine.manager.perform(attach("A", [.shared, .scsi]))
    try machine.manager.perform(attach("B", .shared))
    func face(_ name: String) throws -> BlockDeviceConfiguration? {
      let computer = try #require(try machine.manager.partition(name).computer)
      return computer.devicePlaces.compactMap {
        if case .disk(let disk)? = $0.contents { disk } else { nil }
      }.first
    }
    #expect(try face("A")?.unitNumber == 0x200)
    #expect(try face("B")?.deviceNumber == 0x100 && face("B")?.unitNumber == nil)
    // The same after the next activation, and what is pending says how it is had.
    #expect(
      PendingChange(
        device: .disk(
          DeviceAssignment(virtualDevice: 0x100, realDevice: 0x200, options: [.shared, .scsi])),
        online: true, asked: 0, deadline: 1
      ).action(on: "A") == attach("A", [.shared, .scsi]))
  }

  @Test("the operator takes away what a partition has reserved that is down")
  func release() throws {
    let machine = try machine()
    try machine.manager.perform(attach("A", [.shared, .scsi]))
    try machine.manager.perform(attach("B", .shared))
    #expect(machine.refusal(.releaseReservations(0x999)) == .deviceNotFound(0x999))
    #expect(machine.refusal(.releaseReservations(0x200)) == .deviceNotReserved(0x200))
    for control in [
      .register(0xA, inPlaceOf: 0), .reserve(.writeExclusive, key: 0xA),
    ] as [DeviceControl] {
      var request = ChannelRequest(
        partition: 0, device: 0x100, kind: .control, firstBlock: 0, byteCount: 0, tag: 0,
        issued: machine.manager.now)
      request.control = control
      machine.manager.channels.start(request)
      machine.run(seconds: 0.1)
    }
    try machine.manager.perform(.deactivate("A", force: true))
    let held = try #require(machine.manager.deviceView(0x200)?.reservation)
    #expect(held.type == .writeExclusive)
    #expect(held.registrants.map(\.partition) == ["A"] && held.registrants[0].isHolder)
    try machine.manager.perform(.releaseReservations(0x200))
    #expect(machine.manager.deviceView(0x200)?.reservation == nil)
  }
}
