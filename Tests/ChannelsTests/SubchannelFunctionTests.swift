import Quantities
import Testing

@testable import Channels

/// MITIME of a machine, in nanoseconds.
private final class Times: ChannelSettings {
  var time: UInt64?

  init(_ time: UInt64?) { self.time = time }

  func priority(of partition: Int) -> Int? { nil }
  func missingInterruptTime(of device: UInt16) -> UInt64? { time }
}

/// Requests that are halted, cleared, or answered too late.
///
/// Oracle: arithmetic by hand (a request takes 12 us: 10 at the device, 2 on a path), z/VM's rules for missing
/// interrupts (what is active is tried over another path, what is not begun five times), and what each request must
/// come to: one end, whatever happens.
@Suite("Halt, clear and missing interrupts")
struct SubchannelFunctionTests {
  private static let second: UInt64 = 1_000_000_000

  @Test("a halt ends one request with an error, and the next one goes on at that instant")
  func halt() throws {
    let channels = try subsystem()
    for tag in 1...2 as ClosedRange<UInt64> { channels.start(read(0, 0x100, tag: tag)) }
    #expect(channels.halt(0x200, at: 5_000) == .accepted)
    // Until its status is taken nothing is started there.
    #expect(channels.activity.subchannels[0].word.ending == .halted)
    #expect(channels.activity.subchannels[0].word.functions == [.start, .halt])
    #expect(channels.nextCompletion == 5_000)
    channels.start(read(0, 0x100, tag: 3, at: 5_000))
    let ended = channels.takeCompletions(upTo: Self.second)
    #expect(ended.map(\.tag) == [1, 2, 3])
    #expect(ended.map(\.status) == [.ioError, .ok, .ok])
    // Behind a halt nothing was worked ahead; at the last one the device works for the 2 us in which data move.
    #expect(ended.map(\.at) == [5_000, 17_000, 27_000])
    #expect(channels.halt(0x200, at: Self.second) == nil)
  }

  @Test("what a halt takes off a path or device leaves it to others", arguments: [5_000, 11_000])
  func haltFrees(time: UInt64) throws {
    let channels = try subsystem()
    channels.start(read(0, 0x100, tag: 1))
    channels.start(read(1, 0x100, tag: 2, at: 1))
    #expect(channels.takeCompletions(upTo: time).isEmpty)
    #expect(channels.halt(0x200, at: time) == .accepted)
    let ended = channels.takeCompletions(upTo: Self.second)
    #expect(ended.map(\.at) == [time, time + 12_000])
    #expect(ended.map(\.status) == [.ioError, .ok])
    #expect(channels.pathViews().allSatisfy { !$0.isBusy })
  }

  @Test("a driver that resets its device ends what it had there, and nobody else's")
  func driverReset() throws {
    let channels = try subsystem()
    for tag in 1...3 as ClosedRange<UInt64> { channels.start(read(0, 0x100, tag: tag)) }
    channels.start(read(0, 0x101, tag: 4))
    channels.start(read(1, 0x100, tag: 5, at: 1))
    channels.clear(0x100, of: 0, at: 3_000)
    let ended = channels.takeCompletions(upTo: Self.second)
    #expect(ended.prefix(3).map(\.status) == [.ioError, .ioError, .ioError])
    #expect(ended.prefix(3).allSatisfy { $0.at == 3_000 && $0.partition == 0 })
    #expect(Set(ended.dropFirst(3).map(\.tag)) == [4, 5])
    #expect(ended.dropFirst(3).allSatisfy { $0.status == .ok })
    #expect(channels.requestByteCount == 0)
  }

  // MARK: Missing interrupts

  /// A subsystem whose device 200 answers late, and what it says of that.
  private func late(by delay: UInt64, _ times: Times) throws -> ChannelSubsystem {
    let channels = try subsystem()
    channels.settings = times
    channels.inject(DeviceFault(delayNanoseconds: delay), into: 0x200, seed: 1)
    return channels
  }

