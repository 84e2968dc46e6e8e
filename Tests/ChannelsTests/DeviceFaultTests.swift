import Foundation
import Quantities
import Testing

@testable import Channels

/// Faults on purpose at devices.
///
/// Oracle: the times and counts by hand (a request takes 12,000 ns; see `ChannelSubsystemTests`), and the rule
/// that what was acknowledged is on the disk.
@Suite("Devices that go wrong on purpose")
struct DeviceFaultTests {
  private let nines = [UInt8](repeating: 9, count: 512)
  private let ones = [UInt8](repeating: 1, count: 512)

  /// How 1,000 requests end, each after the other.
  private func outcomes(_ channels: ChannelSubsystem, from time: SimulatedTime = 0) -> [Bool] {
    (0..<1000).map { number in
      let now = time + UInt64(number) * 100_000
      channels.start(read(0, 0x100, tag: UInt64(number), at: now))
      let ended = channels.takeCompletions(upTo: now + 99_999)
      #expect(ended.count == 1)
      #expect(ended.allSatisfy { $0.status == .ok || $0.data.isEmpty })
      return ended.first?.status == .ok
    }
  }

  @Test func delayIsAddedAndGoes() throws {
    let channels = try subsystem()
    channels.inject(DeviceFault(delayNanoseconds: 5_000_000), into: 0x200, seed: 1)
    channels.start(read(0, 0x100, tag: 1))
    channels.start(read(0, 0x101, tag: 2))
    let ended = channels.takeCompletions(upTo: 10_000_000)
    #expect(ended.map(\.tag) == [2, 1])
    #expect(ended.map(\.at) == [12_000, 5_012_000])
    let counted = try #require(channels.subchannel(of: 0, device: 0x100)).measurement
    #expect(counted.disconnectNanoseconds == 5_010_000)
    channels.inject(nil, into: 0x200, seed: 1)
    channels.start(read(0, 0x100, tag: 3, at: 10_000_000))
    #expect(channels.takeCompletions(upTo: 20_000_000).map(\.at) == [10_012_000])
  }

  @Test func errorsComeAtTheirRateAndFollowFromTheSeed() throws {
    func injected(_ seed: UInt64, _ percent: Int) throws -> [Bool] {
      let channels = try subsystem()
      channels.inject(DeviceFault(errorPercent: percent), into: 0x200, seed: seed)
      return outcomes(channels)
    }
    let first = try injected(1, 10)
    // The mean is 100 and the standard deviation 9.5.
    #expect((60...140).contains(first.count { !$0 }))
    #expect(try injected(1, 10) == first)
    #expect(try injected(2, 10) != first)
    #expect(try injected(1, 100).allSatisfy { !$0 })
    // Two devices have sequences of their own.
    let channels = try subsystem()
    channels.inject(DeviceFault(errorPercent: 10), into: 0x201, seed: 1)
    #expect(outcomes(channels).allSatisfy { $0 })
  }

  @Test func theSequenceGoesOnAfterAMachineIsPutBack() throws {
    let channels = try subsystem()
    channels.inject(DeviceFault(errorPercent: 30), into: 0x200, seed: 1)
    _ = outcomes(channels)
    let payload = try JSONEncoder().encode(channels.saveState())
    let expected = outcomes(channels, from: 100_000_000)
    let other = try subsystem()
    try other.restoreState(JSONDecoder().decode(ChannelSubsystemState.self, from: payload))
    #expect(
      other.faultyDevices == [FaultyDevice(number: 0x200, fault: DeviceFault(errorPercent: 30))])
    #expect(outcomes(other, from: 100_000_000) == expected)
  }

  @Test func aFullMediumKeepsWhatWasWrittenAndServesTheRest() throws {
    let channels = try subsystem()
    channels.start(write(0, 0x100, block: 3, nines, tag: 1))
    #expect(channels.takeCompletions(upTo: 1_000_000).map(\.status) == [.ok])
    channels.inject(DeviceFault(isFull: true), into: 0x200, seed: 1)
    let before = channels.saveState().disks
    channels.start(write(0, 0x100, block: 3, ones, tag: 2, at: 1_000_000))
    channels.start(write(0, 0x100, block: 9, ones, tag: 3, at: 1_000_001))
    channels.start(read(0, 0x100, block: 3, tag: 4, at: 1_000_002))
    let ended = channels.takeCompletions(upTo: 2_000_000)
    #expect(ended.map(\.status) == [.ioError, .ioError, .ok])
    #expect(ended.last?.data == nines)
    #expect(channels.saveState().disks == before)
    channels.inject(nil, into: 0x200, seed: 1)
    channels.start(write(0, 0x100, block: 3, ones, tag: 5, at: 2_000_000))
    #expect(channels.takeCompletions(upTo: 3_000_000).map(\.status) == [.ok])
  }

  @Test func aStateFromAFileIsJudged() throws {
    let channels = try subsystem()
    var state = channels.saveState()
    for wrong in [
      DeviceFault(), DeviceFault(errorPercent: 101), DeviceFault(errorPercent: -1),
      DeviceFault(delayNanoseconds: DeviceFault.delayLimit + 1),
    ] {
      #expect(!wrong.isPossible)
      state.activity.devices[0].injected = InjectedFault(wrong, device: 0x200, seed: 1)
      #expect(throws: StateRefusal.self) { try channels.judge(state) }
    }
    state.activity.devices[0].injected = InjectedFault(
      DeviceFault(isFull: true), device: 0x200, seed: 1)
    try channels.judge(state)
  }

  /// Oracle: a payload as the program wrote it before there were faults and priorities.
  @Test func anOlderPayloadIsReadAsAMachineWithoutFaults() throws {
    let channels = try subsystem()
    let data = try JSONEncoder().encode(channels.saveState())
    let text = String(decoding: data, as: UTF8.self)
    let older = text.replacingOccurrences(
      of: #",?"turns":\{"leads":\[\]\}"#, with: "", options: .regularExpression
    )
    .replacingOccurrences(of: "{,", with: "{")
    #expect(older != text && !older.contains("turns"))
    let read = try JSONDecoder().decode(ChannelSubsystemState.self, from: Data(older.utf8))
    #expect(read == channels.saveState())
  }

  @Test func whatIsInjectedIsOfTheHistory() throws {
    func words(_ fault: DeviceFault?) throws -> [UInt64] {
      let channels = try subsystem()
      channels.inject(fault, into: 0x200, seed: 1)
      var words: [UInt64] = []
      channels.forEachHistoryWord { words.append($0) }
      return words
    }
    let faults = [
      nil, DeviceFault(delayNanoseconds: 1), DeviceFault(errorPercent: 1),
      DeviceFault(isFull: true),
    ]
    #expect(try Set(faults.map { try words($0) }).count == 4)
  }

  @Test func aPathThatFailsIsNamedAndItsRequestsGoOnFromThatTime() throws {
    let channels = try subsystem()
    channels.setOperational(path: 0x10, false)
    channels.setOperational(path: 0x11, false)
    #expect(channels.failedPaths.map(\.number) == [0x10, 0x11])
    channels.start(read(0, 0x100, tag: 1))
    #expect(channels.takeCompletions(upTo: 1_000).isEmpty)
    channels.setOperational(path: 0x11, true, at: 5_000_000)
    #expect(channels.failedPaths.map(\.number) == [0x10])
    #expect(channels.takeCompletions(upTo: 6_000_000).map(\.at) == [5_012_000])
    let counted = try #require(channels.subchannel(of: 0, device: 0x100)).measurement
    #expect(counted.ioQueueNanoseconds == 5_000_000)
  }
}
