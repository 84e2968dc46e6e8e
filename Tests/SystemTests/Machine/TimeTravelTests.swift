import Foundation
import Testing

// Oracle: the run itself, whose digests were shown while it went by; and a run that nobody killed.

@Suite("What was recorded comes again")
struct TimeTravelTests {
  /// A run with a digest after each of its steps, and what it asks for in them.
  private static let script = """
    SLEEP 0.031
    QUERY DIGEST ALL
    SET WEIGHT SPIN001 40
    SLEEP 0.017
    QUERY DIGEST ALL
    SEND TALKER CPUS
    CONNECT TALKER
    CPUS
    #CP DISCONN
    FORCE SPIN002 IMMEDIATE
    SLEEP 0.05
    QUERY DIGEST ALL
    XAUTOLOG SPIN002
    SET WEIGHT SPIN002 5
    ACNT ALL
    SLEEP 0.02
    QUERY DIGEST ALL

    """
  /// When the digests were shown.
  private static let instants = ["31ms", "48ms", "98ms", "118ms"]

  private func digests(_ run: ProgramRun) -> [Substring] {
    run.output.split(separator: "\n").filter { $0.hasPrefix("DIGEST") }
  }

  private func groups(_ run: ProgramRun, of count: Int) -> [[Substring]] {
    let all = digests(run)
    return stride(from: 0, to: all.count, by: count).map {
      Array(all[$0..<min($0 + count, all.count)])
    }
  }

  @Test("at any instant, from the checkpoint before it, on one thread and on two")
  func instants() throws {
    let machine = try Machines.small()
    let state = machine.path + "/kept"
    let run = try ProgramRun([
      "run", machine.write("s.cp", Self.script), "--machine", machine.path, "--state", state,
      "--checkpoint-every", "40ms",
    ])
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    let expected = groups(run, of: 4)
    #expect(expected.count == 4 && Set(expected).count == 4)
    for (instant, digests) in zip(Self.instants, expected) {
      for threads in ["1", "2"] {
        let at = try ProgramRun(
          ["at", instant, machine.path, "--state", state, "--threads", threads],
          input: "QUERY DIGEST ALL\n")
        #expect(self.digests(at) == digests, "\(instant): \(at.output)\(at.errors)")
        #expect(at.status == 0)
      }
    }
    let late = try ProgramRun(["at", "9s", machine.path, "--state", state])
    #expect(late.status == 2)
    #expect(late.errors.contains("recorded up to 0.118 s"), "\(late.errors)")
  }

