import Foundation
import Quantities

/// Files of a folder that appear together.
///
/// Each is written under another name, and all are renamed when all are whole. Nothing is left of them
/// when that fails.
final class FileSet {
  private let folder: String
  private var names: [String] = []
  /// The file that was begun last, -1 when there is none.
  private var descriptor: Int32 = -1

  /// Makes the folder, and those above it, unless they are there.
  ///
  /// - Throws: `ReportFileError`.
  init(folder: String) throws(ReportFileError) {
    self.folder = folder
    if let failure = HostFile.makeFolder(folder) {
      throw ReportFileError(path: failure.path, number: failure.number)
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    for name in names { unlink(unfinished(name)) }
  }

  private func path(_ name: String) -> String { folder + "/" + name }
  private func unfinished(_ name: String) -> String { path(name) + ".new" }

  /// Begins a file, which takes text until the next begins.
  ///
  /// - Throws: `ReportFileError`.
  func begin(_ name: String) throws(ReportFileError) {
    try end()
    guard HostFile.kind(of: path(name)) != S_IFDIR else {
      throw ReportFileError(path: path(name), number: EISDIR)
    }
    let file = unfinished(name)
    descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw ReportFileError(path: file, number: errno) }
    names.append(name)
  }

  /// Adds text to the file that was begun last.
  ///
  /// - Throws: `ReportFileError`.
  func append(_ text: String) throws(ReportFileError) {
    guard let name = names.last else { return }
    let number = Array(text.utf8).withUnsafeBytes { HostFile.write($0, to: descriptor) }
    if let number { throw ReportFileError(path: unfinished(name), number: number) }
  }

  /// Closes the file that was begun last: some systems tell only then that it has no room.
  private func end() throws(ReportFileError) {
    guard descriptor >= 0, let name = names.last else { return }
    let outcome = close(descriptor)
    descriptor = -1
    guard outcome == 0 else { throw ReportFileError(path: unfinished(name), number: errno) }
  }

  /// Gives all files their names.
  ///
  /// - Returns: Their paths, in the order in which they were begun.
  /// - Throws: `ReportFileError`.
  func finish() throws(ReportFileError) -> [String] {
    try end()
    let paths = names.map(path)
    for name in names {
      guard rename(unfinished(name), path(name)) == 0 else {
        throw ReportFileError(path: path(name), number: errno)
      }
    }
    names = []
    return paths
  }
}

/// What the host's system said of a file of a report.
package struct ReportFileError: Error, Equatable {
  /// The file or folder.
  package let path: String
  /// The system's error number.
  package let number: Int32

  /// Whether the host has no room or fails, whatever the name.
  package var isOfHost: Bool {
    [ENOSPC, EDQUOT, EFBIG, EIO, EROFS, ENFILE, EMFILE].contains(number)
  }
}
