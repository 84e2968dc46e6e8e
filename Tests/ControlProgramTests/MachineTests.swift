import Partitioning
import Testing

@testable import ControlProgram

// Guests that run: what the commands say of them, and what they say themselves.
struct MachineTests {
  @Test func theLifeOfAPartition() throws {
    let small = try SmallMachine()
    #expect(small.answer("XAUTOLOG SPIN1") == "Command accepted")
    #expect(small.shown() == ["AUTO LOGON  ***       SPIN1    USERS = 2"])
    #expect(small.answer("SLEEP 1") == "")
    #expect(small.answer("Q TIME").hasPrefix("TIME IS 00:00:01 UTC THURSDAY 01/01/26"))
    // Oracle: one instruction a cycle, 5 MHz, one second, nobody else; of it 40 dispatches of 25 ms
    // cost the firmware a microsecond each, and 725 cycles are charged for code that is new, device
    // accesses and control registers while SPIN sets itself up.
    let use = small.answer("IND USER SPIN1")
    #expect(use.contains("CPU 00: CTIME=00:00 VTIME=000:01 TTIME=000:01 IO=000000"))
    #expect(use.contains("INSTRUCTIONS=4999075 "))
    #expect(small.answer("FOR SPIN1 CMD STOP") == "")
    #expect(small.answer("SLEEP 1#IND USER SPIN1") == use)
    #expect(small.answer("FOR SPIN1 CMD BEGIN") == "")
    #expect(small.answer("SET CAP SPIN1 ABS 0.2#SLEEP 10").hasSuffix("ABSOLUTE CAP = 0.20"))
    #expect(small.answer("FOR SPIN1 CMD IPL NOTHING").hasPrefix("HCPVMI8834E SPIN1 not loaded;"))
    #expect(small.answer("WAIT SPIN1 STATE RUNNING") == "")
    #expect(
      small.answer("FOR SPIN1 CMD SYSTEM CLEAR") == "Storage cleared - system reset.")
    #expect(small.answer("WAIT SPIN1 STATE NOT-OPERATING") == "")
    #expect(small.answer("FOR SPIN1 CMD IPL TALKER") == "")
    #expect(small.answer("WAIT SPIN1 TEXT 'TALKER ready'") == "")
    #expect(small.answer("FORCE SPIN1 IMMEDIATE") == "")
    #expect(small.shown().last == "USER DSC   LOGOFF AS  SPIN1    USERS = 1    FORCED BY OPERATOR")
    #expect(
      small.answer("Q STORAGE")
        == "STORAGE = 1G CONFIGURED = 0 INC = 16M STANDBY = 1G  RESERVED = 0")
  }

  @Test func aGuestGivesCommandsOfClassG() throws {
    let small = try SmallMachine()
    _ = small.answer("XAUTOLOG TALK#SET OBSERVER TALK *#WAIT TALK TEXT 'TALKER>'")
    _ = small.shown()
    for line in ["CP Q V STOR", "CP FORCE SPIN1", "CP SLEEP 1"] {
      _ = small.answer("SEND TALK \(line)")
      _ = small.answer("SLEEP 0.1")
    }
    #expect(
      small.shown() == [
        "TALK    : TALKER> CP Q V STOR", "TALK    : STORAGE = 16M",
        "TALK    : TALKER> CP FORCE SPIN1", "TALK    : HCPCMD001E Unknown CP command: FORCE",
        "TALK    : RC = 1", "TALK    : TALKER> CP SLEEP 1",
        "TALK    : HCPSLP8842E SLEEP needs a console", "TALK    : RC = 8842",
      ])
  }

  @Test func aConnectedConsoleTalksToTheGuest() throws {
    let small = try SmallMachine()
    _ = small.answer("XAUTOLOG TALK#SLEEP 0.1#CONNECT TALK")
    #expect(small.console.prompt.status == "RUNNING")
    _ = small.console.takeOutput()
    _ = small.answer("CPUS")
    small.control.clock?.pass(until: small.control.system.now + 100_000_000) { false }
    small.control.collectEvents()
    var bytes: [UInt8] = []
    for case .guest(let piece) in small.console.takeOutput() { bytes += piece }
    #expect(String(decoding: bytes, as: UTF8.self).contains("CPUS = 1\r\n"))
    #expect(small.answer("#CP") == "CP")
    #expect(small.console.prompt.status == "CP READ")
    #expect(small.answer("Q V STOR") == "STORAGE = 16M")
    #expect(small.answer("BEGIN") == "")
    #expect(small.console.prompt.status == "RUNNING")
  }

  @Test func storageAndProcessorsChangeWhileAGuestVerifiesThem() throws {
    let small = try SmallMachine()
    _ = small.answer("XAUTOLOG TOUCHER#SLEEP 0.1")
    _ = small.shown()
    #expect(
      small.answer("FOR TOUCHER CMD CF STOR(32M),ONLINE")
        == "STORAGE 32M ONLINE PENDING, 60 SECONDS LEFT")
    #expect(
      small.answer("FOR TOUCHER CMD CF CPU(1),ONLINE")
        == "CPU 01 ONLINE PENDING, 60 SECONDS LEFT")
    #expect(small.answer("WAIT TOUCHER PENDING") == "")
    #expect(
      small.answer("FOR TOUCHER CMD Q V STOR")
        == "STORAGE = 48M MAX = 80M INC = 16M STANDBY = 32M  RESERVED = 0")
    #expect(
      small.answer("FOR TOUCHER CMD CF STOR(32M),OFFLINE")
        == "STORAGE 32M OFFLINE PENDING, 60 SECONDS LEFT")
    #expect(small.answer("WAIT TOUCHER PENDING") == "")
    #expect(
      small.answer("FOR TOUCHER CMD Q V STOR")
        == "STORAGE = 16M MAX = 80M INC = 16M STANDBY = 64M  RESERVED = 0")
    #expect(
      small.shown() == [
        "HCPCFG8863I User TOUCHER STORAGE 32M ONLINE completed",
        "HCPCFG8863I User TOUCHER CPU 01 ONLINE completed",
        "HCPCFG8863I User TOUCHER STORAGE 32M OFFLINE completed",
      ])
    #expect(
      small.answer("FORCE TOUCHER")
        == "HCPSIG2114I User TOUCHER termination may be delayed for up to 60 seconds")
    #expect(small.answer("WAIT TOUCHER STATE LOGOFF") == "")
    #expect(small.shown().last == "HCPSIG2113I User TOUCHER has reported system termination")
  }

  @Test func aTripleFaultIsSaidAndHurtsNobodyElse() throws {
    let small = try SmallMachine()
    _ = small.answer("XAUTOLOG FAULTY#XAUTOLOG SPIN1#WAIT FAULTY TEXT '>'#SEND FAULTY TRIPLE")
    #expect(small.answer("WAIT FAULTY STATE EXCEPTIONS") == "")
    let line = small.shown().last ?? ""
    #expect(line.hasPrefix("HCPGIR453W CP entered; program interrupt loop CPU 00 PSW 00000000"))
    #expect(line.hasSuffix(" user FAULTY"))
    #expect(small.answer("WAIT SPIN1 STATE RUNNING") == "")
  }

  /// Whatever an operator does to a guest, the machine answers and the others run.
  @Test(arguments: [
    "D FFFFFFFFFFFFFFFC", "D 0.FFFFFFFFFFFFFFFF", "D FFFFFFFF.10", "D TFFFFFFFFFFFFFFFF",
    "STORE FFFFFFFFFFFFFFFF 00", "STORE PSW FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFF",
    "STORE GRSP 0", "STORE 100000 FFFFFFFFFFFFFFFF", "STORE GRIP 1", "STORE CR3 0",
    "BEGIN FFFFFFFFFFFFFFFF", "BEGIN 0", "BEGIN CPU 1", "STOP CPU FF", "CPU 1 CMD D G",
    "DEF STOR 16383P", "DEF STOR 0M", "DEF STOR 17M", "CF STOR(16383P),ONLINE",
    "CF STOR(0M),OFFLINE", "CF CPU(0-FF),ONLINE", "CF CPU(FF),OFFLINE,FORCE",
    "CF CPU(1),ONLINE,FORCE#CF CPU(1),OFFLINE,FORCE#CF CPU(1),ONLINE", "DEF CPU 1#DET CPU ALL",
    "SYSTEM RESTART", "SYSTEM RESET#BEGIN", "SYSTEM CLEAR#SYSTEM RESTART", "STOP#STOP#BEGIN#BEGIN",
    "IPL SPIN CLEAR PARM " + String(repeating: "x", count: 5000), "IPL PARM 'a b'", "IPL FAULTY",
    "IPL KERNEL nothing INITRD nothing", "CF STOR(16M),OFFLINE,FORCE", "CF CHP(10),ONLINE",
    "DEF CPU 1#CPU 1 CMD D PSW#CPU 1 CMD STORE PSW 100000#BEGIN CPU 1#SLEEP 1",
  ])
  func anythingMayBeDoneToAGuest(commands: String) throws {
    let small = try SmallMachine()
    _ = small.answer("XAUTOLOG SPIN1#XAUTOLOG SPIN2#SLEEP 0.1")
    for command in commands.split(separator: "#") {
      let result = small.console.execute("FOR SPIN1 CMD \(command)")
      #expect(result.returnCode == 0 || result.errorLine != nil)
      #expect(small.answer("SLEEP 0.1") == "")
    }
    #expect(small.answer("WAIT SPIN2 STATE RUNNING") == "")
    #expect(small.answer("FORCE SPIN* IMMEDIATE#Q STORAGE").contains("STANDBY = 1G"))
  }

  // Oracle: the law of determinism; only the number of host threads differs.
  @Test func theDigestsDoNotKnowTheThreads() throws {
    let script = """
      XAUTOLOG **
      SLEEP 0.2
      SET SHARE SPIN* RELATIVE 30
      SEND TALK TIME
      FOR TOUCHER CMD CF STOR(16M),ONLINE
      SLEEP 0.3
      FOR SPIN1 CMD CF CPU(1),ONLINE
      SLEEP 0.2
      QUERY DIGEST ALL STORAGE
      """
    var answers: [[ScriptOutput]] = []
    for threads in 1...2 {
      let small = try SmallMachine(threads: threads)
      var output: [ScriptOutput] = []
      _ = try Script(name: "digest.cp", text: script).run(at: small.console) { output.append($0) }
      answers.append(output)
    }
    #expect(answers[0] == answers[1])
    #expect(answers[0].count == 26)
  }
}
