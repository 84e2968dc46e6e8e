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
  private func comes(keeping limit: UInt64? = nil, file path: String? = nil) -> ManagementAction {
    var configuration = manager.layout.folder.inputOutput
    configuration.devices.append(
      DeviceDefinition(
        number: 0x204, controlUnits: [0x200], media: .file(path: path ?? file, writable: true)))
    configuration.devices[1].keptByteCount = limit
    return .activateDeck(.activate(IODeck(name: "NEXT", configuration: configuration)))
  }

  private func checkpoint() -> CheckpointManifest {
    CheckpointManifest(
      name: "C", level: "", machine: "KEPT", position: nil, definition: nil, disks: disks.mark(),
      checkpoint: manager.checkpoint())
  }

  private func write(_ device: UInt16 = 0x204, more: Bool = false) throws {
    try manager.perform(.attachDevice("A", device: device, as: 0x100))
    try manager.perform(
      .load(
        "A", image: .program(name: "IODRIVER", parameters: more ? "3" : "1"), parameters: nil))
    manager.runEpochs(until: manager.now + (more ? 200_000_000 : 100_000_000)) { false }
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
    tree.target = tree.position
    tree.file.byteCount += 1
    try tree.write(path)
    try manager.perform(.activateDeck(.recover(.target)))
    let told = disks.takeMessages()
    #expect(told.first?.hasSuffix("NOTHING IS WRITTEN TO IT") ?? false, "\(told)")
    let before = try contents()
    try write()
    #expect(try contents() == before)
  }

  /// The disks as another process has them, which knows the folder alone, with a configuration.
  private func opened(_ configuration: ManagementAction?) throws -> DiskPasts {
    let manager = try KeptMachine.manager()
    if let configuration { try manager.perform(configuration) }
    let disks = DiskPasts(inStateFolder: folder.path)
    try disks.open(manager.definition)
    return disks
  }

  private func go(
    _ configuration: ManagementAction?, to checkpoint: CheckpointManifest
  ) throws -> (missing: [UInt16], disks: DiskPasts) {
    let disks = try opened(configuration)
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
    try write(more: true)
    let more = try contents()
    #expect(more != written && written != copy)
    let last = checkpoint()
    #expect(try disks.go(to: without) == [] && contents() == written)
    #expect(try disks.go(to: last) == [] && contents() == more)
    try manager.perform(.activateDeck(.recover(.source)))
    #expect(try disks.go(to: without) == [] && contents() == written)
    #expect(try disks.go(to: checkpoint()) == [] && contents() == written)
    try manager.perform(.activateDeck(.recover(.target)))
    #expect(try disks.go(to: last) == [] && contents() == more)
    disks.end()
    // In other processes, the first with a configuration without it.
    var next = try go(nil, to: without)
    #expect(try next.missing.isEmpty && contents() == written)
    #expect(next.disks.mark().map(\.device) == [0x204])
    // A checkpoint with the disk is nothing that one without it goes to.
    #expect(try go(nil, to: first).missing.isEmpty && contents() == written)
    next = try go(comes(), to: first)
    #expect(try next.missing.isEmpty && contents() == copy)
    next = try go(comes(), to: last)
    #expect(try next.missing.isEmpty && contents() == more)
    next.disks.end()
    // A machine's folder that is copied has files of its own.
    let copied = folder.path + "/copied"
    try FileManager.default.createDirectory(atPath: copied, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: folder.path + "/disks", toPath: copied + "/disks")
    let others = DiskPasts(inStateFolder: copied)
    try others.open(try KeptMachine.manager().definition)
    #expect(try others.go(to: without).isEmpty && contents() == more)
    #expect(
      others.takeMessages() == ["DISK 0204: IT IS AWAY, AND ITS FILE STAYS AS IT IS"])
    // What is kept of it goes with the checkpoints.
    next = try go(comes(), to: without)
    next.disks.prune(to: [without])
    #expect(try contents() == written)
    #expect(try go(comes(), to: last).missing == [0x204])
    next.disks.end()
    let end = try opened(nil)
    end.prune(to: [])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/disks") != [])
    _ = end.mark()
    end.prune(to: [])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/disks") == [])
  }

  // Oracle: flock(2), by which a file that is opened once more stands for another program.
  @Test("one that another program has meanwhile stays as it is")
  func held() throws {
    try manager.perform(comes())
    _ = checkpoint()
    try write()
    let written = try contents()
    try manager.perform(.activateDeck(.recover(.source)))
    let without = checkpoint()
    try manager.perform(.activateDeck(.recover(.target)))
    try write(more: true)
    let more = try contents()
    _ = checkpoint()
    try manager.perform(.activateDeck(.recover(.source)))
    _ = disks.takeMessages()
    let other = open(file, O_RDONLY | O_CLOEXEC)
    defer { close(other) }
    #expect(flock(other, LOCK_SH | LOCK_NB) == 0)
    #expect(try disks.go(to: without) == [] && contents() == more)
    #expect(disks.takeMessages() == ["DISK 0204: IT IS AWAY, AND ITS FILE STAYS AS IT IS"])
    #expect(
      throws: CheckpointError.held(file: file, .read)
    ) {
      try DiskPast(0x204, at: file, keeping: 1 << 20, in: folder.path + "/disks/0204")
    }
    #expect(flock(other, LOCK_UN) == 0)
    #expect(try disks.go(to: without) == [] && contents() == written)
  }

  @Test("another file at the device's number takes nothing from it") func otherFiles() throws {
    try manager.perform(comes())
    let first = checkpoint()
    let copy = try contents()
    try write()
    let last = checkpoint()
    disks.end()
    let other = folder.path + "/other.img"
    try Data(repeating: 0x43, count: 1 << 20).write(to: URL(fileURLWithPath: other))
    for _ in 0..<2 {
      let others = try opened(comes(file: other))
      #expect(others.missing(in: last) == [0x204])
      // The first is away then, and is marked so.
      #expect(others.mark().map { $0.isAbsent ?? false } == [false, true])
      #expect(others.takeMessages().isEmpty)
      others.end()
    }
    // The name need not be the same word for word.
    let same = try opened(comes(file: folder.path + "/./data.img"))
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
    try write(0x204)
    try write(0x205)
    func now() throws -> [Data] { try files.map { try Data(contentsOf: URL(fileURLWithPath: $0)) } }
    let written = try now()
    let last = checkpoint()
    _ = disks.takeMessages()
    let kept = folder.path + "/disks/0205"
    try FileManager.default.moveItem(atPath: kept, toPath: kept + ".away")
    try Data().write(to: URL(fileURLWithPath: kept))
    #expect(throws: CheckpointError.self) { try disks.go(to: first) }
    #expect(try now() == written)
    try FileManager.default.removeItem(atPath: kept)
    try FileManager.default.moveItem(atPath: kept + ".away", toPath: kept)
    #expect(try disks.go(to: first) == [])
    #expect(try zip(now(), written).allSatisfy { $0 != $1 })
    // What came after it does not come: all that went goes back.
    disks.comeBack()
    #expect(try now() == written && disks.takeMessages().isEmpty)
    // A process that is killed between two of them has all go where they were going.
    _ = try disks.go(to: last)
    disks.end()
    try DiskFolders(inStateFolder: folder.path).setGoing(first.disks ?? [])
    let next = DiskPasts(inStateFolder: folder.path)
    try next.open(manager.definition)
    #expect(next.missing(in: first).isEmpty)
    #expect(try zip(now(), written).allSatisfy { $0 != $1 })
    #expect(DiskFolders(inStateFolder: folder.path).going() == nil)
  }
}
