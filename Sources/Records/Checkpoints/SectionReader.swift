import CLZ4
import Foundation
import Quantities
import X86

/// Unpacks one section and verifies it.
enum SectionReader {
  /// Most bytes that a section may have: a host's file may say anything.
  private static let mostBytes = 1 << 40

  /// What is in a section.
  ///
  /// - Throws: `CheckpointError.damaged` that names it when its file is not what the manifest says.
  static func read(
    _ section: CheckpointSection, in folder: String
  ) throws(CheckpointError) -> [UInt8] {
    let path = folder + "/" + section.name
    func damaged(_ reason: String) -> CheckpointError {
      .damaged(folder: folder, section: section.name, reason: reason)
    }
    guard (0...mostBytes).contains(section.byteCount),
      (0...mostBytes).contains(section.storedByteCount)
    else { throw damaged("the manifest gives it no size that a section has") }
    let stored: Data
    do throws(HostFileError) {
      stored = try HostFile.read(path, atMost: section.storedByteCount)
    } catch {
      throw damaged(error.reason)
    }
    // Cannot trap: all bytes of the file.
    let (count, checksum) = stored.withUnsafeBytes { bytes in
      (bytes.count, bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
    }
    guard count == section.storedByteCount else {
      throw damaged("it has \(count) bytes of \(section.storedByteCount)")
    }
    guard checksum == section.checksum else { throw damaged("its checksum is another") }
    // The host may have no memory; an array by itself would end the process then.
    guard let room = malloc(max(1, section.byteCount)) else {
      throw .host(file: path, number: ENOMEM)
    }
    free(room)
    let contents = StoragePages.bytes(section.byteCount) { room in
      // Cannot trap: all bytes of the file.
      stored.withUnsafeBytes { unpack($0, into: room) }
    }
    guard let contents else { throw damaged("its contents do not unpack to what was packed") }
    return contents
  }

  /// Unpacks a frame; false unless it is whole, of this size, and its checksum holds.
  private static func unpack(
    _ stored: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer
  ) -> Bool {
    var context: OpaquePointer?
    guard LZ4F_isError(LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))) == 0 else {
      return false
    }
    defer { LZ4F_freeDecompressionContext(context) }
    var taken = 0
    var given = 0
    while taken < stored.count {
      var source = stored.count &- taken
      var target = room.count &- given
      let hint = LZ4F_decompress(
        context, room.baseAddress.map { $0 + given }, &target,
        stored.baseAddress.map { $0 + taken }, &source, nil)
      guard LZ4F_isError(hint) == 0 else { return false }
      taken.addClamped(source)
      given.addClamped(target)
      if hint == 0 { break }
      guard source > 0 || target > 0 else { return false }
    }
    return taken == stored.count && given == room.count
  }
}
