// What the file of a writable disk had before it was overwritten. It is kept, and put in the place of what the
// file has now, outside the machine's history: nothing that a guest can see depends on it.

/// Keeps what the file of a disk has before it is overwritten.
package protocol OverwriteKeeper: AnyObject {
  /// Keeps what the file has in a range that is about to be overwritten; it is on the host's disk then.
  ///
  /// - Returns: False when the file must not be written to.
  func keep(_ offset: UInt64, _ count: Int) -> Bool
}

/// What a disk had at an instant, in the place of what its file has now.
package protocol FormerContents: AnyObject {
  /// Puts what the disk had into bytes that have just been read from its file.
  ///
  /// - Returns: False when that is not known.
  func replace(in bytes: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Bool
}
