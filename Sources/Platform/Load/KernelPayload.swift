import CLZ4

/// The compressed kernel inside a bzImage, in LZ4's legacy frame format.
///
/// The host unpacks it, which takes 50 ms where the guest's own decompressor takes 99 million
/// instructions. Source: LZ4 "Frame format", section "Legacy frame".
enum KernelPayload {
  private static let legacyMagic: UInt32 = 0x184C_2102
  private static let blockLimit = 8 << 20
  private static let sizeLimit = 1 << 29

  /// Whether a payload is packed in the format that `unpack` knows.
  static func isKnown(_ payload: UnsafeRawBufferPointer) -> Bool {
    payload.count > 12 && word(payload, 0) == legacyMagic
  }

  /// Unpacks a payload whose last four bytes are the unpacked size.
  static func unpack(_ payload: UnsafeRawBufferPointer) throws(LoadError) -> [UInt8] {
    guard isKnown(payload) else { throw .damagedPayload(reason: "it is not an LZ4 legacy frame") }
    let end = payload.count - 4
    let size = Int(word(payload, end))
    guard size > 0, size <= sizeLimit else {
      throw .damagedPayload(reason: "its unpacked size would be \(size) bytes")
    }
    var output = [UInt8](repeating: 0, count: size)
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
      guard position + 4 <= end else {
        return .damagedPayload(reason: "a block's length is cut off at byte \(position)")
      }
      let count = Int(word(payload, position))
      position += 4
      guard count > 0, position + count <= end else {
        return .damagedPayload(reason: "a block at byte \(position) runs past the end")
      }
      let room = min(blockLimit, output.count - produced)
      let result = LZ4_decompress_safe(
        (source + position).assumingMemoryBound(to: CChar.self),
        (target + produced).assumingMemoryBound(to: CChar.self), Int32(count), Int32(room))
      guard result > 0 else {
        return .damagedPayload(reason: "the block at byte \(position) does not unpack")
      }
      position += count
      produced += Int(result)
    }
    guard produced == output.count else {
      return .damagedPayload(reason: "it unpacks to \(produced) bytes instead of \(output.count)")
    }
    return nil
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
}
