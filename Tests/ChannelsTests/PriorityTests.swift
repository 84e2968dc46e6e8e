import Quantities
import Testing

@testable import Channels

/// Priorities of the partitions, by their numbers; nil while the machine serves requests as they arrive.
final class Priorities: ChannelSettings {
  var priorities: [Int]?

  init(_ priorities: [Int]?) { self.priorities = priorities }

  func priority(of partition: Int) -> Int? { priorities?[partition] }

  func missingInterruptTime(of device: UInt16) -> UInt64? { nil }
}

/// Two partitions at one device and at one path.
///
/// Oracle: arithmetic. Of what a device or a path does at its defined rate, each partition that always has
/// requests has the part that its weight is of the sum of the weights.
@Suite("Priorities in input and output")
struct PriorityTests {
  /// Requests that each partition has at each device at any time.
  private static let depth = 4
  /// How long they ask, in nanoseconds: some 5,000 requests.
  private static let span: SimulatedTime = 300_000_000

  /// Partitions that always have requests, of one size, and what of them ended.
  private final class Load {
    let channels: ChannelSubsystem
    let priorities: Priorities
    /// Who asks for what; a partition that is not in it is idle.
    let bytes: [Int: Int]
    var now: SimulatedTime = 0
    var ended = [0, 0]

    init(_ channels: ChannelSubsystem, _ priorities: [Int]?, bytes: [Int: Int]) {
      self.channels = channels
      self.priorities = Priorities(priorities)
      self.bytes = bytes
      channels.settings = self.priorities
      for (partition, count) in bytes.sorted(by: { $0.key < $1.key }) {
        for view in channels.subchannels(of: partition) {
          for _ in 0..<depth { start(partition, view.virtualDevice, count) }
        }
      }
    }

    private func start(_ partition: Int, _ device: UInt16, _ count: Int) {
      channels.start(read(partition, device, bytes: count, tag: UInt64(device), at: now))
    }

    /// Lets so much time pass; how many requests of each ended.
    func run(_ time: SimulatedTime) -> [Int] {
      let before = ended
      let end = now + time
      while let next = channels.nextCompletion, next <= end {
        now = next
        for completion in channels.takeCompletions(upTo: now) {
          #expect(completion.status == .ok)
          ended[completion.partition] += 1
          start(completion.partition, completion.device, bytes[completion.partition] ?? 0)
        }
      }
      now = end
      return zip(ended, before).map { $0 - $1 }
    }
  }

  /// Both partitions at one device, which takes 40 us, and moves 10,240 bytes at 512 MB/s meanwhile: 40 us.
  private func oneDevice(_ priorities: [Int]?, bytes: [Int: Int] = [0: 10_240, 1: 10_240])
    throws -> Load
  {
    let channels = try subsystem(pathLatency: 0, deviceLatency: 40_000)
    for partition in 0...1 { channels.detach(0x101, from: partition, at: 0) }
    return Load(channels, priorities, bytes: bytes)
  }

  /// Each partition with eight devices of its own behind one path, which takes 10 us and 20,480 bytes at
  /// 512 MB/s: 50 us.
  private func onePath(_ priorities: [Int]?, bytes: [Int: Int] = [0: 20_480, 1: 20_480])
    throws -> Load
  {
    let devices = (0..<16).map {
      ChannelConfiguration.Device(
        number: 0x200 + UInt16($0), paths: [0], medium: .scratch(byteCount: 1 << 20),
        bytesPerSecond: 512_000_000, latencyNanoseconds: 20_000)
    }
    let channels = try ChannelSubsystem(
      ChannelConfiguration(
        partitionCount: 2,
        paths: [
          ChannelConfiguration.Path(
            number: 0x10, accessPartitions: [0, 1], bytesPerSecond: 512_000_000,
            latencyNanoseconds: 10_000)
        ], devices: devices,
        assignments: devices.indices.map {
          ChannelConfiguration.Assignment(
            partition: $0 / 8, virtualDevice: 0x100 + UInt16($0), device: $0)
        }))
    for partition in 0...1 { channels.activate(partition) }
    return Load(channels, priorities, bytes: bytes)
  }

  private func isNear(_ value: Int, _ wanted: Double, within part: Double) -> Bool {
    abs(Double(value) - wanted) <= wanted * part
  }

