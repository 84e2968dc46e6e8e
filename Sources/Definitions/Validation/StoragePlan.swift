import Partitioning
import Quantities

/// Where the storage of partitions would lie, by the rules of the firmware's ledger.
///
/// Initial storage is one piece: at ORIGIN when it is said, else the highest free one that is long
/// enough. Kept as pieces, not as increments, so that a plan of thousands of partitions is cheap.
struct StoragePlan: Sendable {
  /// Storage of one owner in one piece, in increments.
  struct Piece: Sendable, Equatable {
    var range: Range<Int>
    var owner: String
    /// Whether it lies there because its profile says ORIGIN.
    var hasOrigin: Bool
  }

  /// Why storage cannot be given.
  enum Refusal: Error, Equatable {
    /// The place is another's, or is not installed.
    case originTaken(owner: String?)
    /// Fewer increments are free.
    case short
    /// As many are free, but not in one piece.
    case fragmented
  }

  /// Bytes in an increment.
  let incrementByteCount: UInt64
  /// Increments installed.
  let installedCount: Int
  /// Free pieces, ascending.
  private(set) var free: [Range<Int>]
  /// Pieces that someone has, in the order in which they were given.
  private(set) var pieces: [Piece] = []

  /// A plan in which all is free.
  init(installedByteCount: UInt64, incrementByteCount: UInt64) {
    self.incrementByteCount = incrementByteCount
    installedCount = Int(clamping: installedByteCount / max(1, incrementByteCount))
    free = installedCount > 0 ? [0..<installedCount] : []
  }

  /// Increments that nobody has.
  var freeCount: Int { free.reduce(0) { $0.addingClamped(Self.count(of: $1)) } }
  /// The longest free piece; nil when nothing is free.
  var longest: Range<Int>? { free.max { Self.count(of: $0) < Self.count(of: $1) } }

  /// Increments in a piece.
  static func count(of piece: Range<Int>) -> Int {
    piece.upperBound.subtractingClamped(piece.lowerBound)
  }

  /// Whole increments in so many bytes.
  func increments(_ bytes: UInt64) -> Int { Int(clamping: bytes / max(1, incrementByteCount)) }

  /// Increments that hold so many bytes.
  func count(of bytes: UInt64) -> Int {
    increments(bytes.addingClamped(max(1, incrementByteCount) &- 1))
  }

  /// Bytes in so many increments.
  func bytes(_ count: Int) -> UInt64 {
    UInt64(clamping: count).multipliedClamped(by: incrementByteCount)
  }

  /// Gives an owner a piece: at `origin` when said, else the highest that is long enough.
  ///
  /// - Throws: `Refusal`; nothing is given then.
  mutating func take(
    _ count: Int, for owner: String, origin: Int? = nil
  ) throws(Refusal) -> Range<Int> {
    if let origin {
      let range = origin..<max(origin, origin.addingClamped(count))
      guard let index = free.firstIndex(where: { $0.contains(range) }) else {
        throw .originTaken(owner: pieces.first { $0.range.overlaps(range) }?.owner)
      }
      give(range, to: owner, from: index, hasOrigin: true)
      return range
    }
    guard let index = free.lastIndex(where: { Self.count(of: $0) >= count }),
      let end = free.element(at: index)?.upperBound
    else { throw count > freeCount ? .short : .fragmented }
    let range = min(end, end.subtractingClamped(count))..<end
    give(range, to: owner, from: index, hasOrigin: false)
    return range
  }

  /// Notes increments that an owner has already, in whatever pieces.
  mutating func note(_ increments: [Int], of owner: String, hasOrigin: Bool) {
    for run in StorageMap.runs(increments) {
      guard let index = free.firstIndex(where: { $0.contains(run) }) else { continue }
      give(run, to: owner, from: index, hasOrigin: hasOrigin)
    }
  }

  private mutating func give(
    _ range: Range<Int>, to owner: String, from index: Int, hasOrigin: Bool
  ) {
    guard let piece = free.element(at: index) else { return }
    // What is given lies in the piece.
    let before = piece.lowerBound..<max(piece.lowerBound, range.lowerBound)
    let after = min(piece.upperBound, range.upperBound)..<piece.upperBound
    free =
      free.prefix(index) + [before, after].filter { !$0.isEmpty }
      + free.dropFirst(index.addingClamped(1))
    pieces.append(Piece(range: range, owner: owner, hasOrigin: hasOrigin))
  }

  /// The first piece with an origin that does not lie on the one before it, and where it should.
  ///
  /// Those with an origin are packed from the bottom, so that the rest stays in one piece (System z9
  /// PR/SM Planning Guide).
  var unpacked: (piece: Piece, place: Int)? {
    var next = 0
    for piece in pieces.filter(\.hasOrigin).sorted(by: { $0.range.lowerBound < $1.range.lowerBound }
    ) {
      if piece.range.lowerBound != next { return (piece, next) }
      next = piece.range.upperBound
    }
    return nil
  }
}
