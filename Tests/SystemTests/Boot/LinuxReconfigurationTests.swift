import Foundation
import Testing

// Storage and processors that come to a Debian and go. Oracle: Linux' own count of its memory and processors,
// its driver virtio_mem, and its fault injection for processors that are to go.

@Suite(
  "Linux, reconfigured", .enabled(if: Project.hasDebianGuest, Comment(rawValue: Project.noGuest)),
  .serialized)
struct LinuxReconfigurationTests: LinuxStorageScripts {
  private static func directory(processors: String) -> String {
    """
    PARTITION LINUX1
      PROCESSOR IFL SHARED \(processors) WEIGHT 100
      STORAGE   INITIAL 256M RESERVED 512M
      CONSOLE   0009
      IPL       KERNEL vmlinuz INITRD initrd.gz PARM \
    'console=ttyS0 panic=-1 quiet cryptomgr.notests=1 memhp_default_state=online_movable'
      START     AUTO

    """
  }

  private func folder(processors: String = "INITIAL 1") throws -> TemporaryFolder {
    try folder(directory: Self.directory(processors: processors))
  }

  @Test("storage comes as the operator gives it, and goes as he wants it back") func comesAndGoes()
    throws
  {
    let script =
      Self.start + Self.total(1) + "PLAN FOR LINUX1 CMD CONFIG STOR(256M),ONLINE\n"
      + Self.config("256M),ONLINE") + "QUERY PENDING LINUX1\n" + Self.wait + "SLEEP 1\n"
      + Self.total(2) + Self.config("160M),OFFLINE") + Self.wait + Self.total(3)
      + "FOR LINUX1 CMD QUERY VIRTUAL STORAGE\n" + Self.config("96M),OFFLINE") + Self.wait
      + Self.total(4)
    let run = try run(script, in: folder())
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    let totals = totals(run)
    try #require(totals.count == 4, "\(run.output)")
    #expect(totals[1] - totals[0] == 256 << 10)
    #expect(totals[2] - totals[0] == 96 << 10)
    #expect(totals[3] == totals[0])
    #expect(run.output.contains("\nSTORAGE = 352M MAX = 768M INC = 16M STANDBY = 416M"))
    #expect(run.output.contains("\nLINUX1   STORAGE 256M ONLINE PENDING, 60 SECONDS LEFT\n"))
    #expect(run.output.contains("STORAGE 256M ONLINE completed"))
    #expect(run.output.contains("STORAGE 160M OFFLINE completed"))
  }

