import Foundation
import Quantities
import Testing

@testable import Channels

// Reservations of a disk that several partitions have. Oracles: SPC-4 r36, the table of SPC commands that are allowed
// in the presence of various reservations, the same of PERSISTENT RESERVE OUT service actions, and the rules of each
// action in "Persistent Reservations"; SBC-3, the same table for a disk's commands; SPC-2 for RESERVE and RELEASE.

/// A disk of four partitions.
private final class SharedDisk {
  static let keys: [UInt64] = [0xA, 0xB, 0xC, 0xD]
  let channels: ChannelSubsystem
  private var tag: UInt64 = 0

  init() throws {
    channels = try ChannelSubsystem(
      ChannelConfiguration(
        partitionCount: 4,
        paths: [ChannelConfiguration.Path(number: 0x10, accessPartitions: [0, 1, 2, 3])],
        devices: [
          ChannelConfiguration.Device(
            number: 0x200, paths: [0], medium: .scratch(byteCount: 1 << 20))
        ]))
    for partition in 0..<4 {
      channels.activate(partition, at: 0)
      channels.attach(Self.given, to: partition, at: 0)
    }
  }

  static let given = GivenDevice(device: 0x200, virtualDevice: 0x100, isReadOnly: false)

  func request(_ partition: Int, _ kind: ChannelRequestKind) -> ChannelRequest {
    tag += 1
    let bytes = kind == .flush || kind == .control ? 0 : 512
    return ChannelRequest(
      partition: partition, device: 0x100, kind: kind, firstBlock: 0,
      data: kind == .write ? [UInt8](repeating: UInt8(partition), count: bytes) : [],
      byteCount: bytes, tag: tag, issued: channels.clock)
  }

  func run(_ request: ChannelRequest) throws -> ChannelCompletion {
    channels.start(request)
    let ended = channels.takeCompletions(upTo: channels.clock + 1_000_000_000)
    return try #require(ended.first { $0.tag == request.tag })
  }

  func status(_ partition: Int, _ kind: ChannelRequestKind) throws -> ChannelStatus {
    try run(request(partition, kind)).status
  }

  @discardableResult
  func ask(
    _ partition: Int, _ control: DeviceControl, hears: Bool = false
  ) throws -> ChannelCompletion {
    var request = request(partition, .control)
    request.control = control
    request.hearsAttention = hears
    return try run(request)
  }

  func register(_ partitions: Int...) throws {
    for partition in partitions {
      #expect(
        try ask(partition, .register(Self.keys[partition], inPlaceOf: 0)).status == .ok)
    }
  }

  /// What a partition is told next; nil for nothing.
  func attention(_ partition: Int) throws -> DeviceSense? {
    try ask(partition, .test(.inquires), hears: true).sense
  }

  var view: DeviceReservationView? { channels.deviceView(0x200)?.reservation }
}

@Suite("Reservations of a disk")
struct DeviceReservationTests {
  /// Rows of the standards' tables: a command, and whether it is allowed to who has not reserved the disk: of write
  /// exclusive, of exclusive access, to a registrant of those for registrants, to others of write exclusive and of
  /// exclusive access for registrants.
  static let commands: [(String, ChannelRequestKind?, DeviceUse?, String)] = [
    ("READ", .read, nil, "A C A A C"), ("WRITE", .write, nil, "C C A C C"),
    ("UNMAP", .discard, nil, "C C A C C"), ("WRITE SAME", .writeZeroes, nil, "C C A C C"),
    ("SYNCHRONIZE CACHE", .flush, nil, "C C A C C"),
    ("MODE SENSE", nil, .reads, "A C A A C"), ("READ CAPACITY", nil, .inquires, "A A A A A"),
    ("TEST UNIT READY", nil, .inquires, "A A A A A"),
    ("START STOP UNIT that stops", nil, .changes, "C C A C C"),
  ]

