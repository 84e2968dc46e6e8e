import Foundation
import Testing

// Two Debians with a disk each behind one path that is much slower than the disks. Oracle: what Linux says it has
// read (/sys/block/vda/stat), and arithmetic.

@Suite(
  "Linux and priorities in input and output",
  .enabled(if: Project.hasDebianGuest, Comment(rawValue: Project.noGuest)))
struct LinuxIOPriorityTests {
  private static let machine = """
    MACHINE    SLOWPATH
    PROCESSOR  IFL 2 MHZ 100
    STORAGE    2G INCREMENT 16M
    PACE       FAST
    IOPRIORITY YES

    """
  private static let deck = """
             ID    MSG1='SLOW'
             RESOURCE PARTITION=((CSS(0),(LINUX1,1),(LINUX2,2)))
             CHPID PATH=(CSS(0),10),SHARED,PART=((LINUX1,LINUX2),(=)),TYPE=FC
             CNTLUNIT CUNUMBR=0400,PATH=((CSS(0),10)),UNITADD=((00,16)),UNIT=2107
             IODEVICE ADDRESS=(0400,16),CUNUMBR=(0400),UNIT=3390

    """
  private static let media = """
    CHPID  10        RATE 10MB LATENCY 100US
    DEVICE 0400-0401 SCRATCH 64M RATE 200MB LATENCY 500US

    """

  private static func partition(_ number: Int, priority: Int) -> String {
    """
    PARTITION LINUX\(number)
      PROCESSOR  IFL SHARED INITIAL 1 WEIGHT 100
      STORAGE    INITIAL 256M
      CONSOLE    0009
      IOPRIORITY \(priority)
      DEDICATE   0100 040\(number - 1)
      IPL        KERNEL vmlinuz INITRD initrd.gz PARM 'console=ttyS0 panic=-1 quiet cryptomgr.notests=1'
      START      AUTO

    """
  }

  /// Has both say, from one instant on, how much they have read.
  private static func ask(_ mark: Int) -> String {
    (1...2).map { "SEND LINUX\($0) echo has $(cat /sys/block/vda/stat) \"at \"\(mark)\n" }.joined()
  }

  private static let script =
    (1...2).map {
      """
      SET OBSERVER LINUX\($0) *
      WAIT LINUX\($0) TEXT 'linux1:/root' WITHIN 60

      """
    }.joined()
    + (1...2).map {
      "SEND LINUX\($0) for i in 1 2 3 4; do (while :; do "
        + "dd if=/dev/vda of=/dev/null bs=64k iflag=direct; done) >/dev/null 2>&1 & done\n"
    }.joined() + "SLEEP 3\n" + ask(1) + "SLEEP 15\n" + ask(2) + "SLEEP 1\n&EXIT 0\n"

  @Test("four readers each behind a slow path read 3 to 1, and together what the path moves")
  func shares() throws {
    let folder = try Machines.linux(
      Self.machine, Self.partition(1, priority: 12) + Self.partition(2, priority: 4),
      deck: Self.deck, media: Self.media)
    let file = try folder.write("script.cp", Self.script)
    let run = try ProgramRun(["run", file, "--machine", folder.path])
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    /// Bytes that a partition read between its two answers: Linux counts sectors of 512.
    func bytes(_ name: String) throws -> Double {
      let counts = run.output.split(separator: "\n").compactMap {
        $0.wholeMatch(of: /(LINUX\d)\s*: has (.*) at \d\s*/)
      }.filter { $0.1 == name }.compactMap { $0.2.split(separator: " ").dropFirst(2).first }
      let sectors = counts.compactMap { Double($0) }
      try #require(sectors.count == 2, "\(run.output)")
      return (sectors[1] - sectors[0]) * 512
    }
    let (first, second) = (try bytes("LINUX1"), try bytes("LINUX2"))
    #expect(abs(first / second - 3) <= 0.09, "\(first) and \(second)")
    // 64 KiB take 100 us and their time at 10 MiB a second: 6.35 ms.
    #expect(abs((first + second) / 65_536 * 0.00635 - 15) <= 0.3, "\(first) and \(second)")
  }
}
