import Partitioning
import Testing

@testable import ControlProgram

/// A command and its whole answer.
struct Exchange: CustomTestStringConvertible {
  let command: String
  let answer: String
  var testDescription: String { command }

  init(_ command: String, _ answer: String) {
    self.command = command
    self.answer = answer
  }
}

// Oracle: the samples of the CP reference, with this machine's values in place.
private let queries = [
  Exchange("Q N", "OPERATOR -L0000, SPIN001  - DSC , SPIN002  - DSC , TOUCHER  - DSC"),
  Exchange("QUERY USERS", "    4 USERS,     0 DIALED,     0 NET"),
  Exchange("Q USER TOUCHER", "TOUCHER  - DSC"),
  Exchange("Q SPIN001", "SPIN001  - DSC"),
  Exchange("Q SPIN*", "SPIN001  - DSC\nSPIN002  - DSC"),
  Exchange("q userid", "OPERATOR AT DEMO"),
  Exchange(
    "Q TIME",
    """
    TIME IS 00:00:00 UTC THURSDAY 01/01/26
    CONNECT= 00:00:00 VIRTCPU= 000:00.00 TOTCPU= 000:00.00
    """),
  Exchange(
    "Q CPLEVEL",
    """
    Endicott Version 1 Release 1.0, service level 0000 (64-bit)
    History version 3
    IPL at 01/01/26 00:00:00 UTC
    """),
  Exchange(
    "Q PRIV",
    """
    PRIVILEGE CLASSES FOR USER OPERATOR
            CURRENTLY: ABCDEFG
            DIRECTORY: ABCDEFG
    """),
  Exchange(
    "Q PROC",
    """
    PROCESSOR 00 MASTER CP
    PROCESSOR 01 ALTERNATE CP
    PROCESSOR 02 ALTERNATE CP
    PROCESSOR 03 ALTERNATE CP
    PROCESSOR 04 ALTERNATE IFL
    """),
  Exchange(
    "Q STOR", "STORAGE = 1G CONFIGURED = 256M INC = 64M STANDBY = 768M  RESERVED = 0"),
  Exchange(
    "Q SHARE SPIN*",
    """
    USER SPIN001 :  CP   RELATIVE SHARE = 10
                    MAXIMUM SHARE = NOLIMIT
    USER SPIN002 :  CP   RELATIVE SHARE = 10
                    MAXIMUM SHARE = NOLIMIT
    """),
  Exchange(
    "Q CHPIDS",
    """
           0  1  2  3  4  5  6  7  8  9  A  B  C  D  E  F
    1x     +  +  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    + = Available   - = Offline   . = Not configured
    """),
  Exchange("Q CHPID 10", "Path 10 online to devices 0200"),
  Exchange(
    "Q PATHS 0200",
    """
    Device 0200, Status ONLINE
     CHPIDs to Device 0200 (PIM)  : 10 11
      Physically Available (PAM)  : +  +
      Online               (LPM)  : +  -
          Legend     + Yes - No
    """),
  Exchange(
    "Q LPARS",
    """
    PARTITION NUM  STATE          PROCESSORS  STORAGE   WRITTEN  PATHS
    LINUX1      2  NOT-ACTIVATED         0/1        0        0K  none
    SPIN001     1  OPERATING             1/1      64M       12K  10
    SPIN002     0  OPERATING             1/1      64M       12K  10
    TOUCHER     3  OPERATING             1/3     128M       12K  10
    """),
  Exchange("Q PENDING", "No pending changes"),
  Exchange("Q DIGEST", "DIGEST MACHINE  000000000000FEED"),
  Exchange("Q DIGEST SPIN001", "DIGEST SPIN001  0000000000000101"),
  Exchange(
    "Q DIGEST ALL STORAGE",
    """
    DIGEST MACHINE  000000000000ABCD
    DIGEST LINUX1   0000000000001234
    DIGEST SPIN001  0000000000001234
    DIGEST SPIN002  0000000000001234
    DIGEST TOUCHER  0000000000001234
    """),
  Exchange(
    "IND LOAD",
    """
    AVGPROC-020% 05
    MDC READS-000000/SEC WRITES-000000/SEC HIT RATIO-000%
    PAGING-0/SEC
    Q0-00000(00000)                           DORMANT-00001
    Q1-00002(00000)           E1-00000(00000)
    Q2-00000(00000) EXPAN-001 E2-00000(00000)
    Q3-00000(00000) EXPAN-001 E3-00000(00000)

    PROC 0000-050% CP   HZ     PROC 0001-050% CP   HZ
    PROC 0002-000% CP   HZ     PROC 0003-000% CP   HZ
    PROC 0004-000% IFL  HZ

    LIMITED-00000
    """),
  Exchange(
    "IND USER TOUCHER",
    """
    USERID=TOUCHER  MACH=X86 STOR=128M VIRT=V XSTORE=NONE
    IPLSYS=TOUCHER  DEVNUM=00000
    PAGES: RES=3 WS=3 LOCKEDREAL=0 RESVD=0
    NPREF=0 PREF=0 READS=0 WRITES=0
    CPU 00: CTIME=00:00 VTIME=000:00 TTIME=000:00 IO=000000
            RDR=000000 PRT=000000 PCH=000000 TYPE=CP   CPUAFFIN=ON
    INSTRUCTIONS=0 DISPATCHES=0
    """),
  Exchange(
    "IND LPAR SPIN*",
    """
    PARTITION TYPE CPUS      SHARE  ENTITLED      USED    DENIED  CAPPING
    SPIN001   CP      1         10    0.5000    0.4321    0.0000  NO
    SPIN002   CP      1         10    0.5000    0.4321    0.0000  NO
    POOL      CP      4         40    4.0000    1.0000
    PACE FAST, ACHIEVED NOT MEASURED
    """),
  Exchange(
    "FOR TOUCHER CMD Q V STOR", "STORAGE = 128M MAX = 256M INC = 64M STANDBY = 128M  RESERVED = 0"),
  Exchange("FOR SPIN* CMD Q V STOR", "SPIN001   STORAGE = 64M\nSPIN002   STORAGE = 64M"),
  Exchange("FOR TOUCHER CMD Q V CPUS", "CPU 00  ID  FF00030086640000 (BASE) CP   CPUAFF ON"),
  Exchange("FOR TOUCHER CMD Q V CHP", "CHPID 10 ONLINE\nCHPID 11 OFFLINE"),
  Exchange(
    "FOR TOUCHER CMD D T1000.20",
    """
    V00001000  00000000 00000000 00000000 00000000 *................*
    V00001010  00000000 00000000 00000000 00000000 *................*
    """),
  Exchange("FOR TOUCHER CMD D 1002-1005", "V00001000  00000000 00000000"),
  Exchange("FOR TOUCHER CMD D PSW", "PSW  = 0000000000000000 0000000000000000"),
  Exchange("FOR TOUCHER CMD D G0 GR15", "RAX  = 0000000000000000\nR15  = 0000000000000000"),
  Exchange("CP * a comment", ""),
  Exchange(
    "* Q TIME # Q NAMES", "OPERATOR -L0000, SPIN001  - DSC , SPIN002  - DSC , TOUCHER  - DSC"),
  Exchange("CP ECHO Hello \"# there", "Hello # there"),
  Exchange("SILENTLY Q TIME", ""),
]

