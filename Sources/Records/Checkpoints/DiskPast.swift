import Channels
import Foundation
import Quantities

/// What the file of one writable disk had at the checkpoints that there are.
///
/// Owner thread only. Its folder has the tree of points, and a file for each stretch: of two neighbouring
/// points it has the contents of the one that lies away from the disk's file, so that no stretch is needed
/// beyond the last checkpoint. To go from a point to the next is to exchange what the disk's file has for
/// what the stretch has. The stretch `live` lies between the position and now; it is not exchanged but
/// undone: what a machine does after a checkpoint it does again.
final class DiskPast: OverwriteKeeper {
  /// Bytes that are kept together; a request's are rounded up to these.
  ///
  /// To wait for the host's disk takes 3 to 4 ms, for 4 KiB as for 64. A guest that writes 4 KiB at a time, one
  /// behind the other, waits 16 times less often so; one that writes here and there has more kept.
  static let blockByteCount: UInt64 = 64 << 10
  /// The device's number.
  let device: UInt16
  /// Most bytes that are kept.
  let byteLimit: UInt64
  /// Bytes that are kept.
  private(set) var byteCount: UInt64 = 0
  /// Takes a line about what cannot be gone back to any more.
  var onLoss: ((String) -> Void)?
  /// The disk's file.
  let diskPath: String
  /// Where all is kept.
  let folder: String
  /// The disk's file, open.
  let descriptor: Int32
  /// Keeps it from other programs, also while no machine has it.
  private var hold: FileHold?
  /// Bytes of it.
  let diskByteCount: UInt64
  /// Nil when there is nothing to go back to.
  private(set) var tree: DiskTree?
  /// Nil until something is overwritten after the position.
  private(set) var live: DiskStretch?
  /// The blocks that `live` has, 64 in a word, up to the last of them.
  private var keptBlocks: [UInt64] = []

  /// Opens what is kept of a disk, and finishes what a process that was killed had begun.
  ///
  /// - Parameters:
  ///   - device: The device's number.
  ///   - path: The disk's file.
  ///   - byteLimit: Most bytes that are kept.
  ///   - folder: Where they are kept.
  ///   - onLoss: Takes a line about what cannot be gone back to any more.
  /// - Throws: `CheckpointError` when the host refuses the disk's file, another program has it, or it is of no
  ///   instant and cannot be put back.
  init(
    _ device: UInt16, at path: String, keeping byteLimit: UInt64, in folder: String,
    onLoss: ((String) -> Void)? = nil
  ) throws(CheckpointError) {
    self.device = device
    diskPath = path
    self.byteLimit = byteLimit
    self.folder = folder
    self.onLoss = onLoss
    descriptor = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
      throw .host(file: path, number: errno)
    }
    diskByteCount = UInt64(clamping: status.st_size)
    do throws(FileHoldRefusal) {
      hold = try FileHold(of: descriptor, writing: true)
    } catch {
      throw CheckpointError(error, of: path)
    }
    try resume()
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  private var treePath: String { folder + "/tree.json" }
  private var livePath: String { folder + "/live" }
  /// The folder that its own lies in.
  private var home: FileIdentity? {
    FileIdentity((folder as NSString).deletingLastPathComponent)
  }
  func path(of stretch: Int) -> String { folder + "/\(stretch)" }

  // MARK: Beginning and end

  private func resume() throws(CheckpointError) {
    guard HostFile.kind(of: folder) != nil else { return }
    do throws(CheckpointError) {
      tree = try DiskTree.read(treePath)
      guard let tree else { return clear() }
      var file = tree.file
      // Halfway to another point it was written to, by this program.
      if tree.target != nil { file.written = nil }
      guard DiskFile(descriptor, diskPath)?.isStill(file) ?? false else {
        guard tree.target == nil else {
          throw .halfway(folder: folder, disk: diskPath)
        }
        return lose("ITS FILE IS ANOTHER, OR WAS WRITTEN TO BY OTHERS")
      }
      // What was to become a stretch of a point that is not in the tree is still live.
      let unfinished = path(of: tree.nextPoint)
      if HostFile.kind(of: unfinished) != nil { try move(unfinished, to: livePath) }
      try openLive()
    } catch {
      guard tree?.target == nil else { throw error }
      return lose(error.finding)
    }
    // A folder that was moved goes on as this one.
    try? change { $0.home = home }
    try arrive()
    for stretch in tree?.stretches ?? [] { byteCount.addClamped(size(of: path(of: stretch))) }
  }

  private func openLive() throws(CheckpointError) {
    guard size(of: livePath) > DiskStretch.emptyByteCount else { return removeLive() }
    let stretch = try DiskStretch(reading: livePath, isWritable: true)
    guard stretch.point == tree?.position else {
      throw .damaged(folder: folder, section: "live", reason: "it is of another point")
    }
    live = stretch
    for piece in stretch.pieces { setKept(piece.offset..<max(piece.offset, piece.end)) }
    byteCount.addClamped(stretch.byteCount)
  }