  @Test("a device that is late loses the request over each path, and then it ends in an error")
  func eachPath() throws {
    let times = Times(15 * Self.second)
    let channels = try late(by: 60 * Self.second, times)
    channels.start(read(0, 0x100, tag: 1))
    #expect(channels.takeCompletions(upTo: 15 * Self.second - 1).isEmpty)
    #expect(channels.takeMissingInterrupts().isEmpty)
    #expect(channels.nextCompletion == 15 * Self.second)
    #expect(channels.takeCompletions(upTo: 15 * Self.second).isEmpty)
    #expect(
      channels.takeMissingInterrupts() == [
        MissingInterrupt(partition: 0, device: 0x200, path: 0x10, isRetried: true)
      ])
    let ended = channels.takeCompletions(upTo: 100 * Self.second)
    #expect(ended.map(\.status) == [.ioError])
    #expect(ended.map(\.at) == [30 * Self.second])
    #expect(
      channels.takeMissingInterrupts() == [
        MissingInterrupt(partition: 0, device: 0x200, path: 0x11, isRetried: false)
      ])
    #expect(channels.nextCompletion == nil)
  }

  @Test("what comes at the last moment is not missing; a nanosecond later it is")
  func lastMoment() throws {
    for (time, isMissing) in [(10_000 as UInt64, false), (9_999, true)] {
      let times = Times(time)
      let channels = try subsystem()
      channels.settings = times
      channels.start(read(0, 0x100, tag: 1))
      #expect(
        channels.takeCompletions(upTo: Self.second).map(\.status) == [isMissing ? .ioError : .ok])
      #expect(channels.takeMissingInterrupts().isEmpty != isMissing)
    }
  }

  @Test("a request behind another partition's late one is told of once, and goes on waiting")
  func startPending() throws {
    let times = Times(nil)
    let channels = try late(by: 3_600 * Self.second, times)
    channels.start(read(1, 0x100, tag: 1))
    channels.start(read(0, 0x100, tag: 2, at: Self.second))
    #expect(channels.takeCompletions(upTo: Self.second).isEmpty)
    // The late one began so late that it is not missing yet.
    channels.activity.slots[0].phaseStart = 1_000 * Self.second
    times.time = 15 * Self.second
    channels.watchAll()
    let ended = channels.takeCompletions(upTo: 900 * Self.second)
    let missing = channels.takeMissingInterrupts()
    #expect(
      missing == [MissingInterrupt(partition: 0, device: 0x200, path: nil, isRetried: true)])
    #expect(ended.isEmpty)
  }

  @Test("a device that waits for its turn on a path, or moves slowly, is not late")
  func slowIsNotLate() throws {
    let times = Times(11_000)
    let channels = try subsystem()
    channels.settings = times
    channels.configure(path: 0x11, for: 0, online: false)
    for tag in 1...20 as ClosedRange<UInt64> { channels.start(read(0, 0x100, tag: tag)) }
    let ended = channels.takeCompletions(upTo: Self.second)
    #expect(ended.count == 20 && ended.allSatisfy { $0.status == .ok })
    #expect(channels.takeMissingInterrupts().isEmpty)
  }

  @Test("at one instant a device is halted once")
  func haltedOnce() throws {
    let channels = try subsystem()
    for tag in 1...3 as ClosedRange<UInt64> { channels.start(read(0, 0x100, tag: tag)) }
    #expect(channels.halt(0x200, at: 5_000) == .accepted)
    #expect(channels.halt(0x200, at: 5_000) == .statusPending)
    #expect(
      channels.takeCompletions(upTo: Self.second).map(\.status) == [.ioError, .ok, .ok])
  }

  @Test("a path that works again is taken although the request was to take another")
  func lastWay() throws {
    let times = Times(Self.second)
    let channels = try late(by: 2 * Self.second, times)
    channels.start(read(0, 0x100, tag: 1))
    #expect(channels.takeCompletions(upTo: Self.second).isEmpty)
    #expect(channels.takeMissingInterrupts().map(\.isRetried) == [true])
    channels.inject(nil, into: 0x200, seed: 1)
    channels.setOperational(path: 0x11, false, at: Self.second)
    // What it was to take is gone while it works: it takes what there is.
    times.time = nil
    channels.watchAll()
    #expect(channels.takeCompletions(upTo: 10 * Self.second).map(\.status) == [.ok])
    #expect(channels.pathViews().map(\.measurement.requestCount) == [1, 0])
  }

  @Test("a time that is set counts for what is under way")
  func timeIsSet() throws {
    let times = Times(nil)
    let channels = try late(by: 60 * Self.second, times)
    channels.configure(path: 0x11, for: 0, online: false)
    channels.start(read(0, 0x100, tag: 1))
    #expect(channels.takeCompletions(upTo: Self.second).isEmpty)
    times.time = 5 * Self.second
    channels.watchAll()
    #expect(channels.takeCompletions(upTo: 50 * Self.second).map(\.at) == [5 * Self.second])
  }

  @Test("a state in which an interrupt is looked for goes on alike")
  func saved() throws {
    let times = Times(15 * Self.second)
    let channels = try late(by: 60 * Self.second, times)
    for tag in 1...3 as ClosedRange<UInt64> { channels.start(read(0, 0x100, tag: tag)) }
    #expect(channels.takeCompletions(upTo: 20 * Self.second).isEmpty)
    let copy = try subsystem()
    copy.settings = times
    try copy.restoreState(channels.saveState())
    #expect(
      copy.takeCompletions(upTo: 200 * Self.second)
        == channels.takeCompletions(upTo: 200 * Self.second))
    #expect(copy.takeMissingInterrupts() == channels.takeMissingInterrupts())
    #expect(copy.saveState() == channels.saveState())
  }

  // MARK: Where time goes

  /// Oracle: the response times of the requests, from issue to end, added up.
  @Test("queues, disconnect and connect come to the response times, whatever happens")
  func timesAddUp() throws {
    let times = Times(300_000)
    let channels = try subsystem()
    channels.settings = times
    var random = RandomSequence(seed: 7)
    var issued: [UInt64: SimulatedTime] = [:]
    var response: UInt64 = 0
    var time: SimulatedTime = 0
    func take(_ completions: [ChannelCompletion]) {
      for completion in completions {
        response += completion.at - (issued.removeValue(forKey: completion.tag) ?? completion.at)
      }
    }
    for tag in 0..<5_000 as Range<UInt64> {
      time += random.next() % 9_000
      take(channels.takeCompletions(upTo: time))
      switch random.next() % 24 {
      case 0: channels.configure(path: 0x10, for: 0, online: random.next() % 2 == 0, at: time)
      case 1: channels.setOperational(path: 0x11, random.next() % 2 == 0, at: time)
      case 2: _ = channels.halt(0x200, at: time)
      case 3: channels.clear(0x100, of: 1, at: time)
      case 4:
        let delay = random.next() % 2 * 400_000
        channels.inject(
          delay > 0 ? DeviceFault(delayNanoseconds: delay) : nil, into: 0x201, seed: 1, at: time)
      default:
        issued[tag] = time
        let device = 0x100 + UInt16(random.next() % 2)
        channels.start(read(Int(random.next() % 2), device, tag: tag, at: time))
      }
    }
    channels.configure(path: 0x10, for: 0, online: true, at: time)
    channels.setOperational(path: 0x11, true, at: time)
    take(channels.takeCompletions(upTo: time + 1_000 * Self.second))
    #expect(issued.isEmpty)
    let measured = (0...1).flatMap { channels.subchannels(of: $0) }.map(\.measurement)
    #expect(measured.reduce(0) { $0 + $1.responseNanoseconds } == response)
    #expect(measured.allSatisfy { $0.controlUnitQueueNanoseconds <= $0.pendNanoseconds })
    #expect(measured.reduce(0) { $0 + $1.controlUnitQueueNanoseconds } > 0)
    #expect(measured.reduce(0) { $0 + $1.deviceQueueNanoseconds } > 0)
    #expect(measured.reduce(0) { $0 + $1.ioQueueNanoseconds } > 0)
  }

  /// Oracle: by hand, three requests of one partition and one of another at one device, 12 us each, of which the
  /// device works 2 ahead at all but the first.
  @Test("who waits for whom is told apart: for its own earlier request, for the device, for a path")
  func queues() throws {
    let channels = try subsystem()
    for tag in 1...3 as ClosedRange<UInt64> { channels.start(read(0, 0x100, tag: tag)) }
    channels.start(read(1, 0x100, tag: 4))
    #expect(channels.takeCompletions(upTo: Self.second).map(\.tag) == [1, 4, 2, 3])
    let first = try #require(channels.subchannel(of: 0, device: 0x100)).measurement
    let second = try #require(channels.subchannel(of: 1, device: 0x100)).measurement
    // The second request is started at 12, and behind the other's until 22; the third is started at 32.
    #expect(first.ioQueueNanoseconds == 12_000 + 32_000)
    #expect(first.deviceQueueNanoseconds == 10_000)
    #expect(second.ioQueueNanoseconds == 0)
    #expect(second.deviceQueueNanoseconds == 12_000)
    #expect(first.disconnectNanoseconds == 10_000 + 2 * 8_000)
    #expect(first.connectNanoseconds == 6_000)
  }
}
