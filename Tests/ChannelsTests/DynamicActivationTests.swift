import Foundation
import Quantities
import Testing

@testable import Channels

/// Another configuration while requests are under way.
///
/// Oracle: the same subsystem that is left as it is, for what stays; times by hand, as in
/// `ChannelSubsystemTests`, for what does not.
@Suite("Another I/O configuration while requests are under way")
struct DynamicActivationTests {
  /// The configuration of `subsystem()` with a path and a device before those that it has, so that all numbers
  /// are others.
  private func wider(_ configuration: ChannelConfiguration) -> ChannelConfiguration {
    var next = configuration
    next.paths.insert(
      ChannelConfiguration.Path(number: 0x01, accessPartitions: [0], candidatePartitions: [0]),
      at: 0)
    next.devices =
      [
        ChannelConfiguration.Device(number: 0x100, paths: [0], medium: .scratch(byteCount: 4096))
      ]
      + configuration.devices.map { device in
        var device = device
        device.paths = device.paths.map { $0 + 1 }
        return device
      }
    for index in next.assignments.indices { next.assignments[index].device += 1 }
    return next
  }

  private func load(_ channels: ChannelSubsystem) {
    channels.vary(path: 0x11, device: 0x101, of: 1, online: false)
    channels.configure(path: 0x10, for: 1, online: false)
    for tag in 0..<24 {
      let data = [UInt8](repeating: UInt8(tag), count: 4096)
      channels.start(
        write(tag % 2, UInt16(0x100 + tag / 2 % 2), block: UInt64(tag), data, tag: UInt64(tag)))
    }
    _ = channels.takeCompletions(upTo: 30_500)
  }

