import Foundation
import Testing

// A Debian of two processors and the queues of its disk. Oracle: Linux' own multi-queue block layer, which says in
// /sys how many it uses and how many requests each may have, and cmp.

@Suite(
  "Linux and a disk with several queues",
  .enabled(if: Project.hasDebianGuest, Comment(rawValue: Project.noGuest)), .serialized)
struct LinuxBlockQueuesTests {
  private static let machine = """
    MACHINE   QUEUES
    PROCESSOR IFL 2 MHZ 100
    STORAGE   1G INCREMENT 16M
    PACE      FAST

    """
  private static let directory = """
    PARTITION LINUX1
      PROCESSOR IFL SHARED INITIAL 2 WEIGHT 100
      STORAGE   INITIAL 256M
      CONSOLE   0009
      DEDICATE  0100 0200
      IPL       KERNEL vmlinuz INITRD initrd.gz PARM 'console=ttyS0 panic=-1 cryptomgr.notests=1'
      START     AUTO

    """
  private static let deck = """
             ID    MSG1='QUEUES'
             RESOURCE PARTITION=((CSS(0),(LINUX1,1)))
             CHPID PATH=(CSS(0),10),SHARED,PARTITION=((LINUX1),(LINUX1)),TYPE=FC
             CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),UNITADD=((00,16)),UNIT=2107
             IODEVICE ADDRESS=(0200,16),CUNUMBR=(0200),UNIT=3390

    """
  /// Eight programs write at once, each what it compares with what is read at last.
  private static let script = """
    SET OBSERVER LINUX1 *
    WAIT LINUX1 TEXT 'linux1:/root' WITHIN 60
    SEND LINUX1 echo "queues "$(ls /sys/block/vda/mq | wc -w) "of "$(cat /sys/block/vda/queue/nr_requests)
    WAIT LINUX1 TEXT 'queues 2 of 256' WITHIN 60
    SEND LINUX1 for i in 0 1 2 3 4 5 6 7; do head -c 262144 /dev/urandom > /tmp/$i; done; for i in 0 1 2 3 4 5 6 7; do dd if=/tmp/$i of=/dev/vda bs=256k seek=$i oflag=direct 2>/dev/null & done; wait; echo "written "now
    WAIT LINUX1 TEXT 'written now' WITHIN 60
    SEND LINUX1 for i in 0 1 2 3 4 5 6 7; do dd if=/dev/vda bs=256k count=1 skip=$i iflag=direct 2>/dev/null | cmp - /tmp/$i && echo "same "$i; done; echo "read "now
    WAIT LINUX1 TEXT 'read now' WITHIN 60
    &EXIT 0

    """

  @Test("uses one for each processor, and reads what eight programs wrote at once")
  func queues() throws {
    let folder = try Machines.linux(
      Self.machine, Self.directory, deck: Self.deck, media: "DEVICE 0200-020F SCRATCH 16M\n")
    let file = try folder.write("script.cp", Self.script)
    let run = try ProgramRun(["run", file, "--machine", folder.path])
    #expect(run.status == 0, "\(run.output)")
    for number in 0..<8 { #expect(run.output.contains("same \(number)"), "\(run.output)") }
  }
}
