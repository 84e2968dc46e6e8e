import Foundation
import Quantities
import Synchronization

/// Standard output, which is not asked again once it has refused something.
///
/// The process then ends in good order, with one line and `ExitStatus.hostFailed`.
enum StandardOutput {
  /// The number of the first failure, 0 while there is none.
  private static let failure = Atomic<Int32>(0)

  /// Whether it could not be written.
  static var hasFailed: Bool { failure.load(ordering: .relaxed) != 0 }

  /// What is told of the failure; nil while there is none.
  static var refusal: HostFailure? {
    let number = failure.load(ordering: .relaxed)
    guard number != 0 else { return nil }
    return HostFailure(
      subject: "standard output",
      reason: systemReason(number) + "; nothing more can be shown",
      status: ExitStatus.hostFailed)
  }

  /// Writes bytes at once.
  ///
  /// - Returns: Whether all of them are written.
  @discardableResult
  static func write(_ bytes: [UInt8]) -> Bool {
    guard !hasFailed else { return false }
    let number = writeAll(bytes, to: STDOUT_FILENO)
    if number != 0 { failure.store(number, ordering: .relaxed) }
    return number == 0
  }
}

/// The three streams that every process is expected to have.
enum StandardStreams {
  /// Makes them safe to use.
  ///
  /// One that the caller closed fails in place of becoming the next file that is opened, and a reader
  /// that went away is an error of the write, not the process's end.
  static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest that is free is the one that is missing. Reading it ends, writing it is refused.
      guard open("/dev/null", O_RDONLY) >= 0 || open("/", O_RDONLY | O_DIRECTORY) >= 0 else {
        return
      }
    }
  }
}

/// Files that a process opens besides those that are named to it.
enum DescriptorRoom {
  /// Descriptors that must be free: the records, and what libdispatch opens, which traps without.
  private static let needed = 16
  /// Descriptors of a process that has opened nothing: its standard streams.
  private static let taken = 3

  /// Throws unless so many files can be opened.
  static func require() throws(HostFailure) {
    var descriptors: [Int32] = []
    defer { for descriptor in descriptors { close(descriptor) } }
    for _ in 0..<needed {
      let descriptor = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard descriptor >= 0 else {
        throw HostFailure(
          subject: "this host",
          reason: "\(systemReason()): \(needed) besides the standard streams must be possible;"
            + " raise the limit (ulimit -n) to \(needed + taken + 1)",
          status: ExitStatus.hostFailed)
      }
      descriptors.append(descriptor)
    }
  }
}

/// Writes bytes to a descriptor, all of them.
///
/// - Returns: 0, or the number of the system's error.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count >= 0 {
      rest = rest.dropFirst(count)
    } else if errno == EAGAIN {
      // Whoever has the other end made it not wait.
      var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      _ = poll(&ready, 1, 1000)
    } else if errno != EINTR {
      return errno
    }
  }
  return 0
}

/// Writes lines to standard output at once.
func writeLines(_ lines: [String]) {
  guard !lines.isEmpty else { return }
  StandardOutput.write(Array((lines.joined(separator: "\n") + "\n").utf8))
}

/// Writes a line to standard error; there is nobody to tell when it cannot be written.
func writeError(_ line: String) {
  _ = writeAll(Array((line + "\n").utf8), to: STDERR_FILENO)
}
