import Foundation
import Quantities
import Testing

@testable import Channels

/// A subsystem with two paths to two devices; partitions 0 and 1 have both devices, 2 has none.
func subsystem(
  rate: UInt64 = 512_000_000, pathLatency: UInt64 = 1000, deviceLatency: UInt64 = 10_000,
  isShared: Bool = true, access: [Int]? = nil, preferred: Int? = nil,
  diskByteLimit: UInt64 = 1 << 30
) throws -> ChannelSubsystem {
  let paths = [UInt8(0x10), 0x11].map {
    ChannelConfiguration.Path(
      number: $0, isShared: isShared, accessPartitions: access ?? (isShared ? [0, 1] : [0]),
      candidatePartitions: [0, 1], bytesPerSecond: rate, latencyNanoseconds: pathLatency)
  }
  let devices = [UInt16(0x200), 0x201].map {
    ChannelConfiguration.Device(
      number: $0, paths: [0, 1], preferredPath: preferred, medium: .scratch(byteCount: 1 << 20),
      bytesPerSecond: rate, latencyNanoseconds: deviceLatency)
  }
  var assignments: [ChannelConfiguration.Assignment] = []
  for partition in 0...1 {
    for device in 0...1 {
      assignments.append(
        ChannelConfiguration.Assignment(
          partition: partition, virtualDevice: UInt16(0x100 + device), device: device))
    }
  }
  let subsystem = try ChannelSubsystem(
    ChannelConfiguration(
      partitionCount: 3, paths: paths, devices: devices, assignments: assignments,
      diskByteLimit: diskByteLimit))
  for partition in 0...2 { subsystem.activate(partition) }
  return subsystem
}

/// A subsystem with a path to one device, partition 0's, whose blocks are a file's.
func subsystem(file: String, isWritable: Bool) throws -> ChannelSubsystem {
  let subsystem = try ChannelSubsystem(
    ChannelConfiguration(
      partitionCount: 1, paths: [ChannelConfiguration.Path(number: 1, accessPartitions: [0])],
      devices: [
        ChannelConfiguration.Device(
          number: 0x100, paths: [0], medium: .file(path: file, writable: isWritable))
      ],
      assignments: [
        ChannelConfiguration.Assignment(partition: 0, virtualDevice: 0x100, device: 0)
      ]))
  subsystem.activate(0)
  return subsystem
}

func read(
  _ partition: Int, _ device: UInt16, block: UInt64 = 0, bytes: Int = 512, tag: UInt64,
  at time: SimulatedTime = 0
) -> ChannelRequest {
  ChannelRequest(
    partition: partition, device: device, kind: .read, firstBlock: block, byteCount: bytes,
    tag: tag, issued: time)
}

func write(
  _ partition: Int, _ device: UInt16, block: UInt64, _ data: [UInt8], tag: UInt64,
  at time: SimulatedTime = 0
) -> ChannelRequest {
  ChannelRequest(
    partition: partition, device: device, kind: .write, firstBlock: block, data: data,
    byteCount: data.count, tag: tag, issued: time)
}

