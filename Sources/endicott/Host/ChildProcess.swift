import Foundation
import Quantities

/// A program in a process of its own that is reached by a socket alone.
struct ChildProcess {
  /// This end of the socket, which keeps messages apart and does not wait.
  let socket: Int32
  private let identifier: pid_t

  /// Starts a program with the socket's other end as its standard input.
  ///
  /// - Parameters:
  ///   - program: Its path.
  ///   - arguments: What stands behind its name.
  /// - Throws: `HostFailure` when the host refuses.
  init(_ program: String, _ arguments: [String]) throws(HostFailure) {
    func refusal(_ number: Int32) -> HostFailure {
      HostFailure(
        subject: program, reason: systemReason(number),
        status: ExitStatus.hostFailed)
    }
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0, let own = ends.first, let other = ends.last
    else { throw refusal(errno) }
    _ = fcntl(own, F_SETFL, fcntl(own, F_GETFL) | O_NONBLOCK)
    let (started, failure) = Self.spawn([program] + arguments, input: other)
    close(other)
    guard failure == 0 else {
      close(own)
      throw refusal(failure)
    }
    (socket, identifier) = (own, started)
  }

  /// Starts a program in a group of its own, so that what the terminal sends does not reach it.
  private static func spawn(_ words: [String], input: Int32) -> (pid_t, Int32) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    for stream in [STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var arguments = words.map { strdup($0) } + [nil]
    // By which Swift's libraries may have to be found.
    let library = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"]
    var environment = (library.map { [strdup("LD_LIBRARY_PATH=" + $0)] } ?? []) + [nil]
    defer { for text in arguments + environment { free(text) } }
    var identifier: pid_t = 0
    let failure = posix_spawn(
      &identifier, words.first ?? "", &actions, &attributes, &arguments, &environment)
    return (identifier, failure)
  }

  /// Ends it.
  func end() { _ = collect() }

  /// Takes note that it sends no more, and ends it where it has not ended by itself: it may have closed its socket
  /// alone, or sent a message of no bytes, which looks the same.
  ///
  /// - Returns: How it ended.
  func collect() -> String {
    close(socket)
    // One that is ending already ends as it does.
    kill(identifier, SIGKILL)
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
    return Self.text(status)
  }

  /// How a process ended, by what `waitpid` says (WIFEXITED and its like are macros).
  private static func text(_ status: Int32) -> String {
    let signal = status & 0x7F
    return signal == 0
      ? "its process ended with status \(status >> 8 & 0xFF)"
      : "its process was ended by signal \(signal)"
  }
}
