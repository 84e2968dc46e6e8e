import Definitions
import Foundation
import Testing

@testable import ControlProgram
@testable import Partitioning
@testable import Platform
@testable import Records

// CP commands that an unmodified Debian gives by vmcp, and what it reports of its storage. Oracle: the published
// contract of s390-tools' vmcp (its manual page: exit codes, texts of errors, sizes of the buffer); CP's own answers at
// the operator's console; the guest's /proc/meminfo; and the same machine on another number of threads, or uninterrupted.

private let hasCommandProgram = FileManager.default.fileExists(
  atPath: Project.path("Partitions/demo/linux/vmcp"))

@Suite(
  "CP commands of Debian", .enabled(if: hasCommandProgram, Comment(rawValue: Project.noGuest)))
struct GuestCommandTests {
  private func booted(
    threads: Int = 1, _ options: [PartitionOption] = [.commandPort]
  ) throws -> LinuxWithDisks {
    let machine = try LinuxWithDisks(threads: threads, options: options)
    try machine.boot()
    return machine
  }

  /// What a command wrote, without the line that was typed, and its exit code.
  private func run(
    _ machine: LinuxWithDisks, _ command: String
  ) throws -> (lines: [String], status: Int?) {
    // What the terminal shows of the line that is typed has no 42.
    let text = try machine.shell("echo begin-$((6*7)); \(command); echo status-$?")
    let lines = text.split(whereSeparator: \.isNewline).map(String.init)
    guard let first = lines.lastIndex(where: { $0.hasSuffix("begin-42") }),
      let end = lines.lastIndex(where: { $0.hasPrefix("status-") }), first < end
    else { return ([], nil) }
    return (Array(lines[(first + 1)..<end]), Int(lines[end].dropFirst("status-".count)))
  }

