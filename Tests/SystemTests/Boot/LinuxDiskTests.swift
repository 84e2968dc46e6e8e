import Foundation
import Testing

// A Debian whose disk is halted or late. Oracle: Linux' own block layer, which says what request failed, and dd.

@Suite(
  "Linux and a disk that does not answer",
  .enabled(if: Project.hasDebianGuest, Comment(rawValue: Project.noGuest)), .serialized)
struct LinuxDiskTests {
  private static let machine = """
    MACHINE   LATE
    PROCESSOR IFL 1 MHZ 100
    STORAGE   1G INCREMENT 16M
    PACE      FAST

    """
  private static let directory = """
    PARTITION LINUX1
      PROCESSOR IFL SHARED INITIAL 1 WEIGHT 100
      STORAGE   INITIAL 256M
      CONSOLE   0009
      DEDICATE  0100 0200
      IPL       KERNEL vmlinuz INITRD initrd.gz PARM 'console=ttyS0 panic=-1 cryptomgr.notests=1'
      START     AUTO

    """
  private static let deck = """
             ID    MSG1='LATE'
             RESOURCE PARTITION=((CSS(0),(LINUX1,1)))
             CHPID PATH=(CSS(0),10),SHARED,PARTITION=((LINUX1),(LINUX1)),TYPE=FC
             CHPID PATH=(CSS(0),11),SHARED,PARTITION=((LINUX1),(LINUX1)),TYPE=FC
             CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10,11)),UNITADD=((00,16)),UNIT=2107
             IODEVICE ADDRESS=(0200,16),CUNUMBR=(0200),UNIT=3390

    """
  private static let script = """
    SET OBSERVER LINUX1 *
    WAIT LINUX1 TEXT 'linux1:/root' WITHIN 60
    SET MITIME 200 00:05
    INJECT DASD 200 DELAY 2S
    SEND LINUX1 dd if=/dev/vda of=/dev/null bs=4096 count=1 iflag=direct; echo "halted "now
    SLEEP 1
    INDICATE I/O
    HALT 200
    WAIT LINUX1 TEXT 'halted now' WITHIN 60
    INJECT DASD 200 DELAY 60S
    SEND LINUX1 dd if=/dev/vda of=/dev/null bs=4096 count=1 iflag=direct; echo "late "now
    WAIT LINUX1 TEXT 'late now' WITHIN 60
    INJECT DASD 200 OFF
    SEND LINUX1 dd if=/dev/vda of=/dev/null bs=4096 count=100 iflag=direct; echo "well "now
    WAIT LINUX1 TEXT 'well now' WITHIN 60
    &EXIT 0

    """

  @Test("sees an I/O error of what is halted or late over each path, and reads on when it answers")
  func haltedAndLate() throws {
    let folder = try Machines.linux(
      Self.machine, Self.directory, deck: Self.deck, media: "DEVICE 0200-020F SCRATCH 16M\n")
    let file = try folder.write("script.cp", Self.script)
    let run = try ProgramRun(["run", file, "--machine", folder.path])
    #expect(run.status == 0, "\(run.output)")
    let lines = run.output.split(separator: "\n").map(String.init)
    func count(_ text: String) -> Int { lines.count { $0.contains(text) } }
    #expect(lines.contains("LINUX1   0200"))
    #expect(lines.contains("DASD 0200 HALTED"))
    #expect(count("I/O error, dev vda, sector 0") == 2)
    #expect(count("HCPMHT8996W User LINUX1 DASD 0200 missing channel and device end on CHPID") == 2)
    #expect(count("the request is tried again") == 1)
    #expect(count("the request ends in an I/O error") == 1)
    #expect(count("100+0 records in") == 1)
  }
}
