import Testing

@testable import ControlProgram
@testable import Partitioning

/// Oracle: z/OS' SETIOS DCM and what its display of DCM tells, in this machine's forms.
@Suite("SETIOS DCM, QUERY DCM and QUERY CHPID of managed paths")
struct PathManagementCommandTests {
  private func machine() throws -> SmallMachine {
    try SmallMachine.withDisks([.scratch(byteCount: 1 << 20)]) {
      var path = $0.inputOutput.paths[0]
      path.number = 0x11
      path.cluster = "PLEX"
      $0.inputOutput.paths.append(path)
      $0.inputOutput.controlUnits[0].managedCounts = [ManagedPathCount(subsystem: 0, count: 1)]
    }
  }

  @Test func whatIsAskedAndAnswered() throws {
    let machine = try machine()
    for exchange in [
      Exchange(
        "QUERY DCM",
        """
        DCM=ON
        CHPID 0.11 IOCLUSTER PLEX     FREE
        CNTLUNIT 0200 CSS(0) HAS 0 OF 1
        """),
      Exchange("SETIOS DCM=MAYBE", "HCPDCM003E Invalid option - DCM=MAYBE"),
      Exchange("SETIOS DCM=OFF", "DCM=OFF"),
      Exchange("SETIOS DCM=ON PROFILE", "DCM=ON"),
      Exchange(
        "QUERY CHPID 11",
        """
        Path 11 online to devices none
        Path 11 managed for IOCLUSTER PLEX, at no control unit
        """),
      Exchange("FOR SPIN1 CMD SETIOS DCM=ON", "HCPCMD001E Unknown CP command: SETIOS"),
    ] { #expect(machine.answer(exchange.command) == exchange.answer, "\(exchange.command)") }
    #expect(machine.answer("QUERY DCM").hasPrefix("DCM=OFF"))
    #expect(machine.answer("PLAN SETIOS DCM=ON").contains("DCM"))
    _ = machine.shown()
    try machine.manager.perform(
      .moveManagedPath(ManagedPath(path: PathReference(number: 0x11), unit: 0x200)))
    #expect(
      machine.shown().contains("HCPDCM8936I CHPID 0.11 is given to control unit 0200"))
    #expect(
      machine.answer("QUERY CHPID 11")
        == """
        Path 11 online to devices 0200
        Path 11 managed for IOCLUSTER PLEX, at control unit 0200
        """)
    #expect(machine.answer("QUERY DCM").hasSuffix("CNTLUNIT 0200 CSS(0) HAS 1 OF 1"))
    #expect(
      machine.answer("FOR SPIN1 CMD QUERY VIRTUAL PATHS") == "A DASD was not found.")
    _ = machine.answer("ATTACH 200 SPIN1 100")
    #expect(
      machine.answer("FOR SPIN1 CMD QUERY VIRTUAL PATHS").hasPrefix(
        "DASD 0100 CHPIDS 10 11  PIM C0"))
    #expect(machine.answer("QUERY JOURNAL").contains("DCM 0.11 CNTLUNIT 0200"))
  }
}
