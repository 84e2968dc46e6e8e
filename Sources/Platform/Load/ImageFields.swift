import Quantities

/// Little-endian fields of a structure in an image's file, read with their names.
struct ImageFields {
  let file: UnsafeRawBufferPointer
  let structure: LoadError.Structure

  /// Bytes of the file.
  var byteCount: UInt64 { UInt64(clamping: file.count) }

  /// A part of the file; nil where it is not all inside.
  func range(_ start: UInt64, _ byteCount: UInt64) -> Range<Int>? {
    guard let end = start.adding(byteCount), end <= self.byteCount else { return nil }
    return Range(uncheckedBounds: (Int(clamping: start), Int(clamping: end)))
  }

  /// Reads a field; `LoadError.truncated` names it when the file ends before.
  func read<T: FixedWidthInteger>(
    _ offset: Int, _ name: String, as type: T.Type = T.self
  ) throws(LoadError) -> T {
    let size = MemoryLayout<T>.size
    guard offset >= 0, let end = offset.adding(size), end <= file.count,
      let start = file.baseAddress
    else {
      throw .truncated(
        part: "\(structure.rawValue) field \(name)",
        needed: UInt64(clamping: offset).addingClamped(UInt64(clamping: size)), actual: byteCount)
    }
    return T(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// Throws `LoadError.wrongField` unless the condition holds.
  func require(
    _ condition: Bool, _ name: String, _ found: UInt64, _ needed: @autoclosure () -> String
  ) throws(LoadError) {
    guard condition else { throw wrong(name, found, needed()) }
  }

  /// The error of a field that holds what cannot be right.
  func wrong(_ name: String, _ found: UInt64, _ needed: String) -> LoadError {
    .wrongField(structure, name, found: found, needed: needed)
  }
}

extension UnsafeRawBufferPointer {
  /// The bytes of a range, as far as they are there.
  func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    guard let baseAddress else { return self }
    let start = Swift.min(Swift.max(0, range.lowerBound), count)
    let end = Swift.min(Swift.max(start, range.upperBound), count)
    return UnsafeRawBufferPointer(start: baseAddress + start, count: end &- start)
  }
}
