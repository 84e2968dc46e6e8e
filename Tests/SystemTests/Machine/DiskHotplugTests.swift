import Definitions
import Foundation
import Partitioning
import Testing

@testable import ControlProgram

// Disks that an unmodified Debian is given while it runs, and that it gives back. Oracle: the guest's own kernel
// (/proc/partitions, checksums of what was written and what is read), and that the same commands give the same
// history on any number of threads.

/// A machine with the demo's Linux and its disks, driven by CP commands and at the guest's console.
final class LinuxWithDisks {
  let manager: PartitionManager
  let control: ControlProgram
  let console: ConsoleSession
  private var position = ReaderPosition()
  private(set) var transcript = ""

  init(
    threads: Int = 1, dedicated: [DeviceAssignment] = [], options: [PartitionOption] = []
  ) throws {
    var definition = try #require(SystemDefinition.read(folder: Project.path("Partitions/demo")).0)
    definition.partitions.removeAll { !["LINUX1", "IODRIVER"].contains($0.name) }
    let number = try #require(definition.partitions.firstIndex { $0.name == "LINUX1" })
    definition.partitions[number].devices = dedicated
    definition.partitions[number].options = options
    manager = try PartitionManager(
      definition, options: ManagerOptions(threads: threads, pace: .fast))
    control = ControlProgram(manager: manager)
    console = control.logOn("OPERATOR")
  }

  func boot() throws {
    try manager.perform(.activate("LINUX1", load: true))
    #expect(wait(for: "linux1:/root# ", seconds: 20), "\(transcript)")
  }

  func command(_ text: String) -> String {
    console.execute(text).lines.joined(separator: "\n")
  }

  /// Lets time pass until the guest has written something, or the time is over.
  func wait(for text: String, seconds: UInt64) -> Bool {
    var fresh = ""
    manager.runEpochs(until: manager.now + seconds * 1_000_000_000) {
      for event in self.manager.events(since: &self.position).elements {
        if case .console(let bytes) = event.kind { fresh += String(decoding: bytes, as: UTF8.self) }
      }
      return fresh.contains(text)
    }
    transcript += fresh
    return fresh.contains(text)
  }

  func run(seconds: UInt64) { _ = wait(for: "\u{0}", seconds: seconds) }

  /// Lets time pass until nothing is pending.
  func settle(seconds: UInt64) -> Bool {
    let isDone = { self.manager.partitionView("LINUX1")?.pending.isEmpty ?? true }
    manager.runEpochs(until: manager.now + seconds * 1_000_000_000, stopWhen: isDone)
    return isDone()
  }

  /// What a shell command of the guest writes.
  func shell(_ text: String, seconds: UInt64 = 20) throws -> String {
    // The kernel still adds the disk when its driver has told of it, and the shell draws its prompt.
    run(seconds: 1)
    let before = transcript.count
    try manager.perform(.sendConsole("LINUX1", bytes: Array("\(text); echo end-$((6*7))\n".utf8)))
    #expect(wait(for: "end-42", seconds: seconds), "\(text): \(transcript.suffix(2000))")
    return String(transcript.dropFirst(before))
  }

  /// The disks that the guest's kernel has.
  func disks() throws -> [String] {
    try shell("cat /proc/partitions").split(whereSeparator: \.isNewline).compactMap { line in
      line.split(separator: " ").last.map(String.init).flatMap { $0.hasPrefix("vd") ? $0 : nil }
    }
  }
}

@Suite(
  "Disks of Debian that come and go",
  .enabled(if: Project.hasDebianGuest, Comment(rawValue: Project.noGuest)))
