import Definitions
import Foundation
import TestSupport
import Testing
import X86

@testable import Partitioning
@testable import Records

// Oracle: the uninterrupted machine. A machine that goes on from a checkpoint, in files between, must come
// to the same state, every bit of it, on any number of host threads.

@Suite("Checkpoints", .serialized)
struct CheckpointTests {
  private func manager(_ threads: Int) throws -> PartitionManager {
    let definition = try #require(
      SystemDefinition.read(folder: Project.path("Partitions/demo")).0)
    return try PartitionManager(
      definition, options: ManagerOptions(threads: threads, pace: .fast))
  }

  /// A machine that goes on from another's checkpoint.
  private func copy(
    of manager: PartitionManager, in folder: CheckpointFolder, threads: Int
  ) throws -> PartitionManager {
    try folder.save(manager.checkpoint(), as: "HERE", machine: "DEMO", level: "TEST")
    let other = try self.manager(threads)
    try other.restore(folder.load("HERE").checkpoint)
    return other
  }

  /// What an operator does now and then; what the machine refuses is refused to both.
  private func act(_ manager: PartitionManager, _ number: Int) {
    let actions: [ManagementAction] = [
      .set(.weight("SPIN001", type: nil, weight: 40)),
      .configureStorage(
        "TOUCHER", byteCount: 16 << 20, online: true, insistence: .polite, within: 30),
      .configureProcessor(
        "LINUX1", processor: 1, online: true, insistence: .polite, within: 60),
      .configurePath("IODRIVER", path: 0x10, online: false, insistence: .polite),
      .set(.cap("SPIN002", type: nil, .absolute(hundredths: 25))),
      .deactivate("SPIN003", force: true),
      .sendConsole("TALK001", bytes: Array("TIME\n".utf8)),
      .activate("SPIN003", load: true),
      .configureProcessor(
        "LINUX1", processor: 1, online: false, insistence: .polite, within: 60),
      .varyProcessor(3, online: false),
    ]
    _ = try? manager.perform(actions[number % actions.count])
  }

  @Test(
    "the demo with LINUX1 goes on as it would have, from random instants, with changes pending",
    .enabled(if: Project.hasDebianGuest, "\(Project.noGuest)"))
  func demoGoesOn() throws {
    let place = try TemporaryFolder()
    let folder = CheckpointFolder(inStateFolder: place.path)
    var random = RandomNumbers(seed: 10)
    let manager = try manager(1)
    for partition in manager.definition.partitions where partition.start != nil {
      try manager.perform(.activate(partition.name, load: true))
    }
    for number in 0..<12 {
      manager.runEpochs(until: manager.now + 1_000_000 * UInt64(1 + random.below(300)))
      act(manager, number)
      manager.runEpochs(until: manager.now + 100_000 * UInt64(random.below(40)))
      let other = try copy(of: manager, in: folder, threads: 1 + number % 2)
      #expect(other.checkpoint() == manager.checkpoint())
      for machine in [manager, other] {
        machine.runEpochs(until: machine.now + 4_000_000)
        act(machine, number + 1)
        machine.runEpochs(until: machine.now + 8_000_000)
      }
      #expect(other.machineView.digest == manager.machineView.digest)
      #expect(other.checkpoint() == manager.checkpoint(), "from \(manager.now)")
    }
  }

  @Test(
    "goes on in another process, on one thread and on two, to the digests that there would have been"
  )
  func otherProcess() throws {
    let machine = try Machines.small()
    let state = machine.path + "/kept"
    let script = try machine.write(
      "whole.cp",
      """
      SLEEP 0.031
      CHECKPOINT SAVE FIRST
      SET WEIGHT SPIN001 40
      SLEEP 0.017
      CHECKPOINT SAVE second
      QUERY CHECKPOINT
      SLEEP 0.05
      QUERY DIGEST ALL

      """)
    let rest = try machine.write(
      "rest.cp", "SET WEIGHT SPIN001 40\nSLEEP 0.067\nQUERY DIGEST ALL\n")
    let last = try machine.write("last.cp", "SLEEP 0.05\nQUERY DIGEST ALL\n")
    func run(_ script: String, _ more: String...) throws -> ProgramRun {
      try ProgramRun(["run", script, "--machine", machine.path, "--state", state] + more)
    }
    func digests(_ run: ProgramRun) -> [Substring] {
      run.output.split(separator: "\n").filter { $0.hasPrefix("DIGEST") }
    }
    let whole = try run(script)
    #expect(whole.status == 0, "\(whole.output)\(whole.errors)")
    #expect(digests(whole).count == 4)
    #expect(whole.output.contains("CHECKPOINT FIRST TAKEN, 3 PARTITIONS"), "\(whole.output)")
    #expect(whole.output.contains("\nSECOND "), "\(whole.output)")
    for threads in ["1", "2"] {
      let first = try run(rest, "--from", "FIRST", "--threads", threads)
      #expect(digests(first) == digests(whole), "\(first.output)\(first.errors)")
      let second = try run(last, "--from", "second", "--threads", threads)
      #expect(digests(second) == digests(whole), "\(second.output)\(second.errors)")
    }
    let absent = try run(last, "--from", "third")
    #expect(absent.status == 2)
    #expect(absent.errors.contains("there is no checkpoint third"), "\(absent.errors)")
  }

  @Test(
    "are taken at intervals; --warm goes on from the newest that is whole and names the damaged")
  func intervals() throws {
    let machine = try Machines.small()
    let state = machine.path + "/kept"
    let script = try machine.write(
      "many.cp", "CHECKPOINT EVERY 1 SEC KEEP 2\nSLEEP 3.5\nQUERY CHECKPOINT\n")
    let rest = try machine.write("rest.cp", "QUERY TIME\nQUERY DIGEST\n")
    func run(_ script: String, _ more: String...) throws -> ProgramRun {
      try ProgramRun(["run", script, "--machine", machine.path, "--state", state] + more)
    }
    let many = try run(script)
    #expect(many.status == 0, "\(many.output)\(many.errors)")
    #expect(many.output.contains("CHECKPOINT EVERY 1 SECONDS, 2 KEPT\n"), "\(many.output)")
    let names = many.output.split(separator: "\n").filter { $0.hasPrefix("AUTO-") }
      .map { $0.prefix { $0 != " " } }
    #expect(names == ["AUTO-1-2", "AUTO-1-3"])
    let warm = try run(rest, "--warm")
    #expect(warm.output.contains("CHECKPOINT AUTO-1-3 RESUMED"), "\(warm.output)")
    #expect(warm.output.contains(":03 UTC"), "\(warm.output)")
    try Data("no".utf8).write(
      to: URL(fileURLWithPath: state + "/checkpoints/AUTO-1-3/pages"))
    let older = try run(rest, "--warm")
    #expect(older.errors.contains("section pages is damaged"), "\(older.errors)")
    #expect(older.output.contains("CHECKPOINT AUTO-1-2 RESUMED"), "\(older.output)")
    #expect(older.output.contains(":02 UTC"), "\(older.output)")
  }

  @Test("a process that is killed while it writes leaves the old checkpoint or the new one, whole")
  func survivesKills() throws {
    let machine = try Machines.small()
    let run = try ShellRun.run(
      """
      echo 'CHECKPOINT SAVE AGAIN' | $E $M >$M/out 2>&1 || { cat $M/out; exit 1; }
      yes 'CHECKPOINT SAVE AGAIN' | head -n 2000 >$M/in
      for i in 1 2 3 4 5 6 7 8; do
        $E $M --from AGAIN <$M/in >$M/out 2>&1 & p=$!
        sleep 0.$((i * 3 % 7 + 2)); kill -9 $p; wait $p 2>/dev/null
        echo 'QUERY CHECKPOINT' | $E $M --from AGAIN >$M/told 2>&1 || { cat $M/told; exit 2; }
        grep -q '^CHECKPOINT AGAIN RESUMED' $M/told || { cat $M/told; exit 3; }
        grep -q DAMAGED $M/told && exit 4
        ls $M/state/checkpoints | grep -v '^AGAIN$' && exit 5
      done
      exit 0
      """, machine: machine)
    #expect(run.status == 0, "\(run.output)\(run.errors)")
  }
}
