import Foundation
import TestSupport
import Testing

@testable import Channels
@testable import Partitioning

/// What of RESOURCE, of volumes and of disks that write to files an I/O configuration may change.
///
/// Oracle: prsm.md 3.1 and 3.4 (reserved places are named by a dynamic change, the numbers of images are for good,
/// MAXDEV is laid out at the start), CP's rule that a minidisk is on the volume of a label; and the files themselves.
@Suite("RESOURCE, volumes and disks of files in another I/O configuration")
struct DeckResourceTests {
  private static let names = ["A", "B", "C"]

  /// A and B have places, and 3 and 4 are reserved; C and, when it is not defined anew, nobody else has none.
  private static let configuration = IOConfiguration(
    images: [("A", 1), ("B", 2), ("*", 3), ("*", 4)].map {
      ImageDefinition(partition: $0.0, subsystem: 0, image: $0.1)
    },
    deviceLimits: [DeviceLimits(subsystem: 0, counts: [5])],
    paths: [path(["A", "B"])],
    controlUnits: [ControlUnitDefinition(number: 0x200, paths: [PathReference(number: 0x10)])],
    devices: (0x200...0x203).map { device($0) })

  private static func path(_ names: [String]) -> ChannelPathDefinition {
    ChannelPathDefinition(number: 0x10, accessList: names, candidateList: names)
  }

  private static func device(
    _ number: UInt16, _ media: MediaDefinition = .scratch(byteCount: 1 << 20)
  ) -> DeviceDefinition {
    DeviceDefinition(number: number, controlUnits: [0x200], media: media)
  }

  private func machine(
    _ change: (inout SystemDefinition) -> Void = { _ in }
  ) throws -> GuestMachine {
    var definition = try GuestMachine(
      processors: 4,
      Self.names.map { GuestMachine.partition($0, "IODRIVER", parameters: "1") }
    ).manager.definition
    definition.inputOutput = Self.configuration
    change(&definition)
    return GuestMachine(manager: try PartitionManager(definition))
  }

  private func activate(
    force: Bool = false, _ change: (inout IOConfiguration) -> Void
  ) -> ManagementAction {
    var configuration = Self.configuration
    change(&configuration)
    return .activateDeck(
      .activate(IODeck(name: "NEXT", configuration: configuration)), force: force)
  }

  /// C has the place that 3 was reserved for, and the path.
  private func named(_ configuration: inout IOConfiguration) {
    configuration.images[2].partition = "C"
    configuration.paths = [Self.path(Self.names)]
  }

