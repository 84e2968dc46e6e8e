import Partitioning
import TestSupport
import Testing

@testable import ControlProgram

/// What PLAN announces comes, and nothing else does.
struct PlanAgainstWhatComesTests {
  private static let machine: SystemDefinition = {
    var definition = SmallMachine.standard
    definition.partitions += [
      SmallMachine.guest("PULSE", "PULSE", reserved: 2, storage: 32 << 20, weight: 40),
      SmallMachine.guest("DEDIC", "TOUCHER", reserved: 1, storage: 32 << 20),
      SmallMachine.guest("UPRIGHT", "SPIN", reserved: 2, weight: 60),
    ]
    definition.partitions[6].processors[0].mode = .dedicated
    definition.partitions[7].polarity = .vertical
    return definition
  }()

  private func command(_ numbers: inout RandomNumbers) -> String {
    let name = Self.machine.partitions.randomElement(using: &numbers)?.name ?? ""
    let state = ["ONLINE", "OFFLINE"].randomElement(using: &numbers) ?? ""
    let insistence = ["", "", ",UNCOND", ",FORCE"].randomElement(using: &numbers) ?? ""
    let place = ["", "", " PROFILE", " BOTH"].randomElement(using: &numbers) ?? ""
    let weight = Int.random(in: 0...1050, using: &numbers)
    let small = Int.random(in: 0...4, using: &numbers)
    let commands = [
      "XAUTOLOG \(name)", "XAUTOLOG \(name)", "ACTIVATE \(name)", "ACTIVATE \(name) FORCE",
      "DEACTIVATE \(name) FORCE", "DEACTIVATE \(name)", "FORCE \(name)", "STOP \(name)",
      "START \(name)", "START \(name)", "STOP SPIN*", "START SPIN*",
      "RESET NORMAL \(name) FORCE", "RESET CLEAR \(name) FORCE", "LOAD \(name) FORCE",
      "LOAD \(name) TALKER FORCE", "LOAD \(name)", "FOR \(name) CMD SYSTEM RESTART",
      "FOR \(name) CMD CONFIG CPU(\(small)),\(state)\(insistence)",
      "FOR \(name) CMD CONFIG CPU(\(small)),\(state)\(insistence)",
      "FOR \(name) CMD CONFIG STOR(\(16 * small)M),\(state)\(insistence)",
      "FOR \(name) CMD CONFIG STOR(\(16 * small)M),\(state)\(insistence)",
      "FOR \(name) CMD DEFINE CPU \(small)", "FOR \(name) CMD DETACH CPU \(small)",
      "FOR \(name) CMD DEFINE STORAGE \(16 * small)M",
      "VARY \(state) PROCESSOR 0\(small)",
      "SET WEIGHT \(name) \(weight)\(place)", "SET SHARE \(name) RELATIVE \(weight)\(place)",
      "SET SHARE \(name) ABSOLUTE \(10 * small)%\(place)", "SET CAP \(name) ABS \(30 * small)",
      "SET POLARITY \(name) \(weight % 2 == 0 ? "VERTICAL" : "HORIZONTAL")",
      "SET RUNTIME \(small)", "SET RUNTIME DYNAMIC", "SIGNAL SHUTDOWN \(name) WITHIN 1",
      "SIGNAL SHUTDOWN \(name)", "SAVE PROFILE \(name)", "CANCEL \(name)", "FROB \(name)",
    ]
    return commands.randomElement(using: &numbers) ?? ""
  }

  /// Oracle: the same command given in earnest at the same instant, and the items before and after it.
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func everyRowComesTrueAndNothingElseChanges(seed: UInt64) throws {
    var numbers = RandomNumbers(seed: seed)
    let small = try SmallMachine(definition: Self.machine)
    let names = small.control.partitionNames
    for name in names.prefix(6) { _ = small.answer("XAUTOLOG \(name)") }
    _ = small.answer("SLEEP 0.1")
    var (done, pending) = (0, 0)
    for _ in 0..<100 {
      let command = command(&numbers)
      let before = small.manager.items(of: names)
      let planned = small.console.execute("PLAN \(command)")
      #expect(small.manager.items(of: names) == before)
      let earnest = small.console.execute(command)
      let after = small.manager.items(of: names)
      var expected: [String] = []
      if earnest.returnCode == 0 {
        done += 1
      } else {
        expected = ["WOULD BE REFUSED: \(command)"] + earnest.errorLines.map { "  " + $0 }
      }
      expected += PlanDifference(before: before, after: after).lines
      #expect(planned.lines == expected, "\(command)")
      #expect(planned.returnCode == earnest.returnCode, "\(command)")
      if names.contains(where: { small.manager.partitionView($0)?.pending.isEmpty == false }) {
        pending += 1
      }
      _ = small.answer("SLEEP \(["0.001", "0.02", "0.1"].randomElement(using: &numbers) ?? "")")
    }
    #expect(done > 25 && pending > 0)
  }
}
