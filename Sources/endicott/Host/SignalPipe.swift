import Foundation
import Quantities
import Synchronization

/// Write end of the process's signal pipe; a handler may use nothing else.
private let signalWriteEnd = Atomic<Int32>(-1)

/// Runs in signal context: one byte, the signal's number, goes into the pipe.
private func noteSignal(_ number: Int32) {
  let saved = errno
  var byte = UInt8(truncatingIfNeeded: number)
  _ = write(signalWriteEnd.load(ordering: .relaxed), &byte, 1)
  errno = saved
}

/// Signals as bytes in a pipe, for a loop that polls.
///
/// One for the whole process.
struct SignalPipe {
  /// The end to poll and read.
  let readEnd: Int32

  /// Takes over the signals.
  ///
  /// - Throws: `HostFailure` when the process may open nothing more.
  init(_ numbers: [Int32]) throws(HostFailure) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw HostFailure(
        subject: "this host",
        reason: "no pipe for signals: \(systemReason()); raise the limit on open files (ulimit -n)",
        status: ExitStatus.hostFailed)
    }
    for end in ends {
      _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    readEnd = ends.first ?? -1
    signalWriteEnd.store(ends.last ?? -1, ordering: .relaxed)
    // Whoever started the process may have left them blocked.
    var unblocked = sigset_t()
    sigemptyset(&unblocked)
    for number in numbers {
      sigaddset(&unblocked, number)
      var action = sigaction()
      action.__sigaction_handler.sa_handler = noteSignal
      action.sa_flags = SA_RESTART
      sigaction(number, &action, nil)
    }
    pthread_sigmask(SIG_UNBLOCK, &unblocked, nil)
  }

  /// Wakes the loop without a signal: the byte 0.
  static func wake() {
    var byte: UInt8 = 0
    _ = write(signalWriteEnd.load(ordering: .relaxed), &byte, 1)
  }

  /// Takes the numbers of the signals that came; wakes are left out.
  func take() -> [Int32] {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = read(readEnd, &buffer, buffer.count)
    return count <= 0 ? [] : buffer.prefix(count).filter { $0 != 0 }.map(Int32.init)
  }
}
