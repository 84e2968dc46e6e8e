import Channels
import Testing

@testable import ControlProgram
@testable import Partitioning

// Oracle: CP Command Reference for General Users (VM/370) and z/VM's CP Commands and Utilities Reference, COUPLE,
// DEFINE CTCA, QUERY VIRTUAL CTCA; the messages' numbers (048E, 160E, 161E) from CP's.

@Suite("DEFINE CTCA, COUPLE of two, and QUERY VIRTUAL CTCA") struct ChannelEndCommandTests {
  private func machine() throws -> SmallMachine {
    var definition = SmallMachine.standard
    definition.machine.switches = [VirtualSwitch(name: "VSW1")]
    for (index, user) in [nil, "SPIN1"].enumerated() {
      definition.partitions[index].networkAdapters = [
        NetworkAdapterDefinition(virtualDevice: 0x500, kind: .channel(user: user)),
        NetworkAdapterDefinition(virtualDevice: 0x600),
      ]
    }
    let machine = try SmallMachine(definition: definition)
    for name in ["SPIN1", "SPIN2"] { _ = machine.answer("ACTIVATE \(name) NOLOAD") }
    return machine
  }

  @Test func whatIsAskedAndAnswered() throws {
    let machine = try machine()
    for exchange in [
      Exchange("FOR SPIN1 CMD QUERY VIRTUAL CTCA", "CTCA 0500 NOT COUPLED"),
      Exchange("FOR SPIN2 CMD QUERY CTCA", "CTCA 0500 NOT COUPLED USER SPIN1"),
      Exchange("FOR SPIN1 CMD COUPLE 500 TO SPIN2 500", "CTCA 0500 COUPLE TO SPIN2 0500"),
      Exchange("FOR SPIN1 CMD Q V CTCA", "CTCA 0500 COUPLED TO SPIN2 0500"),
      Exchange("FOR SPIN2 CMD Q V CTCA 500", "CTCA 0500 COUPLED TO SPIN1 0500 USER SPIN1"),
      Exchange(
        "FOR SPIN1 CMD QUERY CTCA 500 DETAILS",
        """
        CTCA 0500 COUPLED TO SPIN2 0500
            RX Packets: 0          Discarded: 0          Bytes: 0
            TX Packets: 0          Discarded: 0          Bytes: 0
            MAC: 02-00-00-00-01-00
        """),
      Exchange("DEFINE CTCA AS 501 TO SPIN1", "CTCA 0501 DEFINED SPIN1"),
      Exchange("FOR SPIN1 CMD DEFINE CTCA 502 USER *", "CTCA 0502 DEFINED"),
      Exchange("FOR SPIN1 CMD COUPLE 501 SPIN1 502", "CTCA 0501 COUPLE TO SPIN1 0502"),
      Exchange(
        "FOR SPIN1 CMD COUPLE 501 TO SPIN2 500",
        "HCPCOU161E CTCA 0501 not coupled; SPIN2 0500 busy"),
      Exchange(
        "FOR SPIN1 CMD COUPLE 500 TO * 501", "HCPCOU161E CTCA 0500 not coupled; SPIN1 0501 busy"),
      Exchange("FOR SPIN1 CMD UNCOUPLE 501", "CTCA 0501 is disconnected"),
      Exchange(
        "FOR SPIN1 CMD COUPLE 500 TO * 501",
        """
        CTCA 0500 DROP FROM SPIN2 0500
        CTCA 0500 COUPLE TO SPIN1 0501
        """),
      Exchange("FOR SPIN2 CMD DEFINE CTCA 501", "CTCA 0501 DEFINED"),
      Exchange(
        "FOR SPIN1 CMD COUPLE 502 TO SPIN2 501",
        "HCPCOU160E CTCA 0502 not coupled; it or SPIN2 0501 is for another user"),
      Exchange(
        "FOR SPIN2 CMD COUPLE 500 TO * 501",
        "HCPCOU160E CTCA 0500 not coupled; it or SPIN2 0501 is for another user"),
      Exchange(
        "FOR SPIN1 CMD COUPLE 509 TO SPIN2 500", "HCPCOU048E SPIN1 0509 is not a virtual CTCA"),
      Exchange(
        "FOR SPIN1 CMD COUPLE 600 TO SPIN2 500", "HCPCOU048E SPIN1 0600 is not a virtual CTCA"),
      Exchange(
        "FOR SPIN1 CMD COUPLE 502 TO SPIN2 600", "HCPCOU048E SPIN2 0600 is not a virtual CTCA"),
      Exchange("FOR SPIN1 CMD COUPLE 502 TO FAULTY 500", "HCPCOU045E FAULTY not logged on"),
      Exchange("FOR SPIN1 CMD COUPLE 502 TO NOBODY 500", "HCPCOU053E NOBODY not in CP directory"),
      Exchange("FOR SPIN1 CMD COUPLE 502", "HCPCOU020E Userid missing or invalid"),
      Exchange("FOR SPIN1 CMD COUPLE 502 TO SPIN2", "HCPCOU022E Vdev missing or invalid"),
      Exchange(
        "FOR SPIN1 CMD COUPLE 502 TO SYSTEM VSW1",
        "HCPCOU8953E SPIN1 has no network adapter 0502; it has 0600"),
      Exchange(
        "FOR SPIN1 CMD UNCOUPLE 502",
        "HCPUNC8955E Network adapter 0502 of SPIN1 is not connected"),
      Exchange(
        "DEFINE CTCA 500 SPIN1",
        "HCPDFN8957E Adapter 0500 not defined; 0500 already defined for SPIN1"),
      Exchange("DEFINE CTCA 503 TO FAULTY", "HCPDFN045E FAULTY not logged on"),
      Exchange("DEFINE CTCA 503 TO SPIN1 USER", "HCPDFN020E Userid missing or invalid"),
      Exchange("DEFINE CTCA", "HCPDFN022E Vdev missing or invalid"),
      Exchange("FOR SPIN1 CMD DETACH CTCA 600", "HCPCPU048E SPIN1 0600 is not a virtual CTCA"),
      Exchange(
        "FOR SPIN1 CMD DETACH NIC 502",
        "HCPCPU8953E SPIN1 has no network adapter 0502; it has 0600"),
      Exchange("DETACH CTCA 502 FROM SPIN1", "CTCA 0502 DETACHED SPIN1"),
      Exchange("FOR SPIN1 CMD DETACH 501", "CTCA 0501 DETACHED"),
      Exchange("FOR SPIN1 CMD QUERY CTCA", "CTCA 0500 NOT COUPLED"),
      Exchange("FOR SPIN1 CMD QUERY CTCA 501", "HCPCQU048E SPIN1 0501 is not a virtual CTCA"),
      Exchange("FOR SPIN1 CMD DETACH CTCA 500", "CTCA 0500 DETACHED"),
      Exchange("FOR SPIN1 CMD QUERY CTCA", "No channel-to-channel adapters are defined"),
    ] {
      #expect(machine.answer(exchange.command) == exchange.answer, "\(exchange.command)")
    }
    #expect(!machine.answer("FOR SPIN2 CMD QUERY NIC").contains("0500"))
  }

  @Test func planShowsWhatWouldBe() throws {
    let machine = try machine()
    let coupled = machine.answer("PLAN FOR SPIN1 CMD COUPLE 500 TO SPIN2 500")
    #expect(coupled.contains("CTCA 0500") && coupled.contains("SPIN2 0500"), "\(coupled)")
    let defined = machine.answer("PLAN DEFINE CTCA 501 TO SPIN1")
    #expect(defined.contains("CTCA 0501") && defined.contains("NOT COUPLED"), "\(defined)")
    #expect(machine.answer("FOR SPIN1 CMD QUERY CTCA") == "CTCA 0500 NOT COUPLED")
  }
}
