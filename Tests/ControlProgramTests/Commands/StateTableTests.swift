import Partitioning
import Testing

@testable import ControlProgram

// The table operation x state on the real firmware: what is performed, and what is refused with which
// message. A refusal changes nothing, and its message says what to do.

/// A machine on which everything can be asked for and much of it is refused.
private let machine: SystemDefinition = {
  var definition = SmallMachine.standard
  definition.machine.storageByteCount = 256 << 20
  definition.machine.processors = [
    ProcessorPoolDefinition(type: .cp, count: 3, megahertz: 5),
    ProcessorPoolDefinition(type: .ifl, count: 1, megahertz: 5),
  ]
  var own = SmallMachine.guest("P", "SPIN", reserved: 1, storage: 32 << 20)
  own.processors[0].group = "GROUP1"
  var other = SmallMachine.guest("OTHER", "SPIN")
  other.classes = "ABCDEFG"
  var big = SmallMachine.guest("BIG", "SPIN")
  big.storage.initialByteCount = 512 << 20
  var wide = SmallMachine.guest("WIDE", "SPIN")
  wide.processors[0].initial = 4
  var empty = SmallMachine.guest("EMPTY", "SPIN")
  empty.ipl = nil
  definition.partitions = [own, other, big, wide, empty]
  definition.groups = [GroupDefinition(name: "GROUP1", absoluteCaps: [])]
  var image = own
  image.processors[0].share.amount = .relative(99)
  definition.imageProfiles = [ImageProfile(name: "NIGHT", partition: "P", definition: image)]
  definition.loadProfiles = [
    LoadProfile(name: "TALK", ipl: .program(name: "TALKER", parameters: ""))
  ]
  definition.inputOutput.paths = [
    ChannelPathDefinition(number: 0x10, accessList: ["P"], candidateList: ["P"])
  ]
  definition.inputOutput.controlUnits = [
    ControlUnitDefinition(number: 0x200, paths: [PathReference(number: 0x10)])
  ]
  definition.inputOutput.devices = [
    DeviceDefinition(number: 0x200, controlUnits: [0x200], media: .scratch(byteCount: 1 << 20))
  ]
  return definition
}()

/// The states of a partition, and how it comes into each.
private enum Situation: String, CaseIterable, CustomTestStringConvertible {
  case notActivated = "not activated"
  case notOperating = "not operating"
  case operating
  case stopped
  case exceptions

  var testDescription: String { rawValue }

  var commands: String {
    switch self {
    case .notActivated: "QUERY TIME"
    case .notOperating: "XAUTOLOG P NOIPL"
    case .operating: "XAUTOLOG P#SLEEP 0.1"
    case .stopped: "XAUTOLOG P#SLEEP 0.1#STOP P"
    case .exceptions:
      "XAUTOLOG P NOIPL#LOAD P FAULTY PARM TRIPLE#WAIT P STATE EXCEPTIONS"
    }
  }
}

/// A command, and what it comes to in each situation: 0 when it is performed, else the message.
private struct Operation: CustomTestStringConvertible {
  let command: String
  let outcomes: [Int]
  var testDescription: String { command }

  /// Outcomes in the order of the situations.
  init(_ command: String, _ outcomes: Int...) {
    self.command = command
    self.outcomes = outcomes
  }

  /// The same in every situation.
  init(always command: String, _ outcome: Int) {
    self.command = command
    outcomes = Situation.allCases.map { _ in outcome }
  }
}

