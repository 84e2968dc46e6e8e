import CHost
import Quantities
import Synchronization

/// The host refused address space for a partition's storage.
package enum HostMemoryError: Error, Equatable, Sendable {
  /// No window of this many bytes could be reserved.
  case windowRefused(byteCount: UInt64)
}

/// The storage of one partition: a sparse window of host memory with the PC's layout.
///
/// Guest-physical addresses run from 0 to 3 GiB and, past the hole for devices, from 4 GiB on.
/// Storage is attached and detached in units of 1 MiB; what is attached reads zero. Host memory is
/// taken only by pages that were written. Owned by one thread at a time.
package final class GuestMemory {
  /// The unit in which storage is attached, in bytes.
  package static let granule: UInt64 = 1 << 20

  private static let identifiers = Atomic<UInt64>(1)

  /// Distinguishes memories inside code caches; not part of history.
  let identifier: UInt64
  let window: UnsafeMutableRawPointer
  let windowByteCount: UInt64
  /// One byte for each MiB of the window: 1 where storage is attached, 2 where parts are shadowed.
  private let attached: UnsafeMutablePointer<UInt8>
  let records: PageRecords
  /// Bytes of the window past the storage, for read-only memory that ends at 4 GiB.
  let readOnlyByteCount: UInt64
  /// First address of read-only memory; the end of the hole while there is none.
  var readOnlyStart = PhysicalAddress.holeEnd
  /// Where the segments of the BIOS area lead while they are shadowed.
  var shadows: [Shadow] = []
  /// What address bits reach storage: bit 20 is off while a PC's A20 gate is closed.
  var addressMask = UInt64.max
  /// Bytes of storage attached now.
  package private(set) var attachedByteCount: UInt64 = 0
  /// The processors that hold translations of this memory; they live as long as it is used.
  private var holders: [ProcessorState] = []
  /// Counts changes of code from outside the processors; cached jumps of another count are void.
  private(set) var codeEpoch: UInt64 = 0
  /// The cache with which a processor of this memory last ran.
  private var runner: ObjectIdentifier?

  /// Address space that is left to the process beside a new window, so that what is small and cannot
  /// be refused has room; in bytes.
  private static let headroom = 64 << 20

  /// Reserves a window for at most this many bytes of storage; nothing is attached yet.
  ///
  /// - Parameters:
  ///   - maximumByteCount: Initial plus reserved storage, in bytes.
  ///   - readOnlyByteCount: Room for read-only memory below 4 GiB, in bytes, whole pages.
  ///   - processorCount: Processors that will use it, whose state needs room too.
  /// - Throws: `HostMemoryError` when the host has no address space left.
  package init(
    maximumByteCount: UInt64, readOnlyByteCount: UInt64 = 0, processorCount: Int = 0
  ) throws(HostMemoryError) {
    let granules = max(1, maximumByteCount.addingClamped(Self.granule - 1) / Self.granule)
    windowByteCount = granules &* Self.granule
    self.readOnlyByteCount = readOnlyByteCount
    let others = processorCount.multipliedClamped(by: StateLayout.byteCount)
    guard let byteCount = Int(exactly: windowByteCount.addingClamped(readOnlyByteCount)),
      endicott_has_room(byteCount.addingClamped(others).addingClamped(Self.headroom)),
      let start = endicott_reserve(byteCount)
    else { throw .windowRefused(byteCount: windowByteCount) }
    window = start
    let count = Int(truncatingIfNeeded: granules)
    attached = .allocate(capacity: count)
    attached.initialize(repeating: 0, count: count)
    records = PageRecords(pageCount: byteCount >> 12)
    identifier = Self.identifiers.wrappingAdd(1, ordering: .relaxed).newValue
  }

  deinit {
    endicott_release(window, Int(truncatingIfNeeded: windowByteCount &+ readOnlyByteCount))
    attached.deallocate()
  }

  /// Makes a range of guest-physical addresses storage that reads zero.
  ///
  /// - Parameter range: Whole granules; what lies outside the window is left alone.
  package func attach(_ range: Range<UInt64>) {
    setAttached(range, 1)
  }

  /// Takes a range away; its contents are gone.
  ///
  /// The caller flushes the translations of the processors that used it.
  package func detach(_ range: Range<UInt64>) {
    setAttached(range, 0)
    forEachGranule(range) { granule in
      endicott_discard(window + granule &* Int(Self.granule), Int(Self.granule))
      let page = granule &* Int(Self.granule >> 12)
      records.forget(from: page, to: page &+ Int(Self.granule >> 12))
    }
    codeEpoch &+= 1
  }

  private func setAttached(_ range: Range<UInt64>, _ value: UInt8) {
    forEachGranule(range) { granule in
      guard min(attached[granule], 1) != value else { return }
      attached[granule] = value
      if value == 1 {
        attachedByteCount &+= Self.granule
      } else {
        attachedByteCount &-= Self.granule
      }
    }
  }

  /// How many granules the window has.
  private var granuleCount: Int { Int(truncatingIfNeeded: windowByteCount / Self.granule) }

  /// Runs of granules that are attached.
  var attachedGranules: [Range<Int>] {
    var runs: [Range<Int>] = []
    var first: Int?
    for granule in Range(uncheckedBounds: (0, granuleCount)) {
      if attached[granule] != 0 {
        first = first ?? granule
      } else if let start = first {
        runs.append(Range(uncheckedBounds: (start, granule)))
        first = nil
      }
    }
    if let start = first { runs.append(Range(uncheckedBounds: (start, granuleCount))) }
    return runs
  }

  /// Attaches runs of granules of an empty window; false when one leaves the window.
  func attachGranules(_ runs: [Range<Int>]) -> Bool {
    for run in runs {
      guard run.lowerBound >= 0, run.upperBound <= granuleCount else { return false }
      for granule in run where attached[granule] == 0 {
        attached[granule] = 1
        attachedByteCount &+= Self.granule
      }
    }
    return true
  }

  /// Takes everything away: storage, read-only memory, and what is known of the pages.
  package func detachAll() {
    endicott_discard(window, Int(truncatingIfNeeded: windowByteCount &+ readOnlyByteCount))
    attached.update(repeating: 0, count: granuleCount)
    attachedByteCount = 0
    records.forget(from: 0, to: Int(truncatingIfNeeded: windowPageCount))
    readOnlyStart = PhysicalAddress.holeEnd
    shadows = []
    addressMask = .max
    codeEpoch &+= 1
  }

  /// Whether a page of the window is attached, or read-only memory.
  func isBacked(_ page: Int) -> Bool {
    let first = Int(truncatingIfNeeded: windowByteCount >> 12)
    guard page >= first else { return attached[page / Int(Self.granule >> 12)] != 0 }
    return page &- first < Int(truncatingIfNeeded: (PhysicalAddress.holeEnd &- readOnlyStart) >> 12)
  }

  /// Calls `body` with the number of each granule of the window that a range touches.
  private func forEachGranule(_ range: Range<UInt64>, _ body: (Int) -> Void) {
    // The window ends before this address, wherever its hole is.
    let end = min(range.upperBound, windowByteCount.addingClamped(PhysicalAddress.holeEnd))
    var address = range.lowerBound
    while address < end {
      if let offset = windowOffset(address) { body(Int(truncatingIfNeeded: offset / Self.granule)) }
      address = address.addingClamped(Self.granule)
    }
  }

  /// Offset in the window of a guest-physical address, or nil in the hole and past the end.
  @inline(__always) private func windowOffset(_ address: UInt64) -> UInt64? {
    var offset = address
    if address >= PhysicalAddress.holeStart {
      guard address >= PhysicalAddress.holeEnd else { return nil }
      offset = address - (PhysicalAddress.holeEnd - PhysicalAddress.holeStart)
    }
    return offset < windowByteCount ? offset : nil
  }

  /// Offset in the window of an address that is storage or read-only memory, or nil.
  ///
  /// To write it is nil also where reads and writes do not reach the same place.
  func storageOffset(_ address: UInt64, writing: Bool = false) -> UInt64? {
    guard let offset = windowOffset(address) else {
      return writing ? nil : readOnlyOffset(address)
    }
    switch attached[Int(truncatingIfNeeded: offset / Self.granule)] {
    case 0: return nil
    case 1: return offset
    default: return shadowedOffset(address, writing: writing)
    }
  }

  /// Whether every byte of the range is storage.
  package func isStorage(_ range: Range<UInt64>) -> Bool {
    guard !range.isEmpty else { return true }
    var address = range.lowerBound
    while address < range.upperBound {
      if storageOffset(address) == nil { return false }
      // Read-only memory and shadows end at any page.
      let unit = isPlain(address) ? Self.granule : 4096
      address = (address / unit &+ 1) &* unit
    }
    return true
  }

  private func isPlain(_ address: UInt64) -> Bool {
    windowOffset(address).map { attached[Int(truncatingIfNeeded: $0 / Self.granule)] != 2 } ?? false
  }

  /// Marks whether segments of the first MiB may be shadowed.
  func setShadowed(_ isShadowed: Bool) {
    if attached[0] != 0 { attached[0] = isShadowed ? 2 : 1 }
    codeEpoch &+= 1
  }

  /// Copies storage out.
  ///
  /// - Returns: False, with nothing done, when a byte of the range is not storage.
  package func read(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    forEachPiece(address, buffer.count) { offset, done, count in
      guard let start = buffer.baseAddress else { return }
      // Cannot trap: a piece has 1 to 4,096 bytes.
      (start + done).copyMemory(from: window + offset, byteCount: count)
    }
  }

  /// Copies into storage: the one path by which anything but a processor writes it.
  ///
  /// What would change read-only memory is lost.
  /// - Returns: False, with nothing done, when a byte of the range is not storage.
  package func write(_ address: UInt64, from buffer: UnsafeRawBufferPointer) -> Bool {
    forEachPiece(address, buffer.count) { found, done, count in
      guard let start = buffer.baseAddress,
        let offset = writableOffset(
          address &+ UInt64(truncatingIfNeeded: done), readAt: found)
      else { return }
      noteOutsideWrite(offset: offset, byteCount: count)
      // Cannot trap: a piece has 1 to 4,096 bytes.
      (window + offset).copyMemory(from: start + done, byteCount: count)
    }
  }

  /// Has code that was decoded from a page decoded again, as after a write from outside.
  ///
  /// Does nothing where the page is not storage. Processors take note at their next slice.
  package func noteChange(_ page: UInt64) {
    guard let offset = storageOffset(page) else { return }
    let number = Int(truncatingIfNeeded: offset >> 12)
    if records.hasCode(number) {
      records.voidCode(number)
      codeEpoch &+= 1
    }
  }

  /// Reads a little-endian integer, or nil when a byte of it is not storage.
  package func load<T: FixedWidthInteger>(_ address: UInt64, as type: T.Type) -> T? {
    var value: T = 0
    let done = withUnsafeMutableBytes(of: &value) { read(address, into: $0) }
    return done ? T(littleEndian: value) : nil
  }

  /// Writes a little-endian integer; false, with nothing done, when it is not all storage.
  package func store<T: FixedWidthInteger>(_ value: T, at address: UInt64) -> Bool {
    withUnsafeBytes(of: value.littleEndian) { write(address, from: $0) }
  }

  /// Reads a naturally aligned integer, which lies in one page, or nil when it is not storage.
  @inline(__always)
  func loadAligned<T: FixedWidthInteger>(_ address: UInt64, as type: T.Type) -> T? {
    guard let offset = storageOffset(address) else { return nil }
    return (window + Int(truncatingIfNeeded: offset)).load(as: type)
  }

  /// Pages written since they were attached.
  package var writtenPageCount: Int { records.writtenPageCount }

  /// Visits the written pages in ascending address order.
  package func forEachWrittenPage(
    _ body: (_ pageAddress: UInt64, _ contents: UnsafeRawPointer) -> Void
  ) {
    records.forEachWritten { page in
      var address = UInt64(truncatingIfNeeded: page) << 12
      if address >= PhysicalAddress.holeStart {
        address &+= PhysicalAddress.holeEnd - PhysicalAddress.holeStart
      }
      body(address, UnsafeRawPointer(window + page << 12))
    }
  }

  /// Gives written pages their first contents back and counts them as not written.
  ///
  /// The caller drops the translations of the processors that wrote them.
  ///
  /// - Parameter original: Where the contents of the page at an address stand; nil means zeros.
  func revertWrittenPages(_ original: (_ pageAddress: UInt64) -> UnsafeRawPointer?) {
    var heldCode = false
    forEachWrittenPage { address, contents in
      let page = (UnsafeMutableRawPointer(mutating: contents) - window) >> 12
      heldCode = heldCode || records.hasCode(page)
      let target = window + page << 12
      if let source = original(address) {
        target.copyMemory(from: source, byteCount: 4096)
      } else {
        target.initializeMemory(as: UInt8.self, repeating: 0, count: 4096)
      }
      records.forget(from: page, to: page &+ 1)
    }
    if heldCode { codeEpoch &+= 1 }
  }

  /// Zeroes all attached storage.
  package func clear() {
    endicott_discard(window, Int(truncatingIfNeeded: windowByteCount))
    records.forget(from: 0, to: Int(truncatingIfNeeded: windowByteCount >> 12))
    codeEpoch &+= 1
  }

  private func forEachPiece(
    _ address: UInt64, _ byteCount: Int, _ body: (_ offset: Int, _ done: Int, _ count: Int) -> Void
  ) -> Bool {
    guard byteCount > 0 else { return true }
    let (end, overflow) = address.addingReportingOverflow(UInt64(truncatingIfNeeded: byteCount))
    guard !overflow, isStorage(Range(uncheckedBounds: (address, end))) else { return false }
    var done = 0
    while done < byteCount {
      let at = address &+ UInt64(truncatingIfNeeded: done)
      guard let offset = storageOffset(at) else { return false }
      let count = min(byteCount &- done, Int(truncatingIfNeeded: 4096 &- at & 0xFFF))
      body(Int(truncatingIfNeeded: offset), done, count)
      done &+= count
    }
    return true
  }

  private func noteOutsideWrite(offset: Int, byteCount: Int) {
    let page = offset >> 12
    records.markWritten(page)
    if records.hasCode(page),
      records.useOfCode(page, offset: offset & 0xFFF, byteCount: byteCount) == .hit
    {
      records.voidCode(page)
      codeEpoch &+= 1
    }
  }
}

