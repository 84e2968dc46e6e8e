import Definitions
import Foundation
import Partitioning
import Testing

@testable import ControlProgram

// Network adapters that an unmodified Debian is given while it runs, and that it gives back. Oracle: the guest's own
// kernel (/sys/class/net, what arrives of what was sent), and that a saved machine goes on with the same history.

/// Two of the demo's Linux, each with an adapter on one switch, driven by CP commands and at their consoles.
final class LinuxPair {
  static let names = ["LINUX1", "LINUX2"]
  let manager: PartitionManager
  let console: ConsoleSession
  private var position = ReaderPosition()
  private var transcripts: [String: String] = [:]

  init(threads: Int = 1, processors: Int = 1) throws {
    var definition = try #require(SystemDefinition.read(folder: Project.path("Partitions/demo")).0)
    let linux = try #require(definition.partitions.first { $0.name == "LINUX1" })
    definition.partitions = Self.names.map { name in
      var partition = linux
      partition.name = name
      partition.devices = []
      partition.processors = partition.processors.map {
        var own = $0
        own.reserved += own.initial - processors
        own.initial = processors
        return own
      }
      partition.start = nil
      partition.networkAdapters = [
        NetworkAdapterDefinition(virtualDevice: 0x600, switchName: "NET")
      ]
      return partition
    }
    definition.groups = []
    definition.imageProfiles = []
    definition.inputOutput = IOConfiguration()
    manager = try PartitionManager(
      definition, options: ManagerOptions(threads: threads, pace: .fast))
    console = ControlProgram(manager: manager).logOn("OPERATOR")
    _ = console.execute("DEFINE VSWITCH NET")
  }

  func boot(_ names: [String]) throws {
    for name in names {
      try manager.perform(.activate(name, load: true))
      #expect(wait(for: ":/root# ", of: name, seconds: 20), "\(transcripts)")
    }
  }

  func command(_ text: String) -> String {
    console.execute(text).lines.joined(separator: "\n")
  }

  func run(seconds: Double) { manager.runEpochs(until: manager.now + UInt64(seconds * 1e9)) }

  /// Lets time pass until a guest has written something, or the time is over.
  private func wait(for text: String, of name: String, seconds: UInt64) -> Bool {
    let start = transcripts[name, default: ""].count
    func isThere() -> Bool {
      for event in manager.events(since: &position).elements {
        guard case .console(let bytes) = event.kind, let name = event.partition else { continue }
        transcripts[name, default: ""] += String(decoding: bytes, as: UTF8.self)
      }
      return transcripts[name, default: ""].dropFirst(start).contains(text)
    }
    manager.runEpochs(until: manager.now + seconds * 1_000_000_000, stopWhen: isThere)
    return isThere()
  }

  /// Lets time pass until nothing is pending.
  func settle(_ name: String, seconds: UInt64) -> Bool {
    let isDone = { self.manager.partitionView(name)?.pending.isEmpty ?? true }
    manager.runEpochs(until: manager.now + seconds * 1_000_000_000, stopWhen: isDone)
    return isDone()
  }

  func type(_ text: String, at name: String) throws {
    try manager.perform(.sendConsole(name, bytes: Array((text + "\n").utf8)))
  }

  /// What a shell command of a guest writes.
  func shell(_ text: String, at name: String, seconds: UInt64 = 20) throws -> String {
    run(seconds: 1)
    let before = transcripts[name, default: ""].count
    try type("\(text); echo end-$((6*7))", at: name)
    #expect(
      wait(for: "end-42", of: name, seconds: seconds),
      "\(text): \(transcripts[name, default: ""].suffix(2000))")
    return String(transcripts[name, default: ""].dropFirst(before))
  }

  /// The adapters that a guest's kernel has.
  func adapters(_ name: String = "LINUX1") throws -> [String] {
    try shell("ls /sys/class/net", at: name).split(whereSeparator: \.isWhitespace)
      .map(String.init).filter { $0.hasPrefix("eth") && $0.count == 4 }
  }
}