  /// Says which file it is when nobody writes to it any more, so that the next start knows whether somebody
  /// did.
  func end() {
    guard requireOwnFile(), var tree, tree.target == nil,
      let file = DiskFile(descriptor, diskPath)
    else { return }
    tree.file = file
    try? tree.write(treePath)
  }

  /// Whether the disk's name still is that of the file which the machine has open; when not, nothing can be
  /// gone back to.
  private func requireOwnFile() -> Bool {
    let named = DiskFile(diskPath)
    let own = DiskFile(descriptor, diskPath)
    if let own, own.device == named?.device, own.inode == named?.inode,
      UInt64(clamping: own.byteCount) == diskByteCount
    {
      return true
    }
    if tree != nil { lose("ITS FILE IS ANOTHER") }
    return false
  }

  private func size(of path: String) -> UInt64 {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(clamping: status.st_size) : 0
  }

  /// Gives a file another name; the host has it on the disk then.
  func move(_ old: String, to new: String) throws(CheckpointError) {
    guard rename(old, new) == 0 else { throw .host(file: old, number: errno) }
    try CheckpointFile.keepNames(of: folder)
  }

  /// Changes the tree, on the disk first.
  func change(_ change: (inout DiskTree) -> Void) throws(CheckpointError) {
    guard var other = tree else { return }
    change(&other)
    guard other != tree else { return }
    try other.write(treePath)
    tree = other
  }

  // MARK: Points

  /// Where the disk is now, for a checkpoint; without a point when nothing can be kept of it.
  func mark() -> DiskMark {
    guard requireOwnFile() else { return DiskMark(device: device, tree: nil, point: nil) }
    do throws(CheckpointError) {
      if tree == nil {
        try begin()
      } else if live != nil {
        try seal()
      }
    } catch {
      lose(error.finding)
    }
    return DiskMark(device: device, tree: tree?.name, point: tree?.position)
  }

  /// Where the disk is now, for coming back; without a point when nothing is kept of it.
  ///
  /// - Throws: `CheckpointError` when the host refuses it; all is as it was then.
  func markToComeBack() throws(CheckpointError) -> DiskMark {
    guard requireOwnFile(), tree != nil else { return DiskMark(device: device) }
    if live != nil { try seal() }
    return DiskMark(device: device, tree: tree?.name, point: tree?.position)
  }

  /// Begins a tree, with the first point.
  private func begin() throws(CheckpointError) {
    if let failure = HostFile.makeFolder(folder) {
      throw .host(file: failure.path, number: failure.number)
    }
    clear()
    guard var file = DiskFile(descriptor, diskPath) else {
      throw .host(file: diskPath, number: errno)
    }
    file.written = nil
    var new = DiskTree(of: file)
    new.home = home
    try new.write(treePath)
    tree = new
  }

  /// Makes what is live the stretch to a new point.
  private func seal() throws(CheckpointError) {
    guard let tree else { return }
    let stretch = path(of: tree.nextPoint)
    try move(livePath, to: stretch)
    do throws(CheckpointError) {
      try change { $0.advance() }
    } catch {
      try move(stretch, to: livePath)
      throw error
    }
    live = nil
    keptBlocks = []
  }

  /// Whether the disk can be put where a checkpoint finds it.
  func has(_ mark: DiskMark) -> Bool {
    tree?.contains(mark) ?? false
  }

  /// Removes what no checkpoint needs.
  func prune(to marks: [DiskMark]) {
    guard let tree else { return }
    let needed = Set(marks.filter { has($0) }.compactMap(\.point))
    guard !needed.isEmpty else { return clear() }
    var other = tree
    let gone = other.prune(to: needed)
    do throws(CheckpointError) {
      try change { $0 = other }
      remove(gone)
      // Nobody goes back to the position, nor over it.
      if other.points == [other.position], !needed.contains(other.position) { clear() }
    } catch {
      lose(error.finding)
    }
  }

  private func remove(_ stretches: [Int]) {
    for stretch in stretches {
      byteCount.subtractClamped(size(of: path(of: stretch)))
      unlink(path(of: stretch))
    }
  }