// Oracle: prsm.md's table of operations (zhmcclient's states and force rules), and CP's messages 045E
// (not logged on) and 054E (already logged on).
private let operations = [
  Operation("ACTIVATE P", 0, 54, 54, 54, 54),
  Operation("ACTIVATE P NOLOAD", 0, 54, 54, 54, 54),
  Operation("ACTIVATE P PROFILE NIGHT", 0, 54, 54, 54, 54),
  Operation("ACTIVATE P FORCE", 0, 0, 0, 0, 0),
  Operation(always: "ACTIVATE P PROFILE NONE FORCE", 8869),
  Operation("XAUTOLOG P", 0, 54, 54, 54, 54),
  Operation("RECOVER P", 8896, 54, 54, 54, 54),
  Operation("DEACTIVATE P", 45, 0, 8867, 8867, 0),
  Operation("DEACTIVATE P FORCE", 45, 0, 0, 0, 0),
  Operation("FORCE P", 45, 0, 0, 0, 0),
  Operation("FORCE P IMMEDIATE", 45, 0, 0, 0, 0),
  Operation("FORCE P CANCEL", 45, 8819, 8819, 8819, 8819),
  Operation("SIGNAL SHUTDOWN P", 45, 8821, 0, 0, 8821),
  Operation("LOAD P", 45, 0, 8867, 8867, 0),
  Operation("LOAD P FORCE", 45, 0, 0, 0, 0),
  Operation("LOAD P NOCLEAR FORCE", 45, 0, 0, 0, 0),
  Operation("LOAD P LOADPROFILE TALK FORCE", 45, 0, 0, 0, 0),
  Operation(always: "LOAD P LOADPROFILE NONE FORCE", 8872),
  Operation("LOAD P NOTHING FORCE", 45, 8834, 8834, 8834, 8834),
  Operation("LOAD P KERNEL none FORCE", 45, 8832, 8832, 8832, 8832),
  Operation("RESET NORMAL P", 45, 0, 8867, 8867, 0),
  Operation("RESET NORMAL P FORCE", 45, 0, 0, 0, 0),
  Operation("RESET CLEAR P", 45, 0, 8867, 8867, 0),
  Operation("RESET CLEAR P FORCE", 45, 0, 0, 0, 0),
  Operation("RESTART P", 45, 8801, 0, 0, 8801),
  Operation("STOP P", 45, 0, 0, 0, 0),
  Operation("STOP P CPU 0", 45, 0, 0, 0, 0),
  Operation("STOP P CPU 1", 45, 1457, 1457, 1457, 1457),
  Operation("START P", 45, 0, 0, 0, 0),
  Operation("START P CPU 1", 45, 1457, 1457, 1457, 1457),
  Operation("CANCEL P", 45, 8819, 8819, 8819, 8819),
  Operation("SAVE PROFILE P", 45, 0, 0, 0, 0),
  Operation(always: "SET PROFILE P NIGHT", 0),
  Operation(always: "SET PROFILE P NONE", 8869),
  Operation("SET WEIGHT P 20", 45, 0, 0, 0, 0),
  Operation(always: "SET WEIGHT P 20 PROFILE", 0),
  Operation("SET WEIGHT P 20 BOTH", 45, 0, 0, 0, 0),
  Operation(always: "SET WEIGHT P 0", 8802),
  Operation(always: "SET WEIGHT P 1000 PROFILE", 8802),
  Operation(always: "SET WEIGHT P 20 MIN 30", 8873),
  Operation(always: "SET WEIGHT P MIN 30", 8873),
  Operation(always: "SET WEIGHT P TYPE IFL 20", 8805),
  Operation("SET SHARE P RELATIVE 20", 45, 0, 0, 0, 0),
  Operation(always: "SET SHARE P ABSOLUTE 200%", 8803),
  Operation("SET SHARE P INITIAL", 45, 0, 0, 0, 0),
  Operation(always: "SET SHARE P INITIAL PROFILE", 8870),
  Operation("SET CAP P ON", 45, 0, 0, 0, 0),
  Operation(always: "SET CAP P ABSOLUTE 0", 8804),
  Operation("SET GROUP P NONE", 45, 0, 0, 0, 0),
  Operation(always: "SET GROUP P NONAME", 8871),
  Operation(always: "SET DEFCAP P 10", 8876),
  Operation(always: "SET DEFCAP P 0", 8875),
  Operation("SET POLARITY P VERTICAL", 45, 0, 0, 0, 0),
  Operation("SET SECURITY P GLOBALPERF OFF", 45, 0, 0, 0, 0),
  Operation(always: "SET GROUPCAP GROUP1 1.50", 0),
  Operation(always: "SET GROUPCAP GROUP1 300", 8804),
  Operation(always: "SET GROUPCAP NONAME 1", 8871),
  Operation(always: "SET GROUPMSU GROUP1 100", 8876),
  Operation(always: "SET RUNTIME 5", 0),
  Operation(always: "SET RUNTIME 0", 8874),
  Operation(always: "SET RUNTIME 101", 8874),
  Operation(always: "SET WAITCOMP ON", 0),
  Operation("FOR P CMD CONFIG CPU(1),ONLINE", 45, 0, 0, 0, 0),
  Operation("FOR P CMD CONFIG CPU(2),ONLINE", 45, 8808, 8808, 8808, 8808),
  Operation("FOR P CMD CONFIG CPU(0),ONLINE", 45, 1458, 1458, 1458, 1458),
  Operation("FOR P CMD CONFIG CPU(1),OFFLINE", 45, 1457, 1457, 1457, 1457),
  Operation("FOR P CMD CONFIG CPU(0),OFFLINE", 45, 8809, 8809, 8809, 8809),
  Operation("FOR P CMD CONFIG STOR(16M),ONLINE", 45, 0, 0, 0, 0),
  Operation("FOR P CMD CONFIG STOR(1M),ONLINE", 45, 8810, 8810, 8810, 8810),
  Operation("FOR P CMD CONFIG STOR(64M),ONLINE", 45, 8814, 8814, 8814, 8814),
  Operation("FOR P CMD CONFIG STOR(16M),OFFLINE", 45, 8815, 8815, 8815, 8815),
  Operation("FOR P CMD CONFIG CHP(10),ONLINE", 45, 8823, 8823, 8823, 8823),
  Operation("FOR P CMD CONFIG CHP(11),ONLINE", 45, 846, 846, 846, 846),
  Operation("FOR P CMD CONFIG ALL,CANCEL", 45, 8819, 8819, 8819, 8819),
  Operation("FOR P CMD DEFINE CPU 0", 45, 1458, 1458, 1458, 1458),
  Operation("FOR P CMD DETACH CPU 1", 45, 1457, 1457, 1457, 1457),
  Operation("FOR P CMD DEFINE STORAGE 1G", 45, 8814, 8814, 8814, 8814),
  Operation("FOR P CMD STORE FFFFFFFF 00", 45, 8816, 8816, 8816, 8816),
  Operation("RELEASE CHPID 10 P", 8881, 8881, 8881, 8881, 8881),
  Operation(always: "VARY OFFLINE PROCESSOR 09", 8827),
  Operation(always: "VARY ONLINE PROCESSOR 00", 8828),
  Operation(always: "VARY ONLINE CHPID 10", 8823),
  Operation(always: "ACTIVATE BIG", 8811),
  Operation(always: "ACTIVATE WIDE", 8806),
  Operation(always: "ACTIVATE EMPTY", 8830),
  Operation("SET WEIGHT P 20 MIN 10 MAX 30", 45, 0, 0, 0, 0),
  Operation(always: "SET WEIGHT P 20 MIN 10 MAX 30 PROFILE", 0),
  Operation("FOR P CMD DETACH CPU ALL", 45, 1456, 1456, 1456, 1456),
  Operation("FOR P CMD CONFIG CPU(1,0),ONLINE", 45, 1458, 1458, 1458, 1458),
  Operation("FOR P CMD DEFINE CPU 1 2", 45, 8808, 8808, 8808, 8808),
  Operation(always: "VARY OFFLINE PROCESSOR 01 00 09", 8827),
  Operation(always: "FORCE NOBODY", 45),
  Operation(always: "SIGNAL SHUTDOWN USER NOBODY", 45),
  Operation(always: "SEND NOBODY text", 45),
  Operation(always: "INDICATE USER NOBODY", 45),
  Operation(always: "QUERY NOBODY", 3),
  Operation("QUERY P", 45, 0, 0, 0, 0),
  Operation(always: "ACTIVATE NOBODY", 53),
  Operation(always: "DEACTIVATE OTHER", 45),
]

