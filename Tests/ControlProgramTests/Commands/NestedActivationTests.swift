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
    #expect(small.answer("XAUTOLOG P") == "Command accepted")
    #expect(
      small.shown().contains {
        $0.contains("8926E P not activated; the COMMAND statements of Q lead to it")
      })
    for name in ["P", "Q"] {
      #expect(small.control.system.partitionView(name)?.state == .operating)
    }
  }

  @Test func aLongChainEnds() throws {
    let names = (0..<30).map { "C\($0)" }
    let small = try machine(
      zip(names, names.dropFirst() + ["C0"]).map { ($0, "ACTIVATE \($1)") })
    #expect(small.answer("XAUTOLOG C0") == "Command accepted")
    #expect(small.shown().contains { $0.contains("8926E C8 not activated") })
    let active = names.filter { small.control.system.partitionView($0)?.isActive == true }
    #expect(active == Array(names[..<8]))
  }
}