  @Test("are answered as vmcp's contract has it") func contract() throws {
    let machine = try booted()
    let user = try run(machine, "vmcp query userid")
    #expect(user.lines == ["LINUX1   AT DEMO"] && user.status == 0)
    let processors = try run(machine, "vmcp q v cpus")
    let own = machine.command("FOR LINUX1 CMD QUERY VIRTUAL CPUS")
    #expect(processors.lines.joined(separator: "\n") == own && processors.status == 0)
    // CP refuses: its message, its number, and the command as it was sent.
    let wrong = try run(machine, "vmcp frob it 2>&1")
    #expect(
      wrong.lines == [
        "HCPCMD001E Unknown CP command: FROB",
        "Error: non-zero CP response for command 'FROB IT': #1",
      ] && wrong.status == 1)
    let kept = try run(machine, "vmcp -k 'Frob it' 2>&1")
    #expect(
      kept.lines.last == "Error: non-zero CP response for command 'Frob it': #1" && kept.status == 1
    )
    // Two commands in a text, as DIAGNOSE X'08' takes them.
    let both = try run(machine, "vmcp \"$(printf 'q userid\\nq cplevel')\" | head -n 2")
    #expect(both.lines.count == 2 && both.lines.first == "LINUX1   AT DEMO")
    #expect(both.lines.last?.hasPrefix(ControlProgram.level) == true)
    // Options.
    for options in ["", "-b 100 q time", "-b 2M q time", "-x q time", "$(seq 1 100)"] {
      #expect(try run(machine, "vmcp \(options) 2>/dev/null") == ([], 4), "\(options)")
    }
    // The buffer: what does not fit is left out, and its size is said.
    let whole = try run(machine, "vmcp -b 1M display 0.1000 | wc -c")
    let size = try #require(whole.lines.first.flatMap { Int($0) })
    #expect(size > 8192)
    let cut = try run(machine, "vmcp -b 4k display 0.1000 2>/tmp/e | wc -c; cat /tmp/e")
    #expect(
      cut.lines == [
        "4096", "Error: output (\(size) bytes) was truncated, try --buffer to increase size",
      ])
    #expect(try run(machine, "vmcp display 0.1000 >/dev/null 2>&1").status == 2)
    // Two at a time: one waits for the other.
    let pair = try run(machine, "vmcp q userid & vmcp q userid; wait")
    #expect(pair.lines.count { $0 == "LINUX1   AT DEMO" } == 2)
  }

  @Test("have the partition's classes, and are refused beyond them") func classes() throws {
    let machine = try booted()
    for command in ["force iodriver", "for iodriver cmd q time", "set weight linux1 999"] {
      let result = try run(machine, "vmcp \(command) 2>&1")
      #expect(result.status == 1 && result.lines.first?.hasPrefix("HCP") == true, "\(command)")
    }
    #expect(try run(machine, "vmcp sleep 1 2>&1").lines.last?.hasSuffix("#8842") == true)
    #expect(machine.manager.partitionView("LINUX1")?.shares.first?.setting.weight == 100)
    // What CP does for the guest is in the changes, with its author.
    #expect(try run(machine, "vmcp signal shutdown linux1 2>&1").status == 1)
    #expect(try run(machine, "vmcp define cpu 1 2>&1").status == 0)
    var position = ReaderPosition()
    #expect(
      machine.manager.changes(since: &position).elements.contains {
        $0.action.isOfProcessor && $0.author == .partition("LINUX1")
      })
  }

  @Test("that are too long or too many are refused with a message, and nothing is lost after them")
  func bounds() throws {
    let machine = try booted()
    let port = "p=/dev/$(ls /sys/class/virtio-ports)"
    let long = try run(
      machine, "\(port); exec 3<>$p; seq -s . 1 5000 >&3; head -n 2 <&3; exec 3<&-")
    #expect(long.lines == ["8848 47", "HCPHVC8848E Command longer than 240 characters"])
    // Ten lines of 25 commands, which are more than two hundred in two seconds.
    let many = try run(
      machine,
      "l=$(printf 'q userid\\025%.0s' $(seq 1 25)); \(port); exec 3<>$p; for i in $(seq 1 10); do "
        + "echo \"$l\" >&3; done; timeout 2 cat <&3 > /tmp/o; exec 3<&-; grep -c AT /tmp/o; "
        + "grep HCP /tmp/o | sort -u")
    #expect(
      many.lines.last == "HCPHVC8853E LINUX1 has given too many commands in this second"
        && many.lines.count >= 2, "\(many.lines)")
    let done = try #require(many.lines.dropLast().last.flatMap { Int($0) })
    #expect([100, 125, 150, 175, 200].contains(done), "\(done)")
    machine.run(seconds: 1)
    #expect(try run(machine, "vmcp q userid").lines == ["LINUX1   AT DEMO"])
    // Who closes the port does not wait, and the next has his own answer.
    let left = try run(
      machine, "\(port); echo q cplevel > $p; echo q cplevel > $p; vmcp q userid")
    #expect(left.lines == ["LINUX1   AT DEMO"])
    let none = try run(try booted([]), "vmcp q userid 2>/dev/null")
    #expect(none.lines.isEmpty && none.status == 3)
  }

  @Test("may end the guest that gives them") func ends() throws {
    let machine = try booted()
    try machine.manager.perform(
      .sendConsole("LINUX1", bytes: Array("vmcp system reset\n".utf8)))
    machine.run(seconds: 1)
    #expect(machine.manager.partitionView("LINUX1")?.state == .notOperating)
    try machine.manager.perform(.deactivate("LINUX1", force: true))
    try machine.boot()
    try machine.manager.perform(.sendConsole("LINUX1", bytes: Array("vmcp logoff\n".utf8)))
    machine.run(seconds: 1)
    #expect(machine.manager.partitionView("LINUX1")?.state == .notActivated)
  }

  @Test("make the same history on any number of threads, and from a checkpoint in their middle")
  func history() throws {
    let place = try TemporaryFolder()
    let folder = CheckpointFolder(inStateFolder: place.path)
    var digests: [String] = []
    for threads in [1, 2] {
      let machine = try booted(threads: threads, [.balloon, .commandPort])
      // More of an answer than the driver has buffers for, which waits for somebody to read it.
      let command =
        "exec 3<>/dev/$(ls /sys/class/virtio-ports); l=$(printf 'd 0.1000\\025%.0s' $(seq 1 26)); "
        + "echo \"$l\" >&3; sleep 1; timeout 2 cat <&3 | md5sum\n"
      try machine.manager.perform(.sendConsole("LINUX1", bytes: Array(command.utf8)))
      let partition = try machine.manager.partition("LINUX1")
      func isBusy() -> Bool { partition.computer?.commandPort?.conversation.isBusy ?? false }
      machine.manager.runEpochs(until: machine.manager.now + 2_000_000_000, stopWhen: isBusy)
      try #require(isBusy())
      try folder.save(machine.manager.checkpoint(), as: "HERE", machine: "DEMO", level: "TEST")
      let other = try LinuxWithDisks(threads: 3 - threads, options: [.balloon, .commandPort])
      try other.manager.restore(folder.load("HERE").checkpoint)
      for machine in [machine, other] {
        machine.run(seconds: 5)
        #expect(machine.transcript.contains("  -"), "\(machine.transcript.suffix(500))")
        digests.append(machine.command("QUERY DIGEST ALL"))
      }
      #expect(machine.manager.checkpoint() == other.manager.checkpoint())
    }
    #expect(digests.count == 4 && Set(digests).count == 1)
  }

  @Test("free pages go back to the host, and the guest's own count of its storage is shown")
  func storage() throws {
    let machine = try booted([.balloon])
    func pages() -> Int { machine.manager.partitionView("LINUX1")?.writtenPageCount ?? 0 }
    let fill =
      "head -c 1000000 /dev/urandom > /tmp/r; for i in $(seq 40); do cat /tmp/r; done > /tmp/a; "
      + "md5sum < /tmp/a"
    _ = try machine.shell(fill, seconds: 40)
    let full = pages()
    _ = try machine.shell("rm /tmp/a")
    machine.run(seconds: 8)
    // Of 40 MB so much at least lies in blocks of 2 MiB that are wholly free then.
    #expect(full - pages() > 4_000, "\(full) \(pages())")
    // What is written there again is there.
    let text = try machine.shell(fill + "; cp /tmp/a /tmp/b; md5sum < /tmp/b", seconds: 60)
    let found = text.split(whereSeparator: \.isNewline).filter { $0.hasSuffix("  -") }
    #expect(found.count == 2 && Set(found).count == 1, "\(text)")
    machine.run(seconds: 6)
    let free = try machine.shell("grep MemAvailable /proc/meminfo")
    let kib = try #require(
      free.split(whereSeparator: \.isNewline).first { $0.hasPrefix("MemAvailable:") }?
        .split(separator: " ").dropFirst().first.flatMap { Int($0) })
    let line = try #require(
      machine.command("INDICATE USER LINUX1").split(separator: "\n").first {
        $0.hasPrefix("LOAD: CPUS=")
      })
    let words = line.split(separator: " ")
    let shown = try #require(
      words.first { $0.hasPrefix("AVAILABLE=") }.flatMap { Int($0.dropFirst(10).dropLast()) })
    #expect(abs(shown - kib / 1024) <= 8, "\(line) \(kib)")
  }
}

extension ManagementAction {
  fileprivate var isOfProcessor: Bool {
    if case .defineProcessor = self { true } else { false }
  }
}
