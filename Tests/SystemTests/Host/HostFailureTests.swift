import Foundation
import Testing

/// Something that the host takes away, and what must come of it: one line on standard error that names
/// it, the documented status (README, "Exit status"), and no hang.
struct HostRefusal: CustomTestStringConvertible {
  let command: String
  /// What standard error says; empty when it cannot be seen or nothing is wrong.
  let told: String
  let status: Int32
  var testDescription: String { command }

  static let output = "endicott: standard output: "

  static let all = [
    HostRefusal(command: "$E check $M >/dev/full", told: output + "No space left", status: 74),
    HostRefusal(command: "$E check $M >&-", told: output + "Bad file descriptor", status: 74),
    HostRefusal(command: "$E --help >/dev/full", told: output + "No space left", status: 74),
    HostRefusal(
      command: "echo QUERY USERID | $E $M >/dev/full", told: output + "No space left", status: 74),
    HostRefusal(
      command: "echo QUERY USERID | $E $M >&-", told: output + "Bad file descriptor", status: 74),
    HostRefusal(
      command: "printf 'SLEEP 1 SEC\\nSLEEP 100000 SEC\\n' >$M/s.cp;"
        + " $E run $M/s.cp --machine $M --pace real >/dev/full",
      told: output + "No space left", status: 74),
    HostRefusal(
      command: "echo SLEEP 1 SEC >$M/s.cp; $E plan $M/s.cp --machine $M >/dev/full",
      told: output + "No space left", status: 74),
    HostRefusal(
      command: "printf 'a\\treal\\thlt\\t\\t7c00:f4\\t\\n' | $E x86 vectors - >/dev/full",
      told: output + "No space left", status: 74),
    // A reader that goes away: the machine ends in good order, not by a signal.
    HostRefusal(
      command: "(yes QUERY USERID | head -20000; echo $? >$M/x) 2>/dev/null |"
        + " ($E $M; echo $? >$M/status) | head -1 >/dev/null; exit $(cat $M/status)",
      told: output + "Broken pipe", status: 74),
    // Nobody is there to be told.
    HostRefusal(command: "$E check /nowhere 2>/dev/full", told: "", status: 2),
    HostRefusal(command: "$E run /nowhere 2>&-", told: "", status: 2),
    HostRefusal(command: "$E bogus <&- >&- 2>&-", told: "", status: 2),
    // The end of the input is the end of the session.
    HostRefusal(command: "$E $M <&-", told: "", status: 0),
    HostRefusal(command: "$E run $M/n.cp --machine $M <&-", told: "n.cp", status: 2),
    // Little address space: 100 MB is what the program's own files take and a little more.
    HostRefusal(
      command: "ulimit -v 130000; echo QUERY USERID | $E $M --no-state >$M/o;"
        + " grep 'HCPXAU8817E The host has no memory for SPIN001' $M/o >&2", told: "8817E",
      status: 0),
    HostRefusal(
      command: "ulimit -v 130000; $E check $M", told: "no memory for a small partition",
      status: 74),
    HostRefusal(
      command: "ulimit -v 130000; $E x86 vectors $M/none", told: "none", status: 2),
    HostRefusal(
      command: "ulimit -n 8; exec $E $M", told: "Too many open files", status: 74),
  ]
}

@Suite("What the host takes away")
struct HostFailureTests {
  @Test(
    "is told in one line with the documented status, and nothing hangs", arguments: HostRefusal.all)
  func isTold(row: HostRefusal) throws {
    let run = try ShellRun.run(row.command, machine: Machines.small())
    #expect(run.status == row.status, "\(run.errors)\(run.output)")
    #expect(row.told.isEmpty || run.errors.contains(row.told), "\(run.errors)")
    if row.status == 74 {
      #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    }
  }

  @Test("what was closed is not taken for a file: the records are whole")
  func closedOutput() throws {
    let folder = try Machines.small()
    let run = try ShellRun.run("echo SET WEIGHT SPIN001 50 | $E $M >&-", machine: folder)
    #expect(run.status == 74)
    let again = try ProgramRun([folder.path], input: "QUERY USERID\n")
    #expect(again.status == 0, "\(again.errors)")
    #expect(!again.output.contains("WAS LOST"), "\(again.output)")
  }

  @Test(
    "a machine whose partitions need more address space than there is refuses those, and goes on")
  func addressSpace() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(
      "machine.config",
      "MACHINE WIDE\nPROCESSOR CP 2 MHZ 5\nSTORAGE 64G INCREMENT 16M\nPACE FAST\n")
    _ = try folder.write(
      "wide.direct",
      """
      PARTITION SPIN001 THRU SPIN040
        PROCESSOR CP SHARED INITIAL 1 WEIGHT 10
        STORAGE   INITIAL 16M RESERVED 240M
        IPL       PROGRAM SPIN
        START     AUTO

      """)
    let run = try ShellRun.run(
      "ulimit -v 3000000; printf 'SLEEP 1 SEC\\nQUERY NAMES\\n' | $E $M --no-state --threads 2",
      machine: folder)
    // PartitionManager: `ManagementError.hostMemory` of those that find no room, message 8817E.
    #expect(run.status == 0 || run.status == 1, "\(run.errors)\(run.output)")
    #expect(run.output.contains("HCPXAU8817E The host has no memory for SPIN040"), "\(run.output)")
    #expect(run.output.contains("SPIN001"), "\(run.output)")
  }

  @Test(
    "without /proc it is told that the command line is missing",
    .enabled(if: ShellRun.canMount, "needs root"))
  func withoutProc() throws {
    let run = try ShellRun.runApart(
      "mount -t tmpfs none /proc && echo QUERY USERID | $E $M", machine: Machines.small())
    #expect(run.status == 74, "\(run.errors)")
    #expect(run.errors.contains("mount /proc") && run.output.isEmpty, "\(run.errors)")
  }
}