private let changes = [
  Exchange(
    "SET SHARE SPIN001 RELATIVE 50 ABSOLUTE 30% LIMITHARD",
    "USER SPIN001 :  CP   RELATIVE SHARE = 50\n"
      + "                MAXIMUM SHARE = LIMITHARD ABSOLUTE 30%"),
  Exchange(
    "SET SHARE SPIN001 ABS 12.5%",
    "USER SPIN001 :  CP   ABSOLUTE SHARE = 12.5%\n                MAXIMUM SHARE = NOLIMIT"),
  Exchange(
    "SET WEIGHT SPIN001 500",
    "USER SPIN001 :  CP   RELATIVE SHARE = 500\n                MAXIMUM SHARE = NOLIMIT"),
  Exchange("SET CAP SPIN001 ON", "USER SPIN001 :  CP   CAPPED = ON  ABSOLUTE CAP = NONE"),
  Exchange("SET CAP SPIN001 ABS 1.5", "USER SPIN001 :  CP   CAPPED = ON  ABSOLUTE CAP = 1.50"),
  Exchange(
    "SET SHARE SPIN001 INITIAL",
    "USER SPIN001 :  CP   RELATIVE SHARE = 10\n                MAXIMUM SHARE = NOLIMIT"),
  Exchange(
    "FOR TOUCHER CMD CONFIG CPU(1-2),ONLINE",
    "CPU 01 ONLINE PENDING, 60 SECONDS LEFT\nCPU 02 ONLINE PENDING, 60 SECONDS LEFT"),
  Exchange("SLEEP 1 MIN", ""),
  Exchange(
    "Q PENDING TOUCHER",
    "TOUCHER  CPU 01 ONLINE PENDING, 0 SECONDS LEFT\n"
      + "TOUCHER  CPU 02 ONLINE PENDING, 0 SECONDS LEFT"),
  Exchange("FOR TOUCHER CMD CF CPU(1),ONLINE,CANCEL", "Pending changes of TOUCHER are cancelled"),
  Exchange(
    "FOR TOUCHER CMD CF STOR(64M) ONLINE WITHIN 5", "STORAGE 64M ONLINE PENDING, 5 SECONDS LEFT"),
  Exchange("FOR TOUCHER CMD CF CHP(11),ONLINE", "CHP 11 ONLINE"),
  Exchange("FOR TOUCHER CMD CF CHP(10),OFFLINE", "CHP 10 OFFLINE"),
  Exchange("FOR TOUCHER CMD CF CHP(11),OFFLINE,UNCOND", "CHP 11 OFFLINE"),
  Exchange("FOR TOUCHER CMD DEF CPU 1", "CPU 01 defined"),
  Exchange(
    "FOR TOUCHER CMD Q V CPUS",
    "CPU 00  ID  FF00030086640000 (BASE) CP   CPUAFF ON\n"
      + "CPU 01  ID  FF00030186640000 STOPPED CP   CPUAFF ON"),
  Exchange(
    "FOR TOUCHER CMD CPU 1 CMD D GRAX", "RAX  = 0000000000000001"),
  Exchange("FOR TOUCHER CMD DET CPU ALL", "CPU 01 detached\nStorage cleared - system reset."),
  Exchange(
    "FOR TOUCHER CMD DEF STOR AS 64M", "STORAGE = 64M\nStorage cleared - system reset."),
  Exchange("FOR TOUCHER CMD STORE 1000 4865 6C6C6F", "Store complete."),
  Exchange(
    "FOR TOUCHER CMD D T1000", "V00001000  48656C6C 6F000000 00000000 00000000 *Hello...........*"),
  Exchange("FOR TOUCHER CMD STORE GRAX 1234", "Store complete."),
  Exchange("FOR TOUCHER CMD D GRAX", "RAX  = 0000000000001234"),
  Exchange("FOR TOUCHER CMD SYSTEM RESET", "System reset."),
  Exchange("FOR TOUCHER CMD SYSTEM CLEAR", "Storage cleared - system reset."),
  Exchange("FOR TOUCHER CMD IPL", ""),
  Exchange("XAUTOLOG LINUX1", "Command accepted"),
  Exchange(
    "FORCE TOUCHER", "HCPSIG2114I User TOUCHER termination may be delayed for up to 60 seconds"),
  Exchange("Q TOUCHER", "HCPCQU361E LOGOFF/FORCE pending for user TOUCHER"),
  Exchange("FORCE TOUCHER CANCEL", "FORCE of TOUCHER is cancelled"),
  Exchange("FORCE SPIN002", ""),
  Exchange("Q SPIN002", "HCPCQU045E SPIN002 not logged on"),
  Exchange("VARY OFFLINE PROCESSOR 01", "PROCESSOR 01 OFFLINE"),
  Exchange("VARY OFF CHPID 10", "Path 10 varied offline"),
  Exchange("Q CHPID 10", "Path 10 offline to devices 0200"),
  Exchange("VARY ON CHPID 10", "Path 10 varied online"),
  Exchange("MSG TOUCHER hello", "HCPMSG057I TOUCHER not receiving; disconnected"),
  Exchange("SHUTDOWN", "HCPWRP961W SYSTEM SHUTDOWN COMPLETE"),
]

