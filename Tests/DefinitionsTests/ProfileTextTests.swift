import TestSupport
import Testing

@testable import Definitions
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
          type: .ifl, initial: 2, reserved: 2,
          share: ShareDefinition(.relative(300), absoluteCapHundredths: 150))
      ],
      storage: PartitionStorage(initialByteCount: 256 << 20, reservedByteCount: 768 << 20),
      console: 9,
      ipl: .kernel(file: "vmlinuz", initialRamdisk: "initrd.gz", parameters: "root='x'"),
      devices: [
        DeviceAssignment(virtualDevice: 0x100, realDevice: 0x200),
        DeviceAssignment(
          virtualDevice: 0x101, realDevice: 0x201, isReadOnly: true, options: [.shared, .scsi]),
      ],
      password: "SECRET", start: StartDefinition(after: ["DNS"]), commands: ["QUERY TIME"],
      polarity: .vertical)
    partition.security.globalPerformanceData = false
    partition.loadableFiles = ["rescue", "a disk"]
    let lines = """
      PARTITION LINUX1
        PROCESSOR IFL SHARED INITIAL 2 RESERVED 2 WEIGHT 300 ABSCAP 1.50
        POLARITY VERTICAL
        STORAGE INITIAL 256M RESERVED 768M
        IPL KERNEL vmlinuz INITRD initrd.gz PARM 'root=''x'''
        SECURITY NOGLOBALPERF
        CONSOLE 0009
        DEDICATE 0100 0200
        DEDICATE 0101 0201 R/O SHARED SCSI
        PASSWORD SECRET
        START AUTO AFTER DNS
        LOADABLE rescue 'a disk'
        COMMAND QUERY TIME

      """
    #expect(partition.directoryText == lines)
    #expect(read(lines).directory.partitions.map(\.definition) == [partition])
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
      processors: [
        PartitionProcessors(type: .cp, share: ShareDefinition(.relative(100)), group: "POOL")
      ], password: "old")
    var new = old
    new.processors[0].share.amount = .relative(300)
    new.processors[0].group = nil
    new.processors[0].share.isCapped = true
    new.processors.append(
      PartitionProcessors(
        type: .ifl, mode: .shared, initial: 2, share: ShareDefinition(.relative(5))))
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

/// Oracle: the reader, as above; what SET commands make of a profile is still a profile.
@Suite struct ChangedProfileTextTests {
  private static func setting(_ generator: inout RandomNumbers) -> Setting {
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    let type: ProcessorType? = [nil, .cp, .ifl][number(0...2)]
    func amount() -> ShareAmount {
      number(0...1) == 0
        ? .relative(number(1...10_000)) : .absolute(hundredthsOfPercent: number(10...10_000))
    }
    switch number(0...8) {
    case 0: return .weight("ONE", type: type, weight: number(1...999))
    case 1:
      let limits: [ShareLimit?] = [nil, ShareLimit.none, .soft(nil), .hard(nil), .hard(amount())]
      return .share("ONE", type: type, amount: amount(), limit: limits[number(0...4)])
    case 2: return .cap("ONE", type: type, .ownShare(number(0...1) == 0))
    case 3: return .cap("ONE", type: type, .absolute(hundredths: number(1...25_500)))
    case 4:
      let least = number(1...500)
      return .weightRange("ONE", type: type, minimum: least, maximum: least + number(0...499))
    case 5: return .group("ONE", type: type, group: number(0...1) == 0 ? nil : "POOL")
    case 6: return .definedCapacity("ONE", units: number(0...1) == 0 ? nil : number(1...999))
    case 7: return .polarity("ONE", number(0...1) == 0 ? .vertical : .horizontal)
    default:
      return .security("ONE", SecuritySwitch.allCases[number(0...3)], number(0...1) == 0)
    }
  }

  @Test func whatSettingsMakeCanBeWritten() throws {
    var generator = RandomNumbers(seed: 44)
    let context = SettingContext(groups: ["POOL"], ratedTypes: [.cp], devices: [])
    var performed = 0
    for _ in 0..<1500 {
      var profile = PartitionDefinition(
        name: "ONE", processors: [PartitionProcessors(type: .cp), PartitionProcessors(type: .ifl)])
      for _ in 0..<8 {
        guard let changed = try? profile.applying([Self.setting(&generator)], in: context) else {
          continue
        }
        profile = changed
        performed += 1
      }
      let log = FindingLog()
      let directory = DirectoryReader.read(
        [DefinitionFile(name: "a.direct", text: profile.directoryText)],
        files: FolderFiles(folder: nil), log: log)
      let copy = try #require(directory.partitions.first).definition
      guard log.findings.isEmpty, copy.differences(from: profile).isEmpty,
        copy.processors == profile.processors
      else {
        Issue.record("\(profile.directoryText)\(log.findings)\(profile)")
        return
      }
    }
    #expect(performed > 5000)
  }
}
