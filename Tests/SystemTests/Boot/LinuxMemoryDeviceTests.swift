import Foundation
import Testing

// Storage that comes to a Debian by ACPI memory devices, and goes. Oracle: Linux' own count of its memory, its
// ACPI memory hotplug (drivers/acpi/acpi_memhotplug.c), and its switch for it (/sys/firmware/acpi/hotplug/memory).

@Suite(
  "Linux' memory devices",
  .enabled(if: Project.hasDebianGuest, Comment(rawValue: Project.noGuest)), .serialized)
struct LinuxMemoryDeviceTests: LinuxStorageScripts {
  private static func directory(use: String) -> String {
    """
    PARTITION LINUX1
      PROCESSOR IFL SHARED INITIAL 1 WEIGHT 100
      STORAGE   INITIAL 192M RESERVED 640M BY ACPI
      CONSOLE   0009
      IPL       KERNEL vmlinuz INITRD initrd.gz PARM \
    'console=ttyS0 panic=-1 quiet cryptomgr.notests=1 memhp_default_state=\(use)'
      START     AUTO

    """
  }
  private static let storage = "FOR LINUX1 CMD QUERY VIRTUAL STORAGE\n"

  private func folder(use: String = "online_movable") throws -> TemporaryFolder {
    try folder(directory: Self.directory(use: use))
  }

