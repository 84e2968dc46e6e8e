import Channels
import Quantities
import Testing

@testable import ControlProgram
@testable import Partitioning

// Oracle: z/VM CP Commands and Utilities Reference and its messages (ATTACH, DETACH, VARY, QUERY DASD, QUERY
// VIRTUAL), with this machine's values in place.

@Suite("ATTACH, DETACH, VARY and QUERY of disks")
struct DeviceCommandTests {
  private func machine() throws -> SmallMachine {
    let scratch = [MediaDefinition](repeating: .scratch(byteCount: 1 << 20), count: 4)
    let machine = try SmallMachine.withDisks(scratch + [.none])
    _ = machine.answer("XAUTOLOG FAULTY")
    return machine
  }

  /// Oracle: a device is several partitions' for writing only where each of them says so; what is reserved is shown
  /// as it was asked for.
  @Test func whatIsSharedAndReserved() throws {
    let machine = try machine()
    for exchange in [
      Exchange(
        "ATTACH 0200 SPIN1 0100 SHARED SCSI", "DASD 0200 ATTACHED TO SPIN1 0100 SHARED SCSI"),
      Exchange("ATTACH 0200 TALK 0100", "HCPATT122E DASD 0200 already attached to SPIN1 0100"),
      Exchange("ATTACH 0200 TALK 0100 R/O", "HCPATT122E DASD 0200 already attached to SPIN1 0100"),
      Exchange("ATTACH 0200 TALK 0100 SCSI", "HCPATT122E DASD 0200 already attached to SPIN1 0100"),
      Exchange("ATTACH 0200 TALK 0101 SHARED", "DASD 0200 ATTACHED TO TALK 0101 SHARED"),
      Exchange(
        "QUERY DASD ATTACHED",
        """
        DASD 0200 ATTACHED TO SPIN1    0100 R/W
        DASD 0200 ATTACHED TO TALK     0101 R/W
        """),
      Exchange("QUERY DASD RESERVED", "A reserved DASD was not found."),
      Exchange("UNRESERVE 0200", "HCPUNR8989E DASD 0200 is not reserved"),
      Exchange("UNRESERVE 0999", "HCPUNR040E Device 0999 does not exist"),
      Exchange("UNRESERVE", "HCPUNR021E Rdev missing or invalid"),
    ] { #expect(machine.answer(exchange.command) == exchange.answer, "\(exchange.command)") }
    let channels = machine.manager.channels
    func ask(_ partition: String, _ control: DeviceControl, as device: UInt16) throws {
      var request = ChannelRequest(
        partition: try machine.manager.partition(partition).number, device: device, kind: .control,
        firstBlock: 0, byteCount: 0, tag: 0, issued: machine.manager.now)
      request.control = control
      channels.start(request)
      machine.manager.runEpochs(until: machine.manager.now + 20_000_000)
    }
    try ask("SPIN1", .register(0xABC, inPlaceOf: 0), as: 0x100)
    try ask("TALK", .register(0xDEF, inPlaceOf: 0), as: 0x101)
    try ask("SPIN1", .reserve(.writeExclusiveRegistrants, key: 0xABC), as: 0x100)
    let held = """
      DASD 0200 SPIN1    KEY 0000000000000ABC HOLDS WRITE EXCLUSIVE, REGISTRANTS ONLY
      DASD 0200 TALK     KEY 0000000000000DEF
      """
    #expect(machine.answer("QUERY DASD RESERVED") == held)
    #expect(machine.answer("QUERY DASD RESER 0200-0203") == held)
    #expect(machine.answer("QUERY DASD RESERVED 0201") == "A reserved DASD was not found.")
    #expect(
      machine.answer("QUERY DASD RESERVED 0999") == "HCPCQU040E Device 0999 does not exist")
    #expect(machine.answer("UNRESERVE 0200") == "DASD 0200 UNRESERVED")
    #expect(machine.answer("QUERY DASD RESERVED") == "A reserved DASD was not found.")
    try ask("TALK", .reserveUnit, as: 0x101)
    #expect(machine.answer("QUERY DASD RESERVED") == "DASD 0200 RESERVED BY TALK UNTIL RESET")
  }

