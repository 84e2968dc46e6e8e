import Testing

@testable import Channels

/// Paths go and come while requests are under way: nothing is lost, and the order is the same.
@Suite struct PathReconfigurationTests {
  @Test func withoutAPathRequestsWaitAndGoOn() throws {
    let channels = try subsystem()
    channels.configure(path: 0x10, for: 0, online: false)
    channels.configure(path: 0x11, for: 0, online: false)
    channels.start(read(0, 0x100, tag: 1))
    channels.start(read(1, 0x100, tag: 2, at: 5))
    #expect(channels.takeCompletions(upTo: 1_000_000).map(\.tag) == [2])
    #expect(channels.requests(of: 0) == (outstanding: 1, withoutPath: 1))
    #expect(channels.nextCompletion == nil)
    channels.configure(path: 0x11, for: 0, online: true)
    #expect(channels.takeCompletions(upTo: 2_000_000).map(\.at) == [1_012_000])
    let counted = try #require(channels.subchannel(of: 0, device: 0x100)).measurement
    #expect([counted.ioQueueNanoseconds, counted.pendNanoseconds] == [1_000_000, 0])
  }

  /// Ways in which a path comes back.
  enum Comeback: CaseIterable {
    case configured
    case varied
    case variedForTheDevice
    case repaired

    func set(_ isThere: Bool, _ channels: ChannelSubsystem, at time: SimulatedTime) {
      switch self {
      case .configured: channels.configure(path: 0x11, for: 0, online: isThere, at: time)
      case .varied: channels.vary(path: 0x11, online: isThere, at: time)
      case .variedForTheDevice:
        channels.vary(path: 0x11, device: 0x100, of: 0, online: isThere, at: time)
      case .repaired: channels.setOperational(path: 0x11, isThere, at: time)
      }
    }
  }

  /// Oracle: a start without a path has condition code 3 (prsm.md 3.2): until one comes the request waits before
  /// its start, which RMF counts as IOSQ, and not as pend.
  @Test(
    "a request that waited for a path while nothing happened waited at its subchannel until the path came back",
    arguments: Comeback.allCases)
  func pendTimeOfAQuietTime(comeback: Comeback) throws {
    let channels = try subsystem()
    channels.configure(path: 0x10, for: 0, online: false)
    comeback.set(false, channels, at: 0)
    channels.start(read(0, 0x100, tag: 1, at: 1_000))
    #expect(channels.takeCompletions(upTo: 1_000).isEmpty)
    #expect(channels.nextCompletion == nil)
    comeback.set(true, channels, at: 7_001_000)
    #expect(channels.takeCompletions(upTo: 8_000_000).map(\.at) == [7_013_000])
    let counted = try #require(channels.subchannel(of: 0, device: 0x100)).measurement
    #expect([counted.ioQueueNanoseconds, counted.pendNanoseconds] == [7_000_000, 0])
  }

  /// Oracle: the same requests without the partition that is reset.
  @Test(
    "what another partition's end leaves free goes on from that time; what ended before did so before",
    arguments: [false, true])
  func resetInTheMiddle(isDeactivated: Bool) throws {
    let channels = try subsystem()
    channels.start(read(1, 0x101, tag: 7))
    channels.start(read(0, 0x100, bytes: 512_000, tag: 1, at: 20_000))
    channels.start(read(1, 0x100, tag: 2, at: 20_001))
    // Nothing has been taken yet when the partition goes.
    if isDeactivated {
      channels.deactivate(0, at: 500_000)
    } else {
      channels.reset(0, at: 500_000)
    }
    let ended = channels.takeCompletions(upTo: 1_000_000)
    #expect(ended.map(\.tag) == [7, 2])
    #expect(ended.map(\.at) == [12_000, 512_000])
  }

  /// A rehearsal has the machine's disks.
  @Test func aRehearsedActMovesNoData() throws {
    let channels = try subsystem()
    channels.start(write(0, 0x100, block: 0, [UInt8](repeating: 9, count: 512), tag: 1))
    let before = channels.saveState()
    channels.rehearsal().configure(path: 0x10, for: 0, online: false, at: 1_000_000)
    #expect(channels.saveState() == before)
  }

