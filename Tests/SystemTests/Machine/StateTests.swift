import Foundation
import Testing

@Suite("What outlives a machine")
struct StateTests {
  @Test("is what was answered before the process was killed")
  func survivesKills() throws {
    let run = try ProgramRun(["stress", "--kill", "6", "--guests", "30"])
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(run.output.contains("nothing lost"), "\(run.output)")
  }

  /// A machine at the other end of a pipe, in the words of the shell: `say` gives it a line, `await`
  /// waits for a text in what it wrote.
  private static let shell = """
    mkfifo $M/in; : >$M/out; $E $M <$M/in >$M/out 2>$M/err & p=$!; exec 3>$M/in
    say() { echo "$1" >&3; }
    await() { n=0; until grep -q "$1" $M/out; do n=$((n+1)); [ $n -gt 600 ] && exit 98; sleep 0.05; done; }

    """

  @Test("is recovered as it was set before START AUTO acts, and no message is false")
  func recoversBeforeStartAuto() throws {
    let folder = try Machines.small()
    let lost = try ShellRun.run(
      Self.shell + """
        say 'SET WEIGHT SPIN001 77'; say 'FORCE SPIN002'; say MARK1; await MARK1
        kill -9 $p; exit 0
        """, machine: folder)
    #expect(lost.status == 0)
    let run = try ProgramRun(
      [folder.path], input: "QUERY SHARE SPIN001\nQUERY RECOVERY\nQUERY NAMES\n")
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(run.output.contains("LOST: GUESTS OF SPIN001 TALKER\n"), "\(run.output)")
    #expect(
      run.output.contains(
        "HCPRCV8942I Recovered as set when the machine was lost, and loaded again: SPIN001 TALKER"),
      "\(run.output)")
    #expect(run.output.contains("RELATIVE SHARE = 77"), "\(run.output)")
    // START AUTO is for what was not active then.
    #expect(run.output.contains("SPIN002  USERS = 4"), "\(run.output)")
    #expect(run.errors.isEmpty)
  }

  @Test("is still to be recovered after a start that was refused for its checkpoint")
  func refusedCheckpoint() throws {
    let folder = try Machines.small()
    let lost = try ShellRun.run(
      Self.shell + """
        say 'SET WEIGHT SPIN001 77'; say MARK1; await MARK1
        kill -9 $p; wait $p; $E $M --from NOSUCH </dev/null 2>$M/told; [ $? = 2 ] || exit 97
        exit 0
        """, machine: folder)
    #expect(lost.status == 0, "\(lost.output)\(lost.errors)")
    let run = try ProgramRun([folder.path], input: "QUERY SHARE SPIN001\n")
    #expect(run.output.contains("LOST: GUESTS OF SPIN001 SPIN002 TALKER\n"), "\(run.output)")
    #expect(run.output.contains("RELATIVE SHARE = 77"), "\(run.output)")
  }

  @Test(
    "on a disk that is full waits, is told in each answer, and is kept once there is room",
    .enabled(if: ShellRun.canMount, "needs root: a small file system of its own is mounted"))
  func fullDisk() throws {
    let folder = try Machines.small()
    let run = try ShellRun.runApart(
      "mkdir $M/state; mount -t tmpfs -o size=2m none $M/state || exit 99\n" + Self.shell + """
        say 'SET WEIGHT SPIN001 500'; say MARK1; await MARK1
        dd if=/dev/zero of=$M/state/fill bs=4k 2>/dev/null
        for w in $(seq 1 120); do say "SET WEIGHT SPIN001 $w"; done; say MARK2; await MARK2
        say 'QUERY USERID'; say MARK3; await MARK3
        rm $M/state/fill
        await 'RECORDS WRITTEN AGAIN'
        say 'SET WEIGHT SPIN001 900'; say MARK4; await MARK4
        exec 3>&-; wait $p; echo $? >$M/status
        $E report $M --out $M/report --format csv >/dev/null || exit 97
        cat $M/out; cat $M/err >&2; cat $M/report/changes.csv
        """, machine: folder)
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(run.errors.isEmpty)
    let lines = run.output.split(whereSeparator: \.isNewline)
    #expect(lines.contains { $0.hasPrefix("RECORDS NOT WRITTEN: ") && $0.contains("no space") })
    // Room that the write-ahead log gives back takes some of them; the others are told one by one.
    let told = lines.count { $0.hasPrefix("HCPREC8940E Performed and not kept") }
    #expect(told > 20, "\(told)")
    #expect(lines.contains { $0.hasPrefix("HCPREC8941W Not kept yet: ") })
    #expect(lines.contains("RECORDS WRITTEN AGAIN"))
    let changes = lines.filter { $0.contains("SET WEIGHT SPIN001") }.map { $0.prefix { $0 != "," } }
    #expect(Set(changes).count == 122)
  }

  @Test("is one machine's, with or without its lock file")
  func lockFile() throws {
    let folder = try Machines.small()
    let run = try ShellRun.run(
      Self.shell + """
        say MARK1; await MARK1; rm $M/state/records.lock
        echo QUERY USERID | $E $M; echo "second: $?"
        exec 3>&-; wait $p; echo "first: $?"
        """, machine: folder)
    #expect(run.output.contains("second: 2") && run.output.contains("first: 1"), "\(run.output)")
    #expect(run.errors.contains("in use by another endicott"), "\(run.errors)")
  }

  @Test("says that its folder is gone while the machine runs")
  func vanishedFolder() throws {
    let run = try ShellRun.run(
      Self.shell + """
        say MARK1; await MARK1; mv $M/state $M/elsewhere
        await 'is not there any more'
        say 'SET WEIGHT SPIN001 5'; await 'HCPREC8940E'
        mv $M/elsewhere $M/state; await 'RECORDS WRITTEN AGAIN'
        exec 3>&-; wait $p; exit $?
        """, machine: Machines.small())
    // The command whose change was not kept had failed.
    #expect(run.status == 1, "\(run.output)\(run.errors)")
  }

  @Test("an end that loses something says so")
  func lostEnd() throws {
    let run = try ShellRun.run(
      Self.shell + """
        say MARK1; await MARK1; rm -r $M/state
        say 'SET WEIGHT SPIN001 5'; await 'HCPREC8940E'
        exec 3>&-; wait $p; echo $? >$M/status; cat $M/err >&2; exit $(cat $M/status)
        """, machine: Machines.small())
    #expect(run.status == 74)
    #expect(run.errors.contains("lost with the end: 1 change"), "\(run.errors)")
    #expect(run.errors.split(separator: "\n").count == 1)
  }

  @Test("is nothing after a script, and the folder stays clean, unless a place is named")
  func scriptsKeepNothing() throws {
    let folder = try Machines.small()
    let script = try folder.write("s.cp", "SLEEP 50 MS\nQUERY DIGEST\n")
    let plain = try ProgramRun(["run", script, "--machine", folder.path])
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/state"))
    let kept = try ProgramRun(
      ["run", script, "--machine", folder.path, "--state", folder.path + "/kept"])
    #expect(FileManager.default.fileExists(atPath: folder.path + "/kept/records.sqlite"))
    // What is kept is no part of the history.
    #expect(plain.output.split(separator: "\n").last == kept.output.split(separator: "\n").last)
  }

  @Test("is reported as a page and as tables")
  func report() throws {
    let folder = try Machines.small()
    let first = try ProgramRun([folder.path], input: "SET WEIGHT SPIN001 50\nSLEEP 50 MS\n")
    #expect(first.status == 0, "\(first.output)\(first.errors)")
    let out = folder.path + "/out"
    let run = try ProgramRun(["report", folder.path, "--out", out])
    #expect(run.status == 0, "\(run.errors)")
    let page = try String(contentsOfFile: out + "/index.html", encoding: .utf8)
    #expect(page.contains("<svg") && page.contains("SPIN001"))
    let changes = try String(contentsOfFile: out + "/changes.csv", encoding: .utf8)
    #expect(changes.contains(",10,50,"), "\(changes)")
  }

  @Test("that is not ours stops the start and is named")
  func foreignFile() throws {
    let folder = try Machines.small()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/state", withIntermediateDirectories: true)
    let file = try folder.write("state/records.sqlite", "not a database, and not ours")
    let refused = try ProgramRun([folder.path], input: "QUERY USERID\n")
    #expect(refused.status == 2)
    #expect(refused.errors.contains(file), "\(refused.errors)")
    let other = try ProgramRun([folder.path, "--set-aside-state"], input: "QUERY USERID\n")
    #expect(other.status == 0, "\(other.errors)")
    #expect(other.errors.contains("records.set-aside-1.sqlite"), "\(other.errors)")
  }
}