  @Test("and goes on from there as a branch, without a trace or kept beside what was left")
  func branches() throws {
    let machine = try Machines.small()
    let state = machine.path + "/kept"
    let run = try ProgramRun([
      "run", machine.write("s.cp", Self.script), "--machine", machine.path, "--state", state,
      "--checkpoint-every", "40ms",
    ])
    let expected = groups(run, of: 4)
    // Time stands still until a command lets it pass; then it is the same history.
    let same = try ProgramRun(
      ["at", "31ms", machine.path, "--state", state],
      input: "QUERY TIME\nSET WEIGHT SPIN001 40\nSLEEP 0.017\nQUERY DIGEST ALL\n")
    #expect(digests(same) == expected[1], "\(same.output)\(same.errors)")
    // Another one, kept; then back and forth between the two.
    let other = try ProgramRun(
      ["at", "31ms", machine.path, "--state", state, "--keep"],
      input: """
        SET WEIGHT SPIN001 99
        SLEEP 0.017
        QUERY DIGEST ALL
        REWIND TO 0.098 SEC
        QUERY DIGEST ALL
        REWIND TO 0.048
        QUERY DIGEST ALL
        REWIND 77
        SLEEP 0.05
        QUERY DIGEST ALL

        """)
    let found = groups(other, of: 4)
    #expect(found.count == 4 && found[0] != expected[1], "\(other.output)\(other.errors)")
    #expect(found.count == 4 && found[1] == expected[2], "\(other.output)")
    // The instant lies on both: the newer history is found, which is that of 0.098 now.
    #expect(found.count == 4 && found[2] == expected[1], "\(other.output)")
    #expect(
      other.output.contains(
        "HCPRWD8888E Checkpoint: 77.000 s: the machine was recorded up to 0.118 s"))
    #expect(other.status == 1)
  }

  @Test("with the records up to there, as they were answered then, and nothing is added to them")
  func records() throws {
    let machine = try Machines.small()
    let state = machine.path + "/kept"
    let queries = ["QUERY EVENTLOG LAST 100", "QUERY EVENTLOG SPIN001 LAST 2", "QUERY ACCOUNT"]
    let asked = queries.joined(separator: "\n") + "\n"
    let script =
      "SLEEP 0.031\nSET WEIGHT SPIN001 40\nACNT ALL\nSLEEP 0.017\n" + asked
      + "SET WEIGHT SPIN001 50\nFORCE SPIN002 IMMEDIATE\nSLEEP 0.05\n" + asked
      + "ACNT ALL\nSLEEP 0.02\n" + asked
    let run = try ProgramRun([
      "run", machine.write("s.cp", script), "--machine", machine.path, "--state", state,
      "--checkpoint-every", "40ms",
    ])
    let answers = queries.map { query in
      run.output.components(separatedBy: "> \(query)\n").dropFirst()
        .map { String($0.components(separatedBy: "\n> ")[0]) }
    }
    #expect(answers.allSatisfy { $0.count == 3 && Set($0).count > 1 }, "\(run.output)")
    func kept() throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: state + "/records.sqlite"))
    }
    let before = try kept()
    for (number, instant) in ["48ms", "98ms", "118ms"].enumerated() {
      for (query, answers) in zip(queries, answers) {
        let at = try ProgramRun(
          ["at", instant, machine.path, "--state", state], input: query + "\n")
        let answer = answers[number].trimmingCharacters(in: .newlines)
        #expect(at.output.hasSuffix("\n" + answer + "\n"), "\(instant): \(at.output) \(answer)")
      }
    }
    let others = try ProgramRun(
      ["at", "98ms", machine.path, "--state", state],
      input: "QUERY CHECKPOINT\nQUERY MONITOR\nACNT ALL\nMONITOR STOP\nCHECKPOINT SAVE X\n")
    #expect(others.output.contains("TIME-1-0-080"), "\(others.output)")
    #expect(!others.output.contains("TIME-1-0-120"), "\(others.output)")
    #expect(others.output.contains("MONITOR INACTIVE"), "\(others.output)")
    #expect(others.output.components(separatedBy: "No records are kept").count == 4)
    #expect(try kept() == before)
  }

  @Test("by a warm start, where the machine ran last, however new other histories' checkpoints are")
  func newestHistory() throws {
    let machine = try Machines.small()
    func run(_ text: String, _ more: String...) throws -> ProgramRun {
      let script = try machine.write("s.cp", text)
      let state = machine.path + "/kept"
      return try ProgramRun(["run", script, "--machine", machine.path, "--state", state] + more)
    }
    _ = try run("SLEEP 0.1\nCHECKPOINT SAVE A\nSLEEP 0.2\nCHECKPOINT SAVE B\nSLEEP 0.1\n")
    let branch = try run(
      "SET WEIGHT SPIN001 99\nSLEEP 0.05\nSET WEIGHT SPIN001 98\nQUERY DIGEST\n", "--from", "A")
    // Nobody asks for anything in these, but for the end.
    _ = try run("QUERY TIME\n", "--warm")
    _ = try run("SHUTDOWN\n", "--from", "B")
    let warm = try run("QUERY DIGEST\n", "--warm", "--replay")
    #expect(warm.output.contains("CHECKPOINT A RESUMED"), "\(warm.output)\(warm.errors)")
    #expect(warm.output.contains("REPLAYED: 2 CHANGES"), "\(warm.output)")
    #expect(digests(warm) == digests(branch))

    // A manifest that does not say what is in the sections is refused before anything is begun.
    let manifest = machine.path + "/kept/checkpoints/A/manifest.json"
    let text = try String(contentsOfFile: manifest, encoding: .utf8)
    let wrong = [
      ("\"time\" : 100", "\"time\" : 922337203685477"), ("\"input\" : 3", "\"input\" : 9"),
    ]
    for (old, new) in wrong {
      #expect(text.contains(old))
      try text.replacingOccurrences(of: old, with: new).write(
        toFile: manifest, atomically: true, encoding: .utf8)
      let refused = try run("QUERY DIGEST\n", "--from", "A")
      #expect(refused.status == 2)
      #expect(refused.errors.contains("manifest.json is damaged"), "\(refused.errors)")
    }
    try text.write(toFile: manifest, atomically: true, encoding: .utf8)

    // What the files say otherwise now is told, and nothing is performed again.
    let directory = try String(contentsOfFile: machine.path + "/small.direct", encoding: .utf8)
    _ = try machine.write(
      "small.direct", directory.replacingOccurrences(of: "WEIGHT 10", with: "WEIGHT 11"))
    let other = try run("QUERY DIGEST\n", "--from", "A", "--replay")
    #expect(other.status == 2)
    #expect(other.errors.contains("not what they were then"), "\(other.errors)")
    let told = try run("QUERY DIGEST\n", "--from", "A")
    #expect(told.status == 0 && told.errors.contains("the checkpoint counts"), "\(told.errors)")
  }

  @Test("and is told not to be performed only where something was asked for")
  func nothingToPerform() throws {
    for (asked, isAsked) in [("", false), ("SET WEIGHT SPIN001 40\n", true)] {
      let machine = try Machines.small()
      func run(_ text: String, _ more: String...) throws -> ProgramRun {
        let script = try machine.write("s.cp", text)
        let state = machine.path + "/kept"
        return try ProgramRun(["run", script, "--machine", machine.path, "--state", state] + more)
      }
      _ = try run("CHECKPOINT SAVE A\nSLEEP 0.02\n\(asked)SLEEP 0.02\n")
      let told = try run("QUERY TIME\n", "--from", "A").output
      #expect(told.contains(isAsked ? "1 CHANGE AFTER IT" : "NO CHANGES AFTER IT"), "\(told)")
      #expect(told.contains("REPLAY") == isAsked, "\(told)")
    }
  }

  @Test("and the COMMAND statements of what starts with the machine, one that fails too")
  func commandsOfTheStart() throws {
    let machine = try Machines.small()
    let directory = try String(contentsOfFile: machine.path + "/small.direct", encoding: .utf8)
    func first(_ name: String, _ command: String) -> String {
      """
      PARTITION \(name)
        PROCESSOR CP SHARED INITIAL 1 RESERVED 1 WEIGHT 10
        STORAGE   INITIAL 16M
        IPL       PROGRAM SPIN
        START     AUTO
        COMMAND   DEFINE CPU 1
        COMMAND   \(command)

      """
    }
    _ = try machine.write(
      "small.direct", first("GOOD", "QUERY USERID") + first("BAD", "FROB") + directory)
    func run(_ text: String, _ more: String...) throws -> ProgramRun {
      let script = try machine.write("s.cp", text)
      let state = machine.path + "/kept"
      return try ProgramRun(["run", script, "--machine", machine.path, "--state", state] + more)
    }
    // The first checkpoint is of before anything started.
    let past = try run(
      "SLEEP 0.02\nXAUTOLOG BAD\nQUERY DIGEST ALL\n", "--continue", "--checkpoint-every", "1h")
    #expect(past.output.contains("BAD not activated; its COMMAND FROB failed"), "\(past.output)")
    let again = try run("QUERY DIGEST ALL\n", "--warm", "--replay")
    #expect(again.output.contains("REPLAYED: 5 CHANGES"), "\(again.output)\(again.errors)")
    #expect(digests(again) == digests(past) && digests(past).count == 6)
  }

  @Test(
    "and what follows a replay that stopped follows what was performed of it",
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: "/usr/bin/sqlite3"),
      "sqlite3 is not installed: apt-get install sqlite3"))
  func goesOnFromWhereReplayStopped() throws {
    let machine = try Machines.small()
    func run(_ text: String, _ more: String...) throws -> ProgramRun {
      let script = try machine.write("s.cp", text)
      let state = machine.path + "/kept"
      return try ProgramRun(["run", script, "--machine", machine.path, "--state", state] + more)
    }
    let weights = (1...3).map { "SET WEIGHT SPIN001 \($0)\nSLEEP 0.01\n" }.joined()
    _ = try run("SLEEP 0.05\nCHECKPOINT SAVE A\nSLEEP 0.01\n" + weights)
    // The second of them becomes what nobody can perform.
    let wrong = """
      UPDATE change SET action = replace(action, 'SPIN001', 'NOBODY'), checksum = NULL
        WHERE action LIKE '%SPIN001%' AND time = 70000000
      """
    _ = try ProgramRun(program: "/usr/bin/sqlite3", [machine.path + "/kept/records.sqlite", wrong])
    let stopped = try ShellRun.run(
      """
      printf 'SLEEP 0.02\nSET WEIGHT SPIN001 77\nSLEEP 0.01\nQUERY DIGEST\n' \
        | $E console $M --state $M/kept --from A --replay
      """, machine: machine)
    #expect(stopped.output.contains("REPLAY STOPPED AT"), "\(stopped.output)\(stopped.errors)")
    let again = try run("QUERY DIGEST\n", "--from", "A", "--replay")
    #expect(again.output.contains("REPLAYED: 2 CHANGES"), "\(again.output)\(again.errors)")
    #expect(digests(again) == digests(stopped))
  }

  @Test("after kill -9: warm start says what came later, REPLAY performs it to the same digest")
  func replaysAfterKills() throws {
    let machine = try Machines.small()
    let steps = (1...400).map { "SET WEIGHT SPIN001 \($0)\nSLEEP 0.003\nQUERY DIGEST\n" }.joined()
    let whole = try ProgramRun(
      ["run", machine.write("whole.cp", "SLEEP 0.002\n" + steps), "--machine", machine.path])
    let expected = digests(whole)
    #expect(expected.count == 400, "\(whole.errors)")
    let run = try ShellRun.run(
      """
      cp $M/whole.cp $M/in
      for i in $(seq 1 \(ShellRun.kills)); do
        rm -rf $M/state
        $E run $M/in --machine $M --state $M/state --checkpoint-every 100ms >$M/out 2>&1 & p=$!
        sleep 0.$((i * 37 % 70 + 10)); kill -9 $p; wait $p 2>/dev/null
        echo 'QUERY JOURNAL' >$M/ask
        # Killed again while it comes back, once or twice.
        for j in 1 2; do
          $E run $M/ask --machine $M --state $M/state --warm --replay >/dev/null 2>&1 & p=$!
          sleep 0.0$((i * j * 13 % 9 + 1)); kill -9 $p; wait $p 2>/dev/null
        done
        printf 'QUERY JOURNAL LAST 1000\nSLEEP 0.003\nQUERY DIGEST\n' >$M/ask
        $E run $M/ask --machine $M --state $M/state --warm --replay >$M/told 2>&1 || { cat $M/told; exit 1; }
        grep -q '^REPLAYED' $M/told || { echo 'not a checkpoint yet'; continue; }
        echo "answered $(grep -c '^> SLEEP' $M/out)" \
          "kept $(grep -c 'SET WEIGHT' $M/told) $(grep '^DIGEST' $M/told)"
      done
      """, machine: machine)
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    for line in run.output.split(separator: "\n") where line.hasPrefix("answered") {
      let words = line.split(separator: " ")
      let answered = Int(words[1]) ?? 0
      let kept = Int(words[3]) ?? 0
      // The first SLEEP comes before the first change, the last may have been answered by a change only.
      #expect(kept >= answered - 1, "\(line)")
      // Killed before the first change, or when the run was over already.
      guard kept > 0, answered <= expected.count else { continue }
      #expect(expected.indices.contains(kept - 1) && line.hasSuffix(expected[kept - 1]), "\(line)")
    }
    #expect(run.output.contains("answered"), "\(run.output)")
  }
}
