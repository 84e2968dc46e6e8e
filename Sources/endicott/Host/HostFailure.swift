import Foundation

/// A failure told in one line on standard error: what it is about, what is wrong.
struct HostFailure: Error {
  /// The file, folder or option it is about.
  let subject: String
  /// What is wrong and, where it can be said, what would be right.
  let reason: String

  /// The failure as it is told: `endicott: subject: reason`.
  var line: String { "endicott: \(subject): \(reason)" }
}

/// Reads a whole file.
///
/// - Throws: `HostFailure` with the system's reason.
func readFile(_ path: String) throws(HostFailure) -> Data {
  var status = stat()
  guard stat(path, &status) == 0 else { throw HostFailure(subject: path, reason: systemReason()) }
  guard status.st_mode & S_IFMT != S_IFDIR else {
    throw HostFailure(subject: path, reason: "it is a folder; a file is needed")
  }
  do {
    return try Data(contentsOf: URL(fileURLWithPath: path))
  } catch {
    throw HostFailure(subject: path, reason: systemReason())
  }
}

/// The text of the last failed system call.
func systemReason() -> String { String(cString: strerror(errno)) }

/// Writes a line to standard error.
func writeError(_ line: String) {
  FileHandle.standardError.write(Data((line + "\n").utf8))
}