  @Test func whatIsAskedAndAnswered() throws {
    let machine = try machine()
    let exchanges = [
      Exchange(
        "QUERY DASD",
        """
        DASD 0200 FREE    , DASD 0201 FREE    , DASD 0202 FREE    , DASD 0203 FREE
        DASD 0204 FREE
        """),
      Exchange("ATTACH 0200 TO SPIN1 AS 0100", "DASD 0200 ATTACHED TO SPIN1 0100"),
      Exchange("ATT 201 TALK 191 R/O", "DASD 0201 ATTACHED TO TALK 0191 R/O"),
      Exchange("ATTACH 0201 SPIN1 R/O", "DASD 0201 ATTACHED TO SPIN1 0201 R/O"),
      Exchange("ATTACH 0201 SPIN1 0199", "HCPATT122E DASD 0201 already attached to TALK 0191"),
      Exchange(
        "ATTACH 0202 SPIN1 0100",
        "HCPATT121E DASD 0202 not attached; 0100 already defined for SPIN1"),
      Exchange(
        "ATTACH 0204 SPIN1",
        "HCPATT120E DASD 0204 not attached; no DEVICE statement says what holds its blocks"),
      Exchange(
        "ATTACH 0202 FAULTY",
        "HCPATT120E DASD 0202 not attached; no channel path of FAULTY leads to it"),
      Exchange("ATTACH 0300 SPIN1", "HCPATT040E Device 0300 does not exist"),
      Exchange("ATTACH 0202 SPIN2", "HCPATT045E SPIN2 not logged on"),
      Exchange("ATTACH 0202 NOBODY", "HCPATT053E NOBODY not in CP directory"),
      Exchange("ATTACH", "HCPATT021E Rdev missing or invalid"),
      Exchange("ATTACH 12345 SPIN1", "HCPATT021E Rdev missing or invalid"),
      Exchange("ATTACH 0202", "HCPATT020E Userid missing or invalid"),
      Exchange("ATTACH 0202 SPIN1 AS", "HCPATT022E Vdev missing or invalid"),
      Exchange("ATTACH 0202 SPIN1 WITHIN 0", "HCPATT002E Invalid operand - 0"),
      Exchange("VARY OFFLINE 0201", "HCPVRY122E DASD 0201 already attached to SPIN1 0201"),
      Exchange(
        "VARY OFF 0202-0203",
        """
        0202 varied offline
        0203 varied offline
        2 device(s) specified; 2 device(s) successfully varied offline
        """),
      Exchange("ATTACH 0202 SPIN1", "HCPATT046E DASD 0202 offline"),
      Exchange("VARY OFF 0202", "HCPVRY8979E DASD 0202 is already offline"),
      Exchange("VARY OFF 0204 0203", "HCPVRY8979E DASD 0203 is already offline"),
      Exchange("VARY OFF", "HCPVRY021E Rdev missing or invalid"),
      Exchange("QUERY 0204", "DASD 0204 FREE"),
      Exchange("QUERY DASD OFFLINE", "DASD 0202 OFFLINE\nDASD 0203 OFFLINE"),
      Exchange(
        "QUERY DASD ATT",
        """
        DASD 0200 ATTACHED TO SPIN1    0100 R/W
        DASD 0201 ATTACHED TO SPIN1    0201 R/O
        DASD 0201 ATTACHED TO TALK     0191 R/O
        """),
      Exchange(
        "QUERY DASD 0201-0202",
        "DASD 0201 ATTACHED TO SPIN1    0201 R/O\nDASD 0201 ATTACHED TO TALK     0191 R/O\nDASD 0202 OFFLINE"
      ),
      Exchange("QUERY DASD 0300", "HCPCQU040E Device 0300 does not exist"),
      Exchange(
        "FOR SPIN1 CMD QUERY VIRTUAL DASD",
        """
        DASD 0100 3390 (TEMP) R/W       2048 BLK ON DASD  0200 SUBCHANNEL = 0000
        DASD 0201 3390 (TEMP) R/O       2048 BLK ON DASD  0201 SUBCHANNEL = 0001
        """),
      Exchange(
        "FOR SPIN1 CMD Q V 201",
        "DASD 0201 3390 (TEMP) R/O       2048 BLK ON DASD  0201 SUBCHANNEL = 0001"),
      Exchange("FOR SPIN1 CMD Q V 202", "HCPCQU040E Device 0202 does not exist"),
      Exchange("FOR FAULTY CMD Q V DASD", "A DASD was not found."),
      Exchange("FOR SPIN1 CMD DETACH 0100", "DASD 0100 DETACHED"),
      Exchange("DETACH 0201 FROM SPIN1", "DASD 0201 DETACHED SPIN1 0201"),
      Exchange("DETACH 0201 FROM SPIN1", "HCPCPU141E DASD 0201 not attached to SPIN1"),
      Exchange("DETACH 0200 FROM SPIN1", "HCPCPU142E DASD 0200 not attached"),
      Exchange("DETACH 0300 FROM SPIN1", "HCPCPU040E Device 0300 does not exist"),
      Exchange("FOR TALK CMD DETACH 0100", "HCPCPU040E Device 0100 does not exist"),
      Exchange("DETACH", "HCPCPU022E Vdev missing or invalid"),
      Exchange(
        "VARY ON 0203",
        "0203 varied online\n1 device(s) specified; 1 device(s) successfully varied online"),
      Exchange(
        "QUERY DASD ALL 1",
        "HCPCQU003E Invalid option - command contains extra option(s) starting with 1"),
    ]
    for exchange in exchanges {
      #expect(machine.answer(exchange.command) == exchange.answer, "\(exchange.command)")
    }
  }

  @Test func aGuestThatRunsFindsItAtItsNextLoad() throws {
    let machine = try machine()
    _ = machine.answer("LOAD TALK")
    #expect(
      machine.answer("ATTACH 0200 TALK 0100") == "DASD 0100 ATTACH PENDING UNTIL THE NEXT LOAD")
    #expect(
      machine.answer("QUERY PENDING") == "TALK     DASD 0100 ATTACH PENDING UNTIL THE NEXT LOAD")
    #expect(machine.answer("FOR TALK CMD DETACH 0100") == "DASD 0100 DETACHED")
    #expect(machine.answer("QUERY PENDING") == "No pending changes")
    _ = machine.answer("ATTACH 0200 TALK 0100")
    #expect(
      machine.answer("FOR TALK CMD CONFIG DEVICE,CANCEL")
        == "Pending changes of TALK are cancelled")
    #expect(machine.answer("QUERY 0200") == "DASD 0200 FREE")
  }

  @Test func planShowsWhatWouldBe() throws {
    let machine = try machine()
    let plan = machine.answer("PLAN ATTACH 0200 SPIN1 0100")
    #expect(plan.contains("DEVICE 0100") && plan.contains("0200 R/W"), "\(plan)")
    #expect(machine.answer("QUERY 0200") == "DASD 0200 FREE")
  }
}