// What the processors' own accesses need.
extension GuestMemory {
  func markWritten(page: Int) { records.markWritten(page) }
  func hasCode(page: Int) -> Bool { records.hasCode(page) }
  /// Notes that code is decoded from a page; no processor may write it unseen from now on.
  func markCode(page: Int) {
    guard !records.hasCode(page) else { return }
    records.markCode(page)
    guard records.takeFastWrites(page) else { return }
    for holder in holders { holder.withdrawWriteTags(host: window + page << 12) }
  }

  /// Notes that bytes of a page that is marked were decoded; says how many pieces are new.
  func noteDecoded(page: Int, offset: Int, byteCount: Int) -> Int {
    records.noteDecoded(page, offset: offset, byteCount: byteCount)
  }

  /// Whether writes to a page need no notice; that a fast path to it is made now is noted.
  func permitsFastWrites(page: Int) -> Bool {
    guard !records.hasCode(page) else { return false }
    records.markFastWrites(page)
    return true
  }

  func useOfCode(page: Int, offset: Int, byteCount: Int) -> UseOfCode {
    records.useOfCode(page, offset: offset, byteCount: byteCount)
  }

  /// Makes what was decoded from a page void, and has its writes unseen until code comes back.
  func clearCode(page: Int) { records.clearCode(page) }

  /// Makes what was decoded from a page void.
  func voidCode(page: Int) { records.voidCode(page) }

  /// Notes whose decoded code runs from now on: jumps cached before are void, since another cache
  /// has not heard what was written meanwhile.
  func noteRun(by cache: ObjectIdentifier) {
    guard runner != cache else { return }
    runner = cache
    codeEpoch &+= 1
  }

  func addHolder(_ state: ProcessorState) { holders.append(state) }

  func removeHolder(_ state: ProcessorState) { holders.removeAll { $0.base == state.base } }
  func version(page: Int) -> UInt32 { records.version(page) }
}
