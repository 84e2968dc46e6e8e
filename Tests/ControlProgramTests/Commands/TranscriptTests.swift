import Quantities
import Testing

@testable import ControlProgram
@testable import Partitioning

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
    History version \(PartitionManager.historyVersion)
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
    SPIN001     1  OPERATING             1/1      64M       64K  10
    SPIN002     0  OPERATING             1/1      64M       64K  10
    TOUCHER     3  OPERATING             1/3     128M       76K  10
    """),
  Exchange("Q PENDING", "No pending changes"),
  Exchange(
    "IND LOAD",
    """
    AVGPROC-000% 05
    MDC READS-000000/SEC WRITES-000000/SEC HIT RATIO-000%
    PAGING-0/SEC
    Q0-00000(00000)                           DORMANT-00000
    Q1-00003(00000)           E1-00000(00000)
    Q2-00000(00000) EXPAN-001 E2-00000(00000)
    Q3-00000(00000) EXPAN-001 E3-00000(00000)

    PROC 0000-000% CP   HZ     PROC 0001-000% CP   HZ
    PROC 0002-000% CP   HZ     PROC 0003-000% CP   HZ
    PROC 0004-000% IFL  HZ

    LIMITED-00000
    """),
  Exchange(
    "IND USER TOUCHER",
    """
    USERID=TOUCHER  MACH=X86 STOR=128M VIRT=V XSTORE=NONE
    IPLSYS=TOUCHER  DEVNUM=00000
    PAGES: RES=19 WS=19 LOCKEDREAL=0 RESVD=0
    NPREF=0 PREF=0 READS=0 WRITES=0
    CPU 00: CTIME=00:00 VTIME=000:00 TTIME=000:00 IO=000000
            RDR=000000 PRT=000000 PCH=000000 TYPE=CP   CPUAFFIN=ON
    INSTRUCTIONS=9473 DISPATCHES=1
    """),
  Exchange(
    "IND LPAR SPIN*",
    """
    PARTITION TYPE CPUS      SHARE  ENTITLED      USED    DENIED  CAPPING
    SPIN001   CP      1         10    1.0000    0.0000    0.0000  NO
    SPIN002   CP      1         10    1.0000    0.0000    0.0000  NO
    POOL      CP      4         40    4.0000    0.0000
    POOL      IFL     1          0    1.0000    0.0000
    PACE FAST, ACHIEVED NOT MEASURED
    """),
  Exchange(
    "FOR TOUCHER CMD Q V STOR", "STORAGE = 128M MAX = 256M INC = 64M STANDBY = 128M  RESERVED = 0"),
  Exchange("FOR SPIN* CMD Q V STOR", "SPIN001   STORAGE = 64M\nSPIN002   STORAGE = 64M"),
  Exchange("FOR TOUCHER CMD Q V CPUS", "CPU 00  ID  FF00030086640000 (BASE) CP   CPUAFF ON"),
  Exchange("FOR TOUCHER CMD Q V CHP", "CHPID 10 ONLINE\nCHPID 11 OFFLINE"),
  Exchange(
    "FOR TOUCHER CMD D T2001000.20",
    """
    V02001000  00000000 00000000 00000000 00000000 *................*
    V02001010  00000000 00000000 00000000 00000000 *................*
    """),
  Exchange("FOR TOUCHER CMD D 2001002-2001005", "V02001000  00000000 00000000"),
  Exchange("FOR TOUCHER CMD D PSW", "PSW  = 00000000001007FD 0000000000000206"),
  Exchange("FOR TOUCHER CMD D G0 GR15", "RAX  = 8ACF249110D2A000\nR15  = 0000000000000000"),
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
    "FOR TOUCHER CMD CPU 1 CMD D GRAX", "RAX  = 0000000000000000"),
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
    "FORCE SPIN002", "HCPSIG2114I User SPIN002 termination may be delayed for up to 60 seconds"),
  Exchange("Q SPIN002", "HCPCQU361E LOGOFF/FORCE pending for user SPIN002"),
  Exchange("FORCE SPIN002 CANCEL", "FORCE of SPIN002 is cancelled"),
  // It was loaded anew and has not begun to listen.
  Exchange("FORCE TOUCHER", ""),
  Exchange("Q TOUCHER", "HCPCQU045E TOUCHER not logged on"),
  Exchange("VARY OFFLINE PROCESSOR 01", "PROCESSOR 01 OFFLINE"),
  Exchange("VARY OFF CHPID 10", "Path 10 varied offline"),
  Exchange("Q CHPID 10", "Path 10 offline to devices 0200"),
  Exchange("VARY ON CHPID 10", "Path 10 varied online"),
  Exchange("MSG SPIN001 hello", "HCPMSG057I SPIN001 not receiving; disconnected"),
  Exchange("SHUTDOWN", "HCPWRP961W SYSTEM SHUTDOWN COMPLETE"),
]

struct TranscriptTests {
  @Test(arguments: queries)
  func queryAnswers(_ exchange: Exchange) throws {
    let test = try TestConsole()
    #expect(test.answer(exchange.command) == exchange.answer)
  }

  /// Oracle: the digests that the firmware has.
  @Test func digests() throws {
    let test = try TestConsole()
    let names = test.control.partitionNames
    #expect(
      test.answer("Q DIGEST")
        == "DIGEST MACHINE  \(hexDigits(test.machine.machineView.digest, 16))")
    let own = try #require(test.machine.partitionView("SPIN001")).digest
    #expect(test.answer("Q DIGEST SPIN001") == "DIGEST SPIN001  \(hexDigits(own, 16))")
    let all = ([nil] + names).map { name in
      "DIGEST \(padded(name ?? "MACHINE", 8)) "
        + hexDigits(test.machine.storageDigest(of: name), 16)
    }
    #expect(test.answer("Q DIGEST ALL STORAGE") == all.joined(separator: "\n"))
  }

  @Test func changesAnswerOneAfterTheOther() throws {
    let test = try TestConsole()
    for exchange in changes {
      #expect(test.answer(exchange.command) == exchange.answer, "\(exchange.command)")
    }
    #expect(test.control.isShutDown)
  }

  @Test func aPatternGoesOnAfterOneThatFails() throws {
    let test = try TestConsole()
    let result = test.console.execute("SET SHARE * REL 5")
    #expect(result.returnCode == 8962)
    let all = test.console.execute("XAUTOLOG *1")
    #expect(all.lines == ["Command accepted", "HCPXAU054E SPIN001 already logged on"])
    #expect(all.returnCode == 54)
  }

  // Oracle: directory.md, START and COMMAND.
  @Test func partitionsStartInOrderWithTheirCommands() throws {
    let test = try TestConsole { definition in
      definition.partitions[0].commands = ["Q USERID", "FROB"]
      definition.partitions[0].start = StartDefinition(after: ["TOUCHER"])
      definition.partitions[1].start = StartDefinition()
      definition.partitions[3].start = StartDefinition()
    }
    for name in ["SPIN001", "SPIN002", "TOUCHER"] { _ = test.console.execute("FORCE \(name) IMM") }
    test.control.collectEvents()
    _ = test.console.takeOutput()
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
    #expect(test.state(of: "SPIN002") == .notActivated)
    try test.partition("SPIN002").profiles[0].definition.commands = ["Q USERID"]
    #expect(test.control.startAutomatically().errorLines.count == 2)
    #expect(test.state(of: "SPIN002") == .operating)
  }

  @Test func manyStartsAreOneLine() throws {
    let test = try TestConsole { definition in
      definition.inputOutput = IOConfiguration()
      definition.partitions = (1...9).map {
        PartitionDefinition(
          name: "P\($0)", ipl: .program(name: "SPIN", parameters: ""), start: StartDefinition())
      }
    }
    #expect(test.control.startAutomatically().returnCode == 0)
    #expect(
      test.console.takeOutput().compactMap(\.line)
        == ["AUTO LOGON  ***       9 PARTITIONS USERS = 10"])
    #expect(test.control.recentMessages.contains { $0.hasSuffix("P9       USERS = 10") })
  }

  @Test func queryCommandsFollowsTheClasses() throws {
    let test = try TestConsole(user: "SPIN001")
    let answer = test.answer("#CP Q COMMANDS")
    #expect(answer.contains("CONFIG"))
    #expect(!answer.contains("FORCE"))
    #expect(answer.split(separator: "\n").allSatisfy { $0.count <= 72 })
  }
}
