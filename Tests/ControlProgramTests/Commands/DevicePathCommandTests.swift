import Testing

@testable import ControlProgram
@testable import Partitioning

// Oracle: z/OS MVS System Commands, VARY PATH (operands, the last path), with this machine's messages; masks by
// prsm.md 3.2.

@Suite("VARY PATH and QUERY VIRTUAL PATHS")
struct DevicePathCommandTests {
  @Test func whatIsAskedAndAnswered() throws {
    let machine = try SmallMachine.withDisks([.scratch(byteCount: 1 << 20)])
    let exchanges = [
      Exchange("FOR SPIN1 CMD QUERY VIRTUAL PATHS", "A DASD was not found."),
      Exchange("ATTACH 0200 SPIN1 0100", "DASD 0200 ATTACHED TO SPIN1 0100"),
      Exchange(
        "FOR SPIN1 CMD QUERY VIRTUAL PATHS",
        "DASD 0100 CHPIDS 10  PIM 80  PAM 80  POM 80  LPM 80  LPUM 00  PNOM 00"),
      Exchange(
        "FOR SPIN1 CMD VARY PATH(0100,10),OFFLINE",
        "HCPVRY8826E Path 10 is the last path of SPIN1 to device 0100; use UNCOND or FORCE"),
      Exchange(
        "FOR SPIN1 CMD VARY PATH(100,10) OFFLINE UNCOND",
        "PATH(0100,10) OFFLINE"),
      Exchange(
        "FOR SPIN1 CMD Q V PATH 0100",
        "DASD 0100 CHPIDS 10  PIM 80  PAM 80  POM 80  LPM 00  LPUM 00  PNOM 00"),
      Exchange(
        "FOR SPIN1 CMD VARY PATH(0100,10),OFFLINE,FORCE",
        "HCPVRY8934E Path 10 to device 0100 is already offline"),
      Exchange(
        "FOR SPIN1 CMD VARY PATH(0100,11),ONLINE",
        "HCPVRY8933E Path 11 does not lead to device 0100 of SPIN1"),
      Exchange(
        "FOR SPIN1 CMD VARY PATH(0101,10),ONLINE", "HCPVRY040E Device 0101 does not exist"),
      Exchange("FOR SPIN1 CMD VARY PATH(0100,10),ONLINE", "PATH(0100,10) ONLINE"),
      Exchange("FOR SPIN1 CMD VARY PATH(0100,10),AWAY", "HCPVRY003E Invalid option - AWAY"),
      Exchange(
        "FOR SPIN1 CMD VARY PATH(0100,10),ONLINE,FORCE", "HCPVRY003E Invalid option - FORCE"),
      Exchange("FOR SPIN1 CMD VARY PATH(0100)", "HCPVRY026E Operand missing or invalid"),
      Exchange("FOR SPIN1 CMD VARY ROAD(0100,10),ONLINE", "HCPVRY003E Invalid option - ROAD"),
    ]
    for exchange in exchanges {
      #expect(machine.answer(exchange.command) == exchange.answer, "\(exchange.command)")
    }
    #expect(machine.answer("VARY PATH(0100,10),OFFLINE").contains("FOR userid CMD VARY"))
  }
}
