import Foundation
import Quantities

// The points of a disk form a tree, as the checkpoints do that were taken there; the disk's file is at one of
// them, or goes on from it. Between two neighbours lies a stretch. All points of a tree can be gone to: one
// that cannot be any more is in no tree.

/// Where a checkpoint finds a disk: a point of a tree.
package struct DiskMark: Codable, Equatable, Sendable {
  /// The device's number.
  package var device: UInt16
  /// The tree; nil when nothing was kept of the disk.
  var tree: UInt64?
  /// The point in it.
  var point: Int?
  /// Whether the disk was away, with another I/O configuration; nil for no.
  var isAbsent: Bool?
}

/// The tree of a disk's points.
struct DiskTree: Codable, Equatable, Sendable {
  private static let kind = "disk"
  private static let version = 1

  private var kind = DiskTree.kind
  private var version = DiskTree.version
  /// Its name: numbers of points mean nothing in another.
  var name: UInt64
  /// The disk's file, and which one it is to the host.
  var file: DiskFile
  /// The folder that it was kept in last; nil for one that was written by an older program.
  ///
  /// A copy of that folder writes to no file by it.
  var home: FileIdentity?
  /// The point from which the disk goes on.
  var position: Int
  /// Where the disk's file is being put; what it has until it is there is of no instant.
  var target: Int?
  /// The point before each, a lower number; 0 for the first, which has none.
  private var parents: [Int: Int]
  /// The next point's number.
  private var next = 2

  /// A tree of one point, at which the disk is.
  init(of file: DiskFile) {
    name = .random(in: 1 ... .max)
    self.file = file
    position = 1
    parents = [1: 0]
  }

  /// The points, the oldest first.
  var points: [Int] { parents.keys.sorted() }

  /// The stretches: each has the name of the later one of the points that it lies between.
  var stretches: [Int] { points.filter { parents[$0] != 0 } }

  /// Whether there is such a point.
  func contains(_ point: Int) -> Bool { parents[point] != nil }

  /// Whether it has the point of a mark.
  func contains(_ mark: DiskMark) -> Bool {
    mark.tree == name && mark.point.map { contains($0) } ?? false
  }

  /// Adds a point that follows the position, and goes there.
  mutating func advance() {
    parents[next] = position
    position = next
    next = next.addingClamped(1)
  }

  /// The next point's number.
  var nextPoint: Int { next }

  /// The points on the way from the position, it and the other included; nil when there is none.
  func route(to point: Int) -> [Int]? {
    let (up, down) = (line(to: position), line(to: point))
    let shared = zip(up, down).prefix { $0 == $1 }.count
    guard shared > 0 else { return nil }
    return up.dropFirst(shared.subtractingClamped(1)).reversed() + down.dropFirst(shared)
  }

  /// The stretch between two neighbours.
  func stretch(between one: Int, and other: Int) -> Int { max(one, other) }

  /// The points from the first to one.
  private func line(to point: Int) -> [Int] {
    var line: [Int] = []
    var here = point
    // A file that says otherwise ends the line.
    while let parent = parents[here] {
      line.append(here)
      guard parent < here else { break }
      here = parent
    }
    return line.reversed()
  }

  /// Takes away a point with one neighbour, and the stretch to it, which is its answer.
  private mutating func remove(_ point: Int) -> Int? {
    if let parent = parents.removeValue(forKey: point), parent != 0 { return point }
    guard let child = points.first(where: { parents[$0] == point }) else { return nil }
    parents[child] = 0
    return child
  }

  /// The points with one neighbour, but for the position, the oldest first.
  private var ends: [Int] {
    let neighbours = stretches.reduce(into: [Int: Int]()) { count, point in
      count[point, default: 0].addClamped(1)
      count[parents[point] ?? 0, default: 0].addClamped(1)
    }
    return points.filter { $0 != position && neighbours[$0] == 1 }
  }

  /// Takes away what no checkpoint needs.
  ///
  /// - Parameter needed: The points of the checkpoints.
  /// - Returns: The stretches that went with it.
  mutating func prune(to needed: Set<Int>) -> [Int] {
    var gone: [Int] = []
    while let point = ends.first(where: { !needed.contains($0) }) {
      if let stretch = remove(point) { gone.append(stretch) }
    }
    return gone
  }

  /// Removes what no checkpoint needs, of a disk that is not open.
  func prune(to marks: [DiskMark], in folder: String) {
    var other = self
    let gone = other.prune(to: Set(marks.filter(contains).compactMap(\.point)))
    guard !gone.isEmpty, (try? other.write(folder + "/tree.json")) != nil else { return }
    for stretch in gone { unlink(folder + "/\(stretch)") }
  }

  /// Takes away the oldest point behind which no other lies.
  ///
  /// - Returns: The stretch that went with it; nil when only the position is left.
  mutating func removeOldest() -> Int? { ends.first.flatMap { remove($0) } }

  // MARK: In a file

  /// Reads one; nil when there is none.
  static func read(_ path: String) throws(CheckpointError) -> DiskTree? {
    guard HostFile.kind(of: path) != nil else { return nil }
    func damaged(_ reason: String) -> CheckpointError {
      .damaged(
        folder: (path as NSString).deletingLastPathComponent,
        section: (path as NSString).lastPathComponent, reason: reason)
    }
    let text: Data
    do throws(HostFileError) {
      text = try HostFile.read(path, atMost: 1 << 28)
    } catch {
      throw damaged(error.reason)
    }
    guard let tree = try? JSONDecoder().decode(Self.self, from: text), tree.kind == kind,
      tree.version <= version, tree.isOne
    else { throw damaged("it is no tree of a disk's points") }
    return tree
  }

  /// Whether it hangs together.
  private var isOne: Bool {
    contains(position) && (target.map(contains) ?? true)
      && parents.allSatisfy { $0 > 0 && $0 < next && $1 < $0 }
  }

  /// Writes it; at each instant the old or the new one is there.
  func write(_ path: String) throws(CheckpointError) {
    try CheckpointFile.replace(path, by: self)
  }
}

/// Which file of the host a disk has.
struct DiskFile: Codable, Equatable, Sendable {
  /// Its name, from the root on.
  var path: String
  var device: UInt64
  var inode: UInt64
  var byteCount: Int64
  /// When it was written to last, in nanoseconds since 1970; nil while its machine runs, and after a machine
  /// that was killed.
  var written: Int64?

  /// A file of the host; nil when it cannot be looked at.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(path, status)
  }

  /// An open file of the host, which had a name when it was opened.
  init?(_ descriptor: Int32, _ path: String) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(path, status)
  }

  private init(_ path: String, _ status: stat) {
    self.path = Self.path(path)
    device = UInt64(clamping: status.st_dev)
    inode = UInt64(clamping: status.st_ino)
    byteCount = Int64(clamping: status.st_size)
    written = Int64(clamping: status.st_mtim.tv_sec).multipliedClamped(by: 1_000_000_000)
      .addingClamped(Int64(clamping: status.st_mtim.tv_nsec))
  }

  /// A file's name from the root on.
  static func path(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }

  /// Whether it is the file that was described, and nobody wrote to it since.
  func isStill(_ former: DiskFile) -> Bool {
    var same = former
    same.written = former.written ?? written
    return self == same
  }
}
