import Foundation
import Testing

// A disk whose file the host has no room for. Oracle: IODRIVER, which reads back and compares all that was
// acknowledged to it, and repeats what ended with an error.

@Suite("A disk on a full host disk", .enabled(if: ShellRun.canMount, "needs root"))
struct FullDiskTests {
  private func machine() throws -> TemporaryFolder {
    let machine = try TemporaryFolder()
    _ = try machine.write(
      "machine.config", "MACHINE FULL\nPROCESSOR CP 1 MHZ 20\nSTORAGE 64M INCREMENT 16M\n")
    _ = try machine.write(
      "full.direct",
      """
      PARTITION WRITER
        PROCESSOR CP SHARED INITIAL 1 WEIGHT 10
        STORAGE   INITIAL 16M
        IPL       PROGRAM IODRIVER PARM '1'

      """)
    _ = try machine.write(
      "full.iocp",
      """
             RESOURCE PARTITION=((CSS(0),(WRITER,1)))
             CHPID  PATH=(CSS(0),10),SHARED,PCHID=110,TYPE=FC
             CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),UNITADD=((00,001)),UNIT=2107
             IODEVICE ADDRESS=(0200,001),CUNUMBR=(0200),UNIT=3390

      """)
    _ = try machine.write("full.media", "DEVICE 0200 FILE small/disk.img WRITABLE NOKEEP\n")
    _ = try machine.write(
      "s.cp",
      """
      ACTIVATE WRITER NOLOAD
      ATTACH 0200 WRITER 0100
      LOAD WRITER
      WAIT WRITER TEXT 'I/O error in block' WITHIN 20 SEC
      FOR WRITER CMD DISPLAY 2018.8
      SLEEP 5
      FOR WRITER CMD DISPLAY 2018.8
      FOR WRITER CMD DISPLAY 2000.8
      """)
    return machine
  }

  @Test("gives the guest errors, loses nothing that was acknowledged, and goes on with room")
  func full() throws {
    let run = try ShellRun.runApart(
      """
      mkdir $M/small; mount -t tmpfs -o size=512k none $M/small
      truncate -s 1M $M/small/disk.img; head -c 384k /dev/zero > $M/small/ballast
      (sleep 4; rm $M/small/ballast) & $E run --machine $M --pace real $M/s.cp
      """, machine: machine())
    #expect(run.status == 0, "\(run.errors)\(run.output)")
    // Errors: a mismatch before there was room, or after it. Then the work that was done.
    let shown = run.output.split(separator: "\n").filter { $0.hasPrefix("V00002") }
    #expect(shown.count == 3, "\(run.output)")
    #expect(shown.prefix(2).allSatisfy { $0 == "V00002018  00000000 00000000" }, "\(shown)")
    #expect(shown.last != "V00002000  00000000 00000000", "\(shown)")
  }
}
