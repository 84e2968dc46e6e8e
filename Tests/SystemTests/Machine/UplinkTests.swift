import Channels
import ControlProgram
import Foundation
import Testing

@testable import Partitioning
@testable import endicott

// The process behind a switch's uplink, hermetic: RESTRICTED lets nothing leave the host.
//
// Oracle: libslirp, which answers ARP, DHCP and ping for its own addresses by the standards (RFC 826, 2131, 792), and
// the system's own word on processes.

/// A machine with a switch, its uplink served by a process, and an adapter of a partition that is not active.
private final class Outside {
  let manager: PartitionManager
  let control: ControlProgram
  let console: ConsoleSession
  let uplinks = Uplinks(program: Project.program)
  private(set) var lines: [String] = []
  private var position = ReaderPosition()
  /// What came in since IPL.
  private(set) var inputs: [UplinkInput] = []
  static let guest: [UInt8] = [2, 0, 0, 0, 1, 0]
  static let everybody = [UInt8](repeating: 0xFF, count: 6)

  init() throws {
    manager = try Self.machine()
    control = ControlProgram(manager: manager)
    console = control.logOn()
    console.onOutput = { [weak self] output in
      if let line = output.line { self?.lines.append(line) }
    }
    uplinks.serve(control)
  }

  static func machine() throws -> PartitionManager {
    var network = VirtualSwitch(name: "NET")
    network.uplink = Uplink(.restricted)
    var machine = MachineDefinition(
      name: "SMALL", processors: [ProcessorPoolDefinition(type: .cp, count: 1, megahertz: 5)],
      storageByteCount: 1 << 30, incrementByteCount: 16 << 20, pace: .fast)
    machine.switches = [network]
    let manager = try PartitionManager(
      SystemDefinition(
        machine: machine,
        partitions: [
          PartitionDefinition(
            name: "A",
            processors: [PartitionProcessors(type: .cp, share: ShareDefinition(.relative(100)))],
            storage: PartitionStorage(initialByteCount: 16 << 20))
        ]))
    _ = manager.firmware.hardware.networks.addAdapter(
      0x600, of: 0, address: AdapterAddress(0x0200_0000_0100))
    manager.firmware.hardware.networks.connect(0x600, of: 0, to: "NET", vlan: .access(0))
    return manager
  }

  static func send(_ bytes: [UInt8], on manager: PartitionManager) throws {
    manager.firmware.hardware.networks.send(
      FrameRequest(
        partition: 0, device: 0x600, frame: try #require(EthernetFrame(bytes)), tag: 0,
        issued: manager.now), now: manager.now)
  }

  func send(_ bytes: [UInt8]) throws { try Self.send(bytes, on: manager) }

  /// Lets time pass, a millisecond at a time, until something is so; ten seconds at most.
  func pass(until condition: (Outside) -> Bool) {
    for _ in 0..<10_000 {
      if condition(self) { return }
      manager.runEpochs(until: manager.now + 1_000_000)
      uplinks.look()
      inputs += manager.frames(since: &position).elements
    }
  }

  /// The first frame that came and has these bytes at a place.
  func frame(with bytes: [UInt8], at place: Int) -> [UInt8]? {
    inputs.map(\.bytes).first { $0.dropFirst(place).starts(with: bytes) }
  }

  var uplink: Uplink? { manager.networks.virtualSwitch("NET")?.uplink }

  /// The numbers of the processes behind uplinks of this test.
  static func processes() throws -> [Int32] {
    try ProgramRun.host("pgrep -P \(getpid()) -f '[e]ndicott uplink' || true")
      .split(separator: "\n").compactMap { Int32($0) }
  }
}

/// Frames of a guest whose address is 10.0.2.15.
private enum Frames {
  static func arp(for host: UInt8) -> [UInt8] {
    Outside.everybody + Outside.guest + [8, 6, 0, 1, 8, 0, 6, 4, 0, 1] + Outside.guest
      + [10, 0, 2, 15] + [UInt8](repeating: 0, count: 6) + [10, 0, 2, host]
  }