struct StateTableTests {
  /// All that a refusal leaves as it was.
  private static func digest(_ small: SmallMachine) -> [String] {
    small.console.execute("QUERY DIGEST ALL STORAGE").lines
  }

  @Test(arguments: operations, Situation.allCases)
  fileprivate func isPerformedOrRefused(_ operation: Operation, in situation: Situation) throws {
    let small = try SmallMachine(definition: machine)
    for command in situation.commands.split(separator: "#") {
      try #require(small.console.execute(String(command)).returnCode == 0)
    }
    let before = Self.digest(small)
    let views = small.control.partitionNames.map { small.manager.partitionView($0) }
    let place = Situation.allCases.firstIndex(of: situation) ?? 0
    let result = small.console.execute(operation.command)
    #expect(result.returnCode == operation.outcomes[place], "\(result.lines)")
    guard result.returnCode != 0 else { return }
    #expect(Self.digest(small) == before)
    #expect(small.control.partitionNames.map { small.manager.partitionView($0) } == views)
    // Its own message, which HELP explains with what to do.
    let help = small.console.execute("HELP HCP\(result.returnCode)E").lines
    #expect(help.contains { $0.contains("What to do: ") })
    #expect(result.errorLines.count == 1)
  }

  // Oracle: PR/SM Planning Guide, "Security parameter descriptions": cross-partition authority is off
  // and I/O configuration control on unless set.
  @Test(arguments: [
    ("DEACTIVATE P FORCE", "CROSSPARTITION", false),
    ("RESET CLEAR P FORCE", "CROSSPARTITION", false),
    ("STOP P", "CROSSPARTITION", false), ("SET WEIGHT P 5", "CROSSPARTITION", false),
    ("VARY OFFLINE CHPID 10 FORCE", "IOCONFIG", true),
  ])
  func aPartitionsUserDoesWhatItsSwitchesPermit(
    command: String, permission: String, isOn: Bool
  ) throws {
    let small = try SmallMachine(definition: machine)
    _ = small.answer("XAUTOLOG P#XAUTOLOG OTHER")
    // Taking a path away from another partition needs authority over it too.
    _ = small.answer("SET SECURITY OTHER CROSSPARTITION ON")
    // The shortest forms are those of SECURITY in a definition.
    let short = permission.prefix(permission == "IOCONFIG" ? 3 : 5)
    for setting in [false, true] {
      _ = small.answer("SET SECURITY OTHER \(short) \(setting ? "ON" : "OFF")")
      let before = Self.digest(small)
      let result = small.console.execute("FOR OTHER CMD \(command)")
      if setting {
        #expect(result.returnCode == 0, "\(result.lines)")
      } else {
        #expect(
          result.errorLine?.hasSuffix("8868E OTHER is not authorized; \(permission) is not on")
            == true)
        #expect(Self.digest(small) == before)
      }
    }
    #expect(SecuritySwitches()[SecuritySwitch(rawValue: permission) ?? .isolation] == isOn)
  }
}
