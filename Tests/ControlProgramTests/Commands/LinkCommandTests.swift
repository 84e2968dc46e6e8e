import Foundation
import Quantities
import Testing

@testable import ControlProgram
@testable import Partitioning

// Oracle: z/VM CP Commands and Utilities Reference and its messages (LINK, DETACH, QUERY LINKS, QUERY MDISK, QUERY
// DASD, QUERY VIRTUAL DASD), with this machine's values in place.

@Suite("LINK and QUERY of minidisks")
struct LinkCommandTests {
  /// TALK has a minidisk of 100 cylinders that all may read and SPIN1 may write by a password, and one of 64
  /// blocks that nobody may; SPIN1 one for writers beside others.
  private func machine() throws -> SmallMachine {
    let media = [MediaDefinition](repeating: .scratch(byteCount: 80 << 20), count: 3)
    return try SmallMachine.withDisks(media) { definition in
      definition.inputOutput.devices[0].volume = "LNX100"
      definition.inputOutput.devices[1].volume = "LNX101"
      definition.partitions[2].minidisks = [
        MinidiskDefinition(
          virtualDevice: 0x191, type: "3390",
          place: MinidiskPlace(volume: .label("LNX100"), start: 1, count: 100),
          mode: .multipleOrRead, passwords: ["ALL", "WRITE"]),
        MinidiskDefinition(
          virtualDevice: 0x192, type: "FB-512",
          place: MinidiskPlace(volume: .label("LNX101"), start: 0, count: 64)),
      ]
      definition.partitions[2].links = definition.partitions[2].minidisks.map {
        MinidiskLink(to: $0)
      }
    }
  }

