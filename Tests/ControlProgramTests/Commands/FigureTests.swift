import Partitioning
import Testing

@testable import ControlProgram

/// Figures that are in several answers agree, and say what is in force.
///
/// Oracle: the definitions and the arithmetic that each test writes down.
struct FigureTests {
  private func machine(_ change: (inout SystemDefinition) -> Void) throws -> SmallMachine {
    var definition = SmallMachine.standard
    change(&definition)
    return try SmallMachine(definition: definition)
  }

  private func row(_ name: String, in answer: String) -> String {
    answer.split(separator: "\n").map(String.init).first { $0.hasPrefix(name) } ?? ""
  }

  @Test func aGroupsCapIsInIndicate() throws {
    let small = try machine {
      let cap = GroupCap(type: .cp, hundredths: 50)
      $0.groups = [GroupDefinition(name: "PAIR", absoluteCaps: [cap])]
      for index in 0..<2 { $0.partitions[index].processors[0].group = "PAIR" }
    }
    _ = small.answer("XAUTOLOG SPIN1#XAUTOLOG SPIN2#SLEEP 2")
    let answer = small.answer("IND LPAR")
    #expect(row("SPIN1", in: answer).hasSuffix("GROUP 0.50"))
    #expect(row("SPIN2", in: answer).hasSuffix("GROUP 0.50"))
  }

  @Test func thePoolsRowHasDedicatedOnesInBothColumns() throws {
    let small = try machine {
      $0.partitions[0].processors[0].mode = .dedicated
    }
    _ = small.answer("XAUTOLOG SPIN1#XAUTOLOG SPIN2#SLEEP 2")
    let words = row("POOL", in: small.answer("IND LPAR")).split(separator: " ").map(String.init)
    // Four processors; one is dedicated and spins, one spins shared.
    #expect(words[4] == "4.0000")
    #expect(abs((Double(words[5]) ?? 0) - 2) < 0.02)
  }

  @Test func queryCapsHasSoftOnes() throws {
    let small = try machine {
      $0.machine.processors[0].capacityUnits = 100
      $0.partitions[0].definedCapacity = 30
    }
    _ = small.answer("XAUTOLOG SPIN1#XAUTOLOG SPIN2")
    _ = small.answer("SET SHARE SPIN2 RELATIVE 10 ABSOLUTE 5% LIMITSOFT")
    let answer = small.answer("QUERY CAPS")
    // 5 % of four processors.
    #expect(row("SPIN1", in: answer).split(separator: " ").contains("30"))
    #expect(row("SPIN2", in: answer).split(separator: " ").contains("0.2000"))
  }

  @Test func smallSharesGetARemedyThatHelps() throws {
    let small = try SmallMachine()
    _ = small.answer("XAUTOLOG SPIN1#XAUTOLOG SPIN2#SLEEP 0.1")
    _ = small.answer("FOR SPIN1 CMD CF CPU(1),ONLINE#SLEEP 1")
    // A weight of 1 beside 99: 4 % of a processor on two, 2 % each.
    let answer = small.answer("SET WEIGHT SPIN2 99#SET WEIGHT SPIN1 1")
    #expect(
      answer.contains("8895W SPIN1 has 2 CP processors with 2% of one each; one would have 4%"))
    #expect(!answer.contains("8878W"))
  }
}
