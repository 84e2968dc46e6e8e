import Foundation
import TestSupport
import Testing

@testable import Definitions
@testable import Partitioning

/// Folders and files that cannot be what they should: none ends the program, each has a finding.
@Suite struct DefinitionFilesTests {
  private static let machine =
    "MACHINE TEST\nPROCESSOR CP 4 MHZ 10\nSTORAGE 1G INCREMENT 16M\n"

  private func messages(_ folder: DefinitionFolder) -> [String] {
    folder.read().findings.map(\.description)
  }

  @Test func folderThatDoesNotExist() {
    let (definition, findings) = SystemDefinition.read(folder: "/nowhere/at/all")
    #expect(definition == nil)
    #expect(
      findings.map(\.description) == [
        "/nowhere/at/all: HCPDEF053E the folder cannot be read: No such file or directory; "
          + "name the folder of a machine"
      ])
  }

  @Test func folderThatIsAFile() throws {
    let folder = try DefinitionFolder(["file": ""])
    let path = folder.path + "/file"
    #expect(
      SystemDefinition.read(folder: path).1.map(\.description) == [
        "\(path): HCPDEF053E the folder cannot be read: it is not a folder; "
          + "name the folder of a machine"
      ])
  }

  @Test func folderWithoutConfiguration() throws {
    let folder = try DefinitionFolder(["demo.direct": "PARTITION ONE\n"])
    #expect(
      messages(folder) == [
        "\(folder.path): HCPDEF054E the folder has no machine.config; "
          + "name the folder of a machine, or add the file"
      ])
  }

  @Test func machineWithoutPartitionsStarts() throws {
    let (definition, findings) = try DefinitionFolder(["machine.config": Self.machine]).read()
    #expect(definition?.partitions == [])
    #expect(findings.map(\.id) == ["HCPDEF045W"])
  }

  @Test func fileThatIsNotUTF8NamesTheByte() throws {
    let folder = try DefinitionFolder(["machine.config": Self.machine])
    try folder.add("a.direct", Data("PARTITION ONE\n* Gr".utf8) + [0xFC] + Data("n\n".utf8))
    #expect(
      messages(folder) == [
        "a.direct:2:5: HCPDEF052E this byte is not UTF-8 text; save the file as UTF-8"
      ])
  }

  @Test func enormousFileIsNotRead() throws {
    let folder = try DefinitionFolder(["machine.config": Self.machine])
    try folder.add("a.direct", Data(repeating: 0x2A, count: DefinitionFile.byteLimit + 1))
    #expect(
      messages(folder) == [
        "a.direct: HCPDEF051E the file is larger than 4M; split it, or remove what is not text"
      ])
  }

  @Test func moreImageProfilesThanThereCanBe() throws {
    let entries =
      ["PARTITION A0001 THRU A5000"] + (1...5).map { "IMAGE I\($0) FOR A0001 THRU A5000" }
    let text = entries.map { $0 + "\n  STORAGE INITIAL 16M\n" }.joined()
    let folder = try DefinitionFolder(["machine.config": Self.machine, "a.direct": text])
    #expect(
      messages(folder).filter { $0.contains("HCPDEF127E") } == [
        "a.direct:11:7: HCPDEF127E there are more than 20000 further image profiles; define fewer"
      ])
  }

  @Test func aSwitchHasTheUplinkThatItsStatementSays() throws {
    let statements =
      "VSWITCH A\nVSWITCH B UPLINK USERMODE VLAN 5\nVSWITCH C UPLINK USERMODE RESTRICTED\n"
    let (definition, findings) = try DefinitionFolder(
      ["machine.config": Self.machine + statements]
    ).read()
    let switches = definition?.machine.switches
    #expect(switches?.map(\.uplink?.mode) == [nil, .userMode, .restricted])
    #expect(switches?.map(\.defaultVLAN) == [nil, 5, nil])
    #expect(switches?.dropFirst().allSatisfy { $0.uplink?.isConnected == true } == true)
    #expect(findings.map(\.id) == ["HCPDEF045W"])
  }

  @Test func folderInPlaceOfAFile() throws {
    let folder = try DefinitionFolder(["machine.config": Self.machine])
    try folder.add("a.direct/x", Data())
    #expect(
      messages(folder) == [
        "a.direct: HCPDEF050E the file cannot be read: not a regular file; "
          + "give a text file with read permission"
      ])
  }

  @Test func linkThatLeadsOutside() throws {
    let folder = try DefinitionFolder([
      "machine.config": Self.machine,
      "a.direct": "PARTITION ONE\n  STORAGE INITIAL 16M\n  IPL KERNEL boot/passwd\n",
    ])
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/boot", withDestinationPath: "/etc")
    #expect(
      messages(folder) == [
        "a.direct:3:14: HCPDEF056E boot/passwd leads outside the machine's folder; "
          + "put the file into the folder and name it relative to it"
      ])
  }

  @Test func filesInCapitals() throws {
    let folder = try DefinitionFolder([
      "MACHINE.CONFIG": Self.machine, "USER.DIRECT": "PARTITION ONE\n  STORAGE INITIAL 16M\n",
    ])
    let (definition, findings) = folder.read()
    #expect(findings.map(\.description) == [])
    #expect(definition?.partitions.map(\.name) == ["ONE"])
  }

  @Test func twoConfigurationsInOneFolder() throws {
    let folder = try DefinitionFolder([
      "Machine.Config": Self.machine, "machine.config": Self.machine,
    ])
    #expect(
      messages(folder) == [
        "\(folder.path): HCPDEF054E the folder has Machine.Config besides machine.config; "
          + "keep one of them"
      ])
  }

  @Test(arguments: [".", "boot/.."])
  func kernelThatIsTheMachinesFolder(name: String) throws {
    let folder = try DefinitionFolder([
      "machine.config": Self.machine,
      "a.direct": "PARTITION ONE\n  STORAGE INITIAL 16M\n  IPL KERNEL \(name)\n", "boot/x": "",
    ])
    #expect(
      messages(folder) == [
        "a.direct:3:14: HCPDEF059E \(name) is a folder; name a file in the machine's folder"
      ])
  }

  @Test func kernelThatIsAFolder() throws {
    let folder = try DefinitionFolder([
      "machine.config": Self.machine,
      "a.direct": "PARTITION ONE\n  STORAGE INITIAL 16M\n  IPL KERNEL boot\n", "boot/x": "",
    ])
    #expect(
      messages(folder) == [
        "a.direct:3:14: HCPDEF059E boot is a folder; name a file in the machine's folder"
      ])
  }

  @Test func diskThatIsNoWholeNumberOfBlocks() throws {
    let deck = """
             RESOURCE PARTITION=((CSS(0),(ONE,1)))
             CHPID  PATH=(CSS(0),10),SHARED,TYPE=FC
             CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),UNIT=2107
             IODEVICE ADDRESS=(0200,2),CUNUMBR=(0200),UNIT=3390
      """
    let folder = try DefinitionFolder([
      "machine.config": Self.machine, "a.iocp": deck, "odd1.img": "odd", "odd2.img": "odd",
      "a.direct": "PARTITION ONE\n  STORAGE INITIAL 16M\n",
      "a.media": "DEVICE 0200 FILE odd1.img\nDEVICE 0201 FILE odd2.img WRITABLE\n",
    ])
    #expect(
      messages(folder)
        == [1, 2].map {
          "a.media:\($0):18: HCPDEF060E odd\($0).img has 3 bytes, not a whole number of blocks of "
            + "512; make its length a multiple of 512"
        })
  }

  /// A folder with four disks, of which a file `disk.img` is known by three names.
  private func diskFolder(_ files: [String: String]) throws -> DefinitionFolder {
    let deck = """
             RESOURCE PARTITION=((CSS(0),(ONE,1)))
             CHPID  PATH=(CSS(0),10),SHARED,TYPE=FC
             CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),UNIT=2107
             IODEVICE ADDRESS=(0200,4),CUNUMBR=(0200),UNIT=3390
      """
    let folder = try DefinitionFolder(
      files.merging([
        "machine.config": Self.machine, "a.iocp": deck, "next.iodf": deck,
        "disk.img": String(repeating: "x", count: 512),
        "a.direct": "PARTITION ONE\n  STORAGE INITIAL 16M\n",
      ]) { own, _ in own })
    let disk = folder.path + "/disk.img"
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link.img", withDestinationPath: disk)
    try FileManager.default.linkItem(atPath: disk, toPath: folder.path + "/hard.img")
    return folder
  }

  /// Oracle: the host, for which these names are those of one file.
  @Test(
    arguments: ["./disk.img", "link.img", "hard.img", "disk.img"],
    [("WRITABLE", "WRITABLE"), ("WRITABLE", ""), ("", "WRITABLE"), ("", "")])
  func oneFileIsWrittenToByOneDeviceWhateverItsName(
    name: String, kinds: (first: String, second: String)
  ) throws {
    let media = """
      DEVICE 0200-0201 SCRATCH 1M
      DEVICE 0202 FILE disk.img \(kinds.first)
      DEVICE 0203 FILE \(name) \(kinds.second)
      """
    func expected(_ file: String) -> [String] {
      let first = "first at \(file) line 2; give each its own file, or leave out WRITABLE"
      let text =
        kinds.first == kinds.second
        ? "HCPDEF062E two devices would write to \(name), "
        : "HCPDEF117E one device would write to \(name), which another reads, "
      return kinds == ("", "") ? [] : ["\(file):3:18: \(text)\(first)"]
    }
    func errors(_ findings: [Finding]) -> [String] {
      findings.filter { $0.severity == .error }.map(\.description)
    }
    let folder = try diskFolder(["a.media": media])
    #expect(errors(folder.read().findings) == expected("a.media"))
    // Of a deck that comes while the machine runs as well.
    let other = try diskFolder(["a.media": "", "next.iomedia": media])
    let (_, findings) = SystemDefinition.read(folder: other.path, deck: "NEXT")
    #expect(errors(findings) == expected("next.iomedia"))
  }

  @Test func severalDevicesReadAFileThatOneWrites() throws {
    let folder = try diskFolder([
      "a.media": "DEVICE 0200-0202 FILE disk.img\nDEVICE 0203 FILE disk.img WRITABLE\n"
    ])
    #expect(
      messages(folder) == [
        "a.media:2:18: HCPDEF117E one device would write to disk.img, which another reads, "
          + "first at a.media line 1; give each its own file, or leave out WRITABLE"
      ])
  }

  /// Every statement once, so that its mutations reach every reader.
  private static let everything = """
    GROUP POOL ABSCAP CP 2.50 MSU 150
    PROFILE SMALL
      PROCESSOR CP SHARED INITIAL 2 RESERVED 1 MINWEIGHT 5 WEIGHT 10 MAXWEIGHT 20 GROUP POOL
      STORAGE INITIAL 16M RESERVED 32M ORIGIN 64M
      SECURITY NOGLOBALPERF CROSSPARTITION ISOLATED
    PARTITION ONE1 THRU ONE3
      INCLUDE SMALL
      PROCESSOR CP UNCAPPED ABSCAP 1.50
      POLARITY VERTICAL
      DEFINEDCAP 20
      OPTION DEBUGEXIT
      CONSOLE 0009
      CLASS BG
      IPL PROGRAM PULSE PARM '5'
      START AUTO AFTER TWO
      COMMAND QUERY TIME
    PARTITION TWO
      SHARE TYPE CP RELATIVE 50 ABSOLUTE 40% LIMITSOFT
      PROCESSOR CP
      STORAGE INITIAL 16M
      START AUTO
    IMAGE NIGHT FOR ONE1 THRU ONE3
      INCLUDE SMALL
      POLARITY HORIZONTAL
    LOADPROFILE RESCUE
      IPL PROGRAM SPIN
    """

  @Test func changedStatementsOnlyGiveFindings() throws {
    var generator = RandomNumbers(seed: 77)
    let lines = Self.everything.split(separator: "\n").map { $0.split(separator: " ") }
    let words =
      Array(Set(lines.joined())).sorted() + ["0", "-1", "99999999999999999999", "'", "/*"]
    var accepted = 0
    for _ in 0..<2500 {
      var changed = lines
      for _ in 0..<Int.random(in: 1...2, using: &generator) {
        let line = Int.random(in: 0..<changed.count, using: &generator)
        guard !changed[line].isEmpty else { continue }
        let word = Int.random(in: 0..<changed[line].count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: changed[line].remove(at: word)
        case 1: changed[line][word] = words[Int.random(in: 0..<words.count, using: &generator)]
        case 2: changed[line].insert(changed[line][word], at: word)
        default: changed.swapAt(line, Int.random(in: 0..<changed.count, using: &generator))
        }
      }
      let log = FindingLog()
      let sources = DefinitionSources(
        machine: DefinitionFile(name: "machine.config", text: WrongFolder.rated),
        directories: [
          DefinitionFile(
            name: "a.direct",
            text: changed.map { $0.joined(separator: " ") }.joined(separator: "\n"))
        ])
      let definition = sources.definition(files: FolderFiles(folder: nil), log: log)
      #expect(log.findings.allSatisfy { !$0.text.isEmpty && !$0.remedy.isEmpty })
      guard !log.hasErrors else { continue }
      accepted += 1
      // What is accepted reads as it was, and can be judged.
      let copy = DirectoryReader.read(
        [DefinitionFile(name: "a.direct", text: definition.directoryText)],
        files: FolderFiles(folder: nil), log: FindingLog())
      #expect(copy.partitions.map(\.definition) == definition.partitions)
      #expect(copy.images.map(\.entry.definition) == definition.imageProfiles.map(\.definition))
      #expect(copy.groups == definition.groups)
      let validator = ActivationValidator(definition, order: definition.activationList)
      #expect(validator.fitting.count <= definition.partitions.count)
    }
    #expect(accepted > 150)
  }

  @Test func bytesOfEveryKindOnlyGiveFindings() throws {
    var state: UInt64 = 1
    var bytes = Data()
    for _ in 0..<20_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      bytes.append(UInt8(truncatingIfNeeded: state >> 33) & 0x7F)
    }
    let folder = try DefinitionFolder([:])
    for name in ["machine.config", "a.direct", "a.iocp", "a.media"] { try folder.add(name, bytes) }
    let (definition, findings) = folder.read()
    #expect(definition == nil)
    #expect(findings.allSatisfy { !$0.id.isEmpty && !$0.text.isEmpty && !$0.remedy.isEmpty })
    #expect(findings.allSatisfy { $0.description.unicodeScalars.allSatisfy { $0.value >= 0x20 } })
  }
}

/// The demo machine that comes with the package.
@Suite struct DemoDefinitionTests {
  private var folder: String {
    var url = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url.appendingPathComponent("Partitions/demo").path
  }

  @Test func demoHas201PartitionsThatStartByThemselves() throws {
    let (definition, findings) = SystemDefinition.read(folder: folder)
    let demo = try #require(definition)
    #expect(findings.allSatisfy { $0.id == "HCPDEF058W" })
    #expect(demo.automaticStartOrder().count == 201)
    #expect(demo.partitions.filter { $0.start == nil }.map(\.name) == ["FAULTY"])
    #expect(demo.automaticStartOrder() == Array(0..<201))
    let weights = demo.partitions.filter { $0.start != nil }.flatMap(\.processors).filter {
      $0.type == .cp
    }.map { $0.share.weight ?? 0 }
    #expect(weights.reduce(0, +) == 290)
  }
}
