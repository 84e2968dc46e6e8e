import Partitioning
import Testing

@testable import ControlProgram

/// COMMAND statements that activate partitions whose COMMAND statements activate partitions.
///
/// Oracle: `Docs/Operations.md`, "What a guest can ask of its host": 8 deep, and none twice.
struct NestedActivationTests {
  private func machine(_ commands: [(name: String, command: String)]) throws -> SmallMachine {
    var definition = SmallMachine.standard
    definition.partitions = commands.map { name, command in
      var partition = SmallMachine.guest(name, "SPIN")
      partition.commands = [command]
      partition.classes = "ABG"
      partition.security.crossPartitionAuthority = true
      return partition
    }
    return try SmallMachine(definition: definition)
  }

  @Test func partitionsThatActivateEachOtherEnd() throws {
    let small = try machine([("P", "ACTIVATE Q FORCE"), ("Q", "ACTIVATE P FORCE")])
    let answer = small.answer("XAUTOLOG P")
    #expect(answer.hasPrefix("HCPXAU8904E P not activated; its COMMAND ACTIVATE Q FORCE failed"))
    #expect(answer.contains("8926E P not activated; the COMMAND statements of Q lead to it"))
    for name in ["P", "Q"] {
      #expect(small.control.system.partitionView(name)?.state == .notActivated)
    }
  }

  @Test func aLongChainEnds() throws {
    let names = (0..<30).map { "C\($0)" }
    let small = try machine(
      zip(names, names.dropFirst() + ["C0"]).map { ($0, "ACTIVATE \($1)") })
    let answer = small.answer("XAUTOLOG C0")
    #expect(answer.hasPrefix("HCPXAU8904E C0 not activated; its COMMAND ACTIVATE C1 failed"))
    #expect(answer.contains("8926E C8 not activated"))
    #expect(!names.contains { small.control.system.partitionView($0)?.isActive == true })
  }
}
