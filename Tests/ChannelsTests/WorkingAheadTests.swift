import Foundation
import Quantities
import Testing

@testable import Channels

/// Devices that work at the next request while the data of one wait for a path or move.
///
/// Oracle: arithmetic by hand. Of a path that is always wanted, partitions have parts as their priorities are; a
/// device that always has requests does one in its latency, or in the time of its data when that is longer.
@Suite("A device works ahead")
struct WorkingAheadTests {
  /// Requests that are to end.
  private static let count = 3_000

  /// Two devices of 200 MB/s and 500 us behind one path of 100 us; each partition uses the one that is said.
  private func machine(
    pathRate: UInt64, users: [Int] = [0, 1]
  ) throws -> ChannelSubsystem {
    let path = ChannelConfiguration.Path(
      number: 0x10, accessPartitions: Array(users.indices), bytesPerSecond: pathRate,
      latencyNanoseconds: 100_000)
    let devices = (0...1).map {
      ChannelConfiguration.Device(
        number: 0x400 + UInt16($0), paths: [0],
        medium: .scratch(byteCount: 4 << 20), bytesPerSecond: 200_000_000,
        latencyNanoseconds: 500_000)
    }
    let channels = try ChannelSubsystem(
      ChannelConfiguration(
        partitionCount: users.count, paths: [path], devices: devices,
        assignments: users.enumerated().map {
          ChannelConfiguration.Assignment(
            partition: $0.offset, virtualDevice: 0x100, device: $0.element)
        }))
    for partition in users.indices { channels.activate(partition) }
    return channels
  }

  /// Lets each partition have some requests at its device, and the next some microseconds after the end of one, as
  /// guests ask, for the time in which all that there is to serve them ends as many as are to end.
  ///
  /// - Returns: How many of each ended.
  private func serve(
    _ channels: ChannelSubsystem, _ priorities: [Int]? = nil, bytes: Int, depth: Int = 4,
    nanosecondsEach: Double
  ) -> [Int] {
    let settings = Priorities(priorities)
    channels.settings = settings
    defer { withExtendedLifetime(settings) {} }
    var random = RandomSequence(seed: 5)
    var ended = channels.activity.isActive.indices.map { _ in 0 }
    for partition in ended.indices {
      for _ in 0..<depth { channels.start(read(partition, 0x100, bytes: bytes, tag: 1)) }
    }
    let span = SimulatedTime(nanosecondsEach * Double(Self.count))
    while let next = channels.nextCompletion, next <= span {
      for completion in channels.takeCompletions(upTo: next) {
        #expect(completion.status == .ok)
        ended[completion.partition] += 1
        let later = completion.at + 2_000 + random.next() % 30_000
        channels.start(read(completion.partition, 0x100, bytes: bytes, tag: 1, at: later))
      }
    }
    return ended
  }

  /// Whether so many ended as were to.
  private func isAll(_ ended: [Int]) -> Bool {
    isNear(Double(ended.reduce(0, +)), Double(Self.count), within: 0.02)
  }

  private func isNear(_ value: Double, _ wanted: Double, within part: Double) -> Bool {
    abs(value - wanted) <= wanted * part
  }

  // MARK: Shares

  @Test(
    "two partitions with a device each share a path by their priorities, and all of it is used",
    arguments: [[3, 1], [12, 4], [1, 1], [1, 3], [15, 1], nil], [10_000_000, 100_000_000])
  func ownDevices(priorities: [Int]?, rate: UInt64) throws {
    let channels = try machine(pathRate: rate)
    // 100 us and the bytes at the path's rate.
    let ended = serve(
      channels, priorities, bytes: 65_536, nanosecondsEach: 1e5 + 65_536e9 / Double(rate))
    let ratio = priorities.map { Double($0[0]) / Double($0[1]) } ?? 1
    #expect(isNear(Double(ended[0]) / Double(ended[1]), ratio, within: 0.03), "\(ended)")
    #expect(isAll(ended), "\(ended)")
  }

  /// A path as fast as the devices: 100 us and 5 ms of each request, in which a device works its 500 us.
  @Test("a path as fast as the devices is shared by priorities, too", arguments: [2, 4])
  func fastPath(depth: Int) throws {
    let channels = try machine(pathRate: 200_000_000)
    let ended = serve(
      channels, [3, 1], bytes: 999_936, depth: depth, nanosecondsEach: 5_099_680)
    #expect(isNear(Double(ended[0]) / Double(ended[1]), 3, within: 0.03), "\(ended)")
    #expect(isAll(ended), "\(ended)")
  }

  @Test(
    "two partitions share a device behind a slow path by their priorities",
    arguments: [[3, 1], [1, 1], nil])
  func oneDevice(priorities: [Int]?) throws {
    let channels = try machine(pathRate: 10_000_000, users: [0, 0])
    let ended = serve(channels, priorities, bytes: 65_536, nanosecondsEach: 6_653_600)
    let ratio = priorities.map { Double($0[0]) / Double($0[1]) } ?? 1
    #expect(isNear(Double(ended[0]) / Double(ended[1]), ratio, within: 0.03), "\(ended)")
    #expect(isAll(ended), "\(ended)")
  }

  // MARK: Rates

  /// A device that does 2,000 requests a second, or 200 MB: at 64 KiB (328 us) the first is less.
  @Test(
    "a device that always has requests does as many as its latency or its rate lets it",
    arguments: [(4_096, 500_000), (65_536, 500_000), (1 << 20, 5_242_880), (4 << 20, 20_971_520)])
  func deviceRate(bytes: Int, nanosecondsEach: Int) throws {
    let channels = try machine(pathRate: 800_000_000, users: [0])
    let ended = serve(channels, bytes: bytes, nanosecondsEach: Double(nanosecondsEach))
    #expect(isAll(ended), "\(ended)")
  }

