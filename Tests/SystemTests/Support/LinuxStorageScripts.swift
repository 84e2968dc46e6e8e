import Foundation

// Scripts that give storage to a Linux and want it back, as its own count of its memory tells.

/// A suite whose guest is one Linux, LINUX1, of the demo's kernel and initial RAM disk.
protocol LinuxStorageScripts {}

extension LinuxStorageScripts {
  private static var machine: String {
    """
    MACHINE   MEMORY
    PROCESSOR IFL 2 MHZ 100
    STORAGE   2G INCREMENT 16M
    PACE      FAST

    """
  }

  /// Waits for the guest's shell.
  static var start: String {
    """
    SET OBSERVER LINUX1 *
    WAIT LINUX1 TEXT 'linux1:/root' WITHIN 60

    """
  }

  /// Types a command at the guest, and waits until it is done.
  static func guest(_ command: String, _ mark: Int, within: Int = 60) -> String {
    """
    SEND LINUX1 \(command); echo "at "\(mark)
    WAIT LINUX1 TEXT 'at \(mark)' WITHIN \(within)

    """
  }

  static func total(_ mark: Int) -> String { guest("grep MemTotal /proc/meminfo", mark) }

  static func config(_ text: String) -> String { "FOR LINUX1 CMD CONFIG STOR(\(text)\n" }

  static var wait: String { "WAIT LINUX1 PENDING WITHIN 90\n" }

  /// The machine's folder.
  func folder(directory: String) throws -> TemporaryFolder {
    try Machines.linux(Self.machine, directory)
  }

  func run(
    _ script: String, in folder: TemporaryFolder, _ more: String...
  ) throws -> ProgramRun {
    let file = try folder.write("script.cp", script)
    return try ProgramRun(["run", file, "--machine", folder.path] + more)
  }

  /// What MemTotal was each time that it was asked for, in KiB.
  func totals(_ run: ProgramRun) -> [Int] {
    run.output.split(separator: "\n").filter { $0.contains("MemTotal:") && $0.hasSuffix("kB") }
      .compactMap { Int($0.split(separator: " ").dropLast().last ?? "") }
  }
}