  /// Keeps nothing any more.
  private func clear() {
    // The tree first: without it the rest is nothing.
    unlink(treePath)
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      unlink(folder + "/" + name)
    }
    try? CheckpointFile.keepNames(of: folder)
    tree = nil
    live = nil
    keptBlocks = []
    byteCount = 0
  }

  private func lose(_ reason: String) {
    clear()
    onLoss?("\(reason): EARLIER CHECKPOINTS ARE WITHOUT IT")
  }

  // MARK: Keeping

  func keep(_ offset: UInt64, _ count: Int) -> Bool {
    guard let tree else { return true }
    // Halfway between two instants: nothing may be added to that.
    guard tree.target == nil else { return false }
    do throws(CheckpointError) {
      if tree.file.written != nil { try change { $0.file.written = nil } }
      let ranges = newRanges(offset, count)
      guard !ranges.isEmpty else { return true }
      let needed = ranges.reduce(UInt64(0)) { sum, range in
        sum.addingClamped(
          DiskStretch.byteCount(ofPiece: Int(clamping: range.upperBound &- range.lowerBound)))
      }
      guard try makeRoom(for: needed) else {
        lose("MORE THAN \(byteLimit / 1024)K WAS OVERWRITTEN SINCE THE LAST CHECKPOINT")
        return true
      }
      try keep(ranges, needed)
    } catch {
      lose(error.finding)
    }
    return true
  }

  private func keep(_ ranges: [Range<UInt64>], _ needed: UInt64) throws(CheckpointError) {
    let stretch = try liveStretch()
    for range in ranges { try append(range, to: stretch) }
    try stretch.sync()
    byteCount.addClamped(needed)
    for range in ranges { setKept(range) }
  }

  private func liveStretch() throws(CheckpointError) -> DiskStretch {
    if let live { return live }
    let stretch = try DiskStretch(making: livePath, point: tree?.position ?? 0)
    try CheckpointFile.keepNames(of: folder)
    byteCount.addClamped(stretch.byteCount)
    live = stretch
    return stretch
  }

  /// Lets go what was kept since the position.
  func removeLive() {
    if let live { byteCount.subtractClamped(live.byteCount) }
    unlink(livePath)
    live = nil
    keptBlocks = []
  }

  /// Adds what the disk's file has in a range.
  func append(
    _ range: Range<UInt64>, to stretch: DiskStretch
  ) throws(CheckpointError) {
    var bytes = [UInt8](
      repeating: 0, count: Int(clamping: range.upperBound.subtractingClamped(range.lowerBound)))
    let count = bytes.withUnsafeMutableBytes {
      HostFile.read(descriptor, into: $0, at: range.lowerBound)
    }
    guard count == bytes.count else { throw .host(file: diskPath, number: EIO) }
    try bytes.visitBytes { bytes throws(CheckpointError) in
      try stretch.append(bytes, from: range.lowerBound)
    }
  }

  /// Lets the oldest points go until there is room for so many bytes; false when there is none.
  private func makeRoom(for bytes: UInt64) throws(CheckpointError) -> Bool {
    guard byteCount.addingClamped(bytes) > byteLimit else { return true }
    var gone: [Int] = []
    var left = byteCount
    try change { tree in
      while left.addingClamped(bytes) > byteLimit, let stretch = tree.removeOldest() {
        left.subtractClamped(size(of: path(of: stretch)))
        gone.append(stretch)
      }
    }
    remove(gone)
    if !gone.isEmpty {
      onLoss?("MORE THAN \(byteLimit / 1024)K WOULD BE KEPT: THE OLDEST CHECKPOINTS ARE WITHOUT IT")
    }
    return byteCount.addingClamped(bytes) <= byteLimit
  }

  // MARK: Blocks

  /// The parts of a range, in whole blocks, that `live` does not have.
  private func newRanges(_ offset: UInt64, _ count: Int) -> [Range<UInt64>] {
    let size = Self.blockByteCount
    let end = min(diskByteCount, offset.addingClamped(UInt64(clamping: count)))
    var ranges: [Range<UInt64>] = []
    var last: Range<UInt64>?
    var block = offset / size
    while block.multipliedClamped(by: size) < end {
      let start = block.multipliedClamped(by: size)
      let stop = min(diskByteCount, start.addingClamped(size))
      if !isKept(block) {
        last = Range(uncheckedBounds: (last?.lowerBound ?? start, max(start, stop)))
      } else if let range = last {
        ranges.append(range)
        last = nil
      }
      block.addClamped(1)
    }
    if let last { ranges.append(last) }
    return ranges
  }

  private func isKept(_ block: UInt64) -> Bool {
    (keptBlocks.element(at: Int(clamping: block / 64)) ?? 0) >> (block & 63) & 1 != 0
  }

  private func setKept(_ range: Range<UInt64>) {
    // What a file says of a block that the disk does not have is nowhere asked for.
    let end = min(range.upperBound, diskByteCount)
    var block = range.lowerBound / Self.blockByteCount
    while block.multipliedClamped(by: Self.blockByteCount) < end {
      let word = Int(clamping: block / 64)
      while keptBlocks.count <= word { keptBlocks.append(0) }
      keptBlocks.change(at: word) { $0 |= 1 << (block & 63) }
      block.addClamped(1)
    }
  }
}
