import Foundation
import Quantities

/// The folder in which a machine's state is kept between its runs.
///
/// It holds `records.sqlite`, SQLite's two files beside it, the copy of what is kept, and a file that
/// names the process whose machine writes there. That process has a lock on the folder itself, which no
/// removal of a file takes from it; the system drops it when the process ends, however it ends.
struct StateFolder: Sendable {
  /// Path of the folder.
  let path: String

  /// Path of the records.
  var file: String { path + "/records.sqlite" }
  /// Path of the copy of what is kept.
  var copyFile: String { path + "/records.copy" }
  private var lockFile: String { path + "/records.lock" }

  /// Makes the folder unless it is there.
  func create() throws(RecordStoreError) {
    guard [nil, S_IFDIR].contains(HostFile.kind(of: path)) else {
      throw .wrongKind(file: path, needed: "folder")
    }
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .inaccessible(file: path, reason: "the folder cannot be made")
    }
  }

  /// Throws unless what has the names of the folder's files is regular files.
  private func requireFiles() throws(RecordStoreError) {
    for name in [file, file + "-wal", file + "-shm", copyFile, lockFile] {
      guard [nil, S_IFREG].contains(HostFile.kind(of: name)) else {
        throw .wrongKind(file: name, needed: "regular file")
      }
    }
  }

  /// Takes the lock for this process.
  ///
  /// - Throws: `.inUse` while another process has it.
  func lock() throws(RecordStoreError) -> FolderLock {
    try requireFiles()
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw RecordStoreError(system: errno, file: path) }
    let descriptor = open(lockFile, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      let number = errno
      close(folder)
      throw RecordStoreError(system: number, file: lockFile)
    }
    let lock = FolderLock(folder: folder, descriptor: descriptor)
    // The file is locked too, for programs that look only there.
    for held in [folder, descriptor] where flock(held, LOCK_EX | LOCK_NB) != 0 {
      guard errno != EWOULDBLOCK else { throw .inUse(file: file, process: lock.process) }
      // A file system without such locks: the other of the two has to do.
      guard [EOPNOTSUPP, ENOLCK, EINVAL, EBADF].contains(errno) else {
        throw RecordStoreError(system: errno, file: lockFile)
      }
    }
    lock.write(process: getpid())
    return lock
  }

  /// Whether there is a file of records that is more than begun.
  var hasFile: Bool { (size(of: file) ?? 0) > 0 }

  /// Throws when there is no file of records, or an empty one, and what stands beside one is there: then
  /// records are lost, and to begin new ones would lose the rest.
  func requireCompany() throws(RecordStoreError) {
    guard !hasFile else { return }
    for other in [copyFile, file + "-wal"] where (size(of: other) ?? 0) > 0 {
      throw .damaged(file: file, finding: "it is empty or not there, \(other) is")
    }
  }

  /// Throws unless the file's first bytes are those of an SQLite database.
  ///
  /// What cannot be read is not taken for something else: its own reason is thrown.
  func requireDatabase() throws(RecordStoreError) {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw RecordStoreError(system: errno, file: file) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count >= 0 else { throw RecordStoreError(system: errno, file: file) }
    guard bytes.prefix(count).elementsEqual("SQLite format 3\0".utf8) else {
      throw .notRecords(file: file)
    }
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
    func name(_ ending: String) -> String { "\(path)/records.set-aside-\(number).\(ending)" }
    while ["sqlite", "sqlite-wal", "copy"].contains(where: { size(of: name($0)) != nil }) {
      number = number.addingClamped(1)
    }
    let other = name("sqlite")
    for ending in ["-wal", "-shm", ""] where size(of: file + ending) != nil {
      guard rename(file + ending, other + ending) == 0 else {
        throw RecordStoreError(system: errno, file: file + ending)
      }
    }
    if size(of: copyFile) != nil {
      guard rename(copyFile, name("copy")) == 0 else {
        throw RecordStoreError(system: errno, file: copyFile)
      }
    }
    return other
  }
}

/// The lock on a state folder, held until it is released or the last reference goes.
final class FolderLock: Sendable {
  private let folder: Int32
  private let descriptor: Int32

  init(folder: Int32, descriptor: Int32) {
    self.folder = folder
    self.descriptor = descriptor
  }

  deinit {
    // A process that is being started has these descriptors until it begins its program: closing them here
    // would leave the lock with it.
    release()
    close(descriptor)
    close(folder)
  }

  /// Lets another process have the folder.
  func release() { for held in [descriptor, folder] { _ = flock(held, LOCK_UN) } }

  /// The process that wrote itself down last.
  var process: Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: Array(bytes.prefix(count)), as: UTF8.self).filter(\.isNumber))
  }

  /// Writes a process down for whoever finds the lock taken.
  func write(process: Int32) {
    let bytes = Array("\(process)\n".utf8)
    guard ftruncate(descriptor, 0) == 0 else { return }
    _ = pwrite(descriptor, bytes, bytes.count, 0)
  }
}