  @Test("a reserved place is named, its partition has input and output, and goes back")
  func reservedPlace() throws {
    let machine = try machine()
    let manager = machine.manager
    try manager.perform(.activate("C", load: false))
    #expect(
      machine.refusal(.configurePath("C", path: 0x10, online: true, insistence: .polite))
        == .pathNotAllowed("C", path: 0x10))
    try manager.perform(activate(named))
    try manager.perform(.deactivate("C", force: true))
    try manager.perform(.activate("C", load: false))
    try manager.perform(.configurePath("C", path: 0x10, online: true, insistence: .polite))
    try manager.perform(.attachDevice("C", device: 0x203, as: 0x100))
    try manager.perform(.load("C", image: nil, parameters: nil))
    machine.run(seconds: 0.1)
    #expect(try machine.view("C").requestCount > 0)
    #expect(machine.counter(.errors, of: "C") == 0)
    try manager.perform(.detachDevice("C", device: 0x100, force: true))
    for force in [false, true] {
      #expect(
        machine.refusal(.activateDeck(.recover(.source), force: force))
          == .deckRefused(
            DeckBook.folderName,
            [.partitionActive("C")]
              + (force ? [] : [.pathOnline(0x10, subsystem: 0, to: ["C"], .denied)])))
    }
    try manager.perform(.deactivate("C", force: true))
    try manager.perform(.activateDeck(.recover(.source)))
    #expect(manager.definition.inputOutput == Self.configuration)
    try manager.perform(.activateDeck(.recover(.target)))
    #expect(manager.definition.inputOutput.images[2].partition == "C")
  }

  @Test("places that were not reserved and places that change are refused, with FORCE too")
  func places() throws {
    let machine = try machine()
    let fifth = ImageDefinition(partition: "C", subsystem: 0, image: 5)
    let other = ImageDefinition(partition: "*", subsystem: 1, image: 1)
    for force in [false, true] {
      #expect(
        machine.refusal(activate(force: force) { $0.images += [fifth, other] })
          == .deckRefused("NEXT", [.placesNotReserved([fifth, other])]))
      #expect(
        machine.refusal(
          activate(force: force) {
            $0.images[0].image = 2
            $0.images[1].image = 1
          })
          == .deckRefused(
            "NEXT",
            [("A", 2, 1), ("B", 1, 2)].map { name, image, before in
              .placeChanged(
                ImageDefinition(partition: name, subsystem: 0, image: image),
                before: ImageDefinition(partition: name, subsystem: 0, image: before))
            }))
    }
    // What is reserved and not spoken of stays reserved.
    try machine.manager.perform(activate { $0.images.removeLast(2) })
    try machine.manager.perform(activate(named))
  }

  @Test("as many devices as MAXDEV reserved at the start, whatever the deck says of it")
  func deviceLimit() throws {
    let machine = try machine()
    try machine.manager.perform(activate { $0.devices.append(Self.device(0x204)) })
    let more = activate {
      $0.deviceLimits = [DeviceLimits(subsystem: 0, counts: [64])]
      $0.devices += [Self.device(0x204), Self.device(0x205)]
    }
    #expect(
      machine.refusal(more)
        == .deckRefused("NEXT", [.deviceLimit(subsystem: 0, count: 6, limit: 5)]))
    // A device that no path of the channel subsystem leads to takes nothing of it.
    try machine.manager.perform(
      activate {
        $0.controlUnits.append(ControlUnitDefinition(number: 0x300, paths: []))
        $0.devices.append(Self.device(0x204))
        $0.devices.append(DeviceDefinition(number: 0x300, controlUnits: [0x300]))
      })
  }

  @Test("a volume of which minidisks are in use stays where it is")
  func volumes() throws {
    let machine = try machine { definition in
      definition.inputOutput.devices[2].volume = "VOL1"
      definition.partitions[0].minidisks = [
        MinidiskDefinition(
          virtualDevice: 0x191, type: "FB-512",
          place: MinidiskPlace(volume: .label("VOL1"), start: 0, count: 64)),
        MinidiskDefinition(
          virtualDevice: 0x192, type: "FB-512",
          place: MinidiskPlace(volume: .device(0x202), start: 64, count: 64)),
      ]
    }
    let manager = machine.manager
    for name in ["A", "B"] { try manager.perform(.activate(name, load: false)) }
    try manager.perform(
      .link("B", owner: "A", device: 0x191, as: 0x291, mode: .readAlways))
    try manager.perform(
      .link("B", owner: "A", device: 0x192, as: 0x292, mode: .readAlways))
    let moves: [(inout IOConfiguration) -> Void] = [
      { $0.devices[3].volume = "VOL1" }, { _ in },
      {
        $0.devices[1].volume = "VOL1"
        $0.devices[2].volume = "VOL1"
      },
    ]
    for move in moves {
      for force in [false, true] {
        #expect(
          machine.refusal(activate(force: force, move))
            == .deckRefused(
              "NEXT", [.volumeInUse("VOL1", device: 0x202, by: "B", as: 0x291)]))
      }
    }
    try manager.perform(.detachDevice("B", device: 0x291, force: true))
    try manager.perform(activate { $0.devices[3].volume = "VOL1" })
    try manager.perform(
      .link("B", owner: "A", device: 0x191, as: 0x291, mode: .readAlways))
    #expect(
      manager.channels.subchannels(of: 1).map { [$0.virtualDevice, $0.realDevice] }
        == [[0x291, 0x203], [0x292, 0x202]])
  }

  @Test("a disk that writes to a file comes, is written to, goes, and comes again")
  func writableFile() throws {
    let path = NSTemporaryDirectory() + "endicott-\(UUID().uuidString).img"
    let bytes = Data(repeating: 0x41, count: 1 << 20)
    try bytes.write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let machine = try machine()
    let manager = machine.manager
    try manager.perform(.activate("A", load: false))
    var calls = 0
    manager.onDisksChanged = { calls += 1 }
    let comes = activate {
      $0.devices.append(Self.device(0x204, .file(path: path, writable: true)))
    }
    try manager.rehearsal().perform(comes)
    #expect(calls == 0)
    try manager.perform(comes)
    #expect(calls == 1)
    try manager.perform(.attachDevice("A", device: 0x204, as: 0x100))
    try manager.perform(.load("A", image: nil, parameters: nil))
    machine.run(seconds: 0.1)
    #expect(machine.counter(.errors, of: "A") == 0)
    let written = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(written != bytes && written.count == bytes.count)
    #expect(
      machine.refusal(.activateDeck(.recover(.source), force: true))
        == .deckRefused(
          DeckBook.folderName, [.deviceInUse(0x204, by: "A", as: 0x100, .deleted)]))
    #expect(calls == 1)
    try manager.perform(.detachDevice("A", device: 0x100, force: true))
    try manager.perform(.activateDeck(.recover(.source)))
    try manager.perform(.activateDeck(.recover(.target)))
    #expect(calls == 3)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == written)
    // What was written is what is read: nothing of it was in memory only.
    var first = [UInt8](repeating: 0, count: 512)
    let index = try #require(manager.channels.deviceIndex(0x204))
    #expect(manager.channels.hardware.disks[index].read(0, into: &first))
    #expect(first == Array(written.prefix(512)))
  }

  // Oracle: flock(2), by which a file that is opened once more stands for another program.
  @Test("a file that another program writes to does not come; one that came is kept from others")
  func heldFile() throws {
    let path = NSTemporaryDirectory() + "endicott-\(UUID().uuidString).img"
    try Data(count: 1 << 20).write(to: URL(fileURLWithPath: path))
    let other = open(path, O_RDONLY | O_CLOEXEC)
    defer {
      close(other)
      try? FileManager.default.removeItem(atPath: path)
    }
    func comes(_ writable: Bool) -> ManagementAction {
      activate { $0.devices.append(Self.device(0x204, .file(path: path, writable: writable))) }
    }
    let machine = try machine()
    let manager = machine.manager
    #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
    for writable in [true, false] {
      #expect(
        machine.refusal(comes(writable))
          == .deckRefused(
            "NEXT",
            [
              .file(
                0x204, path: path,
                reason: "another program writes to it; end that program, or name another file")
            ]))
    }
    #expect(flock(other, LOCK_UN) == 0)
    // One that is only tried is let go again.
    try manager.rehearsal().perform(comes(true))
    #expect(flock(other, LOCK_EX | LOCK_NB) == 0 && flock(other, LOCK_UN) == 0)
    try manager.perform(comes(false))
    try manager.perform(comes(true))
    #expect(flock(other, LOCK_SH | LOCK_NB) != 0)
    try manager.perform(comes(false))
    #expect(flock(other, LOCK_SH | LOCK_NB) == 0 && flock(other, LOCK_UN) == 0)
    #expect(flock(other, LOCK_EX | LOCK_NB) != 0)
    try manager.perform(activate { _ in })
    #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
  }
}
