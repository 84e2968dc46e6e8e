import Foundation
import Testing

// Oracle: the rule that a file has one program that writes to it, or several that only read it; the host's kill.

@Suite("A disk's file and several programs", .serialized)
struct DiskHoldTests {
  /// What one program tells while another runs, by the name of what is done.
  private func tell(_ script: String) throws -> [Substring] {
    let machine = try Machines.withDisk()
    let run = try ShellRun.run(
      """
      printf 'QUERY TIME\\nSLEEP 600\\n' >$M/long.cp; echo 'QUERY TIME' >$M/now.cp
      echo 'SET WEIGHT WRITER 40' >$M/plan.cp
      mkdir $M/base; cp $M/machine.config $M/*.direct $M/disk.iocp $M/base; ln $M/disk.img $M/base/base.img
      echo 'DEVICE 0200 FILE base.img' >$M/base/disk.media
      start() {
        $E run $M/long.cp --pace real --machine $1 --state $1/one --checkpoint-every 100ms >$M/out 2>&1 & p=$!
        until [ -s $M/out ]; do sleep 0.1; done
      }
      told() { name=$1; shift; "$@" >$M/told 2>&1 </dev/null && echo $name done || { echo $name $?; grep ^endicott: $M/told; }; }
      now() { told now $E run $M/now.cp --machine $1 --state $1/two; }
      \(script)
      """, machine: machine)
    #expect(run.status == 0 && run.errors == "", "\(run.errors)")
    return run.output.replacing(machine.path, with: "M").split(separator: "\n")
  }

  private static func refusal(_ file: String, _ reason: String) -> [Substring] {
    ["now 2", "endicott: \(file): file of device 0200: \(reason)"]
  }
  private static let written =
    "another program writes to it; end that program, or name another file"
  private static let read =
    "another program reads it as a base; end that program, or leave out WRITABLE"

  @Test("one that is written to nobody else has until the program ends, kill included")
  func writer() throws {
    let told = try tell(
      """
      start $M
      now $M; now $M/base
      told plan $E plan $M/plan.cp --machine $M
      until [ $(ls $M/one/checkpoints | wc -l) -gt 3 ]; do sleep 0.1; done
      told at $E at 0.2s $M --state $M/one
      kill -9 $p; wait $p 2>/dev/null
      now $M; now $M/base
      """)
    #expect(
      told == Self.refusal("M/disk.img", Self.written)
        + Self.refusal("M/base/base.img", Self.written)
        + ["plan done", "at done", "now done", "now done"])
  }

  @Test("one that is a base several programs have, and none that writes")
  func reader() throws {
    let told = try tell(
      """
      start $M/base
      now $M; now $M/base
      kill $p; wait $p 2>/dev/null
      now $M
      """)
    #expect(told == Self.refusal("M/disk.img", Self.read) + ["now done", "now done"])
  }
}