@Suite(
  "Network adapters of Debian that come and go",
  .enabled(if: Project.hasDebianGuest, Comment(rawValue: Project.noGuest)))
struct AdapterHotplugTests {
  @Test(
    "an adapter comes, is connected and used, goes, and comes again; the definition's goes, too")
  func comesAndGoes() throws {
    let machine = try LinuxPair()
    try machine.boot(LinuxPair.names)
    #expect(try machine.adapters() == ["eth0"])
    #expect(machine.command("DEFINE VSWITCH NEXT") == "VSWITCH SYSTEM NEXT is created")
    for (number, name) in LinuxPair.names.enumerated() {
      #expect(
        machine.command("DEFINE NIC 0700 TO \(name)")
          == "NIC 0700 DEFINE PENDING, 60 SECONDS LEFT")
      #expect(machine.settle(name, seconds: 5))
      #expect(try machine.adapters(name) == ["eth0", "eth1"])
      _ = machine.command("SET VSWITCH NEXT GRANT \(name)")
      #expect(
        machine.command("FOR \(name) CMD COUPLE 0700 TO SYSTEM NEXT")
          == "NIC 0700 is connected to VSWITCH SYSTEM NEXT")
      _ = try machine.shell(
        "ip link set eth1 up; ip addr add 10.1.0.\(number + 1)/24 dev eth1", at: name)
    }
    let ping = try machine.shell("ping -c 3 -w 9 10.1.0.2", at: "LINUX1")
    #expect(ping.contains("3 packets received"), "\(ping)")
    // In use: nothing keeps an adapter, and what it was connected to forgets it.
    #expect(
      machine.command("DETACH NIC 0700 FROM LINUX1")
        == "NIC 0700 DETACH PENDING, 60 SECONDS LEFT")
    #expect(machine.settle("LINUX1", seconds: 4))
    #expect(try machine.adapters() == ["eth0"])
    #expect(machine.command("QUERY VSWITCH NEXT").contains("Connected: 1"))
    #expect(machine.command("DETACH NIC 0600 FROM LINUX1").hasPrefix("NIC 0600 DETACH PENDING"))
    #expect(machine.settle("LINUX1", seconds: 4))
    #expect(try machine.adapters() == [])
    // Again, in the same place, under another number.
    _ = machine.command("DEFINE NIC 0900 TO LINUX1")
    #expect(machine.settle("LINUX1", seconds: 5))
    #expect(try machine.adapters().count == 1)
    #expect(machine.command("FOR LINUX1 CMD QUERY NIC").hasPrefix("Adapter 0900"))
    // What is loaded again finds what it has.
    _ = machine.command("DEFINE NIC 0901 TO LINUX1")
    #expect(machine.settle("LINUX1", seconds: 5))
    _ = machine.command("LOAD LINUX2 FORCE")
    machine.run(seconds: 12)
    #expect(try machine.adapters("LINUX2") == ["eth0", "eth1"])
  }

  @Test(
    "the link is up while the adapter is connected, and there is a pair of queues for a processor")
  func link() throws {
    let machine = try LinuxPair(processors: 2)
    try machine.boot(LinuxPair.names)
    for (number, name) in LinuxPair.names.enumerated() {
      _ = try machine.shell(
        "ip link set eth0 up; ip addr add 10.1.0.\(number + 1)/24 dev eth0", at: name)
      let queues = try machine.shell("ls /sys/class/net/eth0/queues", at: name)
      for queue in ["rx-0", "rx-1", "tx-0", "tx-1"] { #expect(queues.contains(queue), "\(queues)") }
      #expect(!queues.contains("-2"), "\(queues)")
    }
    func link() throws -> (isUp: Bool, hasCarrier: Bool) {
      let shown = try machine.shell(
        "echo carrier=$(cat /sys/class/net/eth0/carrier); ip link show eth0", at: "LINUX1")
      return (shown.contains("carrier=1"), !shown.contains("NO-CARRIER"))
    }
    func ping() throws -> String {
      try machine.shell("ping -c 3 -w 9 10.1.0.2", at: "LINUX1")
    }
    #expect(try link() == (true, true))
    #expect(try ping().contains("3 packets received"))
    _ = machine.command("FOR LINUX1 CMD UNCOUPLE 0600")
    #expect(try link() == (false, false))
    _ = machine.command("FOR LINUX1 CMD COUPLE 0600 TO SYSTEM NET")
    #expect(try link() == (true, true))
    #expect(try ping().contains("3 packets received"))
    _ = machine.command("DETACH VSWITCH NET")
    #expect(try link() == (false, false))
    // One that comes later is down until it is coupled.
    _ = machine.command("DEFINE NIC 0700 TO LINUX1")
    #expect(machine.settle("LINUX1", seconds: 5))
    let later = try machine.shell("ip link set eth1 up; ip link show eth1", at: "LINUX1")
    #expect(later.contains("NO-CARRIER"), "\(later)")
  }

  @Test(
    "one that is taken by force while it sends is gone, and Linux goes on; the place is free again")
  func force() throws {
    let machine = try LinuxPair()
    try machine.boot(["LINUX1"])
    _ = machine.command("DEFINE NIC 0700 TO LINUX1")
    #expect(machine.settle("LINUX1", seconds: 5))
    _ = machine.command("SET VSWITCH NET GRANT LINUX1")
    _ = machine.command("FOR LINUX1 CMD COUPLE 0700 TO SYSTEM NET")
    _ = try machine.shell(
      "ip link set eth1 up; ip addr add 10.1.0.1/24 dev eth1; "
        + "ping -b -i 0.01 -s 1400 10.1.0.255 >/dev/null 2>&1 & sleep 1", at: "LINUX1")
    #expect(machine.command("QUERY VSWITCH NET").contains("Connected: 2"))
    #expect(
      machine.command("DETACH NIC 0700 FROM LINUX1 FORCE")
        == "NIC 0700 of LINUX1 is destroyed; devices 0700-0702 detached")
    #expect(machine.command("QUERY VSWITCH NET").contains("Connected: 1"))
    machine.run(seconds: 2)
    #expect(try machine.adapters() == ["eth0"])
    var count = 1
    while count < 9, machine.command("DEFINE NIC 080\(count) TO LINUX1").hasPrefix("NIC") {
      #expect(machine.settle("LINUX1", seconds: 5))
      count += 1
    }
    #expect(count == machine.manager.partitionView("LINUX1")?.definition.deviceRoom)
    #expect(try machine.adapters().count == count)
  }

  @Test("a machine that is saved while one comes and while one goes goes on as it would have")
  func saved() throws {
    let machine = try LinuxPair(threads: 2)
    try machine.boot(["LINUX1"])
    _ = machine.command("DEFINE NIC 0700 TO LINUX1")
    let coming = machine.manager.checkpoint()
    #expect(machine.settle("LINUX1", seconds: 5))
    machine.run(seconds: 1)
    _ = machine.command("DETACH NIC 0700 FROM LINUX1")
    let going = machine.manager.checkpoint()
    machine.run(seconds: 3)
    let (end, digest) = (machine.manager.now, machine.manager.machineView.digest)
    #expect(try machine.adapters() == ["eth0"])
    for (checkpoint, count) in [(coming, 2), (going, 1)] {
      let other = try LinuxPair()
      try other.manager.restore(checkpoint)
      #expect(other.manager.partitionView("LINUX1")?.pending.count == 1)
      if checkpoint == going {
        other.manager.runEpochs(until: end)
        #expect(other.manager.machineView.digest == digest)
      }
      #expect(other.settle("LINUX1", seconds: 5))
      #expect(try other.adapters().count == count)
    }
  }
}