/// Oracle for times: device latency + path latency + bytes / rate, by hand (512 bytes = 1,000 ns).
@Suite struct ChannelSubsystemTests {
  @Test func requestTakesItsTime() throws {
    let channels = try subsystem()
    channels.start(read(0, 0x100, tag: 7, at: 500))
    #expect(channels.nextCompletion == 500)
    #expect(channels.takeCompletions(upTo: 12_499).isEmpty)
    let ended = channels.takeCompletions(upTo: 12_500)
    #expect(
      ended == [
        ChannelCompletion(
          partition: 0, device: 0x100, tag: 7, status: .ok, data: [UInt8](repeating: 0, count: 512),
          at: 12_500)
      ])
    #expect(channels.nextCompletion == nil)
  }

  @Test func slowerOfPathAndDeviceCounts() throws {
    let channels = try subsystem(rate: 3, pathLatency: 0, deviceLatency: 0)
    channels.start(read(0, 0x100, tag: 1))
    // 512 bytes at 3 a second, rounded up to the nanosecond.
    #expect(channels.takeCompletions(upTo: .max >> 1).map(\.at) == [170_666_666_667])
  }

  @Test func whatIsWrittenIsRead() throws {
    let channels = try subsystem()
    let data = (0..<1024).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    channels.start(write(0, 0x100, block: 127, data, tag: 1))
    channels.start(read(1, 0x100, block: 126, bytes: 2048, tag: 2, at: 1))
    let ended = channels.takeCompletions(upTo: 1_000_000)
    #expect(ended.map(\.tag) == [1, 2])
    #expect(
      ended[1].data == [UInt8](repeating: 0, count: 512) + data
        + [UInt8](repeating: 0, count: 512))
  }

  @Test func oneBlockIsWrittenAgainAndAgainInTheTimeOfAll() throws {
    let channels = try subsystem()
    let block = (0..<512).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    var same = write(0, 0x100, block: 4, block, tag: 1)
    (same.byteCount, same.isRepeated) = (3 * 512, true)
    channels.start(same)
    channels.start(read(1, 0x100, block: 3, bytes: 5 * 512, tag: 2, at: 1))
    // A write that carries more or less than it has to.
    for (tag, data) in [(UInt64(3), block + block), (4, [])] {
      same.tag = tag
      same.data = data
      channels.start(same)
    }
    let ended = channels.takeCompletions(upTo: 1_000_000)
    let (first, second) = (ended.first { $0.tag == 1 }, ended.first { $0.tag == 2 })
    #expect(first?.at == 14_000 && first?.status == .ok)
    let zeroes = [UInt8](repeating: 0, count: 512)
    #expect(second?.data == zeroes + block + block + block + zeroes)
    #expect(ended.filter { $0.tag > 2 }.map(\.status) == [.ioError, .ioError])
  }

  @Test func oneDeviceServesOneRequestATimeInOrder() throws {
    let channels = try subsystem()
    for tag in 0..<3 { channels.start(read(0, 0x100, tag: UInt64(tag))) }
    let ended = channels.takeCompletions(upTo: 1_000_000)
    #expect(ended.map(\.tag) == [0, 1, 2])
    // While 2 us of the data of one move, the device works at the next, which takes 8 more then.
    #expect(ended.map(\.at) == [12_000, 22_000, 32_000])
  }

  @Test func twoDevicesShareTwoPathsByRotation() throws {
    let channels = try subsystem()
    for round in 0..<4 {
      channels.start(read(0, 0x100, tag: UInt64(round), at: UInt64(round) * 100_000))
      _ = channels.takeCompletions(upTo: UInt64(round) * 100_000 + 99_999)
    }
    #expect(channels.pathViews().map(\.measurement.requestCount) == [2, 2])
    #expect(channels.pathViews().map(\.measurement.busyNanoseconds) == [4000, 4000])
  }

  @Test func preferredPathIsTakenWhenItIsFree() throws {
    let channels = try subsystem(preferred: 1)
    for round in 0..<4 {
      channels.start(read(0, 0x100, tag: UInt64(round), at: UInt64(round) * 100_000))
      _ = channels.takeCompletions(upTo: UInt64(round) * 100_000 + 99_999)
    }
    #expect(channels.pathViews().map(\.measurement.requestCount) == [0, 4])
  }

  @Test func busyPathMakesTheSecondDeviceWait() throws {
    let channels = try subsystem()
    channels.vary(path: 0x11, online: false)
    channels.start(read(0, 0x100, tag: 1))
    channels.start(read(1, 0x101, tag: 2))
    let ended = channels.takeCompletions(upTo: 1_000_000)
    #expect(ended.map(\.at) == [12_000, 14_000])
    let second = try #require(channels.subchannel(of: 1, device: 0x101)).measurement
    #expect(second.disconnectNanoseconds == 10_000)
    #expect(second.connectNanoseconds == 2000)
    #expect(second.pendNanoseconds == 2000)
    #expect(second.controlUnitQueueNanoseconds == 2000)
  }

  @Test func completionsAreOrderedByTimePartitionAndTag() throws {
    let channels = try subsystem()
    channels.start(read(1, 0x999, tag: 5))
    channels.start(read(0, 0x999, tag: 9))
    channels.start(read(0, 0x999, tag: 3))
    let ended = channels.takeCompletions(upTo: 0)
    #expect(ended.map(\.tag) == [3, 9, 5])
    #expect(ended.allSatisfy { $0.status == .notOperational })
  }

  @Test(arguments: [
    (UInt64(2048), 512), (2047, 1024), (0, 0), (0, 513), (0, 8 << 20), (1 << 60, 512),
  ])
  func requestsBeyondTheDeviceEndInAnError(block: UInt64, bytes: Int) throws {
    let channels = try subsystem()
    channels.start(read(0, 0x100, block: block, bytes: bytes, tag: 1))
    #expect(channels.takeCompletions(upTo: 1_000_000).map(\.status) == [.ioError])
  }

  /// A partition knows a device by its own number of it, and by no other.
  @Test func nobodyReachesADeviceByItsRealNumber() throws {
    let channels = try subsystem()
    channels.start(read(2, 0x200, tag: 1))
    channels.start(read(0, 0x200, tag: 2))
    channels.start(read(0, 0x100, tag: 3))
    #expect(
      channels.takeCompletions(upTo: 1_000_000).map(\.status)
        == [.notOperational, .notOperational, .ok])
  }

  @Test func scratchMemoryIsBounded() throws {
    let channels = try subsystem(diskByteLimit: UInt64(DiskDevice.chunkByteCount))
    let block = [UInt8](repeating: 1, count: 512)
    channels.start(write(0, 0x100, block: 0, block, tag: 1))
    channels.start(write(0, 0x100, block: 1, block, tag: 2))
    channels.start(write(0, 0x100, block: 200, block, tag: 3))
    #expect(
      channels.takeCompletions(upTo: 1_000_000).map(\.status) == [.ok, .ok, .ioError])
  }

  @Test func stateSavedInFlightGoesOnAlike() throws {
    let original = try subsystem()
    for tag in 0..<20 {
      let data = [UInt8](repeating: UInt8(tag), count: 512)
      original.start(
        write(tag % 2, UInt16(0x100 + tag / 2 % 2), block: UInt64(tag), data, tag: UInt64(tag)))
    }
    _ = original.takeCompletions(upTo: 30_500)
    original.configure(path: 0x10, for: 0, online: false)
    let saved = try JSONEncoder().encode(original.saveState())
    let copy = try subsystem()
    try copy.restoreState(JSONDecoder().decode(ChannelSubsystemState.self, from: saved))
    #expect(copy.saveState() == original.saveState())
    #expect(copy.takeCompletions(upTo: 9_000_000) == original.takeCompletions(upTo: 9_000_000))
    #expect(copy.saveState() == original.saveState())
  }

  @Test("a saved state that is none of this machine's is refused, and nothing is changed")
  func foreignState() throws {
    let original = try subsystem()
    original.start(write(0, 0x100, block: 1, [UInt8](repeating: 7, count: 512), tag: 1))
    _ = original.takeCompletions(upTo: 9_000_000)
    let changes: [(inout ChannelSubsystemState) -> Void] = [
      { $0.activity.paths.elements = [] }, { $0.activity.paths[0].configured = [] },
      { $0.activity.devices.elements = [] }, { $0.activity.isActive.elements = [] },
      { $0.activity.wasActivated.elements = [] }, { $0.disks = [] },
      { $0.activity.subchannels[0].preferred = 99 }, { $0.activity.subchannels[0].paths = [] },
    ]
    let copy = try subsystem()
    let before = copy.saveState()
    for change in changes {
      var state = original.saveState()
      change(&state)
      #expect(throws: StateRefusal.otherLayout(kind: "channels", what: "I/O configuration")) {
        try copy.restoreState(state)
      }
    }
    #expect(copy.saveState() == before)
  }

  @Test("a saved state in which a request is nowhere, or twice, is refused")
  func stateOfWrongNumbers() throws {
    let original = try subsystem()
    for tag in 0..<4 as Range<UInt64> {
      original.start(write(0, 0x100, block: 1, [UInt8](repeating: 7, count: 512), tag: tag))
    }
    _ = original.takeCompletions(upTo: 1000)
    let changes: [(inout ChannelSubsystemState) -> Void] = [
      { $0.activity.slots[0].subchannel = 99 }, { $0.activity.slots[0].path = 99 },
      { $0.activity.slots[0].isUsed = false }, { $0.activity.freeSlots = [99] },
      { $0.activity.devices[0].queue.append(99) }, { $0.activity.devices[0].current = nil },
      { $0.activity.devices[1].queue = [$0.activity.devices[0].current ?? 0] },
      { $0.activity.subchannels[0].waiting.append(99) },
      { $0.activity.subchannels[1].waiting = $0.activity.subchannels[0].waiting },
      { $0.activity.subchannels[0].word.request = nil },
      { $0.activity.subchannels[1].word = $0.activity.subchannels[0].word },
      { $0.activity.slots[0].selected = 99 },
      { $0.activity.paths[0].moving = [0] },
    ]
    for change in changes {
      var state = original.saveState()
      change(&state)
      #expect(throws: StateRefusal.inconsistent(kind: "channels", what: "a request")) {
        try subsystem().restoreState(state)
      }
    }
  }

  @Test("numbers in a saved state that name nothing end nothing")
  func harmlessNumbers() throws {
    let original = try subsystem()
    original.start(write(0, 0x100, block: 1, [UInt8](repeating: 7, count: 512), tag: 1))
    let saved = try JSONEncoder().encode(StateEnvelope(original.saveState()))
    let text = String(decoding: saved, as: UTF8.self)
      .replacing(/"(slot|rotation)":\d+/) { "\"\($0.1)\":99" }
    let copy = try subsystem()
    try copy.restoreState(
      JSONDecoder().decode(
        StateEnvelope<ChannelSubsystemState>.self, from: Data(text.utf8)
      ).state)
    #expect(copy.takeCompletions(upTo: 9_000_000).isEmpty)
    copy.start(write(0, 0x100, block: 1, [UInt8](repeating: 7, count: 512), tag: 2))
    #expect(copy.takeCompletions(upTo: 90_000_000).map(\.tag) == [2])
  }

  @Test func everyPropertyHasARole() throws {
    let channels = try subsystem()
    #expect(channels.misplacedProperties == [])
    #expect(channels.hardware.disks.flatMap(\.misplacedProperties) == [])
    #expect(channels.hardware.diskMemory.misplacedProperties == [])
  }

  @Test func fileIsCopiedOnWriteUnlessWritable() throws {
    let path = NSTemporaryDirectory() + "endicott-\(UUID().uuidString).img"
    try Data(repeating: 0x41, count: 100_352).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    for isWritable in [false, true] {
      let channels = try subsystem(file: path, isWritable: isWritable)
      channels.start(write(0, 0x100, block: 195, [UInt8](repeating: 0x42, count: 512), tag: 1))
      channels.start(
        ChannelRequest(
          partition: 0, device: 0x100, kind: .flush, firstBlock: 0, byteCount: 0, tag: 2,
          issued: 1))
      channels.start(read(0, 0x100, block: 194, bytes: 1024, tag: 3, at: 2))
      let ended = channels.takeCompletions(upTo: 1_000_000_000)
      #expect(ended.map(\.status) == [.ok, .ok, .ok])
      #expect(
        ended[2].data == [UInt8](repeating: 0x41, count: 512) + [UInt8](repeating: 0x42, count: 512)
      )
      let file = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(file[99_840] == (isWritable ? 0x42 : 0x41))
    }
  }

  @Test func missingFileIsNamed() {
    #expect(
      throws: ChannelError.fileUnusable(
        device: 0x200, path: "/nowhere.img", reason: "No such file or directory")
    ) {
      try ChannelSubsystem(
        ChannelConfiguration(
          partitionCount: 1,
          devices: [
            ChannelConfiguration.Device(
              number: 0x200, paths: [], medium: .file(path: "/nowhere.img", writable: false))
          ]))
    }
  }
}
