import Definitions
import Foundation
import Partitioning
import Testing

@testable import ControlProgram

// A minidisk that one Debian system writes and another reads. Oracle: the guests' own kernels (sizes, read-only,
// file systems, checksums of what one wrote and the other reads), and that the blocks beside it keep their sum.

/// The two Debian systems of Partitions/debian, the first with two minidisks, one behind the other.
private final class DebianPair: GuestShells {
  init(threads: Int = 1) throws {
    var definition = try #require(
      SystemDefinition.read(folder: Project.path("Partitions/debian")).0)
    let device = try #require(
      definition.inputOutput.devices.firstIndex { $0.number == 0x302 })
    definition.inputOutput.devices[device].volume = "USR001"
    let minidisks = [
      Self.minidisk(0x191, start: 2049, count: 32_768, passwords: ["ALL"]),
      Self.minidisk(0x192, start: 2049 + 32_768, count: 2048),
    ]
    definition.partitions[0].minidisks = minidisks
    definition.partitions[0].links = minidisks.map { MinidiskLink(to: $0) }
    try super.init(definition, threads: threads)
    for name in ["DEBIAN1", "DEBIAN2"] {
      try boot(name, prompt: "\(name.lowercased()):~# ")
    }
  }

  private static func minidisk(
    _ number: UInt16, start: UInt64, count: UInt64, passwords: [String] = []
  ) -> MinidiskDefinition {
    MinidiskDefinition(
      virtualDevice: number, type: "FB-512",
      place: MinidiskPlace(volume: .label("USR001"), start: start, count: count),
      mode: .multipleOrRead, passwords: passwords)
  }

  /// Lets time pass until nothing is pending at a guest.
  func settle(_ name: String, seconds: UInt64 = 10) -> Bool {
    let isDone = { self.manager.partitionView(name)?.pending.isEmpty ?? true }
    manager.runEpochs(until: manager.now + seconds * 1_000_000_000, stopWhen: isDone)
    return isDone()
  }
}

@Suite(
  "Minidisks of Debian",
  .enabled(if: Project.hasDebianSystem, Comment(rawValue: Project.noGuest)))
