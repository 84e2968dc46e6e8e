import Foundation
import Quantities
import Synchronization

/// This process's hold on a host file: to what it writes no other program does, nor has it as a base, and to what
/// it reads no other program writes.
///
/// It is counted by what the file is, whatever its name: while one machine takes the place of another, both have
/// it. The host drops it when the process ends, however it ends. It keeps off who asks for it by `flock`.
package final class FileHold: Sendable {
  private let file: FileIdentity
  private let isWriter: Bool

  /// Takes hold of a file that is open; one that the host cannot lock is used without.
  ///
  /// - Parameters:
  ///   - descriptor: The open file; it may be closed while it is held.
  ///   - writing: Whether it is written to.
  /// - Throws: `FileHoldRefusal` when another program has it in a way that does not go with this.
  package init(of descriptor: Int32, writing: Bool) throws(FileHoldRefusal) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .host(number: errno) }
    let file = FileIdentity(status)
    try heldFiles.withLock { files throws(FileHoldRefusal) in
      var holders: FileHolders
      if let known = files[file] {
        holders = known
      } else {
        holders = try FileHolders(of: descriptor)
      }
      try holders.enter(writing: writing)
      files[file] = holders
    }
    self.file = file
    isWriter = writing
  }

  deinit {
    heldFiles.withLock { files in
      guard var holders = files.removeValue(forKey: file) else { return }
      if holders.leave(writing: isWriter) { files[file] = holders }
    }
  }
}

/// Why a file cannot be held.
package enum FileHoldRefusal: Error, Equatable, Sendable {
  /// Another program writes to it.
  case written
  /// It is to be written to, and another program reads it.
  case read
  /// The host refuses; the system's error number.
  case host(number: Int32)

  /// What is wrong.
  package var finding: String {
    switch self {
    case .written: "another program writes to it"
    case .read: "another program reads it as a base"
    case .host(let number): systemReason(number)
    }
  }

  /// What is wrong, and what a device's definition could say instead.
  var reason: String {
    switch self {
    case .written: "\(finding); end that program, or name another file"
    case .read: "\(finding); end that program, or leave out WRITABLE"
    case .host: finding
    }
  }
}

/// The files that this process holds.
private let heldFiles = Mutex<[FileIdentity: FileHolders]>([:])

/// Who has one file in this process.
private struct FileHolders {
  /// Has the lock: a copy, which stays when who opened the file closes it.
  private let descriptor: Int32
  private var writerCount = 0
  private var readerCount = 0

  init(of descriptor: Int32) throws(FileHoldRefusal) {
    self.descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard self.descriptor >= 0 else { throw .host(number: errno) }
  }

  /// Counts one more, when other programs let it.
  mutating func enter(writing: Bool) throws(FileHoldRefusal) {
    let isHeld = writerCount > 0 || readerCount > 0 && !writing
    if !isHeld, !lock(writing ? LOCK_EX : LOCK_SH) {
      // Who reads it here reads on: to ask for more has taken the lock that there was.
      let isShared = lock(LOCK_SH)
      if readerCount == 0 { letGo() }
      throw writing && isShared ? .read : .written
    }
    if writing { writerCount.addClamped(1) } else { readerCount.addClamped(1) }
  }

  /// Counts one less; false when that was the last.
  mutating func leave(writing: Bool) -> Bool {
    if writing { writerCount.subtractClamped(1) } else { readerCount.subtractClamped(1) }
    if writerCount > 0 { return true }
    guard readerCount > 0 else {
      letGo()
      return false
    }
    if writing { _ = lock(LOCK_SH) }
    return true
  }

  private func letGo() {
    // Whose copy it is may have the file open still.
    _ = flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Asks the host for a lock; false when another program has one that does not go with it.
  private func lock(_ kind: Int32) -> Bool {
    // Any other error is of a file system without locks: there is none to be had.
    flock(descriptor, kind | LOCK_NB) == 0 || errno != EWOULDBLOCK
  }
}
