import CLZ4
import Foundation
import Quantities

// A section of a checkpoint is a file of its own: an LZ4 frame with the checksum of what is in it (LZ4
// "Frame format"), so that other programs can unpack and verify it too.

/// What a checkpoint's manifest says of a section.
struct CheckpointSection: Codable, Equatable, Sendable {
  /// What is in it, which is also its file's name.
  var name: String
  /// Bytes of what is in it, and of its file.
  var byteCount: Int
  var storedByteCount: Int
  /// The frame's checksum of what is in it (xxHash, 32 bits).
  var checksum: UInt32
}

/// Packs one section into its file.
final class SectionWriter {
  /// Bytes that are packed at once.
  private static let pieceByteCount = 1 << 20

  private let file: CheckpointFile
  private let name: String
  private let context: OpaquePointer
  private var room: [UInt8]
  private var byteCount = 0
  /// The frame's last bytes so far, of which the last four become its checksum.
  private var tail: [UInt8] = []

  private static var preferences: LZ4F_preferences_t {
    var preferences = LZ4F_preferences_t()
    preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled
    return preferences
  }

  /// Begins a section in a folder.
  ///
  /// - Throws: `CheckpointError` when the file cannot be written.
  init(_ name: String, in folder: String) throws(CheckpointError) {
    self.name = name
    file = try CheckpointFile(writing: folder + "/" + name)
    var context: OpaquePointer?
    guard LZ4F_isError(LZ4F_createCompressionContext(&context, UInt32(LZ4F_VERSION))) == 0,
      let context
    else { throw .host(file: file.path, number: ENOMEM) }
    self.context = context
    var preferences = Self.preferences
    room = [UInt8](
      repeating: 0, count: max(64, LZ4F_compressBound(Self.pieceByteCount, &preferences) &+ 64))
    let made = room.withUnsafeMutableBytes {
      LZ4F_compressBegin(context, $0.baseAddress, $0.count, &preferences)
    }
    try put(made)
  }

  deinit { LZ4F_freeCompressionContext(context) }

  /// Packs bytes.
  func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    var done = 0
    while done < bytes.count {
      let count = min(Self.pieceByteCount, bytes.count &- done)
      let piece = bytes.baseAddress.map { $0 + done }
      let made = room.withUnsafeMutableBytes {
        LZ4F_compressUpdate(context, $0.baseAddress, $0.count, piece, count, nil)
      }
      try put(made)
      done &+= count
    }
    byteCount.addClamped(bytes.count)
  }

  /// Ends the section; it is on the disk then.
  ///
  /// - Returns: What the manifest says of it.
  func finish() throws(CheckpointError) -> CheckpointSection {
    let made = room.withUnsafeMutableBytes {
      LZ4F_compressEnd(context, $0.baseAddress, $0.count, nil)
    }
    try put(made)
    try file.finish()
    return CheckpointSection(
      name: name, byteCount: byteCount, storedByteCount: file.byteCount,
      checksum: tail.suffix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) })
  }

  /// Writes what was packed into `room`.
  private func put(_ made: Int) throws(CheckpointError) {
    guard LZ4F_isError(made) == 0 else { throw .host(file: file.path, number: ENOMEM) }
    guard made > 0 else { return }
    try room.visitBytes { packed throws(CheckpointError) in
      try file.write(UnsafeRawBufferPointer(rebasing: packed.prefix(made)))
    }
    tail = Array((tail + room.prefix(made).suffix(4)).suffix(4))
  }
}
