import Foundation
import Testing

// Other people's tests inside a Debian guest: the short ones. `Tests/Payloads/run` has them all, and
// `Tests/Payloads/fetch` gets what both need.

@Suite(
  "Other people's tests in a guest",
  .enabled(if: hasSuites, "the suites are not there: run Tests/Payloads/fetch"))
struct SuiteTests {
  /// Valgrind's instruction tests: each check prints a line that ends with "ok" when it holds.
  private static let checks = [
    "insn-basic": 1286, "insn-mmx": 105, "insn-sse": 154, "insn-sse2": 343, "insn-fpu": 464,
  ]

  @Test("valgrind's checks of instructions hold, and openssl computes what it does on the host")
  func short() throws {
    let names = Self.checks.keys.sorted() + ["openssl"]
    let run = try ProgramRun([
      "boot", "--kernel", Project.path("Partitions/demo/linux/vmlinuz"),
      "--initrd", Project.path(".build-payloads/suites.gz"), "--memory", "192M", "--append",
      "console=ttyS0 panic=-1 quiet cryptomgr.notests=1 suites=\(names.joined(separator: ","))",
    ])
    #expect(run.status == 0, "\(run.errors)")
    let lines = run.output.split(whereSeparator: \.isNewline).map(String.init)
    for (name, count) in Self.checks {
      #expect(lines.contains("WL \(name) rc=0 \(count)"), "\(name): \(run.output.suffix(2000))")
    }
    // Recorded on the host with Debian's openssl 3.0.
    #expect(lines.contains { $0.hasPrefix("WL openssl rc=0") && $0.contains("= ea6ac62553a22a34") })
  }
}

private let hasSuites =
  Project.hasDebianGuest
  && FileManager.default.fileExists(atPath: Project.path(".build-payloads/suites.gz"))