  @Test("one device alone uses all of a slow path")
  func pathRate() throws {
    let channels = try machine(pathRate: 10_000_000, users: [0])
    // What the path's bytes take, beside which its latency of 100 us is little.
    let ended = serve(channels, bytes: 65_536, depth: 2, nanosecondsEach: 6_553_600)
    #expect(isAll(ended), "\(ended)")
  }

  @Test("at requests that come one at a time a device works from their arrival on")
  func oneAtATime() throws {
    let channels = try subsystem()
    for number in 0..<4 as Range<UInt64> {
      channels.start(read(0, 0x100, tag: number, at: number * 12_000))
      let ended = channels.takeCompletions(upTo: (number + 1) * 12_000)
      #expect(ended.map(\.at) == [(number + 1) * 12_000])
    }
  }

  // MARK: By hand

  /// 10 us at the device, 1 us and 20,480 bytes (40 us) on the path: the first moves from 10 to 51.
  @Test(
    "a device works ahead from the end of its work before, at what has arrived by then",
    arguments: [
      (0, 92_000), (30_000, 92_000), (41_000, 92_000), (45_000, 96_000), (51_000, 102_000),
    ]
      as [(SimulatedTime, SimulatedTime)])
  func fromArrival(arrival: SimulatedTime, end: SimulatedTime) throws {
    for partition in 0...1 {
      let channels = try subsystem()
      channels.start(read(0, 0x100, bytes: 20_480, tag: 1))
      channels.start(read(partition, 0x100, bytes: 20_480, tag: 2, at: arrival))
      #expect(channels.takeCompletions(upTo: 1_000_000).map(\.at) == [51_000, end])
      let second = try #require(channels.subchannel(of: partition, device: 0x100)).measurement
      // What was worked ahead belongs to the time before the device had the request.
      #expect(second.disconnectNanoseconds == (partition == 0 ? 10_000 : 0) + end - 92_000)
    }
  }

  @Test("a device works ahead at one request, however long the one before waits for a path")
  func oneRequest() throws {
    let channels = try subsystem()
    channels.vary(path: 0x11, online: false)
    channels.start(read(0, 0x101, bytes: 512_000, tag: 1))
    for tag in 2...4 as ClosedRange<UInt64> { channels.start(read(1, 0x100, tag: tag)) }
    // The path is busy from 10 to 1,011; the first waits for it, and the second is ready then. The third is
    // worked at from there on.
    let ended = channels.takeCompletions(upTo: 2_000_000)
    #expect(ended.map(\.tag) == [1, 2, 3, 4])
    #expect(ended.map(\.at) == [1_011_000, 1_013_000, 1_015_000, 1_025_000])
  }

  @Test(
    "a device that is ready takes another path when the one that became free is for somebody else")
  func otherPath() throws {
    let channels = try subsystem()
    channels.vary(path: 0x11, device: 0x101, of: 1, online: false)
    channels.start(read(0, 0x100, bytes: 20_480, tag: 1))
    channels.start(read(0, 0x100, bytes: 20_480, tag: 2))
    // The other device may take the first path only, and waits for it from 11 to 51.
    channels.start(read(1, 0x101, bytes: 20_480, tag: 3, at: 1_000))
    let ended = channels.takeCompletions(upTo: 2_000_000)
    #expect(ended.map(\.tag) == [1, 2, 3])
    #expect(ended.map(\.at) == [51_000, 92_000, 92_000])
    #expect(channels.pathViews().map(\.measurement.requestCount) == [2, 1])
  }

  @Test("what a device has worked ahead is gone when its request before is cleared")
  func cleared() throws {
    let channels = try subsystem()
    channels.start(read(0, 0x100, bytes: 20_480, tag: 1))
    channels.start(read(1, 0x100, tag: 2))
    channels.clear(0x100, of: 0, at: 40_000)
    let ended = channels.takeCompletions(upTo: 1_000_000)
    #expect(ended.map(\.status) == [.ioError, .ok])
    #expect(ended.map(\.at) == [40_000, 52_000])
  }

  @Test("a delay on purpose is worked ahead, too")
  func delayed() throws {
    let channels = try subsystem()
    channels.inject(DeviceFault(delayNanoseconds: 90_000), into: 0x200, seed: 1)
    for tag in 1...2 as ClosedRange<UInt64> {
      channels.start(read(0, 0x100, bytes: 20_480, tag: tag))
    }
    // The second is worked at from 100 to 200, and the first moves until 141.
    #expect(channels.takeCompletions(upTo: 1_000_000).map(\.at) == [141_000, 241_000])
  }

  @Test(
    "a machine that is put back while a device works ahead goes on alike",
    arguments: [30_000, 51_000])
  func saved(time: SimulatedTime) throws {
    let channels = try subsystem()
    for tag in 1...3 as ClosedRange<UInt64> {
      channels.start(read(0, 0x100, bytes: 20_480, tag: tag))
    }
    _ = channels.takeCompletions(upTo: time)
    let payload = try JSONEncoder().encode(channels.saveState())
    let copy = try subsystem()
    try copy.restoreState(JSONDecoder().decode(ChannelSubsystemState.self, from: payload))
    let rest = copy.takeCompletions(upTo: 1_000_000)
    #expect(rest.map(\.at).suffix(2) == [92_000, 133_000])
    #expect(rest == channels.takeCompletions(upTo: 1_000_000))
    #expect(copy.saveState() == channels.saveState())
  }
}