  @Test(
    "shares are as the priorities, and together they are the defined rate",
    arguments: [[3, 1], [1, 1], [15, 1], [1, 3], [1, 0], [12, 4]], ["device", "path"])
  func shares(priorities: [Int], place: String) throws {
    let load = place == "device" ? try oneDevice(priorities) : try onePath(priorities)
    let service = place == "device" ? 40_000.0 : 50_000.0
    let served = load.run(Self.span)
    #expect(isNear(served[0] + served[1], 3e8 / service, within: 0.02))
    let weights = priorities.map { $0 == 0 ? 0.5 : Double($0) }
    let ratio = weights[0] / weights[1]
    #expect(
      abs(Double(served[0]) / Double(served[1]) - ratio) <= ratio * 0.03,
      "\(served) for \(priorities)")
  }

  @Test(
    "requests of different sizes share the time, not their number", arguments: [[3, 1], [1, 1]])
  func sizes(priorities: [Int]) throws {
    // 40 us, in which the device works, and 100 us, in which it moves.
    let load = try oneDevice(priorities, bytes: [0: 10_240, 1: 51_200])
    let served = load.run(2 * Self.span)
    let times = [Double(served[0]) * 40, Double(served[1]) * 100]
    let ratio = Double(priorities[0]) / Double(priorities[1])
    #expect(abs(times[0] / times[1] - ratio) <= ratio * 0.03)
    #expect(abs(times[0] + times[1] - 6e5) <= 6e5 * 0.02)
  }

  @Test("an idle partition's part goes to the other", arguments: ["device", "path"])
  func idle(place: String) throws {
    let load =
      place == "device"
      ? try oneDevice([1, 15], bytes: [0: 10_240])
      : try onePath([1, 15], bytes: [0: 20_480])
    let served = load.run(Self.span)
    #expect(isNear(served[0], 3e8 / (place == "device" ? 40_000 : 50_000), within: 0.02))
    #expect(served[1] == 0)
  }

  @Test("who was idle gathers no claim: the other keeps its part from then on")
  func returning() throws {
    let load = try oneDevice([1, 1], bytes: [0: 10_240])
    _ = load.run(Self.span)
    for tag in 0..<100 {
      load.channels.start(read(1, 0x100, bytes: 10_240, tag: UInt64(tag), at: load.now))
    }
    // The first has four more, which are served in turns with the hundred of the other.
    let ended = load.channels.takeCompletions(upTo: load.now + 6_000_000).map(\.partition)
    #expect((3...4).contains(ended.prefix(7).count { $0 == 0 }))
    #expect(ended.prefix(7).count { $0 == 1 } >= 3)
  }

  @Test("without the switch the order of arrival counts, and nothing of it is in the state")
  func off() throws {
    let load = try oneDevice(nil)
    let served = load.run(Self.span)
    #expect(isNear(served[0], Double(served[1]), within: 0.001))
    #expect(load.channels.activity.devices.allSatisfy { $0.turns.isEmpty })
    #expect(load.channels.activity.paths.allSatisfy { $0.turns.isEmpty })
    // A change of the switch is felt at once, both ways.
    load.priorities.priorities = [3, 1]
    let weighed = load.run(Self.span)
    #expect(abs(Double(weighed[0]) / Double(weighed[1]) - 3) <= 0.09)
    load.priorities.priorities = nil
    let again = load.run(Self.span)
    #expect(isNear(again[0], Double(again[1]), within: 0.001))
    #expect(load.channels.activity.devices.allSatisfy { $0.turns.isEmpty })
  }

  @Test("turns go on alike after a machine is put back, and a state with others' is refused")
  func state() throws {
    let load = try oneDevice([3, 1])
    _ = load.run(100_000_000)
    let saved = load.channels.saveState()
    let next = load.run(100_000_000)
    let other = try oneDevice([3, 1])
    try other.channels.restoreState(saved)
    other.now = 100_000_000
    #expect(other.run(100_000_000) == next)
    #expect(words(other.channels) == words(load.channels))
    var wrong = saved
    wrong.activity.devices[0].turns.serve(7, for: 5, priority: 1)
    #expect(throws: StateRefusal.self) { try load.channels.judge(wrong) }
    load.channels.deactivate(0)
    load.channels.forget(0)
    #expect(load.channels.activity.devices.allSatisfy { $0.turns.lead(of: 0) == 0 })
  }

  private func words(_ channels: ChannelSubsystem) -> [UInt64] {
    var words: [UInt64] = []
    channels.forEachHistoryWord { words.append($0) }
    return words
  }
}