  private func column(_ type: ReservationType, isRegistered: Bool) -> Int {
    switch type {
    case .writeExclusive: 0
    case .exclusiveAccess: 1
    case _ where isRegistered: 2
    case .writeExclusiveRegistrants, .writeExclusiveAllRegistrants: 3
    case .exclusiveAccessRegistrants, .exclusiveAccessAllRegistrants: 4
    }
  }

  @Test("each type keeps off what the table says", arguments: ReservationType.allCases)
  func conflicts(type: ReservationType) throws {
    let disk = try SharedDisk()
    try disk.register(0, 1)
    #expect(try disk.ask(0, .reserve(type, key: 0xA)).status == .ok)
    for (name, kind, use, row) in Self.commands {
      let cells = row.split(separator: " ")
      for partition in 0..<3 {
        let status =
          try kind.map { try disk.status(partition, $0) }
          ?? disk.ask(partition, .test(use ?? .inquires)).status
        let isAllowed =
          partition == 0 || cells[column(type, isRegistered: partition == 1)] == "A"
        #expect(
          status == (isAllowed ? .ok : .reservationConflict), "\(name) by \(partition), \(type)")
      }
    }
  }

  /// Rows of the table of service actions: whether a registrant may, and whether another may, who does not hold it.
  @Test(
    "each service action is allowed to whom the table says", arguments: ReservationType.allCases)
  func actions(type: ReservationType) throws {
    let other: ReservationType = type == .writeExclusive ? .exclusiveAccess : .writeExclusive
    let rows: [(DeviceControl, DeviceControl, String)] = [
      (.register(0x1B, inPlaceOf: 0xB), .register(0x1C, inPlaceOf: 0), "A A"),
      (.register(0x1B, inPlaceOf: nil), .register(0x1C, inPlaceOf: nil), "A A"),
      (.clear(key: 0xB), .clear(key: 0xC), "A C"),
      (
        .preempt(0xD, type, key: 0xB, isAborting: false),
        .preempt(0xD, type, key: 0xC, isAborting: false), "A C"
      ),
      (
        .preempt(0xD, type, key: 0xB, isAborting: true),
        .preempt(0xD, type, key: 0xC, isAborting: true), "A C"
      ),
      (.reserve(other, key: 0xB), .reserve(other, key: 0xC), "C C"),
    ]
    for (registrant, stranger, row) in rows {
      for (partition, action, cell) in [(1, registrant, row.first), (2, stranger, row.last)] {
        let disk = try SharedDisk()
        try disk.register(0, 1, 3)
        try disk.ask(0, .reserve(type, key: 0xA))
        let status = try disk.ask(partition, action).status
        #expect(status == (cell == "A" ? .ok : .reservationConflict), "\(action), \(type)")
      }
    }
    // Who does not hold it releases nothing, and of all registrants each one does.
    let disk = try SharedDisk()
    try disk.register(0, 1)
    try disk.ask(0, .reserve(type, key: 0xA))
    #expect(try disk.ask(1, .release(type, key: 0xB)).status == .ok)
    #expect((disk.view?.type == nil) == type.isOfAllRegistrants)
    #expect(try disk.ask(2, .release(type, key: 0)).status == .reservationConflict)
  }

  @Test("keys are registered, changed and taken back, and a wrong one is a conflict")
  func registration() throws {
    let disk = try SharedDisk()
    #expect(try disk.ask(0, .register(0xA, inPlaceOf: 1)).status == .reservationConflict)
    #expect(try disk.ask(0, .register(0, inPlaceOf: 0)).status == .ok)
    #expect(disk.view == nil)
    try disk.register(0)
    #expect(try disk.ask(0, .register(0x1A, inPlaceOf: 0)).status == .reservationConflict)
    #expect(try disk.ask(0, .register(0x1A, inPlaceOf: 0xA)).status == .ok)
    #expect(disk.view?.registrants.map(\.key) == [0x1A])
    #expect(try disk.ask(0, .register(0x2A, inPlaceOf: nil)).status == .ok)
    #expect(
      try disk.ask(0, .reserve(.writeExclusive, key: 0x1A)).status == .reservationConflict)
    #expect(try disk.ask(0, .register(0, inPlaceOf: 0x2A)).status == .ok)
    #expect(disk.view == nil)
  }

  @Test(
    "what is reserved twice alike is reserved, otherwise a conflict; a wrong release is refused")
  func reserveAndRelease() throws {
    let disk = try SharedDisk()
    try disk.register(0, 1)
    #expect(try disk.ask(0, .release(.writeExclusive, key: 0xA)).status == .ok)
    #expect(try disk.ask(0, .reserve(.writeExclusiveRegistrants, key: 0xA)).status == .ok)
    #expect(try disk.ask(0, .reserve(.writeExclusiveRegistrants, key: 0xA)).status == .ok)
    #expect(
      try disk.ask(0, .reserve(.exclusiveAccess, key: 0xA)).status == .reservationConflict)
    #expect(try disk.ask(0, .release(.writeExclusive, key: 0xA)).sense == .invalidRelease)
    #expect(try disk.attention(1) == nil)
    #expect(try disk.ask(0, .release(.writeExclusiveRegistrants, key: 0xA)).status == .ok)
    // Registrants are told, once, and nobody else.
    #expect(try disk.attention(1) == .reservationsReleased)
    #expect(try disk.attention(1) == nil)
    #expect(try disk.attention(0) == nil && disk.attention(2) == nil)
  }

  @Test("who takes his key back gives up what he holds alone")
  func unregister() throws {
    for type in ReservationType.allCases {
      let disk = try SharedDisk()
      try disk.register(0, 1)
      try disk.ask(0, .reserve(type, key: 0xA))
      try disk.ask(0, .register(0, inPlaceOf: 0xA))
      #expect((disk.view?.type != nil) == type.isOfAllRegistrants, "\(type)")
      let told: DeviceSense? =
        type.isOfRegistrants && !type.isOfAllRegistrants ? .reservationsReleased : nil
      #expect(try disk.attention(1) == told, "\(type)")
      try disk.ask(1, .register(0, inPlaceOf: 0xB))
      #expect(disk.view == nil, "\(type)")
    }
  }

  @Test("a preemption takes keys away, and the reservation with its holder's")
  func preempt() throws {
    let disk = try SharedDisk()
    try disk.register(0, 1, 2)
    try disk.ask(0, .reserve(.exclusiveAccessRegistrants, key: 0xA))
    // Not the holder's key: he goes on.
    #expect(
      try disk.ask(1, .preempt(0xC, .writeExclusive, key: 0xB, isAborting: false)).status == .ok)
    #expect(disk.view?.registrants.map(\.partition) == [0, 1])
    #expect(disk.view?.registrants.map(\.isHolder) == [true, false])
    #expect(try disk.attention(2) == .registrationsPreempted)
    #expect(
      try disk.ask(1, .preempt(0xC, .writeExclusive, key: 0xB, isAborting: false)).status
        == .reservationConflict)
    #expect(
      try disk.ask(1, .preempt(0, .writeExclusive, key: 0xB, isAborting: false)).sense
        == .invalidParameter)
    try disk.register(2)
    #expect(
      try disk.ask(1, .preempt(0xA, .writeExclusive, key: 0xB, isAborting: false)).status == .ok)
    #expect(disk.view?.type == .writeExclusive)
    #expect(disk.view?.registrants.filter(\.isHolder).map(\.partition) == [1])
    #expect(try disk.attention(0) == .registrationsPreempted)
    // The type is another, which those who stay are told.
    #expect(try disk.attention(2) == .reservationsReleased)
    #expect(try disk.status(0, .write) == .reservationConflict)
    #expect(try disk.status(1, .write) == .ok)
  }

  @Test("a preemption of no key takes a reservation of all registrants")
  func preemptAll() throws {
    let disk = try SharedDisk()
    try disk.register(0, 1, 2)
    try disk.ask(0, .reserve(.writeExclusiveAllRegistrants, key: 0xA))
    #expect(
      try disk.ask(2, .preempt(0xA, .writeExclusive, key: 0xC, isAborting: false)).status == .ok)
    #expect(disk.view?.type == .writeExclusiveAllRegistrants)
    #expect(
      try disk.ask(2, .preempt(0, .writeExclusive, key: 0xC, isAborting: false)).status == .ok)
    #expect(disk.view?.registrants.map(\.partition) == [2])
    #expect(disk.view?.type == .writeExclusive)
  }

  @Test("a preemption that aborts ends what is under way for those whose keys go")
  func abort() throws {
    let disk = try SharedDisk()
    try disk.register(0, 1)
    try disk.ask(0, .reserve(.writeExclusiveRegistrants, key: 0xA))
    var taking = disk.request(1, .control)
    taking.control = .preempt(0xA, .writeExclusiveRegistrants, key: 0xB, isAborting: true)
    disk.channels.start(taking)
    for kind in [ChannelRequestKind.write, .read] {
      var later = disk.request(0, kind)
      later.issued += 1
      disk.channels.start(later)
    }
    let ended = disk.channels.takeCompletions(upTo: disk.channels.clock + 1_000_000_000)
    #expect(ended.filter { $0.partition == 0 }.map(\.status) == [.aborted, .aborted])
    #expect(ended.first { $0.partition == 1 }?.status == .ok)
    // Nothing was written.
    #expect(try disk.run(disk.request(1, .read)).data.allSatisfy { $0 == 0 })
  }

  @Test("RESERVE is for one, until he releases it or is reset, and not beside keys")
  func unit() throws {
    let disk = try SharedDisk()
    #expect(try disk.ask(0, .reserveUnit).status == .ok)
    #expect(try disk.ask(0, .reserveUnit).status == .ok)
    #expect(disk.view?.unitHolder == 0)
    for control in [.reserveUnit, .report(.keys), .register(1, inPlaceOf: 0)] as [DeviceControl] {
      #expect(try disk.ask(1, control).status == .reservationConflict, "\(control)")
    }
    #expect(try disk.ask(1, .test(.inquires)).status == .reservationConflict)
    #expect(try disk.status(1, .read) == .reservationConflict)
    #expect(try disk.status(0, .write) == .ok)
    #expect(try disk.ask(1, .releaseUnit).status == .ok)
    #expect(disk.view?.unitHolder == 0)
    disk.channels.reset(0, at: disk.channels.clock)
    #expect(disk.view == nil)
    try disk.ask(0, .reserveUnit)
    #expect(try disk.ask(1, .resetUnit).status == .ok)
    #expect(try disk.attention(0) == .reset)
    try disk.ask(0, .reserveUnit)
    disk.channels.detach(0x100, from: 0, at: disk.channels.clock)
    #expect(disk.view == nil)
    try disk.register(1)
    #expect(try disk.ask(1, .reserveUnit).status == .reservationConflict)
  }

  /// Oracle: SAM-4, "ABORT TASK" and "ABORT TASK SET", which leave reservations and unit attentions as they are;
  /// SPC-2, "RESERVE(6)", for what ends them.
  @Test("an abort takes nothing that is reserved, nor what is to be told; a reset of the face does")
  func aborted() throws {
    let disk = try SharedDisk()
    try disk.ask(0, .reserveUnit)
    try disk.ask(1, .resetUnit)
    try disk.ask(0, .reserveUnit)
    let write = disk.request(0, .write)
    disk.channels.start(write)
    disk.channels.endRequests(to: 0x100, of: 0, at: disk.channels.clock)
    let ended = disk.channels.takeCompletions(upTo: disk.channels.clock + 1_000_000_000)
    #expect(ended.map(\.tag) == [write.tag] && ended.map(\.status) == [.ioError])
    #expect(disk.view?.unitHolder == 0)
    #expect(try disk.status(1, .read) == .reservationConflict)
    #expect(try disk.attention(0) == .reset)
    disk.channels.clear(0x100, of: 0, at: disk.channels.clock)
    #expect(disk.view == nil)
  }

  @Test("what is persistent outlives a reset, a device taken away and a partition that is down")
  func persistence() throws {
    let disk = try SharedDisk()
    try disk.register(0)
    try disk.ask(0, .reserve(.exclusiveAccess, key: 0xA))
    let held = try #require(disk.view)
    disk.channels.reset(0, at: disk.channels.clock)
    disk.channels.clear(0x100, of: 0, at: disk.channels.clock)
    disk.channels.detach(0x100, from: 0, at: disk.channels.clock)
    disk.channels.deactivate(0, at: disk.channels.clock)
    #expect(disk.view == held)
    #expect(try disk.status(1, .read) == .reservationConflict)
    disk.channels.activate(0, at: disk.channels.clock)
    disk.channels.attach(SharedDisk.given, to: 0, at: disk.channels.clock)
    #expect(try disk.status(0, .write) == .ok)
    // A partition that is no more has reserved nothing.
    disk.channels.deactivate(0, at: disk.channels.clock)
    disk.channels.forget(0, at: disk.channels.clock)
    #expect(disk.view == nil)
    #expect(try disk.status(1, .write) == .ok)
  }

  @Test("another configuration keeps what is reserved of a disk, unless its medium is another")
  func otherMedium() throws {
    for byteCount in [1 << 20, 1 << 21] as [UInt64] {
      let disk = try SharedDisk()
      try disk.register(0, 1)
      try disk.ask(0, .reserve(.exclusiveAccess, key: 0xA))
      let held = try #require(disk.view)
      for partition in 0..<4 {
        disk.channels.detach(0x100, from: partition, at: disk.channels.clock)
        disk.channels.deactivate(partition, at: disk.channels.clock)
      }
      var next = disk.channels.configuration
      next.devices[0].medium = .scratch(byteCount: byteCount)
      // A device before it, so that its number among them is another.
      next.devices.insert(
        ChannelConfiguration.Device(
          number: 0x1FF, paths: [0], medium: .scratch(byteCount: 1 << 20)), at: 0)
      disk.channels.take(try disk.channels.hardware(for: next), at: disk.channels.clock)
      #expect(disk.view == (byteCount == 1 << 20 ? held : nil))
    }
  }

  @Test("who may only read reserves nothing")
  func readOnly() throws {
    let disk = try SharedDisk()
    disk.channels.detach(0x100, from: 0, at: disk.channels.clock)
    disk.channels.attach(
      GivenDevice(device: 0x200, virtualDevice: 0x100, isReadOnly: true), to: 0,
      at: disk.channels.clock)
    #expect(try disk.ask(0, .register(1, inPlaceOf: 0)).status == .ioError)
    #expect(try disk.ask(0, .reserveUnit).status == .ioError)
    #expect(try disk.ask(0, .report(.keys)).status == .ok)
    #expect(disk.view == nil)
  }

  @Test("the operator takes all of it away, and those who had it are told")
  func force() throws {
    let disk = try SharedDisk()
    #expect(!disk.channels.releaseReservations(of: 0x200, at: disk.channels.clock))
    try disk.register(0, 1)
    try disk.ask(0, .reserve(.writeExclusive, key: 0xA))
    #expect(disk.channels.releaseReservations(of: 0x200, at: disk.channels.clock))
    #expect(disk.view == nil)
    #expect(try disk.attention(0) == .reservationsPreempted)
    #expect(try disk.attention(1) == .reservationsPreempted)
    #expect(try disk.status(1, .write) == .ok)
  }

  /// Oracle: SPC-4, the tables of PERSISTENT RESERVE IN parameter data, byte by byte.
  @Test("what is reported has the standard's form")
  func reports() throws {
    let disk = try SharedDisk()
    func data(_ report: ReservationReport) throws -> [UInt8] {
      try disk.ask(3, .report(report)).data
    }
    #expect(try data(.keys) == [0, 0, 0, 0, 0, 0, 0, 0])
    try disk.register(0, 1)
    #expect(
      try data(.keys) == [0, 0, 0, 2, 0, 0, 0, 16] + [0, 0, 0, 0, 0, 0, 0, 0xA]
        + [0, 0, 0, 0, 0, 0, 0, 0xB])
    #expect(try data(.reservation) == [0, 0, 0, 2, 0, 0, 0, 0])
    try disk.ask(1, .reserve(.exclusiveAccessRegistrants, key: 0xB))
    #expect(
      try data(.reservation) == [0, 0, 0, 2, 0, 0, 0, 16] + [0, 0, 0, 0, 0, 0, 0, 0xB]
        + [0, 0, 0, 0, 0, 6, 0, 0])
    #expect(try data(.capabilities) == [0, 8, 1, 0x81, 0xEA, 1, 0, 0])
    let full = try data(.fullStatus)
    #expect(full.count == 8 + 2 * 48 && Array(full[4..<8]) == [0, 0, 0, 96])
    #expect(Array(full[8..<16]) == [0, 0, 0, 0, 0, 0, 0, 0xA] && full[20] == 0)
    #expect(Array(full[56..<64]) == [0, 0, 0, 0, 0, 0, 0, 0xB] && full[68] == 1 && full[69] == 6)
    #expect(Array(full[26..<32]) == [0, 1, 0, 0, 0, 24] && full[32] == 6)
  }

  @Test("more than 64 partitions do not register")
  func limit() {
    var reservations = DeviceReservations()
    for partition in 0..<64 {
      #expect(reservations.perform(.register(1, inPlaceOf: 0), by: partition) == .done)
    }
    #expect(
      reservations.perform(.register(1, inPlaceOf: 0), by: 64).ending
        == .refused(.registrationsFull))
  }

  @Test("they are saved with the machine, part of its history, and absent in what was saved before")
  func saved() throws {
    let disk = try SharedDisk()
    func words() -> [UInt64] {
      var words: [UInt64] = []
      disk.channels.forEachHistoryWord { words.append($0) }
      return words
    }
    let before = words()
    let unreserved = disk.channels.saveState()
    try disk.register(0, 1)
    try disk.ask(0, .reserve(.writeExclusiveRegistrants, key: 0xA))
    try disk.ask(0, .clear(key: 0xA))
    #expect(words().count > before.count)
    let state = disk.channels.saveState()
    let bytes = try JSONEncoder().encode(state)
    #expect(try JSONDecoder().decode(ChannelSubsystemState.self, from: bytes) == state)
    let other = try SharedDisk()
    try other.channels.restoreState(state)
    #expect(try other.attention(1) == .reservationsPreempted)
    // As an earlier program wrote it.
    var text = String(decoding: try JSONEncoder().encode(unreserved), as: UTF8.self)
    for field in ["\"attentions\":[],", ",\"attentions\":[]"] {
      text = text.replacingOccurrences(of: field, with: "")
    }
    #expect(!text.contains("attentions"))
    #expect(
      try JSONDecoder().decode(ChannelSubsystemState.self, from: Data(text.utf8)) == unreserved)
    // What no device has is refused.
    var wrong = DeviceReservations()
    _ = wrong.perform(.register(1, inPlaceOf: 0), by: 4)
    #expect(!wrong.isPossible(partitionCount: 4) && wrong.isPossible(partitionCount: 5))
  }
}
