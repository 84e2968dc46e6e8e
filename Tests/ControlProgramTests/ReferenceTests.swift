import Foundation
import Partitioning
import Testing

@testable import ControlProgram

struct ReferenceTests {
  /// `ENDICOTT_WRITE_DOCS=1 swift test --filter ReferenceTests` writes the page instead.
  @Test func commandsPageIsMadeFromTheTable() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Docs/Commands.md").standardized
    let text = CommandReference.markdown()
    if ProcessInfo.processInfo.environment["ENDICOTT_WRITE_DOCS"] != nil {
      try text.write(to: page, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: page, encoding: .utf8) == text)
  }

  @Test func everyMessageIsWrittenOnce() {
    let definitions = MessageID.allCases.map(\.definition)
    #expect(Set(definitions.map(\.text)).count == definitions.count)
    for definition in definitions {
      #expect(!definition.condition.isEmpty && definition.condition.hasSuffix("."))
      #expect(!definition.remedy.isEmpty && definition.remedy.hasSuffix("."))
    }
    let numbers = Dictionary(grouping: definitions, by: \.number)
    #expect(numbers.filter { $0.value.count > 1 }.keys.sorted() == [3])
  }

  @Test func everyCommandExplainsItself() throws {
    let test = try TestConsole()
    for command in test.control.table.commands {
      let lines = test.console.execute("HELP \(command.keyword.name)").lines
      #expect(lines.count >= 3)
      #expect(lines.allSatisfy { $0.count <= 80 }, "\(command.keyword.name)")
      #expect(command.summary.hasSuffix("."))
      #expect(command.module.count == 3)
      for format in command.formats { #expect(format.help.hasSuffix(".")) }
    }
  }

  @Test(arguments: ["HCP045E", "045E", "HCPCQU045E", "45"])
  func helpExplainsMessages(word: String) throws {
    let lines = try TestConsole().console.execute("HELP \(word)").lines
    #expect(lines.first == "HCP045E ... not logged on")
  }

  @Test(arguments: refusals)
  func refusalsAreMessages(_ refusal: Refusal) {
    #expect(CommandMessage(refusal.error).line(module: "X") == refusal.line)
  }
}

struct Refusal: CustomTestStringConvertible {
  let error: ManagementError
  let line: String
  var testDescription: String { line }

  init(_ error: ManagementError, _ line: String) {
    self.error = error
    self.line = line
  }
}

