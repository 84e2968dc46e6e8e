import Quantities

/// A channel path in operation.
struct ChannelPath: Equatable, Sendable, Codable {
  /// Varied on line for the whole machine.
  var isOnline = true
  /// Varied off line, it ends what is under way there first.
  @Added var isClosing = false
  /// Reaches its control units; an injected failure clears it (POM).
  var isOperational = true
  /// One bit a partition: configured on line (PAM).
  var configured: [UInt64]
  /// Partitions for which it goes off line when what is under way there has ended.
  @Added var quiescing: [Int] = []
  /// Slots of the requests whose data it moves.
  var moving: [Int] = []
  /// Whose turn it is.
  @Added var turns = FairTurns()
  /// Bytes a second at which it moves them together.
  private var movingRate: UInt64 = 0
  var measurement = PathMeasurement()

  init(partitionCount: Int) {
    configured = [UInt64](repeating: 0, count: max(0, partitionCount) / 64 &+ 1)
  }

  /// Whether it is configured on line to a partition.
  func isConfigured(_ partition: Int) -> Bool {
    (configured.element(at: partition / 64) ?? 0) >> (partition % 64) & 1 == 1
  }

  /// Whether a partition has it, or has something under way there that is to end before it is another's.
  func isHeld(by partition: Int) -> Bool {
    isConfigured(partition) || quiescing.contains(partition)
  }

  /// Configures it on or off line to a partition.
  mutating func setConfigured(_ partition: Int, _ isOn: Bool) {
    let bit: UInt64 = 1 << (partition % 64)
    configured.change(at: partition / 64) { if isOn { $0 |= bit } else { $0 &= ~bit } }
  }

  /// Whether it, who can move so many bytes a second, has room for a rate beside what it moves now.
  func hasRoom(for rate: UInt64, of capacity: UInt64) -> Bool {
    moving.isEmpty || movingRate.addingClamped(rate) <= capacity
  }

  /// Begins to move a request's data.
  mutating func take(_ slot: Int, rate: UInt64) {
    moving.append(slot)
    movingRate = movingRate.addingClamped(rate)
  }

  /// Ends to move a request's data; it was busy with the part of its capacity that this took.
  mutating func leave(_ slot: Int, rate: UInt64, after elapsed: UInt64, of capacity: UInt64) {
    moving.removeAll { $0 == slot }
    movingRate = moving.isEmpty ? 0 : movingRate.subtractingClamped(rate)
    guard rate < capacity else {
      measurement.busyNanoseconds.addClamped(elapsed)
      return
    }
    measurement.busyNanoseconds.addClamped(elapsed.scaledClamped(by: rate, over: capacity))
  }

  /// Whether a partition may end what it has under way there although it is off line to it.
  func lets(_ partition: Int) -> Bool {
    isOperational
      && (isClosing ? isHeld(by: partition) : isOnline && quiescing.contains(partition))
  }

  /// Whether a partition can use it now.
  func isAvailable(_ partition: Int) -> Bool {
    isOnline && isOperational && isConfigured(partition)
  }
}

/// One partition's access to one device: its paths, their masks, and what it does.
struct Subchannel: Equatable, Sendable, Codable {
  var partition: Int
  var virtualDevice: UInt16
  /// Index of the device.
  var device: Int
  /// Indices of the installed paths, at most eight; bit 7 of a mask is the first.
  var paths: [Int]
  /// Position of the path that is tried first.
  var preferred: Int?
  /// Whether the partition may only read.
  @Added var isReadOnly = false
  /// The part of the device that it is; nil for all of it.
  var extent: BlockExtent?
  /// Paths that software allows (LPM).
  var logicalMask: UInt8 = 0xFF
  /// Position at which the next rotation begins.
  var rotation = 0
  /// Mask of the path last used (LPUM).
  var lastUsed: UInt8 = 0
  /// Paths that did not reach the device when they were tried last: what POM has not.
  @Added var inoperative: UInt8 = 0
  /// Paths that the last start found not operational (PNOM).
  @Added var notOperational: UInt8 = 0
  /// When it came: what is counted is counted since then.
  @Added var began: SimulatedTime = 0
  /// What it does.
  @Added var word = StatusWord()
  /// Slots of requests that wait until it takes them, in order of arrival.
  @Added var waiting: [Int] = []
  /// What has happened to the device that the partition is to be told, in order.
  @Added var attentions: [DeviceSense] = []
  var measurement = SubchannelMeasurement()

  /// The mask bit of a position; none of a position after the eighth.
  static func bit(_ position: Int) -> UInt8 { 0x80 >> position }

  /// Mask of the paths for which the body says yes.
  func mask(_ body: (_ path: Int) -> Bool) -> UInt8 {
    var mask: UInt8 = 0
    for (position, path) in paths.enumerated() where body(path) { mask |= Self.bit(position) }
    return mask
  }

