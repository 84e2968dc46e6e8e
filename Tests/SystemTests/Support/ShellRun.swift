import Foundation

/// The program run by a shell that first takes something of the host away.
enum ShellRun {
  /// How often tests of kills kill; ENDICOTT_KILLS says another number.
  static let kills = ProcessInfo.processInfo.environment["ENDICOTT_KILLS"].flatMap(Int.init) ?? 8
  /// What runs inside a limit of so many seconds; a hang is the status 124 of `timeout`.
  static let limit = max(60, kills * 8)

  /// Runs a command line of `sh` in which `$E` is the program and `$M` a machine's folder.
  static func run(_ command: String, machine: TemporaryFolder) throws -> ProgramRun {
    try ProgramRun(
      program: "/usr/bin/timeout", ["\(limit)", "/bin/sh", "-c", command],
      environment: ["E": Project.program, "M": machine.path])
  }

  /// The same as root, in a mount namespace of its own.
  static func runApart(_ command: String, machine: TemporaryFolder) throws -> ProgramRun {
    try ProgramRun(
      program: "/usr/bin/timeout",
      ["\(limit)", "/usr/bin/unshare", "-m", "/bin/sh", "-c", command],
      environment: ["E": Project.program, "M": machine.path])
  }

  /// Whether mount namespaces can be made here.
  static let canMount =
    (try? ProgramRun(
      program: "/usr/bin/unshare", ["-m", "/bin/sh", "-c", "mount -t tmpfs none /mnt"]))?.status
    == 0

  /// What a test says that is skipped without them.
  static let cannotMount = "needs root: a small file system of its own is mounted"
}
