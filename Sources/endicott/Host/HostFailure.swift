import Foundation
import Quantities

/// A failure told in one line on standard error: what it is about, what is wrong.
struct HostFailure: Error {
  /// The file, folder or option it is about.
  let subject: String
  /// What is wrong and, where it can be said, what would be right.
  let reason: String
  /// The process's exit status.
  var status = ExitStatus.unusable

  /// The failure as it is told: `endicott: subject: reason`.
  var line: String { "endicott: \(subject): \(reason)" }
}

extension HostFailure {
  /// The host has no memory for something.
  static func noMemory(for what: String) -> HostFailure {
    HostFailure(
      subject: "this host",
      reason: "no memory for \(what); raise the limit on address space (ulimit -v), or end others",
      status: ExitStatus.hostFailed)
  }

  /// The host refuses a thread.
  static func noThread(for what: String) -> HostFailure {
    HostFailure(
      subject: "this host",
      reason: "no thread for \(what): \(systemReason(EAGAIN)); raise the limits on"
        + " processes and address space (ulimit -u, -v)",
      status: ExitStatus.hostFailed)
  }
}

/// Reads a whole file of at most so many bytes, of whatever kind.
///
/// - Throws: `HostFailure` with the reason.
func readFile(_ path: String, atMost limit: Int) throws(HostFailure) -> Data {
  do {
    return try HostFile.read(path, atMost: limit, regular: false)
  } catch {
    throw HostFailure(subject: path, reason: error.reason)
  }
}