  static func sum(_ bytes: [UInt8]) -> [UInt8] {
    var sum = 0
    for (index, byte) in bytes.enumerated() { sum += index % 2 == 0 ? Int(byte) << 8 : Int(byte) }
    while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
    return [UInt8(~sum >> 8 & 0xFF), UInt8(~sum & 0xFF)]
  }

  static func packet(
    _ protocolNumber: UInt8, from source: [UInt8], to target: [UInt8], _ payload: [UInt8]
  ) -> [UInt8] {
    let count = 20 + payload.count
    let head: [UInt8] = [0x45, 0, UInt8(count >> 8), UInt8(count & 0xFF), 0, 1, 0, 0, 64]
    let rest = source + target
    return head + [protocolNumber] + sum(head + [protocolNumber, 0, 0] + rest) + rest + payload
  }

  static func echo(to host: [UInt8], _ text: [UInt8] = Array("endicott".utf8)) -> [UInt8] {
    let check = sum([8, 0, 0, 0, 0, 7, 0, 1] + text)
    return [0x52, 0x55, 10, 0, 2, 2] + Outside.guest + [8, 0]
      + packet(1, from: [10, 0, 2, 15], to: host, [8, 0] + check + [0, 7, 0, 1] + text)
  }

  static let discover: [UInt8] = {
    var request: [UInt8] = [1, 1, 6, 0, 1, 2, 3, 4] + [UInt8](repeating: 0, count: 20)
    request += Outside.guest + [UInt8](repeating: 0, count: 202) + [99, 130, 83, 99, 53, 1, 1, 255]
    request += [UInt8](repeating: 0, count: 60)
    let count = 8 + request.count
    let udp: [UInt8] = [0, 68, 0, 67, UInt8(count >> 8), UInt8(count & 0xFF), 0, 0]
    return Outside.everybody + Outside.guest + [8, 0]
      + packet(
        17, from: [0, 0, 0, 0], to: [255, 255, 255, 255], udp + request)
  }()
}

/// Always the same numbers (Knuth's MMIX).
private struct Generator: RandomNumberGenerator {
  private var state: UInt64 = 1
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}