struct MinidiskLinuxTests {
  @Test("one system writes a file system, another reads it, and no block beside it is touched")
  func shared() throws {
    let pair = try DebianPair()
    let sizes = try pair.shell("DEBIAN1", "cat /sys/block/vdb/size /sys/block/vdc/size")
    #expect(sizes.contains("32768") && sizes.contains("2048"), "\(sizes)")
    // The neighbour's blocks; then the whole minidisk to its last block and further, and a file system on it.
    let sums = try pair.shell(
      "DEBIAN1",
      "dd if=/dev/urandom of=/dev/vdc bs=64k 2>/dev/null; sync; sha1sum < /dev/vdc; "
        + "dd if=/dev/urandom of=/dev/vdb bs=64k oflag=direct 2>&1 | grep -c 'No space'; "
        + "dd if=/dev/zero of=/dev/vdb bs=512 seek=32768 count=1 2>&1 | grep -c 'No space'; "
        + "mke2fs -q -t ext4 -O ^has_journal /dev/vdb && mkdir -p /mnt && mount /dev/vdb /mnt && "
        + "head -c 3000000 /dev/urandom > /mnt/one && sync && sha1sum < /mnt/one; "
        + "echo 3 > /proc/sys/vm/drop_caches; sha1sum < /dev/vdc")
    let written = checksums(sums)
    try #require(written.count == 3, "\(sums)")
    #expect(written[0] == written[2])
    #expect(sums.split(whereSeparator: \.isNewline).count { $0 == "1" } == 2, "\(sums)")
    // Linked while it runs, to read, whatever is asked.
    #expect(
      pair.command("FOR DEBIAN2 CMD LINK DEBIAN1 191 291 RR").contains(
        "DASD 0291 LINKED R/O; R/W BY DEBIAN1"))
    #expect(pair.settle("DEBIAN2"))
    let read = try pair.shell(
      "DEBIAN2",
      "echo RO=$(cat /sys/block/vdb/ro); mkdir -p /mnt; mount -o ro /dev/vdb /mnt && sha1sum < /mnt/one; "
        + "echo no > /dev/vdb; ls /mnt; umount /mnt")
    #expect(read.contains("RO=1") && checksums(read) == [written[1]], "\(read)")
    #expect(read.contains("not permitted") || read.contains("Read-only"), "\(read)")
    // More of it, seen after a mount anew.
    let more = try pair.shell(
      "DEBIAN1", "head -c 500000 /dev/urandom > /mnt/two; sync; sha1sum < /mnt/two")
    let again = try pair.shell(
      "DEBIAN2", "mount -o ro /dev/vdb /mnt && sha1sum < /mnt/two; umount /mnt")
    #expect(checksums(again).count == 1 && checksums(again) == checksums(more), "\(again)")
    // A second writer is none by MR, and what is mounted is not given back.
    #expect(
      pair.command("LINK DEBIAN1 191 292 MR FOR DEBIAN2").hasPrefix("HCPLNK103W DASD 0292"))
    #expect(pair.settle("DEBIAN2"))
    #expect(pair.command("FOR DEBIAN2 CMD DETACH 291").contains("PENDING"))
    #expect(pair.command("FOR DEBIAN2 CMD DETACH 292").contains("PENDING"))
    #expect(pair.settle("DEBIAN2"))
    _ = pair.command("FOR DEBIAN1 CMD DETACH 191")
    #expect(!pair.settle("DEBIAN1", seconds: 3))
    let clean = try pair.shell(
      "DEBIAN1", "umount /mnt; e2fsck -f -n /dev/vdb > /dev/null && echo CLEAN=$?", seconds: 20)
    #expect(clean.contains("CLEAN=0"), "\(clean)")
    #expect(pair.settle("DEBIAN1", seconds: 5))
    #expect(pair.manager.partitionView("DEBIAN1")?.devices.map(\.virtualDevice) == [0x100, 0x192])
  }

  @Test("the same commands give the same history on one thread and two")
  func determinism() throws {
    let digests = try [1, 2].map { threads in
      let pair = try DebianPair(threads: threads)
      _ = pair.command("FOR DEBIAN2 CMD LINK DEBIAN1 191 291 RR")
      #expect(pair.settle("DEBIAN2"))
      _ = try pair.shell("DEBIAN1", "dd if=/dev/zero of=/dev/vdb bs=64k count=8 2>/dev/null; sync")
      _ = try pair.shell("DEBIAN2", "head -c 262144 /dev/vdb | sha1sum")
      return pair.manager.machineView.digest
    }
    #expect(digests[0] == digests[1])
  }

  @Test(
    "a mounted file system that is taken by force ends in errors; what was synchronized is there when it comes again"
  )
  func forced() throws {
    let pair = try DebianPair()
    _ = pair.command("ATTACH 0303 TO DEBIAN1 0101")
    #expect(pair.settle("DEBIAN1"))
    let written = try pair.shell(
      "DEBIAN1",
      "mke2fs -q -t ext4 /dev/vdd 8M && mkdir -p /mnt && mount /dev/vdd /mnt && "
        + "head -c 1000000 /dev/urandom > /mnt/one && sync && sha1sum < /mnt/one; "
        + "head -c 300000 /dev/urandom > /mnt/two")
    try #require(checksums(written).count == 1, "\(written)")
    #expect(pair.command("DETACH 0303 FROM DEBIAN1 FORCE") == "DASD 0303 DETACHED DEBIAN1 0101")
    let gone = try pair.shell(
      "DEBIAN1",
      "echo 3 > /proc/sys/vm/drop_caches; sha1sum < /mnt/one; echo x > /mnt/three; umount -l /mnt; "
        + "lsblk -dno NAME | grep -c vdd")
    #expect(checksums(gone).isEmpty && gone.contains("Input/output error"), "\(gone)")
    #expect(gone.contains("Read-only file system"), "\(gone)")
    #expect(gone.split(whereSeparator: \.isNewline).contains("0"), "\(gone)")
    _ = pair.command("ATTACH 0303 TO DEBIAN1 0101")
    #expect(pair.settle("DEBIAN1"))
    let again = try pair.shell(
      "DEBIAN1",
      "d=/dev/$(lsblk -dno NAME | tail -1); e2fsck -p $d; mount $d /mnt && sha1sum < /mnt/one; "
        + "umount /mnt; e2fsck -f -n $d > /dev/null; echo CLEAN=$?")
    #expect(checksums(again) == checksums(written), "\(again)")
    #expect(again.contains("recovering journal") && again.contains("CLEAN=0"), "\(again)")
  }

  private func checksums(_ text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).compactMap { line in
      guard let first = line.split(separator: " ").first, first.count == 40 else { return nil }
      return String(first)
    }
  }
}
