import Channels
import Foundation
import Quantities

// How a disk's file is put back. Where it is to go stands in the tree before the first byte is written, and each
// step can be done again from its beginning: a process that is killed meanwhile leaves what the next one
// finishes.

extension DiskPast {
  /// Puts the disk's file where a checkpoint finds it.
  ///
  /// - Throws: `CheckpointError`; when it is `.damaged`, the file is as it was.
  func go(to mark: DiskMark) throws(CheckpointError) {
    try settle()
    guard has(mark), let point = mark.point, let route = tree?.route(to: point) else {
      throw .damaged(folder: folder, section: "tree.json", reason: "there is no way to the point")
    }
    if live == nil, tree?.target == nil, route.count == 1 { return }
    try live?.verify(on: diskByteCount)
    for (one, other) in zip(route, route.dropFirst()) {
      try DiskStretch(reading: path(of: max(one, other))).verify(on: diskByteCount)
    }
    try change {
      $0.file.written = nil
      $0.target = point
    }
    try arrive()
  }

  /// Finishes the way to where the disk's file is being put, if it is.
  func arrive() throws(CheckpointError) {
    guard let target = tree?.target else { return }
    if let live { try restore(live) }
    removeLive()
    try CheckpointFile.keepNames(of: folder)
    for point in tree?.route(to: target)?.dropFirst() ?? [] { try step(to: point) }
    try change { $0.target = nil }
  }

  /// Makes the disk's file whole at a point, when the host ended a way in the middle of a step.
  private func settle() throws(CheckpointError) {
    guard let tree, let target = tree.target else { return }
    if let live {
      try restore(live)
      removeLive()
    }
    guard let next = tree.route(to: target)?.dropFirst().first else { return }
    let path = path(of: max(tree.position, next))
    let other = path + ".other"
    if HostFile.kind(of: other) != nil {
      try restore(DiskStretch(reading: other))
      unlink(other)
      try CheckpointFile.keepNames(of: folder)
    } else if try DiskStretch(reading: path).point == tree.position {
      try change { $0.position = next }
    }
  }

  /// Goes to a neighbour of the position.
  private func step(to next: Int) throws(CheckpointError) {
    guard let position = tree?.position else { return }
    let path = path(of: max(position, next))
    let stretch = try DiskStretch(reading: path)
    // Otherwise it was exchanged already.
    if stretch.point == next {
      try exchange(stretch, keeping: position)
    }
    try change { $0.position = next }
  }

  /// Writes what a stretch has into the disk's file, and what that had into the stretch.
  private func exchange(_ stretch: DiskStretch, keeping point: Int) throws(CheckpointError) {
    let other = stretch.path + ".other"
    if HostFile.kind(of: other) == nil {
      unlink(other + ".new")
      let new = try DiskStretch(making: other + ".new", point: point)
      for piece in stretch.pieces {
        try append(piece.offset..<max(piece.offset, piece.end), to: new)
      }
      try new.sync()
      try move(other + ".new", to: other)
    }
    try restore(stretch)
    try move(other, to: stretch.path)
  }

  /// Writes what a stretch has into the disk's file.
  private func restore(_ stretch: DiskStretch) throws(CheckpointError) {
    for piece in stretch.pieces {
      let bytes = try stretch.bytes(of: piece)
      try bytes.visitBytes { bytes throws(CheckpointError) in
        if let number = HostFile.write(bytes, to: descriptor, at: piece.offset) {
          throw .host(file: diskPath, number: number)
        }
      }
    }
    guard fdatasync(descriptor) == 0 else { throw .host(file: diskPath, number: errno) }
  }
}