@Suite("The process behind a switch's uplink", .serialized)
struct UplinkProcessTests {
  @Test("answers ARP, DHCP and ping; nothing leaves the host; the same comes again without it")
  func answers() throws {
    let outside = try Outside()
    #expect(outside.lines.contains { $0.contains("8987I VSWITCH SYSTEM NET uplink is up") })
    #expect(outside.manager.pacer.hasOutside)
    try outside.send(Frames.arp(for: 2))
    outside.pass { $0.frame(with: [8, 6, 0, 1, 8, 0, 6, 4, 0, 2], at: 12) != nil }
    let arp = outside.frame(with: [8, 6, 0, 1, 8, 0, 6, 4, 0, 2], at: 12)
    #expect(arp?.dropFirst(22).prefix(10) == [0x52, 0x55, 10, 0, 2, 2, 10, 0, 2, 2])
    try outside.send(Frames.discover)
    outside.pass { $0.frame(with: [0, 67, 0, 68], at: 34) != nil }
    // BOOTREPLY with our number, and the first address that there is.
    let offer = outside.frame(with: [0, 67, 0, 68], at: 34)
    #expect(offer?.dropFirst(42).prefix(8) == [2, 1, 6, 0, 1, 2, 3, 4])
    #expect(offer?.dropFirst(58).prefix(4) == [10, 0, 2, 15])
    // To an address that the host routes, a reply would take the outside; to libslirp's own it takes none.
    try outside.send(Frames.echo(to: [127, 0, 0, 1]))
    try outside.send(Frames.echo(to: [10, 0, 2, 2]))
    outside.pass { $0.frame(with: [10, 0, 2, 2, 10, 0, 2, 15, 0, 0], at: 26) != nil }
    #expect(
      outside.frame(with: [10, 0, 2, 2, 10, 0, 2, 15, 0, 0], at: 26)?.suffix(8)
        == Array("endicott".utf8)[...])
    #expect(outside.frame(with: [127, 0, 0, 1], at: 26) == nil)
    try replay(outside)
  }

  /// What came, let in at the same instants of a machine behind which there is nobody.
  private func replay(_ outside: Outside) throws {
    let again = try Outside.machine()
    for input in outside.inputs {
      again.runEpochs(until: input.time)
      #expect(again.receive(input.bytes, atUplinkOf: input.switchName))
    }
    again.runEpochs(until: outside.manager.now)
    #expect(again.machineState.digest == outside.manager.machineState.digest)
    #expect(again.inputCount == outside.manager.inputCount && again.inputCount > 0)
    #expect(try Outside.processes().count == 1)
  }

  @Test("is told of when it is killed; the machine goes on, and CONNECT starts another")
  func killed() throws {
    let outside = try Outside()
    let first = try Outside.processes()
    #expect(first.count == 1)
    kill(try #require(first.first), SIGKILL)
    outside.pass { $0.uplink?.isConnected == false }
    #expect(
      outside.lines.contains {
        $0.contains("8988E VSWITCH SYSTEM NET uplink is down: its process was ended by signal 9")
      })
    #expect(try Outside.processes().isEmpty)
    try outside.send(Frames.arp(for: 2))
    outside.pass { $0.manager.now > 100_000_000 }
    #expect(outside.inputs.isEmpty && !outside.manager.pacer.hasOutside)
    _ = outside.console.execute("SET VSWITCH NET CONNECT")
    try outside.send(Frames.arp(for: 2))
    outside.uplinks.look()
    outside.pass { !$0.inputs.isEmpty }
    #expect(!outside.inputs.isEmpty)
    #expect(try Outside.processes().count == 1)
    _ = outside.console.execute("SET VSWITCH NET UPLINK NONE")
    outside.uplinks.look()
    #expect(try Outside.processes().isEmpty)
  }

  @Test("is another where the uplink was taken and given again at one instant")
  func replaced() throws {
    let outside = try Outside()
    let first = try Outside.processes()
    for command in ["UPLINK NONE", "UPLINK USERMODE RESTRICTED"] {
      _ = outside.console.execute("SET VSWITCH NET " + command)
    }
    outside.uplinks.look()
    let second = try Outside.processes()
    #expect(second.count == 1 && second != first)
    for command in ["DETACH VSWITCH NET", "DEFINE VSWITCH NET UPLINK USERMODE RESTRICTED"] {
      _ = outside.console.execute(command)
    }
    outside.uplinks.look()
    let third = try Outside.processes()
    #expect(third.count == 1 && third != second)
    #expect(
      outside.lines.count { $0.contains("8987I") && $0.contains("before is gone") } == 2)
  }

  @Test("lets in no more than the rate, and what came is kept before it is forgotten")
  func rate() throws {
    let outside = try Outside()
    var keptCount = 0
    outside.uplinks.onFrames = { keptCount += 1 }
    let echo = Frames.echo(to: [10, 0, 2, 2], [UInt8](repeating: 9, count: 1_400))
    // A guest that pings as fast as it can.
    for round in 1...5_000 where outside.inputs.count < 3_000 {
      for _ in 0..<64 { try outside.send(echo) }
      outside.pass { $0.manager.now >= UInt64(round) * 1_000_000 }
    }
    let count = outside.inputs.reduce(0) {
      $0 + UInt64($1.bytes.count) + UplinkAllowance.recordByteCount
    }
    let span = outside.manager.now + UplinkAllowance.lead
    #expect(outside.inputs.count >= 3_000 && keptCount == 1)
    #expect(count <= span / UplinkAllowance.byteTime + 1_600)
  }

  @Test("is limited to 10 MB a second, a megabyte at once, and 1 GiB in all") func allowance() {
    var allowance = UplinkAllowance()
    var now: SimulatedTime = 5_000_000_000
    var count: UInt64 = 0
    func fill() {
      while allowance.hasRoom(at: now) {
        allowance.take(1_000, at: now)
        count += 1_064
      }
    }
    fill()
    #expect(count >= 1_000_000 && count < 1_002_000)
    for _ in 0..<1_000 {
      now += 1_000_000
      fill()
    }
    #expect(count >= 11_000_000 && count < 11_002_000)
    // What was not used long ago is not saved up.
    now += 3_600_000_000_000
    let before = count
    fill()
    #expect(count - before < 1_002_000)
    while !allowance.isUsedUp, count < 2 << 30 {
      now += 100_000_000
      fill()
    }
    #expect(count >= 1 << 30 && count < 1 << 30 + 2_000)
    now += 3_600_000_000_000
    #expect(!allowance.hasRoom(at: now))
  }

  @Test("is ended when it only closes its socket; one that ended is said to have ended as it did")
  func collected() throws {
    let silent = try ChildProcess("/bin/sleep", ["60"])
    #expect(silent.collect() == "its process was ended by signal 9")
    let ended = try ChildProcess("/bin/sh", ["-c", "exit 3"])
    var byte: UInt8 = 0
    while recv(ended.socket, &byte, 1, 0) < 0 { usleep(1_000) }
    #expect(ended.collect() == "its process ended with status 3")
  }

  @Test("has no right, no file and no call that it does not need")
  func confined() throws {
    let outside = try Outside()
    try outside.send(Frames.arp(for: 2))
    outside.pass { !$0.inputs.isEmpty }
    let number = try #require(try Outside.processes().first)
    let status = try String(contentsOfFile: "/proc/\(number)/status", encoding: .utf8)
    #expect(status.contains("NoNewPrivs:\t1") && status.contains("Seccomp:\t2"))
    if geteuid() == 0 {
      #expect(status.contains("Uid:\t65534\t65534\t65534\t65534"))
      #expect(status.contains("CapEff:\t0000000000000000"))
      let files = try ProgramRun.host("ls -l /proc/\(number)/fd | grep -c -e socket -e null")
      let all = try ProgramRun.host("ls /proc/\(number)/fd | wc -l")
      #expect(files == all && files == "3\n")
    }
  }

  @Test("is not hurt by frames that are none, nor by a flood, and both ways stay bounded")
  func hostile() throws {
    let outside = try Outside()
    var generator = Generator()
    let heads: [[UInt8]] = [[8, 0, 0x45], [8, 6], [0x86, 0xDD, 0x60], [0x81, 0], []]
    let noise = (0..<4_096).map { _ in UInt8.random(in: 0...255, using: &generator) }
    for round in 0..<100 {
      for _ in 0..<50 {
        let head = Outside.everybody + Outside.guest + heads[round % heads.count]
        let start = Int.random(in: 0..<2_048, using: &generator)
        let tail = noise[start..<(start + Int.random(in: 3...1480, using: &generator))]
        try outside.send(Array((head + tail).prefix(1514)))
        try outside.send(Frames.echo(to: [10, 0, 2, 2]))
      }
      outside.pass { $0.manager.now > UInt64(round) * 1_000_000 }
      #expect(outside.manager.networks.heldByteCount < 1 << 20)
    }
    #expect(outside.uplink?.isConnected == true)
    // Behind all that it still answers.
    let count = outside.inputs.count
    let calm = outside.manager.now + 200_000_000
    outside.pass { $0.manager.now > calm }
    try outside.send(Frames.arp(for: 3))
    outside.pass { $0.inputs.count > count && $0.frame(with: [10, 0, 2, 3], at: 28) != nil }
    #expect(outside.frame(with: [10, 0, 2, 3], at: 28) != nil)
    #expect(try Outside.processes().count == 1)
  }

  @Test("is started by machines alone") func alone() throws {
    let run = try ProgramRun(["uplink"])
    #expect(run.status == 2 && run.errors.contains("a machine starts it"))
    #expect(try !ProgramRun(["--help"]).output.contains("uplink"))
  }
}
