import Testing

@testable import ControlProgram
@testable import Partitioning

/// A command that is wrong, and the exact message: its number is the return code.
struct BadCommand: CustomTestStringConvertible {
  let command: String
  let message: String
  var testDescription: String { command }

  init(_ command: String, _ message: String) {
    self.command = command
    self.message = message
  }
}

// Oracle: the message texts and numbers of the CP reference; 88nn are our own.
private let badCommands = [
  BadCommand("FROB", "HCPCMD001E Unknown CP command: FROB"),
  BadCommand("QUERYX NAMES", "HCPCMD001E Unknown CP command: QUERYX"),
  BadCommand(
    "DI 1000 2000x",
    "HCPCDB8844E OPERATOR has no virtual machine; use FOR userid CMD DISPLAY 1000 2000x"),
  BadCommand("QUERY", "HCPCQU026E Operand missing or invalid"),
  BadCommand("QUERY FRED", "HCPCQU003E Invalid option - FRED"),
  BadCommand("QUERY FRED ALL", "HCPCQU003E Invalid option - FRED"),
  BadCommand("Q USER FRED", "HCPCQU003E Invalid option - FRED"),
  BadCommand(
    "Q SRM", "HCPCQU8902E QUERY SRM is not available here; use QUERY RUNTIME and QUERY WEIGHTS"),
  BadCommand(
    "Q TERM", "HCPCQU8902E QUERY TERMINAL is not available here; consoles have no such settings"),
  BadCommand(
    "Q FIL",
    "HCPCQU8902E QUERY FILES is not available here; use QUERY CONSOLE for the files of consoles"),
  BadCommand("Q 0999", "HCPCQU040E Device 0999 does not exist"),
  BadCommand("IND USER NOSUCH", "HCPIND045E NOSUCH not logged on"),
  BadCommand("SEND NOSUCH hello", "HCPSND045E NOSUCH not logged on"),
  BadCommand("FORCE NOSUCH", "HCPUSO045E NOSUCH not logged on"),
  BadCommand("FORCE OPERATOR", "HCPUSO8903E OPERATOR is your own session; use LOGOFF"),
  BadCommand("SIGNAL SHUTDOWN USER NOSUCH", "HCPSIG045E NOSUCH not logged on"),
  BadCommand("SIGNAL SHUTDOWN TOUCHER BY 25:00", "HCPSIG002E Invalid operand - 25:00"),
  BadCommand("SIGNAL SHUTDOWN TOUCHER BY", "HCPSIG026E Operand missing or invalid"),
  BadCommand("FOR TOUCHER CMD DEFINE CPU 1 TYPE", "HCPDFN026E Operand missing or invalid"),
  BadCommand("FOR TOUCHER CMD DEFINE CPU 1 TYPE IFL", "HCPDFN003E Invalid option - IFL"),
  BadCommand("FOR TOUCHER CMD DEFINE CPU 1 1", "HCPDFN013E Conflicting option - CPU 01"),
  BadCommand("FOR TOUCHER CMD DEFINE STORAGE 0M", "HCPDFN025E Storage missing or invalid"),
  BadCommand("FOR TOUCHER CMD CONFIG STOR(0M),ONLINE", "HCPCFG025E Storage missing or invalid"),
  BadCommand("Q LINUX1", "HCPCQU045E LINUX1 not logged on"),
  BadCommand("Q TENLETTERS", "HCPCQU003E Invalid option - TENLETTERS"),
  BadCommand("Q V FOO", "HCPCQU003E Invalid option - FOO"),
  BadCommand(
    "Q NAMES ALL", "HCPCQU003E Invalid option - command contains extra option(s) starting with ALL"),
  BadCommand(
    "Q V CPUS",
    "HCPCQU8844E OPERATOR has no virtual machine; use FOR userid CMD QUERY VIRTUAL CPUS"),
  BadCommand(
    "SET WEIGHT * 10",
    "HCPCSE8962E * is one's own partition, and OPERATOR has none; name a partition"),
  BadCommand("TERM MORE 256 0", "HCPTER002E Invalid operand - 256"),
  BadCommand("TERM MORE 5", "HCPTER026E Operand missing or invalid"),
  BadCommand("FOR SPIN001 CMD TERM MORE", "HCPTER8842E TERMINAL needs a console"),
  BadCommand("Q SHARE", "HCPCQU020E Userid missing or invalid"),
  BadCommand("Q SHARE NINELETTER", "HCPCQU007E Invalid userid - NINELETTER"),
  BadCommand("Q SHARE FRED", "HCPCQU053E FRED not in CP directory"),
  BadCommand("Q SHARE X*", "HCPCQU8840E No partition matches X*"),
  BadCommand("Q CHPID 9Z", "HCPCQU846E Invalid channel path identifier"),
  BadCommand("Q CHPID 77", "HCPCQU846E Invalid channel path identifier"),
  BadCommand("Q PATHS", "HCPCQU021E Rdev missing or invalid"),
  BadCommand("Q PATHS 0999", "HCPCQU040E Device 0999 does not exist"),
  BadCommand("Q PATHS GG", "HCPCQU004E Invalid hexadecimal value - GG"),
  BadCommand("INDICATE FOO", "HCPIND003E Invalid option - FOO"),
  BadCommand("SET", "HCPCSE026E Operand missing or invalid"),
  BadCommand("SET SHARE SPIN001", "HCPCSE026E Operand missing or invalid"),
  BadCommand("SET SHARE SPIN001 LOTS", "HCPCSE003E Invalid option - LOTS"),
  BadCommand(
    "SET SHARE SPIN001 RELATIVE 0",
    "HCPCSE8803E Invalid share RELATIVE 0; use RELATIVE 1 to 10000 or ABSOLUTE 0.1% to 100%"),
  BadCommand(
    "SET SHARE SPIN001 ABS 150%",
    "HCPCSE8803E Invalid share ABSOLUTE 150%; use RELATIVE 1 to 10000 or ABSOLUTE 0.1% to 100%"),
  BadCommand("SET SHARE SPIN001 REL -5", "HCPCSE002E Invalid operand - -5"),
  BadCommand(
    "SET SHARE SPIN001 REL 99999999999999999999",
    "HCPCSE002E Invalid operand - 99999999999999999999"),
  BadCommand("SET SHARE SPIN001 TYPE VAX REL 5", "HCPCSE003E Invalid option - VAX"),
  BadCommand(
    "SET SHARE SPIN001 TYPE IFL REL 5", "HCPCSE8805E SPIN001 has no shared IFL processors"),
  BadCommand("SET WEIGHT SPIN001 0", "HCPCSE8802E Invalid weight 0; use 1 to 999"),
  BadCommand("SET WEIGHT SPIN001 1000", "HCPCSE8802E Invalid weight 1000; use 1 to 999"),
  BadCommand(
    "SET CAP SPIN001 ABS 300", "HCPCSE8804E Invalid cap 300.00; use 0.01 to 255.00 processors"),
  BadCommand("SET CAP SPIN001 ABS 0.005", "HCPCSE002E Invalid operand - 0.005"),
  BadCommand(
    "VARY OFF PROCESSOR 09", "HCPVRY8827E PROCESSOR 09 does not exist; 5 are installed, from 00"),
  BadCommand("VARY ON PROCESSOR 01", "HCPVRY8828E PROCESSOR 01 is already online"),
  BadCommand("VARY OFF PROC 3-1", "HCPVRY8849E Invalid processor - 3-1"),
  BadCommand("VARY OFF CHPID 44", "HCPVRY846E Invalid channel path identifier"),
  BadCommand("VARY SIDEWAYS", "HCPVRY003E Invalid option - SIDEWAYS"),
  BadCommand("FOR SPIN001 QUERY TIME", "HCPFOR003E Invalid option - QUERY"),
  BadCommand("FOR SPIN001 CMD", "HCPFOR026E Operand missing or invalid"),
  BadCommand("FOR LINUX1 CMD Q TIME", "HCPFOR045E LINUX1 not logged on"),
  BadCommand("FOR SPIN001 CMD SHUTDOWN", "HCPCMD001E Unknown CP command: SHUTDOWN"),
  BadCommand("FOR SPIN001 CMD Q STORAGE", "HCPCQU003E Invalid option - STORAGE"),
  BadCommand(
    "FOR SPIN001 CMD CONFIG CPU(2),ONLINE",
    "HCPCFG8808E CPU 02 not defined; SPIN001 may have 1 CPUs, from 00"),
  BadCommand(
    "FOR SPIN001 CMD CONFIG CPU(2,ONLINE",
    "HCPCFG8841E Closing quote or parenthesis missing - (2,ONLINE"),
  BadCommand("FOR SPIN001 CMD CONFIG DISK(2),ONLINE", "HCPCFG003E Invalid option - DISK"),
  BadCommand("FOR SPIN001 CMD CONFIG CPU(2),SIDEWAYS", "HCPCFG003E Invalid option - SIDEWAYS"),
  BadCommand("FOR SPIN001 CMD CF CPU(0),ONLINE", "HCPCFG1458E CPU 00 not defined; already defined"),
  BadCommand(
    "FOR SPIN001 CMD CF CPU(0),OFFLINE",
    "HCPCFG8809E CPU 00 is the base processor of SPIN001, which stays on line"),
  BadCommand(
    "FOR TOUCHER CMD CF STOR(1M),ONLINE",
    "HCPCFG8810E Storage 1M is not a multiple of the increment 64M"),
  BadCommand("FOR TOUCHER CMD CF STOR(10),ONLINE", "HCPCFG025E Storage missing or invalid"),
  BadCommand(
    "FOR TOUCHER CMD CF STOR(1G),ONLINE",
    "HCPCFG8814E TOUCHER may have 256M of storage; 1152M was requested"),
  BadCommand(
    "FOR TOUCHER CMD CF CHP(10),OFFLINE",
    "HCPCFG8826E Path 10 is the last path of TOUCHER to device 0200; use UNCOND or FORCE"),
  BadCommand(
    "FOR TOUCHER CMD CF CHP(12),ONLINE",
    "HCPCFG8822E TOUCHER is not in the candidate list of path 12"),
  BadCommand("FOR TOUCHER CMD CF CHP(10),ONLINE", "HCPCFG8823E Path 10 is already online"),
  BadCommand(
    "FOR TOUCHER CMD CF CHP(10),OFFLINE,UNCOND,FORCE", "HCPCFG013E Conflicting option - FORCE"),
  BadCommand("FOR TOUCHER CMD CF CHP(10),CANCEL", "HCPCFG8819E TOUCHER has no pending change"),
  BadCommand("FOR TOUCHER CMD CF CPU(1),CANCEL,FORCE", "HCPCFG003E Invalid option - CANCEL"),
  BadCommand("FOR TOUCHER CMD CF CPU(1),FORCE,CANCEL", "HCPCFG003E Invalid option - FORCE"),
  BadCommand("FOR TOUCHER CMD CF ALL,CANCEL", "HCPCFG8819E TOUCHER has no pending change"),
  BadCommand("FOR TOUCHER CMD DEFINE STORAGE", "HCPDFN025E Storage missing or invalid"),
  BadCommand("FOR TOUCHER CMD DETACH CPU 0", "HCPCPU1456E The base CPU 00 cannot be detached."),
  BadCommand("FOR TOUCHER CMD DETACH CPU 1", "HCPCPU1457E CPU 01 does not exist"),
  BadCommand("FOR SPIN001 CMD DISPLAY 1000.2000", "HCPCDB009E Invalid range - 1000.2000"),
  BadCommand(
    "FOR SPIN001 CMD DISPLAY 4000000", "HCPCDB8816E Location 04000000 is outside of storage"),
  BadCommand("FOR SPIN001 CMD DISPLAY 10Q", "HCPCDB004E Invalid hexadecimal value - 10Q"),
  BadCommand("FOR SPIN001 CMD DISPLAY GEAX", "HCPCDB010E Invalid register - EAX"),
  BadCommand("FOR SPIN001 CMD STORE 1000 123", "HCPCDS004E Invalid hexadecimal value - 123"),
  BadCommand(
    "FOR SPIN001 CMD STORE 4000000 12", "HCPCDS8816E Location 04000000 is outside of storage"),
  BadCommand("FOR SPIN001 CMD STORE G 1", "HCPCDS034E Register missing or invalid"),
  BadCommand(
    "FOR SPIN001 CMD IPL NOTHING",
    "HCPVMI8834E SPIN001 not loaded; no program NOTHING; there are SPIN PULSE TOUCHER TALKER "
      + "IODRIVER FAULTY"),
  BadCommand(
    "FOR SPIN001 CMD IPL KERNEL ../../etc/passwd",
    "HCPVMI8843E File ../../etc/passwd is not inside the machine's folder"),
  BadCommand("FOR SPIN001 CMD SLEEP 1", "HCPSLP8842E SLEEP needs a console"),
  BadCommand("XAUTOLOG FRED", "HCPXAU053E FRED not in CP directory"),
  BadCommand("XAUTOLOG SPIN001", "HCPXAU054E SPIN001 already logged on"),
  BadCommand("FORCE LINUX1", "HCPUSO045E LINUX1 not logged on"),
  BadCommand("FORCE SPIN001 WITHIN SOON", "HCPUSO002E Invalid operand - SOON"),
  BadCommand("BEGIN", "HCPBEG8844E OPERATOR has no virtual machine; use FOR userid CMD BEGIN"),
  BadCommand("SYSTEM NONSENSE", "HCPSYS003E Invalid option - NONSENSE"),
  BadCommand("SEND LINUX1 hello", "HCPSND045E LINUX1 not logged on"),
  BadCommand("MSG SPIN001", "HCPMSG068E Message text missing"),
  BadCommand("MSG FRED hello", "HCPMSG045E FRED not logged on"),
  BadCommand("SLEEP", "HCPSLP026E Operand missing or invalid"),
  BadCommand("SLEEP LONG", "HCPSLP002E Invalid operand - LONG"),
  BadCommand("WAIT SPIN001 STATE HAPPY", "HCPWAI002E Invalid operand - HAPPY"),
  BadCommand(
    "WAIT SPIN001 TEXT 'never", "HCPWAI8841E Closing quote or parenthesis missing - 'never"),
  BadCommand(
    "WAIT LINUX1 STATE OPERATING WITHIN 2",
    "HCPWAI8845E WAIT ended: LINUX1 not STATE OPERATING within 2 seconds"),
  BadCommand("HELP FROB", "HCPHLP8847E No help for FROB"),
  BadCommand("HELP HCP9999E", "HCPHLP8846E No message HCP9999E"),
  BadCommand("CONNECT LINUX1", "HCPDIA045E LINUX1 not logged on"),
]