  @Test(
    "storage that the guest fills goes in part, and the rest when the guest has freed it; reboots keep it"
  )
  func inPart() throws {
    let script =
      Self.start + Self.config("512M),ONLINE") + Self.wait + "SLEEP 1\n"
      + Self.guest(
        "mkdir /m; mount -t tmpfs -o size=600m m /m; dd if=/dev/zero of=/m/f bs=1M count=400; "
          + "seq 1 200000 > /m/g", 1, within: 120)
      + Self.config("512M),OFFLINE WITHIN 20") + "SLEEP 15\nQUERY PENDING LINUX1\n"
      + "&ERROR &CONTINUE\n" + Self.wait + "&ERROR &EXIT\n"
      + "FOR LINUX1 CMD QUERY VIRTUAL STORAGE\n" + Self.total(2)
      + Self.guest("sha1sum /m/g; rm /m/f /m/g", 3) + Self.config("64M),OFFLINE") + Self.wait
      + Self.total(4) + "SEND LINUX1 reboot -f\nWAIT LINUX1 TEXT 'Welcome' WITHIN 60\n"
      + "WAIT LINUX1 TEXT 'linux1:/root' WITHIN 60\nSLEEP 1\n" + Self.total(5)
      + "FOR LINUX1 CMD SYSTEM CLEAR\nFOR LINUX1 CMD QUERY VIRTUAL STORAGE\n"
    let run = try run(script, in: folder())
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    let told = try #require(
      run.output.firstMatch(of: /User LINUX1 STORAGE 512M OFFLINE ended with ([0-9]+)M of it done/),
      "\(run.output)")
    let gone = try #require(Int(told.1))
    #expect(run.output.contains(", \(gone)M DONE\n"))
    #expect(run.output.contains("\nSTORAGE = \(768 - gone)M MAX = 768M"))
    // What stayed is whole.
    let sum = try ProgramRun.host("seq 1 200000 | sha1sum").prefix(40)
    #expect(run.output.contains("\(sum)  /m/g"))
    let totals = totals(run)
    try #require(totals.count == 3, "\(run.output)")
    #expect(totals[0] - totals[1] == 64 << 10)
    #expect(totals[2] == totals[1], "the guest that was loaded again has plugged it again")
    #expect(run.output.contains("\nSTORAGE = 256M MAX = 768M"), "\(run.output.suffix(500))")
  }

  @Test("storage is refused to a guest without the driver, and is there when the driver comes")
  func driver() throws {
    let script =
      Self.start + Self.guest("rmmod virtio_mem", 1) + Self.total(2)
      + "&ERROR &CONTINUE\n" + Self.config("64M),ONLINE") + "&ERROR &EXIT\n"
      + Self.config("64M),ONLINE,UNCOND") + Self.total(3)
      + Self.guest("insmod /lib/modules/virtio_mem.ko", 4) + "SLEEP 2\n" + Self.total(5)
      + "&EXIT 0\n"
    let run = try run(script, in: folder())
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(run.output.contains("HCPCFG8835E LINUX1 serves no memory device"), "\(run.output)")
    let totals = totals(run)
    try #require(totals.count == 3, "\(run.output)")
    #expect(totals[1] == totals[0] && totals[2] - totals[0] == 64 << 10)
  }

  @Test(
    "a machine goes on from a checkpoint that was taken while the guest plugged, to the same digest"
  )
  func checkpoint() throws {
    let folder = try folder()
    let rest =
      Self.wait + "SLEEP 1\n" + Self.total(1) + Self.config("128M),OFFLINE") + "SLEEP 0.005\n"
    let end = Self.wait + Self.total(2) + "QUERY DIGEST ALL\n"
    let whole = try run(
      Self.start + Self.config("256M),ONLINE") + "SLEEP 0.01\nQUERY PENDING\nCHECKPOINT SAVE PLUG\n"
        + rest + "QUERY PENDING\nCHECKPOINT SAVE UNPLUG\n" + end, in: folder, "--state",
      folder.path + "/state")
    #expect(whole.status == 0, "\(whole.output)\(whole.errors)")
    #expect(
      whole.output.contains("STORAGE 256M ONLINE PENDING, 59 SECONDS LEFT"), "\(whole.output)")
    #expect(
      whole.output.contains("STORAGE 128M OFFLINE PENDING, 59 SECONDS LEFT"), "\(whole.output)")
    func digests(_ run: ProgramRun) -> [Substring] {
      run.output.split(separator: "\n").filter { $0.hasPrefix("DIGEST") }
    }
    try #require(!digests(whole).isEmpty)
    for (name, script) in [("PLUG", rest + end), ("UNPLUG", end)] {
      let run = try run(script, in: folder, "--state", folder.path + "/state", "--from", name)
      #expect(digests(run) == digests(whole), "\(name): \(run.output)\(run.errors)")
    }
  }

  /// Has the kernel fail each attempt to take processor 1 off line (its own fault injection: a callback of
  /// that state fails once), until /stop is there.
  private static let failing = """
    s=$(grep workqueue:online /sys/devices/system/cpu/hotplug/states); \
    { (while [ ! -e /stop ]; do echo ${s%%:*} > /sys/devices/system/cpu/cpu1/hotplug/fail; done) & }
    """

  @Test("a processor that is not given is told of, and goes later") func processor() throws {
    let folder = try folder(processors: "INITIAL 2 RESERVED 1")
    let script =
      Self.start + Self.guest(Self.failing, 1) + "FOR LINUX1 CMD CONFIG CPU(1),OFFLINE\n"
      + "&ERROR &CONTINUE\n" + Self.wait + "QUERY TIME\n&ERROR &EXIT\n"
      + Self.guest("touch /stop; sleep 1; nproc", 2)
      + Self.guest("echo -1 > /sys/devices/system/cpu/cpu1/hotplug/fail", 3)
      + "FOR LINUX1 CMD CONFIG CPU(1),OFFLINE\n" + Self.wait + Self.guest("nproc", 4)
    let run = try run(script, in: folder)
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(run.output.contains("User LINUX1 CPU 01 OFFLINE refused by the guest"), "\(run.output)")
    #expect(run.output.contains("User LINUX1 CPU 01 OFFLINE completed"))
    let counts = run.output.split(separator: "\n").filter {
      $0 == "LINUX1  : 2" || $0 == "LINUX1  : 1"
    }
    #expect(counts.map(\.last) == ["2", "1"], "\(run.output)")
  }
}
