import Quantities
import Testing

@testable import ControlProgram
@testable import Partitioning

// Oracle: Docs/Operations.md, "Faults on purpose" and "Priorities in input and output".

@Suite("INJECT and SET IOPRIORITY")
struct FaultCommandTests {
  private func machine() throws -> SmallMachine {
    try SmallMachine.withDisks([.scratch(byteCount: 1 << 20)])
  }

  @Test func faultsAreAskedForAndShown() throws {
    let machine = try machine()
    for (command, answer) in [
      ("QUERY INJECT", "Nothing is injected"),
      ("INJECT CHPID 10 FAIL", "CHPID 10 FAILS"),
      ("INJECT CHPID 10 FAIL", "HCPINJ8991E Path 10 fails already on purpose"),
      ("INJECT CHPID 77 FAIL", "HCPINJ846E Invalid channel path identifier"),
      ("INJECT DASD 200 DELAY 5MS ERRORS 10% FULL", "DASD 0200 FAULT DELAY 5MS ERRORS 10% FULL"),
      ("QUERY INJ", "CHPID 10 FAILS\nDASD 0200 FAULT DELAY 5MS ERRORS 10% FULL"),
      ("INJECT DASD 200 ERR 5", "DASD 0200 FAULT ERRORS 5%"),
      (
        "INJECT DASD 200 ERRORS 101",
        "HCPINJ8993E DASD 0200 cannot have the fault ERRORS 101%; use DELAY up to 1 hour, ERRORS 1% to 100% or FULL"
      ),
      ("INJECT DASD 999 FULL", "HCPINJ040E Device 0999 does not exist"),
      ("INJECT DASD 200 FULL FULL", "HCPINJ013E Conflicting option - FULL"),
      ("INJECT DASD 200 OFF", "DASD 0200 WORKS AGAIN"),
      ("INJECT DASD 200 OFF", "HCPINJ8992E Nothing is wrong with DASD 0200 on purpose"),
      ("INJECT CHPID 10 OFF", "CHPID 10 WORKS AGAIN"),
    ] { #expect(machine.answer(command) == answer, "\(command)") }
  }

  @Test func prioritiesAreSetAndShown() throws {
    let machine = try machine()
    for (command, answer) in [
      ("SET IOPRIORITY SPIN1 3", "USER SPIN1   :  I/O PRIORITY = 3"),
      ("SET IOPRI ON", "I/O PRIORITY QUEUING = ON"),
      ("SET IOPRIORITY SPIN1 16", "HCPCSE8990E Invalid I/O priority 16; use 0 to 15"),
      (
        "QUERY IOPRIORITY SPIN1",
        "I/O PRIORITY QUEUING = ON\nUSER SPIN1   :  I/O PRIORITY = 3"
      ),
      ("SET IOPRIORITY OFF BOTH", "I/O PRIORITY QUEUING = OFF"),
    ] { #expect(machine.answer(command) == answer, "\(command)") }
  }
}
