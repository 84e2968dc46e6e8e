import Foundation
import Testing

// The unmodified Debian kernel on four logical processors. The oracle is the kernel's own view of
// its processors, and the law that the same input gives the same run.

@Suite(
  "Debian with four processors",
  .enabled(if: Project.hasDebianGuest, Comment(rawValue: Project.noGuest)))
struct ProcessorsTests {
  private static let offlineAndOnline = """
    cd /sys/devices/system/cpu
    for turn in 1 2 3; do for c in 3 1 2; do echo 0 > cpu$c/online; done; \
    echo "alone: $(cat online), $(nproc)"; \
    for c in 2 3 1; do echo 1 > cpu$c/online; done; echo "together: $(cat online), $(nproc)"; done
    cd /
    """

  /// Processes that start others, map and unmap on all processors: pages are taken from each other's
  /// translation buffers by interrupt.
  private static let mapping = """
    for worker in 1 2 3 4; do (for turn in $(seq 1 25); do \
    seq 1 400 | sort -r | tail -n 1 > /tmp/worker$worker; done) & done; wait
    cat /tmp/worker[1-4] | sort | uniq -c
    echo "used: $(grep -c '^cpu[0-3] [1-9]' /proc/stat)"
    """

  private func run() throws -> ProgramRun {
    let input = ["nproc", Self.offlineAndOnline, Self.mapping, "poweroff -f", ""]
    return try ProgramRun(
      [
        "boot", "--kernel", Project.path("Partitions/demo/linux/vmlinuz"),
        "--initrd", Project.path("Partitions/demo/linux/initrd.gz"), "--append",
        "console=ttyS0 panic=-1 quiet cryptomgr.notests=1", "--memory", "192M", "--processors", "4",
        "--statistics",
      ], input: input.joined(separator: "\n"))
  }

  @Test("offlines and onlines processors, shares its work out, and does the same again")
  func processors() throws {
    let runs = try (0..<2).map { _ in try run() }
    #expect(runs[0].status == 0)
    let lines = runs[0].output.split(whereSeparator: \.isNewline).map(String.init)
    #expect(lines.contains("4"), "\(runs[0].output.suffix(2000))")
    #expect(lines.count { $0 == "alone: 0, 1" } == 3)
    #expect(lines.count { $0 == "together: 0-3, 4" } == 3)
    #expect(lines.contains { $0.split(separator: " ") == ["4", "1"] })
    #expect(lines.contains("used: 4"))
    #expect(!runs[0].output.contains("rcu:"), "a processor hung")
    #expect(runs[1].output == runs[0].output)
    #expect(runs[1].errors == runs[0].errors)
  }
}