  @Test func whatIsAskedAndAnswered() throws {
    let machine = try machine()
    let exchanges = [
      Exchange(
        "QUERY DASD",
        """
        DASD 0200 CP SYSTEM LNX100   1
        DASD 0201 CP SYSTEM LNX101   1
        DASD 0202 FREE
        """),
      Exchange(
        "FOR TALK CMD QUERY VIRTUAL DASD",
        """
        DASD 0191 3390 LNX100 R/W        100 CYL ON DASD  0200 SUBCHANNEL = 0000
        DASD 0192 9336 LNX101 R/W         64 BLK ON DASD  0201 SUBCHANNEL = 0001
        """),
      // A password is the owner's word; ALL is asked of nobody.
      Exchange("FOR SPIN1 CMD LINK TALK 191 291", "DASD 0291 LINKED R/O; R/W BY TALK"),
      Exchange("FOR TALK CMD QUERY LINKS 191", "SPIN1    0291 R/O, TALK     0191 R/W"),
      Exchange(
        "FOR SPIN1 CMD LINK TALK 191 292 W",
        "HCPLNK114E TALK 0191 not linked; mode or WRITE password incorrect"),
      Exchange(
        "FOR SPIN1 CMD LINK TALK 191 292 W PASS= READ",
        "HCPLNK114E TALK 0191 not linked; mode or WRITE password incorrect"),
      Exchange(
        "FOR SPIN1 CMD LINK TO TALK 191 AS 292 W write",
        "HCPLNK106E TALK 0191 not linked; R/W by TALK, R/O by SPIN1"),
      Exchange(
        "FOR SPIN1 CMD LINK TALK 191 292 WR PASS=write",
        "HCPLNK103W DASD 0292 forced R/O; R/W by TALK, R/O by SPIN1"),
      Exchange("FOR SPIN1 CMD DETACH 292", "DASD 0292 DETACHED"),
      Exchange(
        "FOR SPIN1 CMD LINK TALK 191 292 MW WRITE",
        "HCPLNK113E TALK 0191 not linked; no mult password"),
      Exchange(
        "FOR SPIN1 CMD LINK TALK 192 292", "HCPLNK111E TALK 0192 not linked; no read password"),
      Exchange(
        "FOR SPIN1 CMD LINK TALK 192 292 M", "HCPLNK113E TALK 0192 not linked; no mult password"),
      // The operator is asked for none.
      Exchange(
        "LINK TALK 192 292 M FOR SPIN1", "HCPLNK104E TALK 0192 not linked; R/W by TALK"),
      Exchange(
        "LINK TALK 192 292 MR FOR SPIN1", "HCPLNK101W DASD 0292 forced R/O; R/W by TALK"),
      Exchange(
        "LINK TALK 192 293 MW FOR SPIN1", "DASD 0293 LINKED R/W; R/W BY TALK; R/O BY SPIN1"),
      Exchange(
        "QUERY MDISK USER SPIN1 0291 LOCATION",
        """
        TargetID Tdev OwnerID  Odev Dtype Vol-ID Rdev   StartLoc       Size
        SPIN1    0291 TALK     0191 3390  LNX100 0200          1        100
        """),
      Exchange(
        "FOR TALK CMD QUERY MDISK 192",
        """
        TargetID Tdev OwnerID  Odev Dtype Vol-ID Rdev   StartLoc       Size
        TALK     0192 TALK     0192 9336  LNX101 0201          0         64
        """),
      // One's own: no password, and nobody to tell of when nobody has it.
      Exchange("FOR TALK CMD DETACH 191", "DASD 0191 DETACHED"),
      Exchange("FOR SPIN1 CMD DETACH 291", "DASD 0291 DETACHED"),
      Exchange("FOR TALK CMD LINK * 191 191 W", ""),
      Exchange(
        "FOR TALK CMD LINK * 191 191 W", "HCPLNK104E TALK 0191 not linked; R/W by TALK"),
      Exchange(
        "FOR TALK CMD LINK * 191 191", "HCPLNK110E TALK 0191 not linked; DASD 0191 already defined"),
      Exchange("DETACH 0200 FROM TALK", "HCPCPU141E DASD 0200 not attached to TALK"),
      Exchange("ATTACH 0200 SPIN1", "HCPATT122E DASD 0200 already attached to TALK 0191"),
    ]
    for exchange in exchanges { #expect(machine.answer(exchange.command) == exchange.answer) }
  }

  @Test func whatIsNotAnOperandIsRefused() throws {
    let machine = try machine()
    let exchanges = [
      Exchange("FOR SPIN1 CMD LINK", "HCPLNK020E Userid missing or invalid"),
      Exchange("FOR SPIN1 CMD LINK TALK", "HCPLNK022E Vdev missing or invalid"),
      Exchange("FOR SPIN1 CMD LINK TALK 191", "HCPLNK022E Vdev missing or invalid"),
      Exchange("FOR SPIN1 CMD LINK TALK 191 12345", "HCPLNK022E Vdev missing or invalid"),
      Exchange(
        "FOR SPIN1 CMD LINK TALK 191 291 X", "HCPLNK109E TALK 0191 not linked; invalid link mode"),
      Exchange("FOR SPIN1 CMD LINK NOBODY 191 291", "HCPLNK053E NOBODY not in CP directory"),
      Exchange(
        "FOR SPIN1 CMD LINK TALK 999 291", "HCPLNK107E TALK 0999 not linked; not in CP directory"),
      Exchange("LINK TALK 191 291 RR FOR SPIN2", "HCPLNK045E SPIN2 not logged on"),
      Exchange("FOR SPIN1 CMD LINK TALK 191 291 RR FOR SPIN2", "HCPLNK003E Invalid option - FOR"),
      Exchange("FOR SPIN1 CMD QUERY LINKS 999", "HCPCQU040E Device 0999 does not exist"),
      Exchange("FOR SPIN1 CMD QUERY MDISK", "HCPCQU022E Vdev missing or invalid"),
      Exchange("FOR SPIN1 CMD QUERY MDISK 291", "HCPCQU040E Device 0291 does not exist"),
    ]
    for exchange in exchanges { #expect(machine.answer(exchange.command) == exchange.answer) }
  }

  @Test("the return code is the message's number; forced to read only is none") func returnCodes()
    throws
  {
    let machine = try machine()
    for (command, code) in [
      ("LINK TALK 192 292 W FOR SPIN1", 104), ("LINK TALK 999 292 W FOR SPIN1", 107),
      ("LINK NOBODY 191 292 FOR SPIN1", 53), ("LINK TALK 192 292 X FOR SPIN1", 109),
      ("LINK TALK 192 292 WR FOR SPIN1", 0),
    ] { #expect(machine.console.execute(command).returnCode == code, "\(command)") }
  }

  @Test("what a definition asks for and is not given is told at the activation") func missing()
    throws
  {
    let media = [MediaDefinition](repeating: .scratch(byteCount: 1 << 20), count: 1)
    let machine = try SmallMachine.withDisks(media) { definition in
      let minidisks = [(UInt16(0x191), LinkMode.write), (0x192, .multipleOrRead)].map {
        MinidiskDefinition(
          virtualDevice: $0.0, type: "FB-512", place: MinidiskPlace(volume: .device(0x200)),
          mode: $0.1)
      }
      definition.partitions[2].minidisks = minidisks
      definition.partitions[2].links = minidisks.map { MinidiskLink(to: $0) }
      definition.partitions[0].links = [
        MinidiskLink(virtualDevice: 0x291, owner: "TALK", ownerDevice: 0x191, mode: .write)
      ]
    }
    let told = machine.shown().joined(separator: "\n")
    #expect(
      told.contains(
        "HCPLNK8983W User TALK is not given DASD 0191: HCPLNK104E TALK 0191 not linked; R/W by SPIN1"
      ), "\(told)")
    #expect(told.contains("HCPLNK8984W DASD 0192 of TALK forced R/O"), "\(told)")
  }

  @Test("PLAN says what would be, and passwords are shown to nobody") func planned() throws {
    let machine = try machine()
    let plan = machine.answer("PLAN LINK TALK 191 291 RR FOR SPIN1")
    #expect(plan.contains("DEVICE 0291") && plan.contains("TALK 0191 R/O"), "\(plan)")
    #expect(machine.answer("FOR SPIN1 CMD QUERY LINKS 291").contains("040E"))
    let profile = machine.answer("QUERY PROFILE TALK")
    #expect(profile.contains("MDISK 0191 3390 1 100 LNX100 MR"), "\(profile)")
    #expect(!profile.contains("WRITE"), "\(profile)")
    _ = machine.answer("LINK TALK 191 291 RR FOR SPIN1")
    #expect(
      machine.answer("QUERY EVENTS 50").contains("WRITE") == false)
    #expect(
      machine.answer("QUERY JOURNAL").contains("LINK TALK 0191 0291 RR FOR SPIN1"),
      "\(machine.answer("QUERY JOURNAL"))")
  }

