import Channels
import Foundation
import Quantities
import Testing

@testable import Platform

/// Places of devices that come and go, and their registers of the DSDT.
///
/// Oracle: VIRTIO 1.2, "MMIO Device Register
/// Layout" (a device ID of 0 is a place without a device), and the ACPI specification's `_STA`, `_EJ0`, `_OST`.
@Suite struct DevicePlacesTests {
  private let owner = RecordingOwner()

  private func bus(disks: Int, seed: UInt64? = nil) throws -> SystemBus {
    let bus = try RecordingOwner.bus(
      ComputerConfiguration(
        name: "PLACES", partitionNumber: 0, maximumProcessors: 1, initialProcessors: 1,
        initialStorage: 1 << 20, maximumStorage: 1 << 20,
        blockDevices: (0..<disks).map {
          BlockDeviceConfiguration(deviceNumber: UInt16(0x100 + $0), blockCount: 64)
        }, takesDevices: true, entropySeed: seed),
      [DevicePlace.self, EntropyDevice.self, DeviceHotplug.self])
    bus.owner = owner
    return bus
  }

  private func identifier(_ place: UInt64, _ bus: SystemBus) -> UInt64? {
    bus.readMemory(
      PCLayout.virtioBase + place * PCLayout.virtioByteCount + 8,
      DeviceAccess(time: 0, size: 4, processor: 0))
  }

  private func write(_ register: UInt64, _ value: UInt64, size: Int, _ bus: SystemBus) {
    bus.writePort(
      PCLayout.deviceHotplug + register, value, DeviceAccess(time: 5, size: size, processor: 0))
  }

  private func flags(of place: UInt64, _ bus: SystemBus) -> UInt64? {
    write(0, place, size: 4, bus)
    return bus.readPort(
      PCLayout.deviceHotplug + 4, DeviceAccess(time: 5, size: 1, processor: 0))
  }

  /// Accepts VIRTIO_F_VERSION_1.
  private func setUp(_ bus: SystemBus) {
    for (register, value) in [(0x24, 1), (0x20, 1)] as [(UInt64, UInt64)] {
      _ = bus.writeMemory(
        PCLayout.virtioBase + register, value, DeviceAccess(time: 5, size: 4, processor: 0))
    }
  }

  @Test func placesWithoutADiskNameNoDevice() throws {
    let bus = try bus(disks: 2, seed: 1)
    #expect((0..<8).map { identifier($0, bus) } == [2, 2, 4, 0, 0, 0, 0, 0])
    #expect((0..<9).map { flags(of: $0, bus) } == [1, 1, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test func aDiskComesAndGoes() throws {
    let bus = try bus(disks: 0)
    let hotplug = try #require(bus.first(DeviceHotplug.self))
    let place = try #require(bus.first(DevicePlace.self))
    place.put(
      .disk(BlockDeviceConfiguration(deviceNumber: 0x1FE, blockCount: 8, isReadOnly: true)))
    hotplug.offer(0)
    #expect(identifier(0, bus) == 2)
    // VIRTIO_BLK_F_RO.
    #expect(place.device.transport.deviceFeatures & 1 << 5 != 0)
    #expect(flags(of: 0, bus) == 3)
    write(4, 2, size: 1, bus)
    #expect(flags(of: 0, bus) == 1)
    // _OST of the Device Check: in progress, then a failure, which is told once.
    for status in [UInt64(0x80), 1, 1] {
      write(8, 1, size: 4, bus)
      write(12, status, size: 4, bus)
    }
    #expect(owner.events == [.deviceAnswered(0x1FE, isTaken: false)])
    owner.events = []
    // Success is not the end: a driver that has set it up is, once.
    hotplug.offer(0)
    write(4, 2, size: 1, bus)
    place.offer()
    write(8, 1, size: 4, bus)
    write(12, 0, size: 4, bus)
    #expect(owner.events == [])
    for _ in 0..<2 {
      for value in [UInt64(0), 1, 3, 0xB, 0xF] {
        if value == 0xB { setUp(bus) }
        _ = bus.writeMemory(
          PCLayout.virtioBase + 0x70, value, DeviceAccess(time: 5, size: 4, processor: 0))
      }
    }
    #expect(owner.events == [.deviceAnswered(0x1FE, isTaken: true)])
    owner.events = []
    // Linux says "busy" of every eject request of a container at first: that is no answer.
    hotplug.recall(0)
    #expect(flags(of: 0, bus) == 5)
    write(8, 3, size: 4, bus)
    write(12, 0x82, size: 4, bus)
    #expect(owner.events == [])
    for _ in 0..<3 { write(4, 8, size: 1, bus) }
    #expect(owner.events == [.deviceEjected(0x1FE)])
    #expect(flags(of: 0, bus).map { $0 & 1 } == 0)
    place.vacate()
    hotplug.remove(0, telling: false)
    #expect(identifier(0, bus) == 0)
    #expect(flags(of: 0, bus) == 0)
  }

