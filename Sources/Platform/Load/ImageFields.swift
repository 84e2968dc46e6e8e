/// Little-endian fields of a structure in an image's file, read with their names.
struct ImageFields {
  let file: UnsafeRawBufferPointer
  let structure: LoadError.Structure

  /// Reads a field; `LoadError.truncated` names it when the file ends before.
  func read<T: FixedWidthInteger>(
    _ offset: Int, _ name: String, as type: T.Type = T.self
  ) throws(LoadError) -> T {
    let size = MemoryLayout<T>.size
    guard offset >= 0, offset <= file.count - size else {
      throw .truncated(
        part: "\(structure.rawValue) field \(name)",
        needed: UInt64(clamping: offset) &+ UInt64(size), actual: UInt64(file.count))
    }
    return T(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: T.self))
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