  @Test("what stays goes on to the bit, whatever its number is now")
  func whatStays() throws {
    let plain = try subsystem()
    let changed = try subsystem()
    for channels in [plain, changed] { load(channels) }
    let next = try changed.hardware(for: wider(changed.configuration))
    #expect(changed.strandedDevices(by: next).isEmpty)
    #expect(changed.lostWays(by: next).isEmpty)
    changed.take(next, at: 30_500)
    #expect(changed.pathViews().map(\.number) == [0x01, 0x10, 0x11])
    #expect(changed.deviceViews().map(\.number) == [0x100, 0x200, 0x201])
    // Nobody has the path that came before somebody configures it.
    #expect(changed.pathView(0x01)?.partitions == [])
    #expect(plain.subchannels(of: 0) == changed.subchannels(of: 0))
    let middle = (
      plain.takeCompletions(upTo: 200_000), changed.takeCompletions(upTo: 200_000)
    )
    #expect(middle.0 == middle.1)
    for channels in [plain, changed] {
      channels.vary(path: 0x11, device: 0x101, of: 1, online: true)
      channels.start(read(0, 0x101, tag: 99, at: 200_000))
    }
    #expect(
      plain.takeCompletions(upTo: 9_000_000) == changed.takeCompletions(upTo: 9_000_000))
    for partition in 0...1 {
      #expect(plain.subchannels(of: partition) == changed.subchannels(of: partition))
      var (one, other): ([UInt64], [UInt64]) = ([], [])
      plain.forEachHistoryWord(of: partition) { one.append($0) }
      changed.forEachHistoryWord(of: partition) { other.append($0) }
      #expect(one == other)
    }
    #expect(plain.requestByteCount == changed.requestByteCount)
    #expect(plain.diskByteCount() == changed.diskByteCount())
  }

  @Test(
    "masks are said of paths, not of places: what is said of one that stays is still said of it")
  func masks() throws {
    let channels = try subsystem()
    channels.vary(path: 0x11, device: 0x100, of: 0, online: false)
    channels.start(read(0, 0x100, tag: 1))
    _ = channels.takeCompletions(upTo: 1_000_000)
    #expect(channels.subchannel(of: 0, device: 0x100)?.lastUsed == 0x80)
    var next = channels.configuration
    for index in next.devices.indices { next.devices[index].paths = [1, 0] }
    channels.take(try channels.hardware(for: next), at: 1_000_000)
    let view = try #require(channels.subchannel(of: 0, device: 0x100))
    #expect(view.paths == [0x11, 0x10])
    #expect([view.installed, view.available, view.operational] == [0xC0, 0xC0, 0xC0])
    #expect([view.logical, view.lastUsed, view.usable] == [0x40, 0x40, 0x40])
    #expect(view.measurement.requestCount == 1)
  }

  @Test("a path that goes takes nothing with it: the request moves again on another")
  func pathGoes() throws {
    let channels = try subsystem()
    channels.start(write(0, 0x100, block: 3, [UInt8](repeating: 9, count: 512), tag: 1))
    #expect(channels.takeCompletions(upTo: 11_000).isEmpty)
    #expect(channels.pathViews().map(\.isBusy) == [true, false])
    var next = channels.configuration
    next.paths.removeFirst()
    for index in next.devices.indices { next.devices[index].paths = [0] }
    let hardware = try channels.hardware(for: next)
    #expect(channels.lostWays(by: hardware).map(\.path) == [0x10, 0x10, 0x10, 0x10])
    for partition in 0...1 {
      channels.configure(path: 0x10, for: partition, online: false, at: 11_500)
    }
    #expect(channels.lostWays(by: hardware).isEmpty)
    channels.take(hardware, at: 11_500)
    #expect(channels.takeCompletions(upTo: 1_000_000).map(\.at) == [13_500])
    channels.start(read(0, 0x100, block: 3, tag: 2, at: 1_000_000))
    #expect(
      channels.takeCompletions(upTo: 2_000_000).map(\.data) == [[UInt8](repeating: 9, count: 512)])
  }

  @Test("a device that would have no path is named, and so is one whose only paths are off line")
  func stranded() throws {
    let channels = try subsystem()
    var next = channels.configuration
    next.devices[0].paths = []
    next.devices[1].paths = [1]
    channels.configure(path: 0x11, for: 0, online: false)
    let stranded = channels.strandedDevices(by: try channels.hardware(for: next))
    #expect(stranded.map(\.partition) == [0, 0, 1])
    #expect(stranded.map(\.virtualDevice) == [0x100, 0x101, 0x100])
    channels.deactivate(0)
    #expect(
      channels.strandedDevices(by: try channels.hardware(for: next)).map(\.partition) == [1])
  }

  @Test("a partition that is not active has what it is defined with, where that is now")
  func inactive() throws {
    let channels = try subsystem()
    channels.deactivate(1)
    var next = channels.configuration
    next.devices[0].paths = [1]
    next.assignments.removeLast()
    channels.take(try channels.hardware(for: next), at: 0)
    #expect(channels.subchannels(of: 1).map(\.virtualDevice) == [0x100])
    #expect(channels.subchannels(of: 1).map(\.paths) == [[0x11]])
    #expect(channels.subchannels(of: 0).map(\.paths) == [[0x11], [0x10, 0x11]])
  }

  @Test("a state of another configuration is put back with it, and refused without")
  func state() throws {
    let original = try subsystem()
    load(original)
    original.take(try original.hardware(for: wider(original.configuration)), at: 30_500)
    let state = original.saveState()
    let copy = try subsystem()
    #expect(throws: StateRefusal.otherLayout(kind: "channels", what: "I/O configuration")) {
      try copy.restoreState(state)
    }
    try copy.restoreState(state, in: try copy.hardware(for: wider(copy.configuration)))
    #expect(copy.saveState() == state)
    #expect(copy.takeCompletions(upTo: 9_000_000) == original.takeCompletions(upTo: 9_000_000))
  }

  @Test("what was written to a disk that goes takes no memory; a rehearsal lets the disk alone")
  func memory() throws {
    let channels = try subsystem()
    channels.start(write(0, 0x101, block: 0, [UInt8](repeating: 9, count: 512), tag: 1))
    _ = channels.takeCompletions(upTo: 1_000_000)
    let held = channels.diskByteCount()
    #expect(held > 0)
    for partition in 0...1 { channels.detach(0x101, from: partition, at: 1_000_000) }
    var next = channels.configuration
    next.devices.removeLast()
    next.assignments.removeAll { $0.device == 1 }
    let rehearsal = channels.rehearsal()
    rehearsal.take(try rehearsal.hardware(for: next), at: 1_000_000)
    #expect(rehearsal.deviceViews().count == 1)
    #expect(channels.diskByteCount() == held)
    channels.take(try channels.hardware(for: next), at: 1_000_000)
    #expect(channels.diskByteCount() == 0)
  }

  @Test("the same number of two devices is told apart by who may have them")
  func sameNumber() {
    let before = ["A1", "B1", "B2", "C1"]
    let after = ["B2", "C9", "B1", "D1"]
    let pairs = ObjectPairs(
      from: before, to: after, name: { $0.prefix(1) }, isAlike: { $0 == $1 })
    #expect(pairs.earlier == [2, 3, 1, nil])
    #expect(pairs.later == [nil, 2, 0, 1])
  }
}
