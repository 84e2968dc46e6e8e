import Foundation
import Quantities
import Testing

@testable import Channels

/// Devices come to partitions and go while requests are under way.
///
/// Oracle: the channel subsystem's own rule that
/// what was acknowledged is on the disk, and that every request ends once.
@Suite struct DeviceReconfigurationTests {
  private let nines = [UInt8](repeating: 9, count: 512)

  /// The two disks without the assignments of the other tests: partition 0 has 200 as 100.
  private func machine() throws -> ChannelSubsystem {
    let channels = try subsystem()
    for device in [UInt16(0x100), 0x101] {
      channels.detach(device, from: 1, at: 0)
    }
    channels.detach(0x101, from: 0, at: 0)
    return channels
  }

  @Test func whatOnePartitionWroteTheNextReads() throws {
    let channels = try machine()
    channels.start(write(0, 0x100, block: 3, nines, tag: 1))
    #expect(channels.takeCompletions(upTo: 1_000_000).map(\.status) == [.ok])
    channels.detach(0x100, from: 0, at: 1_000_000)
    #expect(channels.deviceView(0x200)?.users == [])
    channels.attach(
      GivenDevice(device: 0x200, virtualDevice: 0x1FF, isReadOnly: true), to: 1)
    #expect(
      channels.deviceView(0x200)?.users
        == [DeviceUser(partition: 1, virtualDevice: 0x1FF, isReadOnly: true)])
    channels.start(read(1, 0x1FF, block: 3, tag: 2, at: 1_000_000))
    #expect(channels.takeCompletions(upTo: 2_000_000).map(\.data) == [nines])
    channels.start(write(1, 0x1FF, block: 3, nines, tag: 3, at: 2_000_000))
    #expect(channels.takeCompletions(upTo: 3_000_000).map(\.status) == [.ioError])
    channels.start(read(0, 0x100, tag: 4, at: 3_000_000))
    #expect(channels.takeCompletions(upTo: 4_000_000).map(\.status) == [.notOperational])
  }

  /// The phases of a request: on its way, in the queue, at the device, on a path.
  @Test(arguments: [(500, 0), (1_000, 1), (5_000, 2), (11_500, 2)] as [(UInt64, Int)])
  func requestsUnderWayEndWithAnError(time: UInt64, phase: Int) throws {
    let channels = try machine()
    channels.attach(
      GivenDevice(device: 0x201, virtualDevice: 0x300, isReadOnly: false), to: 1)
    channels.start(write(1, 0x300, block: 0, nines, tag: 8))
    channels.start(write(0, 0x100, block: 0, nines, tag: 1))
    channels.start(write(0, 0x100, block: 1, nines, tag: 2))
    #expect(channels.takeCompletions(upTo: time).isEmpty)
    channels.detach(0x100, from: 0, at: time)
    #expect(channels.requests(of: 0) == (outstanding: 0, withoutPath: 0))
    let ended = channels.takeCompletions(upTo: 1_000_000)
    #expect(ended.map(\.tag) == [1, 2, 8])
    #expect(ended.map(\.status) == [.ioError, .ioError, .ok])
    #expect(ended.map(\.at) == [time, time, 12_000])
    #expect(channels.takeCompletions(upTo: 9_000_000).isEmpty)
    #expect(channels.pathViews().allSatisfy { !$0.isBusy })
    // Nothing of what was not acknowledged is on the disk.
    channels.attach(
      GivenDevice(device: 0x200, virtualDevice: 0x301, isReadOnly: true), to: 1)
    channels.start(read(1, 0x301, tag: 9, at: 9_000_000))
    let read = channels.takeCompletions(upTo: 10_000_000)
    #expect(read.map(\.status) == [.ok])
    #expect(read.allSatisfy { !$0.data.contains(9) })
  }

  @Test func aPartitionThatEndsHasWhatItIsDefinedWith() throws {
    let channels = try subsystem()
    channels.activate(0)
    channels.detach(0x100, from: 0, at: 0)
    channels.attach(
      GivenDevice(device: 0x200, virtualDevice: 0x777, isReadOnly: true), to: 0)
    channels.deactivate(0)
    #expect(channels.subchannels(of: 0).map(\.virtualDevice) == [0x100, 0x101])
    #expect(channels.subchannels(of: 0).map(\.isReadOnly) == [false, false])
  }

  @Test func aStateInTheMiddleGoesOn() throws {
    let channels = try machine()
    channels.activate(0)
    channels.activate(1)
    channels.attach(
      GivenDevice(device: 0x201, virtualDevice: 0x300, isReadOnly: false), to: 1)
    channels.start(write(1, 0x300, block: 0, nines, tag: 8))
    _ = channels.takeCompletions(upTo: 5_000)
    let other = try subsystem()
    try other.restoreState(channels.saveState())
    for one in [channels, other] {
      one.detach(0x100, from: 0, at: 5_000)
      one.attach(
        GivenDevice(device: 0x200, virtualDevice: 0x301, isReadOnly: false), to: 1)
    }
    #expect(
      channels.takeCompletions(upTo: 1_000_000) == other.takeCompletions(upTo: 1_000_000))
    #expect(channels.saveState() == other.saveState())
  }

  @Test func aFileThatIsNotWhatItWasIsTold() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try Data(repeating: 1, count: 4096).write(to: path)
    defer { try? FileManager.default.removeItem(at: path) }
    let channels = try ChannelSubsystem(
      ChannelConfiguration(
        partitionCount: 1,
        devices: [
          ChannelConfiguration.Device(
            number: 0x200, paths: [], medium: .file(path: path.path, writable: true)),
          ChannelConfiguration.Device(
            number: 0x201, paths: [], medium: .scratch(byteCount: 4096)),
        ]))
    #expect([UInt16(0x200), 0x201, 0x202].map { channels.fault(of: $0) } == [nil, nil, nil])
    let file = try FileHandle(forWritingTo: path)
    try file.truncate(atOffset: 512)
    #expect(channels.fault(of: 0x200) == "it is shorter than it was")
    try file.truncate(atOffset: 8192)
    #expect(channels.fault(of: 0x200) == nil)
    try FileManager.default.removeItem(at: path)
    #expect(channels.fault(of: 0x200) == "it was deleted")
  }

  @Test func statesThatNoMachineHasAreRefused() throws {
    let channels = try machine()
    channels.activate(0)
    channels.activate(1)
    let state = channels.saveState()
    try channels.judge(state)
    func refused(_ change: (inout ChannelActivity) -> Void) -> Bool {
      var other = state
      change(&other.activity)
      do throws(StateRefusal) {
        try channels.judge(other)
        return false
      } catch {
        return true
      }
    }
    // A device that is off line and has a user.
    #expect(refused { $0.devices[0].isOffline = true })
    // A device, and a path, that the machine does not have.
    #expect(refused { $0.subchannels[0].device = 2 })
    #expect(refused { $0.subchannels[0].paths = [0, 1, 2] })
    // Twice the same number.
    #expect(refused { $0.subchannels.append($0.subchannels[0]) })
  }
}
