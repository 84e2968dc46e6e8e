import Channels
import Foundation
import Quantities
import TestSupport
import Testing
import X86

@testable import Platform

/// A computer is a value: taken, written down, read and put into another computer, it goes on as the first.
///
/// Oracle: the uninterrupted computer, whose whole state, translations and pages included, must stay equal.
@Suite("A computer as a value") struct ComputerStateTests {
  private static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static let linux: (kernel: Data, initrd: Data)? = {
    let guest = project.appendingPathComponent("Partitions/demo/linux")
    guard let kernel = try? Data(contentsOf: guest.appendingPathComponent("vmlinuz")),
      let initrd = try? Data(contentsOf: guest.appendingPathComponent("initrd.gz"))
    else { return nil }
    return (kernel, initrd)
  }()

  @Test(
    "Linux goes on as it would have, from many instants of its boot",
    .enabled(if: Self.linux != nil, "the Debian guest is not prepared: run Partitions/setup"),
    arguments: [1, 2, 4])
  func linuxGoesOn(processors: Int) throws {
    let linux = try #require(Self.linux)
    let run = try ComputerRun(Self.configuration(processors: processors))
    try run.computer.load(
      .linux(kernel: linux.kernel, initrd: linux.initrd, commandLine: "console=ttyS0"), at: 0)
    try goesOn(run, epochs: 4000, seed: UInt64(processors))
    #expect(run.console.contains("Linux version"))
  }

  private static let firmware = [
    URL(fileURLWithPath: "/usr/share/seabios/bios.bin"),
    project.appendingPathComponent(".build-payloads/seabios/bios.bin"),
  ].lazy.compactMap { try? Data(contentsOf: $0) }.first

  @Test(
    "a PC/AT goes on as it would have, from many instants of its firmware",
    .enabled(
      if: Self.firmware != nil,
      "SeaBIOS is not there: apt-get install seabios, or Tests/Payloads/fetch"))
  func firmwareGoesOn() throws {
    let firmware = try #require(Self.firmware)
    var configuration = Self.configuration(processors: 1)
    configuration.hasLegacyDevices = true
    let run = try ComputerRun(configuration)
    try run.computer.load(.firmware(firmware), at: 0)
    try goesOn(run, epochs: 1200, seed: 7)
    #expect(run.log.contains("SeaBIOS"))
  }

  /// Has a computer go on beside copies of it, each taken at another random instant.
  private func goesOn(_ run: ComputerRun, epochs: Int, seed: UInt64) throws {
    let instants =
      Int(ProcessInfo.processInfo.environment["ENDICOTT_INSTANTS"] ?? "25") ?? 25
    var random = RandomNumbers(seed: seed)
    for _ in 0..<instants {
      run.advance(epochs: 40 + random.below(epochs * 25 / max(1, instants)))
      let copy = try ComputerRun(run.configuration)
      try copy.takeUp(run)
      #expect(copy.computer.state == run.computer.state)
      run.advance(epochs: 30)
      copy.advance(epochs: 30)
      let state = run.computer.state
      try #require(copy.computer.state == state)
      #expect(copy.computer.samePages(as: run.computer))
    }
  }

  private static func configuration(processors: Int) -> ComputerConfiguration {
    ComputerConfiguration(
      name: "LINUX", partitionNumber: 0, maximumProcessors: processors,
      initialProcessors: processors, initialStorage: 128 << 20, maximumStorage: 256 << 20)
  }

  /// Oracle: weak references, which go with what they refer to.
  @Test("goes with its last reference, and its storage, processors and devices with it")
  func nothingStays() throws {
    var computer: Computer? = try Computer(Self.everything)
    weak let memory = computer?.memory
    weak let network = computer?.network
    weak let bus = computer?.bus
    let devices = (computer?.bus.devices ?? []).map { WeakDevice($0) }
    #expect(memory != nil && devices.count >= 19)
    computer = nil
    #expect(memory == nil && network == nil && bus == nil)
    #expect(devices.allSatisfy { $0.device == nil })
  }

  /// A computer with a device of every kind.
  private static let everything = ComputerConfiguration(
    name: "ALL", partitionNumber: 0, maximumProcessors: 2, initialProcessors: 2,
    initialStorage: 1 << 20, maximumStorage: 1 << 20,
    blockDevices: [BlockDeviceConfiguration(deviceNumber: 0x100, blockCount: 8)],
    takesDevices: true,
    networkDevices: [NetworkDeviceConfiguration(deviceNumber: 0x600, address: AdapterAddress(1))],
    testHardware: TestHardware(debugExitPort: 0xF4, hasTestDevice: true), hasLegacyDevices: true,
    entropySeed: 1, pluggableStorage: 128 << 20, hasCommandPort: true, hasBalloon: true)

  /// One whose storage comes by ACPI memory devices, which no computer with virtio's has.
  private static let withMemoryDevices = ComputerConfiguration(
    name: "ACPI", partitionNumber: 0, maximumProcessors: 1, initialProcessors: 1,
    initialStorage: 1 << 20, maximumStorage: 1 << 20, pluggableStorage: 128 << 20,
    memoryDeviceByteCount: 128 << 20)

  private struct WeakDevice {
    weak var device: BusTarget?

    init(_ device: BusTarget) { self.device = device }
  }