  @Test func aDiskThatIsTakenFromItsDriverEndsItsRequestsWithErrors() throws {
    var driver = try BlockDriver(takesDevices: true)
    driver.start()
    let under = driver.request(type: 1, block: 0, count: 512)
    #expect(under.count == 1)
    driver.place.take()
    #expect(driver.place.isTaken)
    driver.end(tag: under[0].tag, status: .ioError)
    #expect(driver.statusByte == 1)
    // What it asks for now ends at once, and reaches no disk.
    #expect(driver.request(type: 1, block: 0, count: 512, index: 1).isEmpty)
    #expect(driver.statusByte == 1)
    #expect(driver.usedIndex == 2)
    #expect(driver.read(8, size: 4) == 2)
    driver.write(0x70, 0)
    #expect(driver.read(8, size: 4) == 0)
    #expect(driver.place.contents == nil && !driver.place.isTaken)
  }

  @Test func aPlaceIsSavedWithWhatIsThere() throws {
    let bus = try bus(disks: 1)
    // Devices refer to their bus without holding it.
    defer { withExtendedLifetime(bus) {} }
    let places = bus.devices.compactMap { $0 as? DevicePlace }
    let disk = BlockDeviceConfiguration(deviceNumber: 0x222, blockCount: 16)
    places[1].put(.disk(disk))
    let other = try self.bus(disks: 1)
    defer { withExtendedLifetime(other) {} }
    let others = other.devices.compactMap { $0 as? DevicePlace }
    try others[1].restore(places[1].state)
    #expect(others[1].contents == .disk(disk))
    #expect(identifier(1, other) == 2)
    places[2].put(.adapter(Self.adapter))
    try others[1].restore(places[2].state)
    #expect(others[1].contents == .adapter(Self.adapter))
    #expect(identifier(1, other) == 1)
    var wrong = places[1].state
    wrong.contents = .disk(BlockDeviceConfiguration(deviceNumber: 0x222, blockCount: 17))
    #expect(throws: StateRefusal.self) { try others[2].restore(wrong) }
    wrong.contents = .adapter(Self.adapter)
    #expect(throws: StateRefusal.self) { try others[2].restore(wrong) }
    wrong = places[3].state
    wrong.isTaken = true
    #expect(throws: StateRefusal.self) { try others[2].restore(wrong) }
    // Where devices do not come and go, each place has what it was built with.
    let driver = try BlockDriver()
    defer { withExtendedLifetime(driver) {} }
    #expect(throws: StateRefusal.self) { try driver.place.restore(places[1].state) }
  }

  /// Oracle: states as the program before wrote them, a disk's and an adapter's own.
  @Test func whatAnEarlierProgramSavedIsRead() throws {
    func restore(_ place: DevicePlace, _ text: String) throws {
      try JSONDecoder().decode(DeviceState.self, from: Data(text.utf8)).restore(to: place)
    }
    let bus = try bus(disks: 1)
    defer { withExtendedLifetime(bus) {} }
    let places = bus.devices.compactMap { $0 as? DevicePlace }
    let transport = { (place: DevicePlace) throws -> String in
      String(decoding: try JSONEncoder().encode(place.device.transport), as: UTF8.self)
    }
    func former(_ place: DevicePlace, _ disk: String?) throws -> String {
      """
      {"kind":"block device","version":1,"state":{"pending":[],"transport":\(try transport(place))\(
        disk.map { #","place":{\#($0)"isOffered":false,"isTaken":false}"# } ?? "")}}
      """
    }
    // An empty place, a fixed disk, and a disk that came.
    try restore(places[3], former(places[2], ""))
    #expect(places[3].contents == nil)
    try restore(places[0], former(places[0], nil))
    #expect(places[0].deviceNumber == 0x100)
    let disk = #""disk":{"deviceNumber":256,"blockCount":64},"#
    try restore(places[3], former(places[0], disk))
    #expect(places[3].deviceNumber == 0x100)
    // An adapter, which was there from the start.
    places[4].put(.adapter(Self.adapter))
    let adapter = """
      {"kind":"network device","version":1,"state":{"pending":[],"buffers":[],"backlog":[],"transport":\(
      try transport(places[4]))}}
      """
    try restore(places[4], adapter)
    #expect(places[4].contents == .adapter(Self.adapter))
    #expect(throws: StateRefusal.self) { try restore(places[3], adapter) }
  }

  private static let adapter = NetworkDeviceConfiguration(
    deviceNumber: 0x700, address: AdapterAddress(7))
}