  @Test("come as the operator gives them, stay over a reboot, and go as he wants them back")
  func comeAndGo() throws {
    let script =
      Self.start + Self.total(1) + "&ERROR &CONTINUE\n" + Self.config("64M),ONLINE")
      + "&ERROR &EXIT\n" + "PLAN FOR LINUX1 CMD CONFIG STOR(128M),ONLINE\n"
      + Self.config("128M),ONLINE") + "QUERY PENDING LINUX1\n" + Self.wait + "SLEEP 1\n"
      + Self.total(2) + Self.config("512M),ONLINE") + Self.wait + "SLEEP 1\n" + Self.total(3)
      + "SEND LINUX1 reboot -f\nWAIT LINUX1 TEXT 'Welcome' WITHIN 60\n"
      + "WAIT LINUX1 TEXT 'linux1:/root' WITHIN 60\nSLEEP 1\n" + Self.total(4)
      + Self.config("512M),OFFLINE") + Self.wait + Self.total(5) + Self.storage
      + Self.config("128M),OFFLINE") + Self.wait + Self.total(6) + "&EXIT 0\n"
    let run = try run(script, in: folder())
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    let totals = totals(run)
    try #require(totals.count == 6, "\(run.output)")
    #expect(
      totals.map { $0 - totals[0] } == [0, 128 << 10, 640 << 10, 640 << 10, 128 << 10, 0],
      "\(run.output)")
    #expect(run.output.contains("8810E Storage 64M is not a multiple of the increment 128M"))
    #expect(run.output.contains("\nLINUX1   STORAGE 128M ONLINE PENDING, 60 SECONDS LEFT\n"))
    #expect(run.output.contains("STORAGE 512M OFFLINE completed"))
    #expect(run.output.contains("\nSTORAGE = 320M MAX = 832M INC = 128M STANDBY = 512M"))
  }

  @Test(
    "that the kernel itself uses do not go: what went is told, and stays so when it is cancelled")
  func kernelUse() throws {
    let script =
      Self.start + Self.config("512M),ONLINE") + Self.wait + "SLEEP 1\n"
      // Inodes cannot be moved; what holds them lies in the zone that came last.
      + Self.guest(
        "mkdir /m; mount -t tmpfs m /m; i=0; while [ $i -lt 4000 ]; do > /m/$i; i=$((i+1)); done",
        1,
        within: 120) + Self.total(2) + Self.config("512M),OFFLINE") + "SLEEP 10\n"
      + "QUERY PENDING LINUX1\n" + "FOR LINUX1 CMD CONFIG STOR,CANCEL\nQUERY PENDING LINUX1\n"
      + Self.storage + Self.total(3) + Self.guest("ls /m | wc -l", 4)
    let run = try run(script, in: folder(use: "online_kernel"))
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    let told = run.output.matches(
      of: /User LINUX1 STORAGE 512M OFFLINE refused by the guest with ([0-9]+)M of it done/)
    try #require(told.count == 1, "\(run.output)")
    let gone = try #require(Int(told[0].output.1))
    #expect(0 < gone && gone < 512 && gone % 128 == 0)
    #expect(run.output.contains(", \(gone)M DONE\n"), "\(run.output)")
    #expect(run.output.contains("STORAGE 512M OFFLINE ended with \(gone)M of it done"))
    #expect(run.output.contains("\nSTORAGE = \(704 - gone)M MAX = 832M"))
    let totals = totals(run)
    try #require(totals.count == 2, "\(run.output)")
    #expect(totals[0] - totals[1] == gone << 10)
    #expect(run.output.contains("\nLINUX1  : 4000"), "\(run.output)")
  }

  @Test("that the guest forbids to take are asked for again, and go when it allows it") func later()
    throws
  {
    let enabled = "/sys/firmware/acpi/hotplug/memory/enabled"
    let script =
      Self.start + Self.total(1) + Self.config("256M),ONLINE") + Self.wait + "SLEEP 1\n"
      + Self.guest("echo 0 > \(enabled)", 2) + Self.config("256M),OFFLINE") + "SLEEP 5\n"
      + "QUERY PENDING LINUX1\n" + Self.total(3) + Self.guest("echo 1 > \(enabled)", 4) + Self.wait
      + "QUERY TIME\n" + Self.total(5)
      // Unasked.
      + Self.config("128M),ONLINE") + Self.wait
      + Self.guest("echo 1 > /sys/bus/acpi/devices/PNP0C80:00/eject; sleep 1", 6) + Self.storage
    let run = try run(script, in: folder())
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(
      run.output.components(separatedBy: "STORAGE 256M OFFLINE refused by the guest").count == 2,
      "told once: \(run.output)")
    #expect(run.output.contains("\nLINUX1   STORAGE 256M OFFLINE PENDING"))
    #expect(run.output.contains("STORAGE 256M OFFLINE completed"), "\(run.output)")
    let totals = totals(run)
    try #require(totals.count == 3, "\(run.output)")
    #expect(totals[1] - totals[0] == 256 << 10 && totals[2] == totals[0])
    #expect(run.output.contains("User LINUX1 has given storage 128M back"), "\(run.output)")
    #expect(run.output.contains("\nSTORAGE = 192M MAX = 832M"))
  }

  @Test("a machine goes on from a checkpoint that was taken while they came and went")
  func checkpoint() throws {
    let folder = try folder()
    let rest =
      Self.wait + "SLEEP 1\n" + Self.total(1) + Self.config("128M),OFFLINE") + "SLEEP 0.001\n"
    let end = Self.wait + Self.total(2) + "QUERY DIGEST ALL\n"
    let whole = try run(
      Self.start + Self.config("256M),ONLINE") + "SLEEP 0.001\nQUERY PENDING\n"
        + "CHECKPOINT SAVE COME\n" + rest + "QUERY PENDING\nCHECKPOINT SAVE GO\n" + end,
      in: folder, "--state", folder.path + "/state")
    #expect(whole.status == 0, "\(whole.output)\(whole.errors)")
    for change in ["STORAGE 256M ONLINE", "STORAGE 128M OFFLINE"] {
      #expect(whole.output.contains(change + " PENDING, 59 SECONDS LEFT"), "\(whole.output)")
    }
    func digests(_ run: ProgramRun) -> [Substring] {
      run.output.split(separator: "\n").filter { $0.hasPrefix("DIGEST") }
    }
    try #require(!digests(whole).isEmpty)
    for (name, script) in [("COME", rest + end), ("GO", end)] {
      let run = try run(script, in: folder, "--state", folder.path + "/state", "--from", name)
      #expect(digests(run) == digests(whole), "\(name): \(run.output)\(run.errors)")
    }
  }
}