  @Test("every property is state, wiring or a cache") func everyPropertyHasItsRole() throws {
    let computer = try Computer(Self.everything)
    let other = try Computer(Self.withMemoryDevices)
    var holders = computer.stateHolders + other.stateHolders
    holders += computer.memory.stateHolders
    for processor in computer.processors { holders += processor.stateHolders }
    // Every kind of device is among them, and then some.
    for kind in Computer.deviceKinds {
      let devices = computer.bus.devices + other.bus.devices
      #expect(devices.contains { type(of: $0) == kind }, "\(kind)")
    }
    #expect(holders.count > Computer.deviceKinds.count + 3)
    for holder in holders { #expect(holder.misplacedProperties == [], "\(type(of: holder))") }
  }

  @Test("a state of another configuration, kind or later version is refused by name")
  func othersAreRefused() throws {
    let one = try Computer(Self.configuration(processors: 1))
    let two = try Computer(Self.configuration(processors: 2))
    let before = two.state
    #expect(
      throws: StateRefusal.inconsistent(kind: "computer", what: "it is of another configuration")
    ) {
      try two.restore(one.state)
    }
    #expect(two.state.network == before.network)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(StateEnvelope(one.state)), as: UTF8.self)
    #expect(text.hasSuffix("\"version\":2}"))
    let later = text.dropLast(2) + "3}"
    #expect(throws: StateRefusal.laterVersion(kind: "computer", version: 3, newest: 2)) {
      try JSONDecoder().decode(StateEnvelope<ComputerState>.self, from: Data(later.utf8))
    }
  }

  @Test("a device that this program does not know, and a later version of one, are refused by name")
  func otherDevicesAreRefused() throws {
    let computer = try Computer(Self.configuration(processors: 1))
    let text = String(
      decoding: try JSONEncoder().encode(StateEnvelope(computer.state)), as: UTF8.self)
    let unknown = text.replacingOccurrences(of: "\"interval timer\"", with: "\"abacus\"")
    #expect(throws: StateRefusal.otherKind("abacus", expected: "a device")) {
      try JSONDecoder().decode(StateEnvelope<ComputerState>.self, from: Data(unknown.utf8))
    }
    var order = computer.state
    order.devices.swapAt(0, 1)
    #expect(throws: StateRefusal.otherKind("power control", expected: "serial line")) {
      try computer.restore(order)
    }
    let damaged = text.replacingOccurrences(
      of: "\"memory\":[0,", with: "\"memory\":[")
    let state = try JSONDecoder().decode(
      StateEnvelope<ComputerState>.self, from: Data(damaged.utf8)
    ).state
    #expect(throws: StateRefusal.inconsistent(kind: "clock", what: "registers are missing")) {
      try computer.restore(state)
    }
    var later = DeviceStateText(text)
    try later.raiseVersion(of: "serial line")
    #expect(throws: StateRefusal.laterVersion(kind: "serial line", version: 2, newest: 1)) {
      try JSONDecoder().decode(StateEnvelope<ComputerState>.self, from: Data(later.text.utf8))
    }
  }
}

/// The text of a computer's state, to be changed as a later program might have written it.
private struct DeviceStateText {
  private(set) var text: String

  init(_ text: String) { self.text = text }

  /// Counts up the version of a kind of device.
  mutating func raiseVersion(of kind: String) throws {
    var root = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    var state = try #require(root["state"] as? [String: Any])
    var devices = try #require(state["devices"] as? [[String: Any]])
    let index = try #require(devices.firstIndex { $0["kind"] as? String == kind })
    devices[index]["version"] = 2
    state["devices"] = devices
    root["state"] = state
    text = String(decoding: try JSONSerialization.data(withJSONObject: root), as: UTF8.self)
  }
}

/// A computer that runs alone, epoch by epoch.
private final class ComputerRun {
  let computer: Computer
  let configuration: ComputerConfiguration
  private let cache: CodeCache
  private(set) var now: SimulatedTime = 0
  private(set) var console = ""
  /// What firmware wrote to the debug console.
  private(set) var log = ""

  init(_ configuration: ComputerConfiguration) throws {
    self.configuration = configuration
    computer = try Computer(configuration)
    cache = try CodeCache(fitting: .ordinary, atMost: 64 << 20)
  }

  func advance(epochs: Int) {
    for _ in 0..<epochs {
      let end = now + 100_000
      computer.deliverTimers(upTo: now)
      var placements = computer.processors.indices.map {
        Placement(processor: $0, start: now, limit: end, megahertz: 1000)
      }
      placements.withUnsafeMutableBufferPointer { computer.run($0, until: end, cache: cache) }
      now = end
      for event in computer.outbox {
        switch event.kind {
        case .console(let bytes): console += String(decoding: bytes, as: UTF8.self)
        case .debugConsole(let bytes): log += String(decoding: bytes, as: UTF8.self)
        default: break
        }
      }
      computer.clearOutbox()
    }
  }

  /// Takes up another's state, by way of the text that it is written down as.
  func takeUp(_ other: ComputerRun) throws {
    let text = try JSONEncoder().encode(StateEnvelope(other.computer.state))
    let state = try JSONDecoder().decode(StateEnvelope<ComputerState>.self, from: text).state
    try computer.restore(state)
    other.computer.memory.forEachPage { page, contents in
      #expect(computer.memory.putPage(page, contents))
    }
    now = other.now
  }
}

extension Computer {
  fileprivate func samePages(as other: Computer) -> Bool {
    var pages: [UInt32: [UInt8]] = [:]
    memory.forEachPage { pages[$0] = Array($1) }
    var isSame = true
    var count = 0
    other.memory.forEachPage { page, contents in
      count += 1
      if pages[page].map({ $0.elementsEqual(contents) }) != true { isSame = false }
    }
    return isSame && count == pages.count
  }
}