// Oracle: the exact text and number of each refusal; one row for each case of ManagementError.
private let refusals: [Refusal] = [
  Refusal(.partitionNotFound("A"), "HCPX053E A not in CP directory"),
  Refusal(.wrongState("A", is: .notActivated, needs: [.operating]), "HCPX045E A not logged on"),
  Refusal(.wrongState("A", is: .operating, needs: [.notActivated]), "HCPX054E A already logged on"),
  Refusal(
    .wrongState("A", is: .operating, needs: [.notOperating, .exceptions]),
    "HCPX8801E A is operating; this needs not-operating or exceptions"),
  Refusal(.weightOutOfRange(0, allowed: 1...999), "HCPX8802E Invalid weight 0; use 1 to 999"),
  Refusal(
    .shareOutOfRange(.relative(0)),
    "HCPX8803E Invalid share RELATIVE 0; use RELATIVE 1 to 10000 or ABSOLUTE 0.1% to 100%"),
  Refusal(.capOutOfRange(0), "HCPX8804E Invalid cap 0.00; use 0.01 to 255.00 processors"),
  Refusal(.noSharedProcessors("A", .ifl), "HCPX8805E A has no shared IFL processors"),
  Refusal(
    .insufficientProcessors("A", .cp, needed: 4, available: 2),
    "HCPX8806E A needs 4 CP processors; 2 are available"),
  Refusal(
    .processorNotDefined("A", processor: 9, defined: 2),
    "HCPX8808E CPU 09 not defined; A may have 2 CPUs, from 00"),
  Refusal(.processorOnline("A", processor: 1), "HCPX1458E CPU 01 not defined; already defined"),
  Refusal(.processorNotOnline("A", processor: 1), "HCPX1457E CPU 01 does not exist"),
  Refusal(
    .lastProcessor("A", processor: 0),
    "HCPX8809E CPU 00 is the base processor of A, which stays on line"),
  Refusal(
    .notMultipleOfIncrement(1 << 20, increment: 64 << 20),
    "HCPX8810E Storage 1M is not a multiple of the increment 64M"),
  Refusal(
    .insufficientStorage("A", needed: 1 << 30, free: 512 << 20),
    "HCPX8811E A needs 1G of storage; 512M is free"),
  Refusal(
    .storageFragmented("A", needed: 1 << 30, largest: 512 << 20),
    "HCPX8812E A needs 1G of storage in one piece; the largest is 512M"),
  Refusal(
    .originNotFree("A", origin: 1 << 30, needed: 64 << 20),
    "HCPX8813E A needs 64M of storage at 1G, which is not free"),
  Refusal(
    .storageLimit("A", requested: 2 << 30, limit: 1 << 30),
    "HCPX8814E A may have 1G of storage; 2G was requested"),
  Refusal(
    .storageNotRemovable("A", requested: 2 << 30, removable: 1 << 30),
    "HCPX8815E A can give back 1G of storage; 2G was requested"),
  Refusal(
    .notStorage("A", address: 0x1000, byteCount: 4),
    "HCPX8816E Location 00001000 is outside of storage"),
  Refusal(.hostMemory("A"), "HCPX8817E The host has no memory for A"),
  Refusal(
    .changePending(
      "A", PendingChange(subject: .processor(1), online: true, asked: 0, deadline: 1)),
    "HCPX8818E A has CPU 01 ONLINE pending"),
  Refusal(.noPendingChange("A"), "HCPX8819E A has no pending change"),
  Refusal(.guestNotListening("A"), "HCPX8820E A takes no notices; use UNCOND or FORCE"),
  Refusal(.shutdownSignalNotEnabled("A"), "HCPX8821E A does not listen to the shutdown signal"),
  Refusal(.pathNotFound(0x44), "HCPX846E Invalid channel path identifier"),
  Refusal(.pathNotAllowed("A", path: 0x44), "HCPX8822E A is not in the candidate list of path 44"),
  Refusal(.pathAlready(nil, path: 0x44, online: true), "HCPX8823E Path 44 is already online"),
  Refusal(.pathInUse("A", path: 0x44, by: "B"), "HCPX8824E Path 44 is in use by B"),
  Refusal(.pathOffline(0x44), "HCPX8825E Path 44 is varied offline"),
  Refusal(
    .lastPath("A", path: 0x44, devices: [0x200, 0x201]),
    "HCPX8826E Path 44 is the last path of A to device 0200 0201; use UNCOND or FORCE"),
  Refusal(
    .pathNotManaged(0x44, unit: 0x6100),
    "HCPX8935E Path 44 is not managed, or control unit 6100 cannot have it"),
  Refusal(.deviceNotFound(0x300), "HCPX040E Device 0300 does not exist"),
  Refusal(.virtualDeviceNotFound("A", device: 0x101), "HCPX040E Device 0101 does not exist"),
  Refusal(.deviceOffline(0x300), "HCPX046E DASD 0300 offline"),
  Refusal(
    .deviceNotAttachable("A", device: 0x300, .unreachable),
    "HCPX120E DASD 0300 not attached; no channel path of A leads to it"),
  Refusal(
    .deviceNotAttachable("A", device: 0x300, .noPlace(limit: 8)),
    "HCPX120E DASD 0300 not attached; A can have 8 devices"),
  Refusal(
    .deviceNotAttachable("A", device: 0x300, .file(reason: "it was deleted")),
    "HCPX120E DASD 0300 not attached; its file cannot be used: it was deleted"),
  Refusal(
    .deviceNumberTaken("A", device: 0x300, as: 0x101),
    "HCPX121E DASD 0300 not attached; 0101 already defined for A"),
  Refusal(
    .deviceInUse(0x300, by: "A", as: 0x101), "HCPX122E DASD 0300 already attached to A 0101"),
  Refusal(
    .linkRefused("A", device: 0x191, .inUse(readers: [], writers: ["B"])),
    "HCPLNK104E A 0191 not linked; R/W by B"),
  Refusal(
    .linkRefused("A", device: 0x191, .inUse(readers: ["B", "C"], writers: [])),
    "HCPLNK105E A 0191 not linked; R/O by 2 users"),
  Refusal(
    .linkRefused("A", device: 0x191, .inUse(readers: ["B"], writers: ["C"])),
    "HCPLNK106E A 0191 not linked; R/W by C, R/O by B"),
  Refusal(
    .linkRefused("A", device: 0x191, .notInDirectory),
    "HCPLNK107E A 0191 not linked; not in CP directory"),
  Refusal(
    .linkRefused("A", device: 0x191, .notMounted(.label("VOL1"))),
    "HCPLNK108E A 0191 not linked; volid VOL1 not mounted"),
  Refusal(
    .linkRefused("A", device: 0x191, .numberTaken(0x192)),
    "HCPLNK110E A 0191 not linked; DASD 0192 already defined"),
  Refusal(
    .linkRefused("A", device: 0x191, .beyondVolume(.device(0x200))),
    "HCPLNK116E A 0191 not linked; directory conflict"),
  Refusal(
    .linkRefused("A", device: 0x191, .noPlace(limit: 8)),
    "HCPLNK116E A 0191 not linked; too many links"),
  Refusal(.deviceAlready(0x300, online: false), "HCPX8979E DASD 0300 is already offline"),
  Refusal(
    .deviceInGuestUse("A", device: 0x101),
    "HCPX8980E A uses device 0101 and cannot be asked for it; use FORCE"),
  Refusal(
    .physicalProcessorNotFound(9, installed: 4),
    "HCPX8827E PROCESSOR 09 does not exist; 4 are installed, from 00"),
  Refusal(.physicalProcessorAlready(1, online: false), "HCPX8828E PROCESSOR 01 is already offline"),
  Refusal(.physicalProcessorNeeded(1, by: "A"), "HCPX8829E PROCESSOR 01 is needed by A"),
  Refusal(.nothingToLoad("A"), "HCPX8830E A has nothing to load"),
  Refusal(
    .unsupportedLoad("A", what: "NSS CMS"), "HCPX8831E A not loaded; NSS CMS is not supported"),
  Refusal(
    .loadFile("A", path: "vmlinuz", reason: "No such file or directory"),
    "HCPX8832E A not loaded; file vmlinuz: No such file or directory"),
  Refusal(
    .loadFile("A", path: "demo/linux/vmlinuz", reason: "there is no such file"),
    "HCPX8832E A not loaded; file demo/linux/vmlinuz: there is no such file; "
      + "Partitions/setup prepares it"),
  Refusal(
    .loadImage("A", path: "vmlinuz", reason: "it ends at byte 512"),
    "HCPX8833E A not loaded; image vmlinuz: it ends at byte 512"),
  Refusal(
    .programNotFound("A", program: "SPINN", known: ["SPIN", "PULSE"]),
    "HCPX8834E A not loaded; no program SPINN; there are SPIN PULSE"),
  Refusal(
    .fileNotPermitted("A", file: "other.img"),
    "HCPX8924E A may not load file other.img; nothing names it for the partition"),
  Refusal(
    .noFirstProcessor("A"), "HCPX8925E A cannot run: its processor 00 is not online"),
  Refusal(.registerNotFound("EAX"), "HCPX010E Invalid register - EAX"),
]
