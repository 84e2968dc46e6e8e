import Foundation
import Testing

@testable import Partitioning
@testable import Records

// Oracle: plain copies of the disk's file, taken at the instants that are gone back to.

@Suite("What is kept of disks that come and go with another I/O configuration")
struct FollowedDiskTests {
  private let folder: StateFolders
  private let file: String
  private let manager: PartitionManager
  private let disks: DiskPasts

  init() throws {
    folder = try StateFolders()
    file = folder.path + "/data.img"
    try Data(repeating: 0x41, count: 1 << 20).write(to: URL(fileURLWithPath: file))
    manager = try KeptMachine.manager()
    disks = DiskPasts(inStateFolder: folder.path)
    try disks.open(manager.definition)
    disks.attach(to: manager)
    try manager.perform(.activate("A", load: false))
  }

  private func contents() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: file)) }

  /// The machine's deck with a disk of a file more.
  private func comes(keeping limit: UInt64? = nil) -> ManagementAction {
    var configuration = manager.layout.folder.inputOutput
    configuration.devices.append(
      DeviceDefinition(
        number: 0x204, controlUnits: [0x200], media: .file(path: file, writable: true)))
    configuration.devices[1].keptByteCount = limit
    return .activateDeck(.activate(IODeck(name: "NEXT", configuration: configuration)))
  }

  private func checkpoint() -> CheckpointManifest {
    CheckpointManifest(
      name: "C", level: "", machine: "KEPT", position: nil, definition: nil, disks: disks.mark(),
      checkpoint: manager.checkpoint())
  }

  private func write() throws {
    try manager.perform(.attachDevice("A", device: 0x204, as: 0x100))
    try manager.perform(
      .load("A", image: .program(name: "IODRIVER", parameters: "1"), parameters: nil))
    manager.runEpochs(until: manager.now + 100_000_000) { false }
    try manager.perform(.resetClear("A", force: true))
    try manager.perform(.detachDevice("A", device: 0x100, force: true))
  }

  @Test("from its coming on; what is kept of it stays while it is away")
  func comesAndGoes() throws {
    let before = checkpoint()
    #expect(disks.facts.isEmpty && before.disks == [])
    try manager.perform(comes())
    #expect(disks.takeMessages() == ["DISK 0204: EARLIER CHECKPOINTS ARE WITHOUT IT"])
    #expect(disks.missing(in: before) == [0x204])
    let copies = [try contents()]
    let first = checkpoint()
    try write()
    let written = try contents()
    #expect(written != copies[0])
    let second = checkpoint()
    #expect(try disks.go(to: first) == [])
    #expect(try contents() == copies[0])
    #expect(try disks.go(to: second) == [])
    #expect(try contents() == written)
    try manager.perform(.activateDeck(.recover(.source)))
    #expect(disks.facts.isEmpty && disks.mark().isEmpty)
    try manager.perform(.activateDeck(.recover(.target)))
    #expect(disks.missing(in: first).isEmpty && disks.missing(in: second).isEmpty)
    #expect(disks.takeMessages().isEmpty)
    #expect(try disks.go(to: first) == [] && contents() == copies[0])
  }

  @Test(
    "a file that others wrote to while it was away is told, and so is another one of the number")
  func others() throws {
    try manager.perform(comes())
    _ = checkpoint()
    try manager.perform(.activateDeck(.recover(.source)))
    _ = disks.takeMessages()
    try Data(repeating: 0x42, count: 1 << 20).write(to: URL(fileURLWithPath: file))
    try manager.perform(.activateDeck(.recover(.target)))
    let told = disks.takeMessages()
    #expect(told.first?.hasPrefix("DISK 0204: ITS FILE IS ANOTHER") ?? false, "\(told)")
    #expect(disks.facts.map(\.device) == [0x204])
  }

  @Test("one of which nothing is to be kept is written to all the same")
  func withoutKeeping() throws {
    try manager.perform(comes(keeping: 0))
    #expect(disks.facts.isEmpty)
    #expect(checkpoint().disks?.map(\.device) == [0x204])
    let before = try contents()
    try write()
    #expect(try contents() != before)
    // Nothing else is said of it than of one that was there from the start.
    #expect(disks.takeMessages().isEmpty)
  }

  @Test("one that is halfway between two instants is not written to")
  func halfway() throws {
    try manager.perform(comes())
    _ = checkpoint()
    try manager.perform(.activateDeck(.recover(.source)))
    _ = disks.takeMessages()
    let path = folder.path + "/disks/0204/tree.json"
    var tree = try #require(try DiskTree.read(path))
    tree.target = tree.nextPoint
    tree.file.byteCount += 1
    try tree.write(path)
    try manager.perform(.activateDeck(.recover(.target)))
    let told = disks.takeMessages()
    #expect(told.first?.hasSuffix("NOTHING IS WRITTEN TO IT") ?? false, "\(told)")
    let before = try contents()
    try write()
    #expect(try contents() == before)
  }
}
