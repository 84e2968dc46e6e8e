import CReadline
import Foundation
import Quantities

/// The file that keeps typed lines between sessions.
///
/// A failure is told once and ends its use.
struct HistoryFile {
  /// Lines kept.
  private static let limit: Int32 = 1000

  private let path: String
  private var isUsable = false

  /// The file that the environment names, or `.endicott_history` in the home folder.
  static var defaultPath: String {
    let environment = ProcessInfo.processInfo.environment
    return environment["ENDICOTT_HISTORY"] ?? (environment["HOME"] ?? ".") + "/.endicott_history"
  }

  init(path: String) { self.path = path }

  /// Reads the file, which is created when it is not there.
  ///
  /// - Returns: What is wrong, for the reader; nil when nothing is.
  mutating func open() -> String? {
    using_history()
    stifle_history(HistoryFile.limit)
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return complaint(errno) }
    defer { _ = Glibc.close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
      let failure = read_history(path)
      guard failure == 0 else { return complaint(failure) }
    }
    isUsable = true
    return nil
  }

  /// Keeps a line, in memory and in the file.
  ///
  /// - Returns: What is wrong, the first time; nil otherwise.
  mutating func add(_ line: String) -> String? {
    add_history(line)
    // Readline has already begun the next line: without this, Up would start before this one.
    using_history()
    guard isUsable else { return nil }
    let failure = append(Array((line + "\n").utf8))
    guard failure != 0 else { return nil }
    isUsable = false
    return complaint(failure)
  }

  /// Writes at the file's end; readline's own way would not tell a full disk.
  private func append(_ bytes: [UInt8]) -> Int32 {
    let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { return errno }
    defer { _ = Glibc.close(descriptor) }
    let count = write(descriptor, bytes, bytes.count)
    return count == bytes.count ? 0 : count < 0 ? errno : ENOSPC
  }

  /// Cuts the file to the lines kept.
  func close() {
    if isUsable { _ = history_truncate_file(path, HistoryFile.limit) }
  }

  private func complaint(_ number: Int32) -> String {
    "endicott: history file \(path): \(systemReason(number));"
      + " lines are kept for this session only"
  }
}
