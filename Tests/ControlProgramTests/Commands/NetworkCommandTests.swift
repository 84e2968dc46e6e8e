import Channels
import Testing

@testable import ControlProgram
@testable import Partitioning

// Oracle: z/VM's CP Commands and Utilities Reference for the commands and for what COUPLE, DEFINE and DETACH
// answer; Docs/Operations.md, "Networks", for who may connect.

@Suite("DEFINE VSWITCH, SET VSWITCH, COUPLE and QUERY of networks")
struct NetworkCommandTests {
  private func machine() throws -> SmallMachine {
    var definition = SmallMachine.standard
    definition.machine.switches = [VirtualSwitch(name: "VSW1")]
    definition.partitions[0].networkAdapters = [
      NetworkAdapterDefinition(virtualDevice: 0x600, switchName: "VSW1"),
      NetworkAdapterDefinition(virtualDevice: 0x700, addressNumber: 0xABCDEF),
    ]
    let machine = try SmallMachine(definition: definition)
    _ = machine.answer("ACTIVATE SPIN1 NOLOAD")
    return machine
  }

  @Test func whatIsAskedAndAnswered() throws {
    let machine = try machine()
    for exchange in [
      Exchange(
        "FOR SPIN1 CMD QUERY NIC",
        """
        Adapter 0600  Type: QDIO      Name: UNASSIGNED  Devices: 3
          MAC: 02-00-00-00-01-00         VSWITCH: SYSTEM VSW1  MTU: 1500
        Adapter 0700  Type: QDIO      Name: UNASSIGNED  Devices: 3
          MAC: 02-00-00-AB-CD-EF         Not coupled  MTU: 1500
        """),
      Exchange("DEFINE VSWITCH NET2 VLAN 5 RATE 10M LAT 2MS", "VSWITCH SYSTEM NET2 is created"),
      Exchange("DEFINE VSWITCH NET2", "HCPDFN8951E VSWITCH SYSTEM NET2 already exists"),
      Exchange("DEFINE VSWITCH NET3 VLAN 5000", "HCPDFN002E Invalid operand - 5000"),
      Exchange("DEFINE VSWITCH NET3 LATENCY 1S", "HCPDFN002E Invalid operand - 1S"),
      Exchange(
        "DEFINE VSWITCH NET3 COLOR RED",
        "HCPDFN003E Invalid option - command contains extra option(s) starting with COLOR"),
      Exchange(
        "FOR SPIN1 CMD COUPLE 700 TO SYSTEM NET2",
        "HCPCOU8956E SPIN1 is not authorized to connect to VSWITCH SYSTEM NET2"),
      Exchange("SET VSWITCH NET2 GRANT SPIN1 VLAN 7 8", "HCPCSE013E Conflicting option - VLAN"),
      Exchange("SET VSWITCH NET2 GRANT SPIN1 PORT TRUNK VLAN 7 8 NAT 5", "Command complete"),
      Exchange(
        "FOR SPIN1 CMD COUPLE 700 TO SYSTEM NET2", "NIC 0700 is connected to VSWITCH SYSTEM NET2"),
      Exchange(
        "FOR SPIN1 CMD COUPLE 700 TO SYSTEM VSW1",
        "HCPCOU8954E Network adapter 0700 of SPIN1 is connected to VSWITCH SYSTEM NET2"),
      Exchange("SET VSWITCH NET2 ISOL ON", "Command complete"),
      Exchange("SET VSWITCH NET2 ISOLATION MAYBE", "HCPCSE003E Invalid option - MAYBE"),
      Exchange("SET VSWITCH NET2 PAINT", "HCPCSE003E Invalid option - PAINT"),
      Exchange(
        "QUERY VSWITCH NET2 DETAILS",
        """
        VSWITCH SYSTEM NET2     Type: VIRTUAL Connected: 1
          VLAN Aware  Default VLAN: 0005  Isolation: ON
          Rate: 10MB/s  Latency: 2000 us
          Authorized userids:
            SPIN1 VLAN TRUNK 0007 0008 NATIVE 0005
          Adapter Owner: SPIN1    NIC: 0700  VLAN TRUNK 0007 0008 NATIVE 0005
            RX Packets: 0          Discarded: 0          Bytes: 0
            TX Packets: 0          Discarded: 0          Bytes: 0
            MAC: 02-00-00-AB-CD-EF
        """),
      Exchange("SET VSWITCH NET2 REVOKE SPIN1", "Command complete"),
      Exchange(
        "FOR SPIN1 CMD UNCOUPLE 700",
        "HCPUNC8955E Network adapter 0700 of SPIN1 is not connected"),
      Exchange(
        "FOR SPIN1 CMD UNCOUPLE 800",
        "HCPUNC8953E SPIN1 has no network adapter 0800; it has 0600 0700"),
      Exchange("FOR SPIN1 CMD UNCOUPLE", "HCPUNC022E Vdev missing or invalid"),
      Exchange("FOR SPIN1 CMD UNCOUPLE 600", "NIC 0600 is disconnected"),
      Exchange(
        "FOR SPIN1 CMD COUPLE 600 SYSTEM VSW1", "NIC 0600 is connected to VSWITCH SYSTEM VSW1"),
      Exchange("DETACH VSWITCH NET2", "VSWITCH SYSTEM NET2 is destroyed"),
      Exchange(
        "QUERY VSWITCH NET2", "HCPCQU8950E VSWITCH SYSTEM NET2 does not exist; there are VSW1"),
    ] {
      #expect(machine.answer(exchange.command) == exchange.answer, "\(exchange.command)")
    }
  }

  @Test func planShowsWhatWouldBe() throws {
    let machine = try machine()
    let plan = machine.answer("PLAN SET VSWITCH VSW1 ISOLATION ON")
    #expect(plan.contains("VSWITCH VSW1") && plan.contains("ISOLATED"), "\(plan)")
    let uncoupled = machine.answer("PLAN FOR SPIN1 CMD UNCOUPLE 0600")
    #expect(uncoupled.contains("NIC 0600") && uncoupled.contains("NOT COUPLED"), "\(uncoupled)")
    #expect(machine.answer("FOR SPIN1 CMD QUERY NIC 600").contains("VSWITCH: SYSTEM VSW1"))
  }
}
