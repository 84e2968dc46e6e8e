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
    #expect(disks.facts.isEmpty && disks.mark().map(\.device) == [0x204])
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

  /// The device's disk as others would have it who know the folder alone.
  private func go(
    _ configuration: ManagementAction?, to checkpoint: CheckpointManifest
  ) throws -> (missing: [UInt16], disks: DiskPasts) {
    let manager = try KeptMachine.manager()
    if let configuration { try manager.perform(configuration) }
    let disks = DiskPasts(inStateFolder: folder.path)
    try disks.open(manager.definition)
    return (try disks.go(to: checkpoint), disks)
  }

  @Test("a checkpoint that was taken while it was away puts it back, with and without it")
  func away() throws {
    try manager.perform(comes())
    let first = checkpoint()
    let copy = try contents()
    try write()
    let written = try contents()
    try manager.perform(.activateDeck(.recover(.source)))
    let without = checkpoint()
    try manager.perform(.activateDeck(.recover(.target)))
    // IODRIVER would write the same once more.
    try manager.perform(.attachDevice("A", device: 0x204, as: 0x100))
    try manager.perform(
      .load("A", image: .program(name: "IODRIVER", parameters: "3"), parameters: nil))
    manager.runEpochs(until: manager.now + 200_000_000) { false }
    try manager.perform(.resetClear("A", force: true))
    try manager.perform(.detachDevice("A", device: 0x100, force: true))
    let more = try contents()
    #expect(more != written && written != copy)
    let last = checkpoint()
    #expect(try disks.go(to: without) == [] && contents() == written)
    #expect(try disks.go(to: last) == [] && contents() == more)
    try manager.perform(.activateDeck(.recover(.source)))
    #expect(try disks.go(to: first) == [] && contents() == copy)
    #expect(try disks.go(to: without) == [] && contents() == written)
    #expect(try disks.go(to: last) == [] && contents() == more)
    disks.end()
    // In other processes, of which the first two have a configuration without it.
    var next = try go(nil, to: without)
    #expect(try next.missing.isEmpty && contents() == written)
    #expect(checkpoint().disks == last.disks)
    next = try go(nil, to: first)
    #expect(try next.missing.isEmpty && contents() == copy)
    next = try go(comes(), to: last)
    #expect(try next.missing.isEmpty && contents() == more)
    // What is kept of it goes with the checkpoints.
    next = try go(comes(), to: without)
    next.disks.prune(to: [without])
    #expect(try go(nil, to: without).missing.isEmpty)
    #expect(try go(nil, to: last).missing == [0x204])
    disks.prune(to: [])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/disks").isEmpty)
  }

  @Test("another file at the device's number takes nothing from it, nor does another name of it")
  func otherFiles() throws {
    try manager.perform(comes())
    let first = checkpoint()
    let copy = try contents()
    try write()
    let last = checkpoint()
    disks.end()
    let other = folder.path + "/other.img"
    try Data(repeating: 0x43, count: 1 << 20).write(to: URL(fileURLWithPath: other))
    func withFile(_ path: String) throws -> (DiskPasts, PartitionManager) {
      let manager = try KeptMachine.manager()
      var configuration = manager.layout.folder.inputOutput
      configuration.devices.append(
        DeviceDefinition(
          number: 0x204, controlUnits: [0x200], media: .file(path: path, writable: true)))
      try manager.perform(
        .activateDeck(.activate(IODeck(name: "OTHER", configuration: configuration))))
      let disks = DiskPasts(inStateFolder: folder.path)
      try disks.open(manager.definition)
      return (disks, manager)
    }
    let (others, _) = try withFile(other)
    #expect(others.mark().count == 1 && others.missing(in: last) == [0x204])
    others.end()
    let (again, _) = try withFile(other)
    #expect(again.missing(in: last) == [0x204] && again.takeMessages().isEmpty)
    // The first by another name: what is kept is of the file.
    let linked = folder.path + "/linked.img"
    #expect(link(file, linked) == 0)
    let (same, _) = try withFile(linked)
    #expect(same.missing(in: first).isEmpty && same.missing(in: last).isEmpty)
    #expect(try same.go(to: first) == [] && contents() == copy)
    #expect(same.takeMessages().isEmpty)
  }

  @Test("when the host refuses one on the way, all are where they were")
  func refused() throws {
    let files = ["/one.img", "/two.img"].map { folder.path + $0 }
    for file in files {
      try Data(repeating: 0x44, count: 1 << 20).write(to: URL(fileURLWithPath: file))
    }
    var configuration = manager.layout.folder.inputOutput
    configuration.devices += files.enumerated().map { index, file in
      DeviceDefinition(
        number: 0x204 + UInt16(index), controlUnits: [0x200],
        media: .file(path: file, writable: true))
    }
    try manager.perform(
      .activateDeck(.activate(IODeck(name: "NEXT", configuration: configuration))))
    let first = checkpoint()
    try write()
    let written = try Data(contentsOf: URL(fileURLWithPath: files[0]))
    _ = checkpoint()
    _ = disks.takeMessages()
    let kept = folder.path + "/disks/0205"
    try FileManager.default.moveItem(atPath: kept, toPath: kept + ".away")
    try Data().write(to: URL(fileURLWithPath: kept))
    #expect(throws: CheckpointError.self) { try disks.go(to: first) }
    #expect(try Data(contentsOf: URL(fileURLWithPath: files[0])) == written)
    #expect(disks.takeMessages().contains { $0.hasPrefix("DISK 0205: NOT PUT BACK") })
    try FileManager.default.removeItem(atPath: kept)
    try FileManager.default.moveItem(atPath: kept + ".away", toPath: kept)
    #expect(try disks.go(to: first) == [])
    #expect(try Data(contentsOf: URL(fileURLWithPath: files[0])) != written)
  }
}
