import Channels
import Foundation
import Quantities

/// What a disk had at a checkpoint, for who only looks: nothing is written, and the machine that the disk belongs
/// to may run meanwhile.
///
/// What that machine overwrites it keeps before. So who reads the disk's file first, and then looks for what was
/// kept until then, has what the disk had.
final class FormerDisk: FormerContents {
  /// How often is looked again, a millisecond later, for what the machine is changing just then: to go back to
  /// another instant takes its host a while.
  private static let attempts = 20_000
  /// Whether that was in vain.
  private var isLost = false

  private let folder: String
  private let mark: DiskMark
  /// Which tree the blocks are of, as the host tells files apart.
  private var version: FileVersion?
  private var live: DiskStretch?
  /// How many of its pieces are among the blocks.
  private var livePieceCount = 0
  /// Where each block is that the file does not have as it was.
  private var blocks: [UInt64: (stretch: DiskStretch, piece: DiskPiece)] = [:]
  /// The piece that was read last.
  private var last: (path: String, place: UInt64, bytes: [UInt8])?

  /// What a disk had where a checkpoint finds it, from the folder of what is kept of it; nil when that is not
  /// known.
  init?(_ mark: DiskMark, in folder: String) {
    self.folder = folder
    self.mark = mark
    guard refresh() else { return nil }
  }

  func replace(in bytes: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Bool {
    guard refresh() else { return false }
    let size = DiskPast.blockByteCount
    let end = offset.addingClamped(UInt64(clamping: bytes.count))
    var block = offset / size
    while block.multipliedClamped(by: size) < end {
      if let (stretch, piece) = blocks[block] {
        let from = max(offset, block.multipliedClamped(by: size), piece.offset)
        let to = min(end, block.addingClamped(1).multipliedClamped(by: size), piece.end)
        guard let kept = self.bytes(of: piece, in: stretch) else { return false }
        guard from < to else { return false }
        let start = Int(clamping: from &- piece.offset)
        let part = kept.dropFirst(start).prefix(Int(clamping: to &- from))
        UnsafeMutableRawBufferPointer(
          rebasing: bytes.dropFirst(Int(clamping: from &- offset)).prefix(part.count)
        ).copyBytes(from: part)
      }
      block.addClamped(1)
    }
    return true
  }

  private func bytes(of piece: DiskPiece, in stretch: DiskStretch) -> [UInt8]? {
    if let last, last.path == stretch.path, last.place == piece.place { return last.bytes }
    guard let bytes = try? stretch.bytes(of: piece) else { return nil }
    last = (stretch.path, piece.place, bytes)
    return bytes
  }

  // MARK: What is kept now

  /// Takes what was kept since the last time; false when the disk cannot be known any more.
  private func refresh() -> Bool {
    guard !isLost else { return false }
    for _ in 0..<Self.attempts {
      let now = FileVersion(folder + "/tree.json")
      // It is only ever put in the place of another.
      if now == nil { break }
      if now == version, takeLive() { return true }
      if let now, let isKnown = read(), FileVersion(folder + "/tree.json") == now {
        version = isKnown ? now : nil
        return isKnown
      }
      usleep(1000)
    }
    isLost = true
    return false
  }

  /// Reads all anew; nil when it was changed meanwhile.
  private func read() -> Bool? {
    (version, live, livePieceCount, last) = (nil, nil, 0, nil)
    blocks = [:]
    guard let tree = try? DiskTree.read(folder + "/tree.json") else { return nil }
    // The disk is being put somewhere else.
    guard tree.target == nil else { return nil }
    guard tree.name == mark.tree, let point = mark.point, let route = tree.route(to: point) else {
      return false
    }
    // What lies nearest to the checkpoint counts.
    for (one, other) in zip(route, route.dropFirst()).reversed() {
      guard let stretch = try? DiskStretch(reading: folder + "/\(max(one, other))"),
        stretch.point == other
      else { return nil }
      take(stretch.pieces, of: stretch)
    }
    return takeLive() ? true : nil
  }

  /// Takes what the machine has kept since its position.
  private func takeLive() -> Bool {
    do throws(CheckpointError) {
      if let live {
        try live.extend()
      } else {
        guard (FileVersion(folder + "/live")?.byteCount ?? 0) > DiskStretch.emptyByteCount else {
          return true
        }
        live = try DiskStretch(reading: folder + "/live")
      }
    } catch {
      return false
    }
    guard let live else { return true }
    take(Array(live.pieces.dropFirst(livePieceCount)), of: live)
    livePieceCount = live.pieces.count
    return true
  }

  private func take(_ pieces: [DiskPiece], of stretch: DiskStretch) {
    for piece in pieces {
      var block = piece.offset / DiskPast.blockByteCount
      while block.multipliedClamped(by: DiskPast.blockByteCount) < piece.end {
        if blocks[block] == nil { blocks[block] = (stretch, piece) }
        block.addClamped(1)
      }
    }
  }
}
