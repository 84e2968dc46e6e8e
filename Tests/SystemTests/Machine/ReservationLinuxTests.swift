import Definitions
import Foundation
import Partitioning
import Testing

@testable import ControlProgram

// A SCSI disk that two Debian systems have. Oracle: the guests' own kernels: what the SCSI driver finds, what it
// reads back, and what it says of reservations that its own calls make (linux/pr.h, by Partitions/guest/reserve.c).

/// Two of the demo's Linux that share one disk.
private final class SharingPair: GuestShells {
  init(threads: Int = 1) throws {
    var definition = try #require(SystemDefinition.read(folder: Project.path("Partitions/demo")).0)
    let linux = try #require(definition.partitions.first { $0.name == "LINUX1" })
    definition.partitions = ["LINUX1", "LINUX2"].map { name in
      var partition = linux
      partition.name = name
      partition.storage = PartitionStorage(initialByteCount: 256 << 20)
      partition.devices = [
        DeviceAssignment(
          virtualDevice: name == "LINUX1" ? 0x100 : 0x101, realDevice: 0x200,
          options: [.shared, .scsi])
      ]
      return partition
    }
    definition.inputOutput.images = definition.partitions.enumerated().map {
      ImageDefinition(partition: $1.name, subsystem: 0, image: UInt8($0 + 1))
    }
    for index in definition.inputOutput.paths.indices {
      definition.inputOutput.paths[index].accessList = ["LINUX1", "LINUX2"]
      definition.inputOutput.paths[index].candidateList = ["LINUX1", "LINUX2"]
    }
    try super.init(definition, threads: threads)
  }

  func boot() throws {
    for name in ["LINUX1", "LINUX2"] { try boot(name, prompt: "linux1:/root# ") }
  }

  /// What `reserve` says of one order.
  func reserve(_ name: String, _ order: String) throws -> String {
    let text = try shell(name, "reserve /dev/sda \(order)")
    let verb = order.split(separator: " ").first.map(String.init) ?? ""
    return text.split(whereSeparator: \.isNewline).map(String.init)
      .first { $0.hasPrefix(verb + ": ") } ?? text
  }
}

@Suite(
  "A SCSI disk of two Debian systems",
  .enabled(if: Project.hasDebianGuest, Comment(rawValue: Project.noGuest)))
struct ReservationLinuxTests {
  @Test("one reserves, the other's write fails, and goes on after it has preempted")
  func reservation() throws {
    let pair = try SharingPair()
    try pair.boot()
    #expect(try pair.reserve("LINUX1", "register a") == "register: done")
    #expect(try pair.reserve("LINUX2", "write") == "write: done")
    // Linux: PR_WRITE_EXCLUSIVE_REG_ONLY is 3.
    #expect(try pair.reserve("LINUX1", "reserve a 3") == "reserve: done")
    #expect(try pair.reserve("LINUX2", "write") == "write: reservation conflict (EBADE)")
    #expect(try pair.reserve("LINUX2", "read") == "read: done")
    #expect(try pair.reserve("LINUX1", "write") == "write: done")
    #expect(
      pair.command("QUERY DASD RESERVED")
        == "DASD 0200 LINUX1   KEY 000000000000000A HOLDS WRITE EXCLUSIVE, REGISTRANTS ONLY")
    #expect(
      try pair.reserve("LINUX2", "reserve b 3") == "reserve: reservation conflict (status 24)")
    #expect(try pair.reserve("LINUX2", "register b") == "register: done")
    #expect(try pair.reserve("LINUX2", "write") == "write: done")
    #expect(try pair.reserve("LINUX2", "abort b a 3") == "abort: done")
    #expect(try pair.reserve("LINUX1", "write") == "write: reservation conflict (EBADE)")
    #expect(try pair.reserve("LINUX2", "write") == "write: done")
    // A reservation outlives the system that made it; the operator takes it away.
    try pair.manager.perform(.deactivate("LINUX2", force: true))
    #expect(try pair.reserve("LINUX1", "write") == "write: reservation conflict (EBADE)")
    #expect(pair.command("UNRESERVE 0200") == "DASD 0200 UNRESERVED")
    #expect(try pair.reserve("LINUX1", "write") == "write: done")
  }

  @Test("Linux reads back what it writes, and gives blocks back")
  func contents() throws {
    let pair = try SharingPair()
    try pair.boot()
    let kernel = try pair.shell(
      "LINUX1", "cat /proc/partitions /sys/block/sda/device/vendor /sys/block/sda/queue/fua")
    #expect(kernel.contains("16384 sda") && kernel.contains("ENDICOTT"), "\(kernel)")
    let sums = try pair.shell(
      "LINUX1",
      "dd if=/dev/urandom of=/tmp/a bs=64k count=16 2>/dev/null; dd if=/tmp/a of=/dev/sda bs=64k "
        + "2>/dev/null; sync; sha1sum < /tmp/a")
    let read = try pair.shell("LINUX2", "head -c 1048576 /dev/sda | sha1sum")
    #expect(checksums(sums).count == 1 && checksums(sums) == checksums(read), "\(sums) \(read)")
    let emptied = try pair.shell(
      "LINUX1",
      "blkdiscard -l 524288 /dev/sda; echo 3 > /proc/sys/vm/drop_caches; "
        + "head -c 1048576 /dev/sda | sha1sum; "
        + "{ head -c 524288 /dev/zero; tail -c 524288 /tmp/a; } | sha1sum")
    #expect(checksums(emptied).count == 2 && Set(checksums(emptied)).count == 1, "\(emptied)")
  }

  @Test("the same commands give the same history on one thread and two")
  func determinism() throws {
    let digests = try [1, 2].map { threads in
      let pair = try SharingPair(threads: threads)
      try pair.boot()
      _ = try pair.reserve("LINUX1", "register a")
      _ = try pair.reserve("LINUX1", "reserve a 1")
      _ = try pair.reserve("LINUX2", "write")
      return pair.manager.machineView.digest
    }
    #expect(digests[0] == digests[1])
  }

  private func checksums(_ text: String) -> [String] {
    text.split(whereSeparator: \.isWhitespace).map(String.init)
      .filter { $0.count == 40 && $0.allSatisfy(\.isHexDigit) }
  }
}
