import Foundation
import Testing

// Consoles of guests by sockets. Oracle: TALKER, which answers ECHO with its text, and the system's own words on
// what is in the folder.

@Suite("Sockets of guests' consoles")
struct ConsoleSocketTests {
  private static let hasSocat =
    (try? ProgramRun.host("command -v socat"))?.isEmpty == false
  private static let noSocat: Comment = "socat is not installed: run Partitions/setup"

  /// A machine on a pipe: `say` gives it a line, `attach` keeps what a guest's socket shows in a file, `type` types
  /// a line there, `await` waits until something is so.
  private static let shell = """
    mkfifo $M/in; : >$M/out; $E $M --consoles $M/c <$M/in >$M/out 2>$M/err & p=$!; exec 3>$M/in
    say() { echo "$1" >&3; }
    await() { n=0; until eval "$1"; do n=$((n+1)); [ $n -gt 1200 ] && exit 98; sleep 0.05; done; }
    attach() { socat -u UNIX-CONNECT:$M/c/$1 CREATE:$M/$2 3>&- & }
    type() { echo "$2" | socat -u - UNIX-CONNECT:$M/c/$1; }

    """

  @Test(
    "let several clients type and see, by the machine's own inputs, and are gone at its end",
    .enabled(if: hasSocat, noSocat))
  func clients() throws {
    let run = try ShellRun.run(
      Self.shell + """
        await '[ -S $M/c/TALKER ]'; stat -c %a $M/c/TALKER; ls $M/c | tr '\\n' ' '; echo
        attach TALKER a; attach TALKER b; await 'grep -q TALKER $M/a && grep -q TALKER $M/b'
        type TALKER 'ECHO first-text'; type TALKER 'ECHO second-text'
        await 'grep -q ^second-text $M/a && grep -q ^second-text $M/b'
        attach TALKER late; await 'grep -q ^first-text $M/late'
        say 'FORCE SPIN001'; await '[ ! -e $M/c/SPIN001 ]'
        say SHUTDOWN; wait $p; ls $M/c | wc -l
        """, machine: Machines.small())
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(lines == ["600", "SPIN001 SPIN002 TALKER ", "0"], "\(lines)")
  }

  @Test("replace what a killed process left, and nothing else")
  func stale() throws {
    let run = try ShellRun.run(
      Self.shell + """
        await '[ -S $M/c/TALKER ]'; kill -9 $p; wait $p 2>/dev/null; exec 3>&-
        [ -S $M/c/TALKER ] && echo left
        rm $M/c/SPIN001; echo mine > $M/c/SPIN001
        printf 'SLEEP 0.1\\nQUERY TIME\\n' > $M/s
        $E $M --consoles $M/c < $M/s > $M/second; cat $M/c/SPIN001; ls $M/c; grep 8893W $M/second
        """, machine: Machines.small())
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(lines.prefix(3) == ["left", "mine", "SPIN001"], "\(lines)")
    #expect(lines.dropFirst(3).count == 1, "\(lines)")
    #expect(lines.last?.contains("it is no socket, and not replaced") ?? false, "\(lines)")
  }

  @Test("are refused in a folder that cannot be one")
  func refusals() throws {
    let folder = try Machines.small()
    let file = try folder.write("file", "text")
    for (name, reason) in [
      (file, "it is no folder"), (folder.path + "/" + String(repeating: "x", count: 100), "bytes"),
      (folder.path + "/no/where", "No such file"),
    ] {
      let run = try ProgramRun([folder.path, "--no-state", "--consoles", name])
      #expect(run.status == 2)
      #expect(run.errors.contains(reason), "\(run.errors)")
    }
  }

  @Test(
    "do not wait for clients that do not read and type without end", .enabled(if: hasSocat, noSocat)
  )
  func hostile() throws {
    let run = try ShellRun.run(
      Self.shell + """
        await '[ -S $M/c/TALKER ]'; deaf=
        for guest in SPIN001 TALKER; do for n in 1 2 3 4; do
          socat -u OPEN:/dev/zero UNIX-CONNECT:$M/c/$guest 3>&- & deaf="$deaf $!"
        done; done
        sleep 1; attach SPIN002 a; await '[ -e $M/a ]'
        say 'SEND TALKER HELP'; say 'QUERY TIME'; await 'grep -q "TIME IS" $M/out'
        kill $deaf; say SHUTDOWN; wait $p
        """, machine: Machines.small())
    #expect(run.status == 0, "\(run.output)\(run.errors)")
  }

  @Test("leave a machine's history as it is without them")
  func history() throws {
    let folder = try Machines.small()
    let script = try folder.write(
      "s.cp", "SLEEP 0.5\nSPOOL CONSOLE TALKER START\nSLEEP 0.5\nQUERY DIGEST ALL\n")
    let plain = try folder.write("p.cp", "SLEEP 1\nQUERY DIGEST ALL\n")
    let one = try ProgramRun(
      [
        "run", script, "--machine", folder.path, "--state", folder.path + "/s", "--consoles",
        folder.path + "/c",
      ])
    let other = try ProgramRun(["run", plain, "--machine", folder.path])
    func digests(_ run: ProgramRun) -> [Substring] {
      run.output.split(separator: "\n").filter { $0.hasPrefix("DIGEST") }
    }
    #expect(one.status == 0 && other.status == 0, "\(one.output)\(one.errors)")
    #expect(!digests(one).isEmpty)
    #expect(digests(one) == digests(other))
  }

  @Test("a console's file keeps its lines and is bounded by the host alone")
  func files() throws {
    let folder = try Machines.small()
    let script = try folder.write(
      "s.cp",
      """
      SPOOL CONSOLE TALKER START
      WAIT TALKER TEXT 'TALKER>'
      SEND TALKER ECHO kept
      SLEEP 0.2
      CLOSE CONSOLE TALKER
      SEND TALKER ECHO later
      SLEEP 0.2

      """)
    let run = try ProgramRun(
      ["run", script, "--machine", folder.path, "--state", folder.path + "/s"])
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    func file(_ name: String) throws -> String {
      try String(contentsOfFile: folder.path + "/s/consoles/" + name, encoding: .utf8)
    }
    #expect(try file("TALKER.0001").contains("\nkept\n"))
    #expect(try file("TALKER.0002").contains("\nlater\n"))
    #expect(try !file("TALKER.0002").contains("kept"))
  }
}