  /// The position to use next: the preferred path, else the next in rotation, of those in the mask.
  ///
  /// Source: IOCP User's Guide, "path using preferred path".
  func selection(from mask: UInt8) -> Int? {
    if let preferred, mask & Self.bit(preferred) != 0 { return preferred }
    func first(from start: Int) -> Int? {
      paths.indices.first { $0 >= start && mask & Self.bit($0) != 0 }
    }
    return first(from: rotation) ?? first(from: 0)
  }

  /// Notes that the path at a position is used; the rotation goes on after it.
  mutating func use(_ position: Int) {
    rotation = position &+ 1 < paths.count ? position &+ 1 : 0
    lastUsed = Self.bit(position)
  }

  /// What a number that names no subchannel reads as.
  static let absent = Subchannel(partition: -1, virtualDevice: 0, device: -1, paths: [])
}

/// A device in operation.
struct DeviceUnit: Equatable, Sendable, Codable {
  /// What it does.
  enum Phase: UInt8, Equatable, Sendable, Codable {
    case idle
    /// Works without a path.
    case working
    /// Wants a path to move data.
    case wantsPath
    /// Moves data.
    case moving
  }

  /// Varied off line: nobody can be given it.
  @Added var isOffline = false
  var phase = Phase.idle
  /// Slot of the request it works on.
  var current: Int?
  /// Slots of requests that were started and wait for it, in order of their starts.
  var queue: [Int] = []
  /// Whose turn it is.
  @Added var turns = FairTurns()
  /// What is wrong with it on purpose.
  var injected: InjectedFault?
  /// Who has reserved it.
  @Added var reservations = DeviceReservations()
}

/// An outstanding request.
struct RequestSlot: Equatable, Sendable, Codable {
  var request: ChannelRequest
  /// Index of the subchannel; nil for a request that is refused.
  var subchannel: Int?
  /// Status with which it is refused.
  var refusal: ChannelStatus?
  /// Order of arrival; also what makes an event stale.
  var sequence: UInt64
  /// Counts up when an event that was due is no longer meant.
  var generation: UInt32 = 0
  /// When the present phase began.
  var phaseStart: SimulatedTime
  /// Path that moves its data.
  var path: Int?
  /// Path that reached the control unit when it was started.
  var selected: Int?
  /// When it arrived at its subchannel.
  @Added var arrived: SimulatedTime = 0
  /// When it was started.
  @Added var started: SimulatedTime = 0
  /// When the device had done its work at it, so that it wanted a path.
  @Added var worked: SimulatedTime = 0
  /// Paths of its subchannel that it is not to take: what the request's own LPM has not.
  @Added var excludedPaths: UInt8 = 0
  /// How often its interrupt was missing.
  @Added var attemptCount = 0
  /// Whether it is outstanding; free slots are used again.
  var isUsed = true

  /// Bytes of host memory that it takes until its end; a read's come with the end.
  var heldByteCount: UInt64 {
    refusal == nil ? UInt64(clamping: request.movedByteCount) : 0
  }

  /// What a number that names no slot reads as.
  static let absent = RequestSlot(
    request: ChannelRequest(
      partition: -1, device: 0, kind: .flush, firstBlock: 0, byteCount: 0, tag: 0, issued: 0),
    refusal: .notOperational, sequence: 0, phaseStart: 0, isUsed: false)
}

/// Something that will happen in the channel subsystem.
struct ChannelEvent: Equatable, Sendable, Codable {
  enum Kind: UInt8, Equatable, Sendable, Codable {
    case moved
    case deviceReady
    case arrival
    case interruption
  }

  var time: SimulatedTime
  var kind: Kind
  var partition: Int
  var sequence: UInt64
  var slot: Int
  var generation: UInt32

  /// Order: time, what frees before what takes, partition, arrival.
  static func < (one: ChannelEvent, other: ChannelEvent) -> Bool {
    if one.time != other.time { return one.time < other.time }
    if one.kind != other.kind { return one.kind.rawValue < other.kind.rawValue }
    if one.partition != other.partition { return one.partition < other.partition }
    return one.sequence < other.sequence
  }
}

/// Events by time: a binary heap that keeps its memory.
struct ChannelEventQueue: Equatable, Sendable, Codable {
  private var heap: [ChannelEvent] = []

  /// The earliest event.
  var first: ChannelEvent? { heap.first }

  /// Adds an event.
  mutating func insert(_ event: ChannelEvent) {
    var hole = heap.count
    heap.append(event)
    while hole > 0 {
      let above = (hole &- 1) / 2
      guard let parent = heap.element(at: above), event < parent else { break }
      heap.change(at: hole) { $0 = parent }
      hole = above
    }
    heap.change(at: hole) { $0 = event }
  }

  /// Takes the earliest event.
  mutating func removeFirst() -> ChannelEvent? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    var hole = 0
    while true {
      var below = 2 &* hole &+ 1
      guard var least = heap.element(at: below) else { break }
      if let other = heap.element(at: below &+ 1), other < least {
        least = other
        below &+= 1
      }
      guard least < last else { break }
      heap.change(at: hole) { $0 = least }
      hole = below
    }
    heap.change(at: hole) { $0 = last }
    return first
  }
}
