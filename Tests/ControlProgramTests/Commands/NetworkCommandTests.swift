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
    _ = machine.answer("ACTIVATE FAULTY NOLOAD")
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

  @Test func uplinks() throws {
    let machine = try machine()
    for exchange in [
      Exchange("SET VSWITCH VSW1 CONNECT", "HCPCSE8985E VSWITCH SYSTEM VSW1 has no uplink"),
      Exchange("SET VSWITCH VSW1 UPLINK", "HCPCSE026E Operand missing or invalid"),
      Exchange("SET VSWITCH VSW1 UPLINK OSA", "HCPCSE003E Invalid option - OSA"),
      Exchange("SET VSWITCH VSW1 UPLINK USERMODE", "Command complete"),
      Exchange(
        "SET VSWITCH VSW1 CON", "HCPCSE8986E VSWITCH SYSTEM VSW1 uplink is connected already"),
      Exchange("SET VSWITCH VSW1 DISCON", "Command complete"),
      Exchange(
        "QUERY VSWITCH VSW1 DETAILS",
        """
        VSWITCH SYSTEM VSW1     Type: VIRTUAL Connected: 1
          VLAN Unaware  Isolation: OFF
          Rate: 1250000000B/s  Latency: 50 us
          Uplink: USERMODE  Status: Disconnected
          Authorized userids: none
          Uplink Port:  VLAN ANY
            RX Packets: 0          Discarded: 0          Bytes: 0
            TX Packets: 0          Discarded: 0          Bytes: 0
          Adapter Owner: SPIN1    NIC: 0600  VLAN ANY
            RX Packets: 0          Discarded: 0          Bytes: 0
            TX Packets: 0          Discarded: 0          Bytes: 0
            MAC: 02-00-00-00-01-00
        """),
      Exchange("SET VSWITCH VSW1 UPLINK NONE", "Command complete"),
      Exchange(
        "DEFINE VSWITCH NET2 UPLINK USERMODE RESTRICTED RATE 1M", "VSWITCH SYSTEM NET2 is created"),
      Exchange(
        "QUERY VSWITCH NET2",
        """
        VSWITCH SYSTEM NET2     Type: VIRTUAL Connected: 0
          VLAN Unaware  Isolation: OFF
          Rate: 1MB/s  Latency: 50 us
          Uplink: USERMODE RESTRICTED  Status: Connected
          Authorized userids: none
        """),
      Exchange(
        "DEFINE VSWITCH NET3 UPLINK NONE", "HCPDFN003E Invalid option - NONE"),
    ] {
      #expect(machine.answer(exchange.command) == exchange.answer, "\(exchange.command)")
    }
    let plan = machine.answer("PLAN SET VSWITCH NET2 UPLINK USERMODE")
    #expect(plan.contains("VSWITCH NET2") && plan.contains("UPLINK USERMODE"), "\(plan)")
  }

  @Test func adaptersComeAndGo() throws {
    let machine = try machine()
    for exchange in [
      Exchange(
        "DEFINE NIC 0800 TO SPIN1", "NIC 0800 of SPIN1 is created; devices 0800-0802 defined"),
      Exchange(
        "FOR SPIN1 CMD DEFINE NIC 801 TYPE QDIO MTU 9000",
        "NIC 0801 is created; devices 0801-0803 defined"),
      Exchange(
        "FOR SPIN1 CMD QUERY NIC 801",
        """
        Adapter 0801  Type: QDIO      Name: UNASSIGNED  Devices: 3
          MAC: 02-00-00-00-01-02         Not coupled  MTU: 9000
        """),
      // Twice, and for whom there is no place.
      Exchange(
        "DEFINE NIC 0800 SPIN1",
        "HCPDFN8957E Adapter 0800 not defined; 0800 already defined for SPIN1"
      ),
      Exchange(
        "DEFINE NIC 0800 TO FAULTY",
        "HCPDFN8959E Adapter 0800 not defined; FAULTY has no place for devices that come while it runs"
      ),
      Exchange("DEFINE NIC 0800 TO SPIN2", "HCPDFN045E SPIN2 not logged on"),
      Exchange("DEFINE NIC 0800 TO NOBODY", "HCPDFN053E NOBODY not in CP directory"),
      Exchange("DEFINE NIC", "HCPDFN022E Vdev missing or invalid"),
      Exchange("DEFINE NIC 0802 TO", "HCPDFN020E Userid missing or invalid"),
      Exchange("DEFINE NIC 0802 TO SPIN1 TYPE HIPERS", "HCPDFN002E Invalid operand - HIPERS"),
      Exchange("DEFINE NIC 0802 TO SPIN1 MTU 100", "HCPDFN002E Invalid operand - 100"),
      Exchange("DEFINE NIC 0802 TO SPIN1 WITHIN 0", "HCPDFN002E Invalid operand - 0"),
      Exchange(
        "DEFINE NIC 0802 TO SPIN1 COLOR",
        "HCPDFN003E Invalid option - command contains extra option(s) starting with COLOR"),
      // Eight places, of which two are the definition's.
      Exchange(
        "DEFINE NIC 802 TO SPIN1", "NIC 0802 of SPIN1 is created; devices 0802-0804 defined"),
      Exchange(
        "DEFINE NIC 803 TO SPIN1", "NIC 0803 of SPIN1 is created; devices 0803-0805 defined"),
      Exchange(
        "DEFINE NIC 804 TO SPIN1", "NIC 0804 of SPIN1 is created; devices 0804-0806 defined"),
      Exchange(
        "DEFINE NIC FFFF TO SPIN1", "NIC FFFF of SPIN1 is created; devices FFFF-FFFF defined"),
      Exchange(
        "DEFINE NIC 806 TO SPIN1", "HCPDFN8958E Adapter 0806 not defined; SPIN1 can have 8 devices"),
      // A new one goes where a grant lets it, and where it goes nobody is connected any more.
      Exchange(
        "FOR SPIN1 CMD COUPLE 800 SYSTEM NET2",
        "HCPCOU8950E VSWITCH SYSTEM NET2 does not exist; there are VSW1"),
      Exchange(
        "FOR SPIN1 CMD COUPLE 800 SYSTEM VSW1",
        "HCPCOU8956E SPIN1 is not authorized to connect to VSWITCH SYSTEM VSW1"),
      Exchange("SET VSWITCH VSW1 GRANT SPIN1", "Command complete"),
      Exchange(
        "FOR SPIN1 CMD COUPLE 800 SYSTEM VSW1", "NIC 0800 is connected to VSWITCH SYSTEM VSW1"),
      Exchange(
        "DETACH NIC 0800 SPIN1", "NIC 0800 of SPIN1 is destroyed; devices 0800-0802 detached"),
      Exchange(
        "DETACH NIC 0800 FROM SPIN1",
        "HCPCPU8953E SPIN1 has no network adapter 0800; it has 0600 0700 0801 0802 0803 0804 FFFF"),
      // Those of NICDEF go too.
      Exchange("FOR SPIN1 CMD DETACH NIC 600", "NIC 0600 is destroyed; devices 0600-0602 detached"),
      Exchange(
        "QUERY VSWITCH VSW1",
        """
        VSWITCH SYSTEM VSW1     Type: VIRTUAL Connected: 0
          VLAN Unaware  Isolation: OFF
          Rate: 1250000000B/s  Latency: 50 us
          Authorized userids:
            SPIN1 VLAN ANY
        """),
      Exchange("DETACH NIC 0800 FROM SPIN2", "HCPCPU045E SPIN2 not logged on"),
      Exchange("DETACH NIC", "HCPCPU022E Vdev missing or invalid"),
      Exchange(
        "FOR SPIN1 CMD DETACH 0700", "HCPCPU040E Device 0700 does not exist"),
    ] {
      #expect(machine.answer(exchange.command) == exchange.answer, "\(exchange.command)")
    }
  }

  @Test func aGuestThatHearsOfNoDevicesFindsItAtItsNextLoad() throws {
    let machine = try machine()
    _ = machine.answer("LOAD SPIN1")
    #expect(
      machine.answer("DEFINE NIC 0800 TO SPIN1") == "NIC 0800 DEFINE PENDING UNTIL THE NEXT LOAD")
    #expect(
      machine.answer("QUERY PENDING") == "SPIN1    NIC 0800 DEFINE PENDING UNTIL THE NEXT LOAD")
    #expect(
      machine.answer("DETACH NIC 0800 FROM SPIN1")
        == "NIC 0800 of SPIN1 is destroyed; devices 0800-0802 detached")
    #expect(machine.answer("QUERY PENDING") == "No pending changes")
    _ = machine.answer("DEFINE NIC 0800 TO SPIN1")
    #expect(
      machine.answer("FOR SPIN1 CMD CONFIG DEVICE,CANCEL")
        == "Pending changes of SPIN1 are cancelled")
    #expect(!machine.answer("FOR SPIN1 CMD QUERY NIC").contains("0800"))
  }

  @Test func planShowsWhatWouldBe() throws {
    let machine = try machine()
    let plan = machine.answer("PLAN SET VSWITCH VSW1 ISOLATION ON")
    #expect(plan.contains("VSWITCH VSW1") && plan.contains("ISOLATED"), "\(plan)")
    let uncoupled = machine.answer("PLAN FOR SPIN1 CMD UNCOUPLE 0600")
    #expect(uncoupled.contains("NIC 0600") && uncoupled.contains("NOT COUPLED"), "\(uncoupled)")
    let defined = machine.answer("PLAN DEFINE NIC 0800 TO SPIN1")
    #expect(defined.contains("NIC 0800") && defined.contains("NOT COUPLED"), "\(defined)")
    #expect(!machine.answer("FOR SPIN1 CMD QUERY NIC").contains("0800"))
    #expect(machine.answer("FOR SPIN1 CMD QUERY NIC 600").contains("VSWITCH: SYSTEM VSW1"))
  }
}
