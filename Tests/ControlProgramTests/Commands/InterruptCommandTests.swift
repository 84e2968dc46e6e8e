import Channels
import Quantities
import Testing

@testable import ControlProgram
@testable import Partitioning

// Oracle: z/VM's forms of HALT, SET MITIME and INDICATE I/O, and Docs/Operations.md, "Missing interrupts".

@Suite("HALT, SET MITIME, INDICATE I/O and INDICATE DEVICES")
struct InterruptCommandTests {
  private func machine() throws -> SmallMachine {
    try SmallMachine.withDisks([.scratch(byteCount: 1 << 20), .scratch(byteCount: 1 << 20)])
  }

  @Test func timesAreSetAndShown() throws {
    let machine = try machine()
    for (command, answer) in [
      ("QUERY MITIME", "MITIME DASD 00:15"),
      ("SET MITIME DASD 1:01", "MITIME DASD 01:05"),
      ("SET MITIME 200-201 00:05", "MITIME 0200-0201 00:05"),
      ("SET MITIME 201 OFF", "MITIME 0201 OFF"),
      ("QUERY MITIME", "MITIME DASD 01:05\nMITIME 0200 00:05\nMITIME 0201 OFF"),
      ("QUERY MITIME 200-201", "MITIME 0200 00:05\nMITIME 0201 OFF"),
      ("QUERY MITIME DASD", "MITIME DASD 01:05"),
      ("SET MITIME OFF BOTH", "MITIME ALL OFF"),
      ("QUERY MITIME 200", "MITIME 0200 OFF"),
      ("SET MITIME DASD 00:00", "HCPCSE8995E Invalid time 00:00; use 00:01 to 99:59"),
      ("SET MITIME DASD 1:60", "HCPCSE002E Invalid operand - 1:60"),
      ("SET MITIME 777 00:05", "HCPCSE040E Device 0777 does not exist"),
      ("QUERY MITIME 777", "HCPCQU040E Device 0777 does not exist"),
    ] { #expect(machine.answer(command) == answer, "\(command)") }
  }

  @Test func whatIsUnderWayIsShownAndHalted() throws {
    let machine = try machine()
    #expect(machine.answer("INDICATE I/O") == "No users in I/O wait")
    #expect(machine.answer("HALT 200") == "HCPHLT8994E DASD 0200 has no request to halt")
    #expect(machine.answer("HALT 999") == "HCPHLT040E Device 0999 does not exist")
    _ = machine.answer("ATTACH 200 SPIN1 100")
    _ = machine.answer("LOAD SPIN1 IODRIVER PARM 1")
    _ = machine.answer("INJECT DASD 200 DELAY 1S")
    machine.manager.runEpochs(until: 500_000_000)
    #expect(machine.answer("INDICATE I/O") == "SPIN1    0200")
    #expect(machine.answer("HALT 200") == "DASD 0200 HALTED")
  }

  /// Oracle: one request of a device that takes 500 us, a path that takes 100 us and 4,096 bytes, by hand.
  @Test func timesOfADeviceAreShownAsRMFDoes() throws {
    let machine = try machine()
    #expect(machine.answer("INDICATE DEVICES") == "A DASD was not found.")
    // What was before a partition has a device is none of its interval.
    machine.manager.runEpochs(until: 3_000_000_000)
    _ = machine.answer("ATTACH 200 SPIN1 100")
    _ = machine.answer("LOAD SPIN1 IODRIVER PARM 1")
    machine.manager.runEpochs(until: 4_000_000_000)
    let lines = machine.answer("INDICATE DEVICES SPIN1").split(separator: "\n").map(String.init)
    #expect(
      lines.dropFirst().first?.split(separator: " ").map(String.init) == [
        "NAME", "VDEV", "RDEV", "INT", "RATE", "RESP", "IOSQ", "PEND", "CUQ", "DEVQ", "DISC",
        "CONN",
        "CONN%", "UTIL%",
      ])
    let cells = try #require(lines.last).split(separator: " ").map(String.init)
    #expect(cells.prefix(4) == ["SPIN1", "0100", "0200", "1.000"])
    // 4,096 bytes at 200 MiB a second are 19.5 us.
    #expect(
      cells.dropFirst(5).prefix(7) == [
        "0.619", "0.000", "0.000", "0.000", "0.000", "0.500", "0.119",
      ])
    let count = try #require(machine.manager.partitionView("SPIN1")).requestCount
    let rate = try #require(Double(cells[4]))
    #expect(abs(rate - Double(count)) <= 1)
    #expect(abs((Double(cells[13]) ?? 0) - rate * 0.0619) < 0.2)
  }
}

/// Oracle: prsm.md 3.3's times and words, in this machine's messages.
@Suite("VARY OFFLINE CHPID of a path that is busy")
struct BusyPathCommandTests {
  @Test func itIsPendingAndSaysSo() throws {
    let machine = try SmallMachine.withDisks([.scratch(byteCount: 1 << 20)]) {
      let names = $0.inputOutput.paths[0].candidateList
      $0.inputOutput.paths.append(
        ChannelPathDefinition(number: 0x11, accessList: names, candidateList: names))
      $0.inputOutput.controlUnits[0].paths.append(PathReference(number: 0x11))
    }
    _ = machine.answer("ATTACH 200 SPIN1 100")
    _ = machine.answer("LOAD SPIN1 IODRIVER PARM 1")
    machine.manager.runEpochs(until: 100_000_000)
    _ = machine.answer("INJECT DASD 200 DELAY 14S")
    machine.manager.runEpochs(until: 200_000_000)
    let busy = [UInt8(0x10), 0x11].filter {
      !machine.manager.channels.busyDevices(onPath: $0).isEmpty
    }
    let path = hexDigits(try #require(busy.first), 2)
    let pending = "CHP \(path) OFFLINE PENDING UNTIL ITS I/O ENDS"
    #expect(machine.answer("VARY OFFLINE CHPID \(path)") == pending)
    #expect(
      machine.answer("VARY OFFLINE CHPID \(path)")
        == "HCPVRY8818E SYSTEM has CHP \(path) OFFLINE pending")
    #expect(machine.answer("QUERY PENDING") == "SYSTEM   \(pending)")
    #expect(machine.answer("QUERY PENDING SPIN1") == "No pending changes")
    #expect(
      machine.answer("WAIT SYSTEM STATE RUNNING") == "HCPWAI003E Invalid option - STATE RUNNING")
    machine.manager.runEpochs(until: 15_000_000_000)
    #expect(machine.answer("QUERY PENDING") == "No pending changes")
    #expect(machine.answer("QUERY CHPID \(path)").hasPrefix("Path \(path) offline"))
    #expect(machine.answer("VARY ONLINE CHPID \(path)") == "Path \(path) varied online")
  }
}
