import Testing

@testable import Partitioning

/// Oracle: the reader, which the examples of `Docs/Definitions.md` prove; what is written reads as
/// what it was.
@Suite struct ProfileTextTests {
  /// Reads a directory without a machine to judge it by; findings other than warnings fail.
  private func read(_ text: String) -> (directory: ParsedDirectory, errors: [Finding]) {
    let log = FindingLog()
    let directory = DirectoryReader.read(
      [DefinitionFile(name: "a.direct", text: text)], files: FolderFiles(folder: nil), log: log)
    return (directory, log.findings.filter { $0.severity == .error })
  }

  @Test func textOfAPartition() throws {
    var partition = PartitionDefinition(
      name: "LINUX1",
      processors: [
        PartitionProcessors(
          type: .ifl, initial: 2, reserved: 2, weight: 300, absoluteCapHundredths: 150)
      ],
      storage: PartitionStorage(initialByteCount: 256 << 20, reservedByteCount: 768 << 20),
      console: 9,
      ipl: .kernel(file: "vmlinuz", initialRamdisk: "initrd.gz", parameters: "root='x'"),
      devices: [DeviceAssignment(virtualDevice: 0x100, realDevice: 0x200)],
      password: "SECRET", start: StartDefinition(after: ["DNS"]), commands: ["QUERY TIME"],
      polarity: .vertical)
    partition.security.globalPerformanceData = false
    let lines = """
      PARTITION LINUX1
        PROCESSOR IFL SHARED INITIAL 2 RESERVED 2 WEIGHT 300 ABSCAP 1.50
        POLARITY VERTICAL
        STORAGE INITIAL 256M RESERVED 768M
        IPL KERNEL vmlinuz INITRD initrd.gz PARM 'root=''x'''
        SECURITY NOGLOBALPERF
        CONSOLE 0009
        DEDICATE 0100 0200
        PASSWORD SECRET
        START AUTO AFTER DNS
        COMMAND QUERY TIME

      """
    #expect(partition.directoryText == lines)
    #expect(!partition.displayText.contains("SECRET"))
    #expect(
      ImageProfile(name: "NIGHT", partition: "LINUX1", definition: partition).directoryText
        == """
        IMAGE NIGHT FOR LINUX1
          PROCESSOR IFL SHARED INITIAL 2 RESERVED 2 WEIGHT 300 ABSCAP 1.50
          POLARITY VERTICAL
          STORAGE INITIAL 256M RESERVED 768M
          IPL KERNEL vmlinuz INITRD initrd.gz PARM 'root=''x'''
          SECURITY NOGLOBALPERF

        """)
  }

  @Test func whatIsWrittenReadsAsItWas() {
    var random = RandomProfiles(seed: 41)
    for _ in 0..<5000 {
      let partition = random.partition()
      let (directory, errors) = read(partition.directoryText)
      guard errors.isEmpty, directory.partitions.map(\.definition) == [partition] else {
        Issue.record("\(partition.directoryText)\(errors)")
        return
      }
    }
  }

  @Test func wholeDirectoriesReadAsTheyWere() {
    var random = RandomProfiles(seed: 42)
    for _ in 0..<200 {
      let partition = random.partition()
      var image = random.partition()
      image.takeIdentity(of: partition)
      let system = SystemDefinition(
        partitions: [partition],
        groups: [
          GroupDefinition(
            name: "POOL", absoluteCaps: [GroupCap(type: .cp, hundredths: 250)], capacityUnits: 9)
        ],
        imageProfiles: [
          ImageProfile(name: "NIGHT", partition: partition.name, definition: image)
        ],
        loadProfiles: [LoadProfile(name: "RESCUE", ipl: .device(number: 0x100, parameters: "x"))])
      let (directory, errors) = read(system.directoryText)
      #expect(errors.isEmpty)
      #expect(directory.partitions.map(\.definition) == system.partitions)
      #expect(directory.images.map(\.entry.definition) == [image])
      #expect(directory.groups == system.groups)
      #expect(directory.loads == system.loadProfiles)
    }
  }

  @Test func differencesNameTheItemInTheDirectorysWords() {
    let old = PartitionDefinition(
      name: "ONE",
      processors: [PartitionProcessors(type: .cp, weight: 100, group: "POOL")], password: "old")
    var new = old
    new.processors[0].weight = 300
    new.processors[0].group = nil
    new.processors[0].isCapped = true
    new.processors.append(PartitionProcessors(type: .ifl, mode: .shared, initial: 2, weight: 5))
    new.storage.reservedByteCount = 64 << 20
    new.security.isIsolated = true
    new.password = "new"
    new.commands = ["QUERY TIME"]
    #expect(
      new.differences(from: old) == [
        ProfileDifference(field: "PROCESSOR CP WEIGHT", old: "100", new: "300"),
        ProfileDifference(field: "PROCESSOR CP CAPPED", old: "NO", new: "YES"),
        ProfileDifference(field: "PROCESSOR CP GROUP", old: "POOL", new: nil),
        ProfileDifference(field: "PROCESSOR IFL", old: nil, new: "SHARED"),
        ProfileDifference(field: "PROCESSOR IFL INITIAL", old: nil, new: "2"),
        ProfileDifference(field: "PROCESSOR IFL RESERVED", old: nil, new: "0"),
        ProfileDifference(field: "PROCESSOR IFL WEIGHT", old: nil, new: "5"),
        ProfileDifference(field: "PROCESSOR IFL CAPPED", old: nil, new: "NO"),
        ProfileDifference(field: "STORAGE RESERVED", old: "0", new: "64M"),
        ProfileDifference(field: "SECURITY ISOLATED", old: "NO", new: "YES"),
        ProfileDifference(field: "PASSWORD", old: "********", new: "********"),
        ProfileDifference(field: "COMMAND 1", old: nil, new: "QUERY TIME"),
      ])
  }

  @Test func profilesDifferExactlyWhenTheyAreNotEqual() {
    var random = RandomProfiles(seed: 43)
    for _ in 0..<5000 {
      let old = random.partition()
      let new = random.variant(of: old)
      let differences = new.differences(from: old)
      let back = old.differences(from: new)
      guard differences.isEmpty == (old == new),
        Set(back.map(\.field)) == Set(differences.map(\.field)),
        differences.allSatisfy({ $0.old != $0.new || $0.field == "PASSWORD" })
      else {
        Issue.record("\(old.directoryText)\(new.directoryText)\(differences)")
        return
      }
    }
  }
}
