import CLZ4
import Quantities

/// The compressed kernel inside a bzImage, in LZ4's legacy frame format.
///
/// The host unpacks it, which takes 50 ms where the guest's own decompressor takes 99 million
/// instructions. Source: LZ4 "Frame format", section "Legacy frame".
enum KernelPayload {
  private static let legacyMagic: UInt32 = 0x184C_2102
  private static let blockLimit = 8 << 20

  /// Whether a payload is packed in the format that `unpack` knows.
  static func isKnown(_ payload: UnsafeRawBufferPointer) -> Bool {
    payload.count > 12 && word(payload, 0) == legacyMagic
  }

  /// Unpacks a payload whose last four bytes are the unpacked size.
  ///
  /// - Parameters:
  ///   - payload: The frame and the size behind it.
  ///   - limit: Most bytes that it may unpack to: those of the storage that it is for.
  /// - Returns: The kernel.
  /// - Throws: `LoadError.damagedPayload`, before more is allocated than the limit.
  static func unpack(
    _ payload: UnsafeRawBufferPointer, limit: UInt64
  ) throws(LoadError) -> [UInt8] {
    guard isKnown(payload), let end = payload.count.subtracting(4), let size = word(payload, end)
    else { throw .damagedPayload(reason: "it is not an LZ4 legacy frame") }
    guard size > 0, UInt64(size) <= limit else {
      throw .damagedPayload(
        reason: "its unpacked size would be \(size) bytes, in storage of \(limit)")
    }
    var output = [UInt8](repeating: 0, count: Int(size))
    var failure: LoadError?
    output.withUnsafeMutableBytes { buffer in
      failure = unpackBlocks(payload, end: end, into: buffer)
    }
    if let failure { throw failure }
    return output
  }

  private static func unpackBlocks(
    _ payload: UnsafeRawBufferPointer, end: Int, into output: UnsafeMutableRawBufferPointer
  ) -> LoadError? {
    guard let source = payload.baseAddress, let target = output.baseAddress else { return nil }
    var position = 4
    var produced = 0
    while position < end, produced < output.count {
      guard let start = position.adding(4), start <= end, let count = word(payload, position) else {
        return .damagedPayload(reason: "a block's length is cut off at byte \(position)")
      }
      guard count > 0, let blockEnd = start.adding(Int(count)), blockEnd <= end,
        let blockByteCount = Int32(exactly: count)
      else { return .damagedPayload(reason: "a block at byte \(start) runs past the end") }
      let room = min(blockLimit, output.count &- produced)
      let result = LZ4_decompress_safe(
        (source + start).assumingMemoryBound(to: CChar.self),
        (target + produced).assumingMemoryBound(to: CChar.self), blockByteCount,
        Int32(clamping: room))
      guard result > 0 else {
        return .damagedPayload(reason: "the block at byte \(start) does not unpack")
      }
      position = blockEnd
      produced &+= Int(result)
    }
    guard produced == output.count else {
      return .damagedPayload(reason: "it unpacks to \(produced) bytes instead of \(output.count)")
    }
    return nil
  }

  /// Four bytes, lowest first; nil where they are not all there.
  private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32? {
    guard offset >= 0, let end = offset.adding(4), end <= bytes.count else { return nil }
    // Cannot trap: the bytes are there.
    return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
}