struct DiskHotplugTests {
  @Test("a disk comes, is written and read, stays while it is in use, goes, and comes again")
  func comesAndGoes() throws {
    let machine = try LinuxWithDisks()
    try machine.boot()
    #expect(try machine.disks() == [])
    #expect(
      machine.command("ATTACH 0201 LINUX1 0101") == "DASD 0101 ATTACH PENDING, 60 SECONDS LEFT")
    #expect(machine.settle(seconds: 5))
    #expect(try machine.disks() == ["vda"])
    let sums = try machine.shell(
      "dd if=/dev/urandom of=/tmp/a bs=64k count=16 2>/dev/null; dd if=/tmp/a of=/dev/vda bs=64k "
        + "2>/dev/null; sync; echo 3 > /proc/sys/vm/drop_caches; "
        + "head -c 1048576 /dev/vda | sha1sum; sha1sum < /tmp/a")
    #expect(checksums(sums).count == 2 && Set(checksums(sums)).count == 1, "\(sums)")
    // Blocks that are discarded are zeroes on a disk that began with zeroes; the others stay.
    let emptied = try machine.shell(
      "cat /sys/block/vda/queue/discard_max_bytes; blkdiscard -l 524288 /dev/vda; "
        + "head -c 1048576 /dev/vda | sha1sum; "
        + "{ head -c 524288 /dev/zero; tail -c 524288 /tmp/a; } | sha1sum")
    #expect(emptied.contains("4194304"), "\(emptied)")
    #expect(checksums(emptied).count == 2 && Set(checksums(emptied)).count == 1, "\(emptied)")
    // Opened: it stays, and is asked for until it is let go.
    _ = try machine.shell("exec 5</dev/vda")
    #expect(
      machine.command("FOR LINUX1 CMD DETACH 0101")
        == "DASD 0101 DETACH PENDING, 60 SECONDS LEFT")
    #expect(!machine.settle(seconds: 4))
    #expect(machine.command("QUERY PENDING").hasPrefix("LINUX1   DASD 0101 DETACH PENDING"))
    #expect(try machine.disks() == ["vda"])
    // Withdrawn: the disk stays when it is let go.
    #expect(
      machine.command("FOR LINUX1 CMD CONFIG DEVICE,CANCEL")
        == "Pending changes of LINUX1 are cancelled")
    // Whoever asks its users of an earlier wish has come to an end by then.
    machine.run(seconds: 1)
    _ = try machine.shell("exec 5<&-")
    machine.run(seconds: 3)
    #expect(try machine.disks() == ["vda"])
    #expect(
      machine.command("DETACH 0201 FROM LINUX1")
        == "DASD 0101 DETACH PENDING, 60 SECONDS LEFT")
    #expect(machine.settle(seconds: 4))
    #expect(try machine.disks() == [])
    #expect(machine.command("QUERY 0201") == "DASD 0201 FREE")
    #expect(machine.command("DETACH 0201 FROM LINUX1").hasSuffix("142E DASD 0201 not attached"))
    // Again, under another number, with what was written.
    _ = machine.command("ATTACH 0201 LINUX1 0102")
    #expect(machine.settle(seconds: 5))
    #expect(try machine.disks() == ["vda"])
    let again = try machine.shell("head -c 1048576 /dev/vda | sha1sum")
    #expect(checksums(again) == Array(checksums(emptied).prefix(1)))
  }

  @Test("an open disk that is taken by force ends in I/O errors, and Linux goes on")
  func force() throws {
    let machine = try LinuxWithDisks()
    try machine.boot()
    _ = machine.command("ATTACH 0201 LINUX1 0101")
    #expect(machine.settle(seconds: 5))
    _ = try machine.shell("dd if=/dev/zero of=/dev/vda bs=1k count=64 2>/dev/null; sync")
    _ = try machine.shell("exec 5<>/dev/vda")
    #expect(machine.command("DETACH 0201 FROM LINUX1 FORCE") == "DASD 0201 DETACHED LINUX1 0101")
    machine.run(seconds: 2)
    #expect(try machine.disks() == [])
    let error = try machine.shell("echo 3 > /proc/sys/vm/drop_caches; head -c 512 <&5 | wc -c")
    #expect(error.contains("error") || error.contains("\n0"), "\(error)")
    _ = try machine.shell("exec 5>&-")
    // The place is free again.
    _ = machine.command("ATTACH 0202 LINUX1 0101")
    #expect(machine.settle(seconds: 5))
    #expect(try machine.disks().count == 1)
  }

  @Test("a disk that can only be read is so to Linux, too")
  func readOnly() throws {
    let machine = try LinuxWithDisks()
    try machine.boot()
    _ = machine.command("ATTACH 0203 LINUX1 0101 R/O")
    #expect(machine.settle(seconds: 5))
    #expect(try machine.shell("echo RO=$(cat /sys/block/vda/ro)").contains("RO=1"))
    #expect(
      machine.command("FOR LINUX1 CMD QUERY VIRTUAL 0101")
        == "DASD 0101 3390 (TEMP) R/O      32768 BLK ON DASD  0203 SUBCHANNEL = 0000")
  }

  @Test("a disk of the definition is there at the boot, and goes and comes as the others")
  func dedicated() throws {
    let machine = try LinuxWithDisks(dedicated: [
      DeviceAssignment(virtualDevice: 0x190, realDevice: 0x205)
    ])
    try machine.boot()
    #expect(try machine.disks() == ["vda"])
    _ = machine.command("DETACH 0205 FROM LINUX1")
    #expect(machine.settle(seconds: 4))
    #expect(try machine.disks() == [])
    _ = machine.command("ATTACH 0205 LINUX1 0190")
    #expect(machine.settle(seconds: 4))
    #expect(try machine.disks() == ["vda"])
    // What is loaded again finds what it has.
    _ = machine.command("ATTACH 0206 LINUX1 0191")
    #expect(machine.settle(seconds: 4))
    _ = machine.command("LOAD LINUX1 FORCE")
    #expect(machine.wait(for: "Welcome to Debian", seconds: 20))
    #expect(machine.wait(for: "linux1:/root# ", seconds: 20))
    #expect(try machine.disks() == ["vda", "vdb"])
  }

  @Test("the same commands give the same history on one thread and two")
  func determinism() throws {
    let digests = try [1, 2].map { threads in
      let machine = try LinuxWithDisks(threads: threads)
      try machine.manager.perform(.activate("IODRIVER", load: true))
      try machine.boot()
      _ = machine.command("ATTACH 0201 LINUX1 0101")
      #expect(machine.settle(seconds: 5))
      _ = try machine.shell("dd if=/dev/zero of=/dev/vda bs=64k count=4 2>/dev/null; sync")
      _ = machine.command("DETACH 0201 FROM LINUX1")
      #expect(machine.settle(seconds: 5))
      machine.run(seconds: 1)
      return machine.manager.machineView.digest
    }
    #expect(digests[0] == digests[1])
  }

  @Test("a machine that is saved between the wish for a disk and its end goes on as it would have")
  func saved() throws {
    let machine = try LinuxWithDisks()
    try machine.boot()
    _ = machine.command("ATTACH 0201 LINUX1 0101")
    let coming = machine.manager.checkpoint()
    #expect(machine.settle(seconds: 5))
    _ = try machine.shell("exec 5</dev/vda")
    _ = machine.command("DETACH 0201 FROM LINUX1")
    machine.manager.runEpochs(until: machine.manager.now + 1_500_000_000)
    let going = machine.manager.checkpoint()
    for (checkpoint, time) in [(coming, going.machine.time), (going, machine.manager.now)] {
      let other = try LinuxWithDisks()
      try other.manager.restore(checkpoint)
      #expect(other.manager.partitionView("LINUX1")?.pending.count == 1)
      if checkpoint == coming {
        other.manager.runEpochs(until: other.manager.now + 1_000_000_000)
        #expect(other.manager.partitionView("LINUX1")?.pending == [])
      } else {
        for one in [machine.manager, other.manager] {
          try one.perform(.sendConsole("LINUX1", bytes: Array("exec 5<&-\n".utf8)))
          one.runEpochs(until: time + 3_000_000_000)
        }
        #expect(other.manager.machineView.digest == machine.manager.machineView.digest)
        #expect(other.manager.partitionView("LINUX1")?.devices == [])
      }
    }
  }

  private func checksums(_ text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).compactMap { line in
      guard let first = line.split(separator: " ").first, first.count == 40 else { return nil }
      return String(first)
    }
  }
}