  // MARK: Passwords

  private static let wrong = "HCPLNK114E TALK 0191 not linked; mode or WRITE password incorrect"
  private static let locked = "HCPLNK115E LINK invalid; excessive incorrect passwords"

  private func answer(_ machine: SmallMachine, _ command: String, from name: String) -> String {
    machine.control.guestCommand(command, from: name).lines.joined(separator: "\n")
  }

  /// Oracle: CP, 115E: too many wrong passwords since the user was logged on end his LINK.
  @Test(
    "after ten wrong passwords LINK is refused, with the right one too, until the next activation")
  func tooManyPasswords() throws {
    let machine = try machine()
    let (bad, good) = ("LINK TALK 191 292 MR BAD", "LINK TALK 191 292 MR")
    // To give none is no guess.
    for _ in 0..<20 {
      #expect(
        answer(machine, "LINK TALK 191 292 WR", from: "SPIN1") == Self.wrong)
    }
    for _ in 0..<10 {
      #expect(answer(machine, "LINK TALK 191 292 WR BAD", from: "SPIN1") == Self.wrong)
    }
    for command in ["LINK TALK 191 292 WR WRITE", "LINK TALK 191 292", bad, good] {
      #expect(answer(machine, command, from: "SPIN1") == Self.locked, "\(command)")
    }
    #expect(machine.control.guestCommand(bad, from: "SPIN1").returnCode == 115)
    // It is a value of the machine, and nobody else's.
    let data = try JSONEncoder().encode(StateEnvelope(machine.manager.machineState))
    let state = try JSONDecoder().decode(StateEnvelope<MachineState>.self, from: data).state
    #expect(state == machine.manager.machineState)
    #expect(state.firmware.life.wrongPasswords.areTooMany(of: "SPIN1"))
    #expect(machine.answer("LINK TALK 191 293 RR FOR SPIN1") == "DASD 0293 LINKED R/O; R/W BY TALK")
    #expect(answer(machine, "LINK * 191 391 RR", from: "TALK").hasPrefix("DASD 0391 LINKED R/O"))
    _ = machine.answer("DEACTIVATE SPIN1 FORCE#ACTIVATE SPIN1 NOLOAD")
    #expect(
      answer(machine, "LINK TALK 191 292 WR WRITE", from: "SPIN1").hasPrefix("HCPLNK103W"))
  }

  @Test("who asks is charged, not the one for whom he asks")
  func chargedToWhoAsked() throws {
    let machine = try machine()
    for _ in 0..<10 {
      #expect(machine.answer("FOR SPIN1 CMD LINK TALK 191 292 WR BAD") == Self.wrong)
    }
    #expect(machine.answer("FOR SPIN1 CMD LINK TALK 191 292 WR WRITE") == Self.locked)
    #expect(
      answer(machine, "LINK TALK 191 292 WR WRITE", from: "SPIN1").hasPrefix("HCPLNK101W"))
    #expect(machine.manager.isLinkLocked(for: "OPERATOR"))
    #expect(machine.answer("QUERY JOURNAL").contains("COUNT WRONG PASSWORD OPERATOR"))
    // A guess is one when it is only planned, too.
    let (other, plan) = (try self.machine(), "PLAN FOR SPIN1 CMD LINK TALK 191 292 WR")
    for _ in 0..<10 {
      #expect(!other.manager.isLinkLocked(for: "OPERATOR"))
      #expect(other.answer(plan + " BAD").contains(Self.wrong))
    }
    #expect(other.answer(plan + " WRITE").contains(Self.locked))
    #expect(other.answer("FOR SPIN1 CMD LINK TALK 191 292 WR WRITE") == Self.locked)
  }

  @Test("FOR oneself asks for the password as without FOR")
  func forOneself() throws {
    let machine = try machine()
    let issuer = Issuer(
      userid: "SPIN1", partition: "SPIN1", classes: PrivilegeClasses(letters: "BG"))
    func answer(_ command: String) -> String {
      machine.control.execute(command, issuer: issuer).lines.joined(separator: "\n")
    }
    #expect(answer("LINK TALK 191 292 WR FOR SPIN1") == Self.wrong)
    #expect(answer("LINK TALK 192 292 RR FOR SPIN1").hasPrefix("HCPLNK111E"))
    #expect(answer("LINK TALK 191 292 WR WRITE FOR SPIN1").hasPrefix("HCPLNK101W"))
  }

  /// Oracle: 100 cylinders of 1,440 blocks from cylinder 1 on, by hand.
  @Test("a minidisk whose owner was deleted is shown as what it lies on")
  func ownerIsDeleted() throws {
    let machine = try machine()
    _ = machine.answer("LINK TALK 191 291 RR FOR SPIN1")
    _ = machine.answer("DEACTIVATE TALK FORCE#DELETE PARTITION TALK")
    #expect(machine.manager.partitionView("TALK") == nil)
    #expect(
      machine.answer("QUERY MDISK USER SPIN1 291") == """
        TargetID Tdev OwnerID  Odev Dtype Vol-ID Rdev   StartLoc       Size
        SPIN1    0291 TALK     0191 9336  LNX100 0200       1440     144000
        """)
    #expect(machine.answer("FOR SPIN1 CMD QUERY LINKS 291") == "SPIN1    0291 R/O")
  }
}
