import Foundation

/// The folder in which a machine's state is kept between its runs.
///
/// It holds `records.sqlite`, SQLite's two files beside it, and a lock that names the process whose
/// machine writes there. The system drops the lock when that process ends, however it ends.
struct StateFolder: Sendable {
  /// Path of the folder.
  let path: String

  /// Path of the records.
  var file: String { path + "/records.sqlite" }
  private var lockFile: String { path + "/records.lock" }

  /// Makes the folder unless it is there.
  func create() throws(RecordStoreError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .inaccessible(file: path, reason: "the folder cannot be made")
    }
  }

  /// Takes the lock for this process.
  ///
  /// - Throws: `.inUse` while another process has it.
  func lock() throws(RecordStoreError) -> FolderLock {
    let descriptor = open(lockFile, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .inaccessible(file: lockFile, reason: String(cString: strerror(errno)))
    }
    let lock = FolderLock(descriptor: descriptor)
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw .inUse(file: file, process: lock.process)
    }
    lock.write(process: getpid())
    return lock
  }

  /// Whether there is a file of records that is more than begun.
  var hasFile: Bool { (size(of: file) ?? 0) > 0 }

  /// Whether a file's first bytes are those of an SQLite database.
  var isDatabase: Bool {
    guard let handle = FileHandle(forReadingAtPath: file) else { return false }
    defer { try? handle.close() }
    return (try? handle.read(upToCount: 16)) == Data("SQLite format 3\0".utf8)
  }

  private func size(of file: String) -> Int64? {
    var status = stat()
    return stat(file, &status) == 0 ? Int64(status.st_size) : nil
  }

  /// Gives the records another name, under which nothing looks for them.
  ///
  /// - Returns: Path under which they are now.
  func setAside() throws(RecordStoreError) -> String {
    var number = 1
    while size(of: path + "/records.set-aside-\(number).sqlite") != nil { number += 1 }
    let other = path + "/records.set-aside-\(number).sqlite"
    for ending in ["-wal", "-shm", ""] where size(of: file + ending) != nil {
      guard rename(file + ending, other + ending) == 0 else {
        throw .inaccessible(file: file + ending, reason: String(cString: strerror(errno)))
      }
    }
    return other
  }
}

/// The lock on a state folder, held until it is released or the last reference goes.
final class FolderLock: Sendable {
  private let descriptor: Int32

  init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Lets another process have the folder.
  func release() { _ = flock(descriptor, LOCK_UN) }

  /// The process that wrote itself down last.
  var process: Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: bytes[..<count], as: UTF8.self).filter(\.isNumber))
  }

  /// Writes a process down for whoever finds the lock taken.
  func write(process: Int32) {
    let bytes = Array("\(process)\n".utf8)
    guard ftruncate(descriptor, 0) == 0 else { return }
    _ = pwrite(descriptor, bytes, bytes.count, 0)
  }
}