struct BadCommandTests {
  @Test(arguments: badCommands)
  func answersWithItsMessage(_ bad: BadCommand) throws {
    let test = try TestConsole { definition in
      definition.partitions[3].devices = [
        DeviceAssignment(virtualDevice: 0x200, realDevice: 0x200)
      ]
      definition.inputOutput.paths.append(
        ChannelPathDefinition(number: 0x12, accessList: ["SPIN001"], candidateList: ["SPIN001"]))
    }
    let before = test.machine.machineState.partitions
    let result = test.console.execute(bad.command)
    #expect(result.lines == [bad.message])
    let digits = bad.message.dropFirst(6).prefix { $0.isNumber }
    #expect(result.returnCode == Int(digits))
    #expect(test.machine.machineState.partitions == before, "nothing is left half-done")
  }

  /// What is refused because of LINUX1, which is active here and has not begun.
  @Test(arguments: [
    BadCommand("VARY OFF PROC 04", "HCPVRY8829E PROCESSOR 04 is needed by LINUX1"),
    BadCommand(
      "SIGNAL SHUTDOWN LINUX1", "HCPSIG8821E LINUX1 does not listen to the shutdown signal"),
  ])
  func answersForAPartitionThatHasNotBegun(_ bad: BadCommand) throws {
    let test = try TestConsole()
    _ = test.answer("XAUTOLOG LINUX1")
    #expect(test.answer(bad.command) == bad.message)
  }

  @Test(arguments: [
    ("SET SHARE SPIN001 RELATIVE 5", "HCPCMD001E Unknown CP command: SET"),
    ("QUERY SHARE SPIN001", "HCPCQU003E Invalid option - SPIN001"),
    ("QUERY PROCESSORS", "HCPCQU003E Invalid option - PROCESSORS"),
    ("FORCE SPIN002", "HCPCMD001E Unknown CP command: FORCE"),
  ])
  func classGKnowsNoMoreThanItsOwn(command: String, message: String) throws {
    let test = try TestConsole(user: "SPIN001")
    #expect(test.console.execute("#CP \(command)").lines == [message])
  }
}
