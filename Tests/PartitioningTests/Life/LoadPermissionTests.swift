import Foundation
import Testing

@testable import Partitioning

/// What a partition may have loaded of the machine's folder.
///
/// Oracle: `Docs/Definitions.md`: files that an IPL of one of its profiles, a load profile as a whole or
/// LOADABLE names; an operator any regular file inside the folder.
struct LoadPermissionTests {
  private let folder: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("endicott-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    folder = try #require(FolderBorder.resolved(url.path))
    for name in ["own", "image", "named", "other", "profile"] { try write(name, Self.image) }
    try write("large", Data())
    #expect(truncate(folder + "/large", 64 << 20) == 0)
    #expect(mkfifo(folder + "/pipe", 0o600) == 0)
    #expect(symlink("/etc/passwd", folder + "/link") == 0)
    #expect(symlink("own", folder + "/inside") == 0)
  }

  private func write(_ name: String, _ data: Data) throws {
    try data.write(to: URL(fileURLWithPath: folder + "/" + name))
  }

  /// A flat Multiboot image that loops.
  private static let image: Data = {
    let flags: UInt32 = 0x1_0003
    let words: [UInt32] = [
      0x1BAD_B002, flags, 0 &- 0x1BAD_B002 &- flags, 0x10_0000, 0x10_0000, 0, 0, 0x10_0020,
      0xFEEB,
    ]
    return Data(words.flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 0xFF) } })
  }()

  private func load(_ file: String, modules: [String] = []) -> IPLDefinition {
    .multiboot(file: file, modules: modules, parameters: "")
  }

  private func manager() throws -> PartitionManager {
    var first = GuestMachine.partition("A", megabytes: 4)
    first.ipl = load("own")
    first.loadableFiles = ["named"]
    var image = first
    image.ipl = load("image")
    var second = GuestMachine.partition("B", megabytes: 4)
    second.ipl = load("other")
    second.security.crossPartitionAuthority = true
    let manager = try PartitionManager(
      SystemDefinition(
        folder: folder,
        machine: MachineDefinition(
          name: "TEST", processors: [ProcessorPoolDefinition(type: .cp, count: 2, megahertz: 5)],
          storageByteCount: 64 << 20, incrementByteCount: 1 << 20, pace: .fast),
        partitions: [first, second],
        imageProfiles: [ImageProfile(name: "AIMAGE", partition: "A", definition: image)],
        loadProfiles: [LoadProfile(name: "SYS", ipl: load("profile", modules: ["other"]))]))
    for name in ["A", "B"] { try manager.perform(.activate(name, load: true)) }
    return manager
  }

  private func load(
    _ manager: PartitionManager, _ target: String, _ image: IPLDefinition, by: Author
  )
    throws
  {
    try manager.perform(.load(target, image: image, parameters: nil, force: true), by: by)
  }

  @Test func aPartitionLoadsWhatIsNamedForIt() throws {
    let manager = try manager()
    let own = Author.partition("A")
    for image in [
      load("own"), load("image"), load("named"), load("own", modules: ["named"]),
      load("profile", modules: ["other"]),
    ] {
      try load(manager, "A", image, by: own)
    }
    // An operator's choice is loaded again by a guest without a name.
    try load(manager, "A", load("other"), by: .user("OPERATOR"))
    try manager.perform(.load("A", image: nil, parameters: nil, force: true), by: own)
  }

  @Test(arguments: [
    "other", "profile", "large", "pipe", "link", "inside", "./own", "own/../other", "",
  ])
  func aPartitionLoadsNothingElse(file: String) throws {
    let manager = try manager()
    for image in [
      load(file), load("own", modules: [file]),
      .kernel(file: file, initialRamdisk: nil, parameters: ""),
      .kernel(file: "own", initialRamdisk: file, parameters: ""),
    ] {
      #expect(throws: ManagementError.fileNotPermitted("A", file: file)) {
        try load(manager, "A", image, by: .partition("A"))
      }
    }
    #expect(manager.partitionView("A")?.state == .operating)
  }

  @Test func authorityOverOthersGivesThemNoOtherFiles() throws {
    let manager = try manager()
    try load(manager, "A", load("own"), by: .partition("B"))
    #expect(throws: ManagementError.fileNotPermitted("B", file: "other")) {
      try load(manager, "A", load("other"), by: .partition("B"))
    }
  }

  @Test(arguments: [
    ("link", "it is outside the machine's folder"),
    ("/etc/passwd", "it is outside the machine's folder"),
    ("../own", "it is outside the machine's folder"), ("pipe", "it is not a regular file"),
    (".", "it is not a regular file"), ("none", "there is no such file"),
    ("large", "it is larger than the partition's storage"),
  ])
  func anOperatorLoadsRegularFilesOfTheFolder(file: String, reason: String) throws {
    let manager = try manager()
    #expect(throws: ManagementError.loadFile("A", path: file, reason: reason)) {
      try load(manager, "A", load(file), by: .user("OPERATOR"))
    }
    try load(manager, "A", load("inside"), by: .user("OPERATOR"))
  }
}