struct TranscriptTests {
  @Test(arguments: queries)
  func queryAnswers(_ exchange: Exchange) {
    let test = TestConsole()
    #expect(test.answer(exchange.command) == exchange.answer)
  }

  @Test func changesAnswerOneAfterTheOther() {
    let test = TestConsole()
    for exchange in changes {
      #expect(test.answer(exchange.command) == exchange.answer, "\(exchange.command)")
    }
    #expect(test.control.isShutDown)
  }

  @Test func aPatternGoesOnAfterOneThatFails() {
    let test = TestConsole()
    let result = test.console.execute("SET SHARE * REL 5")
    #expect(result.returnCode == 8962)
    let all = test.console.execute("XAUTOLOG *1")
    #expect(all.lines == ["Command accepted", "HCPXAU054E SPIN001 already logged on"])
    #expect(all.returnCode == 54)
  }

  // Oracle: directory.md, START and COMMAND.
  @Test func partitionsStartInOrderWithTheirCommands() {
    let test = TestConsole()
    for name in ["SPIN001", "SPIN002", "TOUCHER"] { _ = test.console.execute("FORCE \(name) IMM") }
    test.control.collectEvents()
    _ = test.console.takeOutput()
    func setCommands(_ commands: [String]) {
      test.machine.change("SPIN002") {
        $0.definition.commands = commands
        $0.profiles[0].definition.commands = commands
      }
    }
    setCommands(["Q USERID", "FROB"])
    test.machine.definition.partitions[0].start = StartDefinition(after: ["TOUCHER"])
    test.machine.definition.partitions[1].start = StartDefinition()
    test.machine.definition.partitions[3].start = StartDefinition()
    #expect(test.control.automaticStarts().map(\.name) == ["TOUCHER", "SPIN002", "SPIN001"])
    let failed =
      "HCPXAU8904E SPIN002 not activated; its COMMAND FROB failed: "
      + "HCPCMD001E Unknown CP command: FROB"
    #expect(test.control.startAutomatically().lines == [failed])
    test.control.collectEvents()
    #expect(
      test.console.takeOutput().compactMap(\.line) == [
        "AUTO LOGON  ***       TOUCHER  USERS = 2", "AUTO LOGON  ***       SPIN002  USERS = 3",
        "SPIN002 : SPIN002  AT DEMO", "SPIN002 : HCPCMD001E Unknown CP command: FROB",
        "USER DSC   LOGOFF AS  SPIN002  USERS = 2", "AUTO LOGON  ***       SPIN001  USERS = 3",
      ])
    // All or nothing: what is not as its definition says does not run.
    #expect(test.machine.states["SPIN002"]?.state == .notActivated)
    setCommands(["Q USERID"])
    #expect(test.control.startAutomatically().errorLines.count == 2)
    #expect(test.machine.states["SPIN002"]?.state == .operating)
  }

  @Test func manyStartsAreOneLine() {
    let test = TestConsole()
    for name in ["SPIN001", "SPIN002", "TOUCHER"] { _ = test.console.execute("FORCE \(name) IMM") }
    test.control.collectEvents()
    _ = test.console.takeOutput()
    let definitions = (1...9).map { PartitionDefinition(name: "P\($0)", start: StartDefinition()) }
    test.machine.definition.partitions = definitions
    for (number, definition) in definitions.enumerated() {
      test.machine.states[definition.name] = StandInMachine.view(definition, number: number)
    }
    #expect(test.control.startAutomatically().returnCode == 0)
    #expect(
      test.console.takeOutput().compactMap(\.line)
        == ["AUTO LOGON  ***       9 PARTITIONS USERS = 10"])
    #expect(test.control.recentMessages.suffix(2).first?.hasSuffix("P9       USERS = 10") == true)
  }

  @Test func queryCommandsFollowsTheClasses() {
    let test = TestConsole(user: "SPIN001")
    let answer = test.answer("#CP Q COMMANDS")
    #expect(answer.contains("CONFIG"))
    #expect(!answer.contains("FORCE"))
    #expect(answer.split(separator: "\n").allSatisfy { $0.count <= 72 })
  }
}