  @Test(arguments: [0, 1, 2])
  func requestMovesToTheOtherPath(how: Int) throws {
    let channels = try subsystem()
    channels.start(write(0, 0x100, block: 3, [UInt8](repeating: 9, count: 512), tag: 1))
    #expect(channels.takeCompletions(upTo: 11_000).isEmpty)
    #expect(channels.pathViews().map(\.isBusy) == [true, false])
    switch how {
    case 0: channels.configure(path: 0x10, for: 0, online: false)
    case 1: channels.vary(path: 0x10, online: false)
    default: channels.setOperational(path: 0x10, false)
    }
    #expect(channels.pathViews().map(\.isBusy) == [false, true])
    #expect(channels.takeCompletions(upTo: 1_000_000).map(\.at) == [13_000])
    channels.start(read(0, 0x100, block: 3, tag: 2, at: 1_000_000))
    #expect(
      channels.takeCompletions(upTo: 2_000_000).map(\.data) == [[UInt8](repeating: 9, count: 512)])
  }

  @Test func lastPathInTheMiddleOfATransferWaitsAndCompletesOnce() throws {
    let channels = try subsystem()
    channels.configure(path: 0x11, for: 0, online: false)
    channels.start(read(0, 0x100, tag: 1))
    #expect(channels.takeCompletions(upTo: 11_000).isEmpty)
    channels.configure(path: 0x10, for: 0, online: false)
    #expect(channels.takeCompletions(upTo: 50_000).isEmpty)
    channels.configure(path: 0x10, for: 0, online: true)
    #expect(channels.takeCompletions(upTo: 1_000_000).map(\.at) == [62_000])
    #expect(channels.takeCompletions(upTo: 9_000_000).isEmpty)
  }

  /// Oracle: by hand, 10 us at the device and 1,001 us on the path that each begins on.
  @Test("a path that closes ends what moves there for everybody, and takes nothing more")
  func closing() throws {
    let channels = try subsystem()
    channels.configure(path: 0x11, for: 0, online: false)
    channels.start(read(0, 0x100, bytes: 512_000, tag: 1))
    _ = channels.takeCompletions(upTo: 20_000)
    channels.start(read(1, 0x101, tag: 2, at: 20_000))
    #expect(channels.close(path: 0x10, at: 20_000))
    // The other's request has reached the control unit there, and its device works.
    #expect(channels.busyDevices(onPath: 0x10).map(\.partition) == [0, 1])
    #expect(channels.subchannel(of: 1, device: 0x101)?.available == 0x40)
    // A reset of one takes nothing from the other.
    channels.reset(1, at: 30_000)
    #expect(channels.busyDevices(onPath: 0x10).map(\.partition) == [0])
    channels.start(read(1, 0x101, tag: 3, at: 30_000))
    let ended = channels.takeCompletions(upTo: 2_000_000)
    #expect(ended.map(\.tag) == [3, 1])
    #expect(ended.map(\.at) == [42_000, 1_011_000])
    #expect(channels.pathViews().map(\.measurement.requestCount) == [1, 1])
    #expect(channels.busyDevices(onPath: 0x10).isEmpty)
    #expect(!channels.close(path: 0x10, at: 2_000_000))
  }

  /// Oracle: PR/SM, a reconfigurable path must be off line in its owner before another takes it (prsm.md 3.1).
  @Test(
    "a path that goes off line and moves data still is its owner's, whoever is activated or asks")
  func leavingIsHeld() throws {
    let channels = try subsystem(isShared: false, access: [0, 1])
    channels.start(read(0, 0x100, bytes: 512_000, tag: 1))
    _ = channels.takeCompletions(upTo: 20_000)
    #expect(channels.quiesce(path: 0x10, for: 0, at: 20_000))
    #expect(channels.owner(ofPath: 0x10, besides: 1) == 0)
    channels.deactivate(1, at: 30_000)
    channels.activate(1, at: 40_000)
    #expect(channels.paths(of: 1).map(\.isOnline) == [false, false])
    #expect(channels.takeCompletions(upTo: 2_000_000).map(\.at) == [1_011_000])
    channels.configure(path: 0x10, for: 0, online: false, at: 2_000_000)
    channels.activate(1, at: 2_000_000)
    #expect(channels.paths(of: 1).map(\.isOnline) == [true, false])
  }

  @Test func masksSayWhyAPathIsNotUsed() throws {
    let channels = try subsystem()
    channels.configure(path: 0x10, for: 0, online: false)
    channels.setOperational(path: 0x11, false)
    channels.vary(path: 0x11, device: 0x100, of: 1, online: false)
    let view = try #require(channels.subchannel(of: 0, device: 0x100))
    #expect(view.paths == [0x10, 0x11])
    #expect(
      [view.installed, view.available, view.operational, view.logical] == [0xC0, 0x40, 0x80, 0xC0])
    #expect(view.usable == 0)
    #expect(channels.subchannel(of: 1, device: 0x100)?.logical == 0x80)
    #expect(channels.subchannel(of: 1, device: 0x101)?.usable == 0x80)
  }

  @Test func lastPathIsKnownBeforeItGoes() throws {
    let channels = try subsystem()
    #expect(channels.lastPathDevices(0x10, for: 0).isEmpty)
    channels.configure(path: 0x11, for: 0, online: false)
    #expect(channels.lastPathDevices(0x10, for: 0).map(\.virtualDevice) == [0x100, 0x101])
    #expect(channels.lastPathDevices(0x10, for: 1).isEmpty)
    #expect(channels.lastPathDevices(0x10, for: nil).map(\.partition) == [0, 0])
    channels.deactivate(0)
    #expect(channels.lastPathDevices(0x10, for: nil).isEmpty)
  }

  @Test func pathStaysAsItWasConfiguredOverADeactivation() throws {
    let channels = try subsystem()
    channels.configure(path: 0x11, for: 0, online: false)
    channels.deactivate(0)
    channels.activate(0)
    #expect(channels.paths(of: 0).map(\.isOnline) == [true, false])
  }

  @Test func unsharedPathBelongsToOneAtATime() throws {
    let channels = try subsystem(isShared: false)
    #expect(channels.owner(ofPath: 0x10, besides: 1) == 0)
    #expect(channels.paths(of: 1).map(\.isOnline) == [false, false])
    channels.configure(path: 0x10, for: 0, online: false)
    #expect(channels.owner(ofPath: 0x10, besides: 1) == nil)
    channels.configure(path: 0x10, for: 1, online: true)
    channels.deactivate(0)
    channels.activate(0)
    #expect(channels.paths(of: 0).map(\.isOnline) == [false, true])
  }

  @Test func strangersCannotConfigure() throws {
    let channels = try subsystem()
    #expect(!channels.configure(path: 0x10, for: 2, online: true))
    #expect(!channels.configure(path: 0x99, for: 0, online: true))
    #expect(!channels.vary(path: 0x99, online: false))
  }

  @Test func resetForgetsThatPartitionsRequestsOnly() throws {
    let channels = try subsystem()
    for tag in 0..<4 { channels.start(read(tag % 2, 0x100, tag: UInt64(tag))) }
    #expect(channels.takeCompletions(upTo: 11_500).isEmpty)
    channels.reset(0)
    #expect(channels.takeCompletions(upTo: 1_000_000).map(\.tag) == [1, 3])
    #expect(channels.requests(of: 0) == (outstanding: 0, withoutPath: 0))
  }

  /// Thousands of requests while paths go and come at random: each ends once, and data is whole.
  @Test func nothingIsLostUnderChange() throws {
    let channels = try subsystem()
    var random: UInt64 = 42
    func next(_ bound: UInt64) -> UInt64 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (random >> 33) % bound
    }
    var ended: [UInt64: ChannelStatus] = [:]
    var lastWritten: [UInt64: UInt8] = [:]
    var time: SimulatedTime = 0
    var tag: UInt64 = 0
    for step in 0..<5000 {
      time += next(8000)
      for completion in channels.takeCompletions(upTo: time) {
        #expect(ended.updateValue(completion.status, forKey: completion.tag) == nil)
      }
      switch next(6) {
      case 0:
        channels.configure(path: UInt8(0x10 + next(2)), for: Int(next(2)), online: next(2) == 0)
      case 1: channels.vary(path: UInt8(0x10 + next(2)), online: next(3) != 0)
      case 2: channels.setOperational(path: UInt8(0x10 + next(2)), next(3) != 0)
      default:
        let block = next(64)
        let value = UInt8(truncatingIfNeeded: step)
        channels.start(
          write(0, 0x100, block: block, [UInt8](repeating: value, count: 512), tag: tag, at: time))
        lastWritten[block] = value
        tag += 1
      }
    }
    for path in [UInt8(0x10), 0x11] {
      channels.vary(path: path, online: true)
      channels.setOperational(path: path, true)
      channels.configure(path: path, for: 0, online: true)
    }
    for completion in channels.takeCompletions(upTo: time + (1 << 40)) {
      #expect(ended.updateValue(completion.status, forKey: completion.tag) == nil)
    }
    #expect(ended.count == Int(tag))
    #expect(ended.values.allSatisfy { $0 == .ok })
    for (block, value) in lastWritten {
      channels.start(read(0, 0x100, block: block, tag: tag, at: channels.clock))
      let completions = channels.takeCompletions(upTo: channels.clock + (1 << 30))
      #expect(completions.first?.data == [UInt8](repeating: value, count: 512))
    }
  }
}
