import Channels
import Testing

@testable import Partitioning

/// What comes in by a switch's uplink is an input of the machine.
///
/// Oracle: the machine itself, which has the same history where the same comes again at the same instants; and
/// Docs/Operations.md, "Networks", for what is refused.
@Suite("What comes in by an uplink")
struct UplinkInputTests {
  private final class Outside: NetworkOutside {
    var taken: [NetworkDeparture] = []
    func take(_ departure: NetworkDeparture) { taken.append(departure) }
  }

  private static let frame: [UInt8] =
    [2, 0, 0, 0, 1, 0] + [0x52, 0x55, 10, 0, 2, 2] + [8, 0] + [UInt8](repeating: 9, count: 46)

  private func machine(hasUplink: Bool = true) throws -> GuestMachine {
    var own = GuestMachine.partition("A", "PULSE", parameters: "1")
    own.networkAdapters = [NetworkAdapterDefinition(virtualDevice: 0x600, switchName: "NET")]
    let machine = try GuestMachine(processors: 2, inputOutput: true, [own])
    try machine.manager.perform(
      .network(
        .define(
          "NET", defaultVLAN: nil, bytesPerSecond: nil, latencyNanoseconds: nil,
          uplink: hasUplink ? .restricted : nil)))
    try machine.manager.perform(.activate("A", load: true))
    return machine
  }

  @Test("is counted and published, is in the digest, and gives the same again")
  func replayed() throws {
    let manager = try machine().manager
    let before = manager.inputCount
    manager.runEpochs(until: 1_000_000)
    #expect(manager.receive(Self.frame, atUplinkOf: "NET"))
    manager.runEpochs(until: 3_000_000)
    #expect(manager.receive(Self.frame, atUplinkOf: "NET"))
    manager.runEpochs(until: 5_000_000)
    var position = ReaderPosition()
    let inputs = manager.frames(since: &position).elements
    #expect(inputs.map(\.number) == [before + 1, before + 2])
    #expect(inputs.map(\.time) == [1_000_000, 3_000_000])
    #expect(inputs.allSatisfy { $0.bytes == Self.frame && $0.switchName == "NET" })
    #expect(manager.networks.adapter(0x600, of: 0)?.counters.receivedFrames == 2)

    let again = try machine().manager
    for input in inputs {
      again.runEpochs(until: input.time)
      #expect(again.receive(input.bytes, atUplinkOf: input.switchName))
    }
    again.runEpochs(until: 5_000_000)
    #expect(again.machineState == manager.machineState)

    let without = try machine().manager
    without.runEpochs(until: 5_000_000)
    #expect(without.machineState.digest != manager.machineState.digest)
  }

  @Test("leaves the history of a machine as it is when nothing comes, whoever is outside")
  func silent() throws {
    let outside = Outside()
    let manager = try machine().manager
    manager.outside = outside
    let frame = try #require(EthernetFrame(Self.frame))
    func send(_ manager: PartitionManager) {
      manager.firmware.hardware.networks.send(
        FrameRequest(partition: 0, device: 0x600, frame: frame, tag: 0, issued: manager.now),
        now: manager.now)
    }
    let other = try machine().manager
    for manager in [manager, other] {
      send(manager)
      manager.runEpochs(until: 5_000_000)
    }
    #expect(outside.taken.map(\.bytes) == [Self.frame])
    #expect(other.machineState == manager.machineState)
  }

  @Test("is refused where there is no uplink, and where it is disconnected")
  func refusals() throws {
    let test = try machine(hasUplink: false)
    let manager = test.manager
    let before = manager.inputCount
    #expect(!manager.receive(Self.frame, atUplinkOf: "NET"))
    #expect(test.refusal(.network(.connectUplink("NET", true))) == .noUplink("NET"))
    #expect(
      test.refusal(.network(.setUplink("X", .userMode))) == .switchNotFound("X", known: ["NET"]))
    try manager.perform(.network(.setUplink("NET", .userMode)))
    #expect(
      test.refusal(.network(.connectUplink("NET", true)))
        == .uplinkAlready("NET", connected: true))
    try manager.perform(.network(.connectUplink("NET", false)))
    #expect(!manager.receive(Self.frame, atUplinkOf: "NET"))
    #expect(manager.inputCount == before + 2)
  }
}
