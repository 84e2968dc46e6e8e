import Foundation
import TestSupport
import Testing

// Oracle: plain copies of the disk's file, taken when the program had ended at a checkpoint; and the digests of
// runs that nobody interrupted.

@Suite("Disks go back with the machine", .serialized)
struct DiskReturnTests {
  private func run(
    _ machine: TemporaryFolder, _ script: String, _ more: String...
  ) throws -> ProgramRun {
    try ProgramRun(
      ["run", machine.write("s.cp", script), "--machine", machine.path, "--state", state(machine)]
        + more)
  }

  private func state(_ machine: TemporaryFolder) -> String { machine.path + "/kept" }

  private func disk(_ machine: TemporaryFolder) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: machine.path + "/disk.img"))
  }

  private func digests(_ run: ProgramRun) -> [Substring] {
    run.output.split(separator: "\n").filter { $0.hasPrefix("DIGEST") }
  }

  @Test("to a checkpoint, on another branch and back, byte for byte; killed on the way as well")
  func branches() throws {
    let machine = try Machines.withDisk()
    var copies: [String: Data] = [:]
    func take(_ name: String, after script: String, _ more: String...) throws {
      let run = try ProgramRun(
        [
          "run", machine.write("s.cp", script + "CHECKPOINT SAVE \(name)\n"), "--machine",
          machine.path, "--state", state(machine),
        ] + more)
      #expect(run.status == 0, "\(run.output)\(run.errors)")
      #expect(!run.output.contains("WITHOUT"), "\(run.output)")
      copies[name] = try disk(machine)
      try disk(machine).write(to: URL(fileURLWithPath: machine.path + "/\(name).copy"))
    }
    try take("A", after: "SLEEP 0.3\n")
    try take("B", after: "SLEEP 0.4\n", "--from", "A")
    try take("C", after: "SET WEIGHT WRITER 40\nSLEEP 0.2\n", "--from", "A")
    try take("D", after: "SLEEP 0.3\n", "--from", "B")
    #expect(Set(copies.values).count == 4)
    for name in ["A", "C", "B", "D", "C", "A", "D"] {
      let back = try run(machine, "QUERY TIME\n", "--from", name)
      #expect(back.status == 0, "\(back.output)\(back.errors)")
      #expect(try disk(machine) == copies[name], "\(name)")
    }
    let killed = try ShellRun.run(
      """
      echo 'SLEEP 60' >$M/long.cp; echo 'QUERY TIME' >$M/now.cp
      for i in $(seq 1 \(ShellRun.kills)); do
        for name in A D C B; do
          $E run $M/long.cp --machine $M --state $M/kept --from $name >$M/out 2>&1 & p=$!
          sleep 0.$(printf %02d $((i * 7 % 20 + 3))); kill -9 $p; wait $p 2>/dev/null
        done
        for name in B A C D; do
          $E run $M/now.cp --machine $M --state $M/kept --from $name >$M/out 2>&1 || { cat $M/out; exit 1; }
          cmp $M/disk.img $M/$name.copy || exit 2
        done
      done
      """, machine: machine)
    #expect(killed.status == 0, "\(killed.output)\(killed.errors)")
    // What only they needed goes with the checkpoints.
    let end = try run(
      machine, ["A", "B", "C", "D"].map { "CHECKPOINT DELETE \($0)\n" }.joined())
    #expect(end.status == 0, "\(end.output)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: state(machine) + "/disks/0200") == [])
  }

  @Test("and shows at any instant what it had, while the file stays as it is")
  func instants() throws {
    let machine = try Machines.withDisk()
    let script = String(repeating: "SLEEP 0.033\nQUERY DIGEST ALL\n", count: 8)
    let whole = try run(machine, script, "--checkpoint-every", "100ms")
    let expected = digests(whole)
    #expect(expected.count == 40, "\(whole.output)\(whole.errors)")
    let now = try disk(machine)
    for number in [1, 2, 3, 4, 5, 6, 7, 8] {
      let at = try ProgramRun(
        ["at", "\(33 * number)ms", machine.path, "--state", state(machine)],
        input: "QUERY DIGEST ALL\nSLEEP 0.033\nQUERY DIGEST ALL\nSLEEP 0.2\n")
      #expect(at.status == 0, "\(at.output)\(at.errors)")
      #expect(
        digests(at) == Array(expected.dropFirst((number - 1) * 5).prefix(10))
          || number == 8, "\(at.output)\(at.errors)")
      #expect(digests(at).prefix(5) == expected.dropFirst((number - 1) * 5).prefix(5))
      #expect(try disk(machine) == now)
    }
    // With --keep it goes back for real, and the history comes again.
    let kept = try ProgramRun(
      ["at", "99ms", machine.path, "--state", state(machine), "--keep"],
      input: "SLEEP 0.165\nQUERY DIGEST ALL\nREWIND TO 0.132 SEC\nSLEEP 0.132\nQUERY DIGEST ALL\n")
    #expect(digests(kept) == Array(expected.suffix(5) + expected.suffix(5)), "\(kept.output)")
    #expect(try disk(machine) == now)
  }

  @Test("says which checkpoints are without a disk: at the bound, and where nothing is kept")
  func bounds() throws {
    let machine = try Machines.withDisk("KEEP 1M")
    let script = String(repeating: "SLEEP 0.5\nCHECKPOINT SAVE N\nSLEEP 0.01\n", count: 9)
    var names = (1...9).map { "N\($0)" }[...]
    let numbered = script.split(separator: "\n").map { line in
      line == "CHECKPOINT SAVE N" ? "CHECKPOINT SAVE \(names.removeFirst())" : String(line)
    }.joined(separator: "\n")
    let run = try run(machine, numbered + "\nQUERY CHECKPOINT\n")
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(run.output.contains("\nDISK 0200: MORE THAN 1024K WOULD BE KEPT"), "\(run.output)")
    #expect(run.output.contains("\nN1, WITHOUT DISK 0200\n"), "\(run.output)")
    #expect(!run.output.contains("\nN9, WITHOUT"), "\(run.output)")
    #expect(run.output.contains("K OF 1M KEPT\n"), "\(run.output)")
    let without = try self.run(machine, "QUERY TIME\n", "--from", "N1")
    #expect(
      without.output.contains("N1 RESUMED, OF 00:00:00, WITHOUT DISK 0200\n"), "\(without.output)")

    _ = try machine.write("disk.media", "DEVICE 0200 FILE disk.img WRITABLE NOKEEP\n")
    let none = try self.run(
      machine, "SLEEP 0.1\nCHECKPOINT SAVE X\nQUERY CHECKPOINT\n", "--from", "N9")
    #expect(none.output.contains("N9 RESUMED, OF 00:00:04, WITHOUT DISK 0200\n"))
    #expect(none.output.contains("STORED, WITHOUT DISK 0200\n"), "\(none.output)\(none.errors)")
    #expect(none.output.contains("\nN9, WITHOUT DISK 0200\n"), "\(none.output)")
  }
}
