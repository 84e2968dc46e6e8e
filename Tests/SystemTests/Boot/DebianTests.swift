import Foundation
import Testing

// The unmodified Debian kernel and busybox, through `endicott boot`. The oracle is the host: the same
// commands must write the same there.

/// A pipeline whose result must be the host's.
struct HostCheck: CustomTestStringConvertible {
  let command: String
  var testDescription: String { command }

  static let all = [
    "seq 1 200000 | sha256sum", "seq 1 200000 | md5sum",
    "seq 1 100000 | gzip -9 | gunzip | sha256sum", "seq 1 3000 | sort -r | sha1sum",
    "seq 1 1000 | awk '{ s += $1 * $1 } END { print s }' | md5sum",
  ].map(HostCheck.init)
}

@Suite("Debian", .enabled(if: Project.hasDebianGuest, Comment(rawValue: Project.noGuest)))
struct DebianTests {
  private static let append = "console=ttyS0 panic=-1 quiet cryptomgr.notests=1"

  private func boot(processors: Int, _ commands: [String]) throws -> ProgramRun {
    try ProgramRun(
      [
        "boot", "--kernel", Project.path("Partitions/demo/linux/vmlinuz"),
        "--initrd", Project.path("Partitions/demo/linux/initrd.gz"), "--append", Self.append,
        "--memory", "192M", "--processors", "\(processors)",
      ], input: (commands + ["poweroff"]).map { $0 + "\n" }.joined())
  }

  @Test("boots, computes what the host computes, and switches itself off", arguments: [1, 2])
  func boots(processors: Int) throws {
    let checks = processors == 1 ? HostCheck.all : Array(HostCheck.all.prefix(1))
    let run = try boot(processors: processors, ["nproc"] + checks.map(\.command))
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.isEmpty)
    let lines = run.output.split(whereSeparator: \.isNewline).map(String.init)
    #expect(
      lines.contains { $0.contains("with \(processors) processor(s)") },
      "\(run.output.suffix(2000))")
    #expect(lines.contains("\(processors)"))
    for check in checks {
      let expected = try ProgramRun.host(check.command).split(whereSeparator: \.isNewline)
      #expect(lines.contains(String(expected[0])), "\(check.command): \(run.output.suffix(2000))")
    }
  }

  @Test("reboot starts the partition again")
  func reboots() throws {
    let run = try TerminalRun(
      [
        "boot", "--kernel", Project.path("Partitions/demo/linux/vmlinuz"),
        "--initrd", Project.path("Partitions/demo/linux/initrd.gz"), "--append", Self.append,
        "--memory", "128M",
      ], environment: [:])
    #expect(run.read(until: "Welcome to Debian") != nil)
    #expect(run.read(until: "linux1:/root# ") != nil)
    run.type("reboot -f\r")
    #expect(run.read(until: "Welcome to Debian") != nil)
    #expect(run.read(until: "linux1:/root# ") != nil)
    run.type("poweroff -f\r")
    #expect(run.end() == 0)
  }
}
