import Channels
@testable import Partitioning
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
    let names = ["SPIN1", "TALK", "PULSE", "DRIVER"]
    definition.partitions.append(SmallMachine.guest("DRIVER", "IODRIVER", weight: 20))
    definition.partitions[8].devices = [DeviceAssignment(virtualDevice: 0x200, realDevice: 0x200)]
    definition.inputOutput = IOConfiguration(
      paths: [0x10, 0x11].map {
        ChannelPathDefinition(number: $0, accessList: names, candidateList: names)
      },
      controlUnits: [
        ControlUnitDefinition(
          number: 0x200, paths: [PathReference(number: 0x10), PathReference(number: 0x11)])
      ],
      devices: [0x200, 0x201, 0x202].map {
        DeviceDefinition(number: $0, controlUnits: [0x200], media: .scratch(byteCount: 1 << 20))
      })
    definition.machine.switches = [VirtualSwitch(name: "VSW1")]
    for number in [0, 5] {
      definition.partitions[number].networkAdapters = [
        NetworkAdapterDefinition(virtualDevice: 0x600, switchName: "VSW1")
      ]
    }
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
    let others = [
      "ATTACH 20\(small) \(name)", "ATTACH 20\(small) \(name) R/O", "DETACH 20\(small) \(name)",
      "DETACH 20\(small) \(name) FORCE", "FOR \(name) CMD DETACH 20\(small)",
      "VARY \(state) 20\(small)", "VARY \(state) CHPID 1\(small % 2)",
      "VARY \(state) CHPID 10 FORCE", "FOR \(name) CMD CONFIG CHP(1\(small % 2)),\(state)",
      "FOR DRIVER CMD CONFIG CHP(1\(small % 2)),\(state)\(insistence)",
      "INJECT CHPID 1\(small % 2) \(state == "ONLINE" ? "OFF" : "FAIL")",
      "INJECT DASD 20\(small) DELAY \(small)MS ERRORS 5%", "INJECT DASD 20\(small) OFF",
      "SET IOPRIORITY \(name) \(small * 4)\(place)", "SET IOPRIORITY \(state.dropLast(4))",
      "DEFINE VSWITCH NET\(small)", "DETACH VSWITCH NET\(small)",
      "SET VSWITCH NET\(small) GRANT \(name)", "SET VSWITCH VSW1 REVOKE \(name)",
      "SET VSWITCH VSW1 ISOLATION ON", "FOR SPIN1 CMD COUPLE 600 TO SYSTEM NET\(small)",
      "FOR PULSE CMD COUPLE 600 TO SYSTEM VSW1", "FOR SPIN1 CMD UNCOUPLE 600",
      "DEFINE PARTITION WEB\(small) LIKE \(name)", "DELETE PARTITION WEB\(small)",
      "DEFINE PARTITION LAB1 THRU LAB3 LIKE \(name)", "DELETE PARTITION LAB1 THRU LAB3",
      "XAUTOLOG WEB\(small)", "FORCE WEB\(small)", "SET WEIGHT WEB\(small) \(weight)\(place)",
    ]
    return (Int.random(in: 0..<5, using: &numbers) < 3 ? commands : others).randomElement(
      using: &numbers) ?? ""
  }

  private func items(_ small: SmallMachine) -> [MachineItems] {
    small.manager.items(of: small.control.partitionNames)
  }

  /// Oracle: the same command given in earnest at the same instant, and the items before and after it.
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func everyRowComesTrueAndNothingElseChanges(seed: UInt64) throws {
    var numbers = RandomNumbers(seed: seed)
    let small = try SmallMachine(definition: Self.machine)
    for name in small.control.partitionNames where !["FAULTY", "UPRIGHT"].contains(name) {
      _ = small.answer("XAUTOLOG \(name)")
    }
    _ = small.answer("SLEEP 0.1")
    var (done, pending) = (0, 0)
    for _ in 0..<100 {
      let command = command(&numbers)
      let before = items(small)
      let planned = small.console.execute("PLAN \(command)")
      #expect(items(small) == before)
      let earnest = small.console.execute(command)
      let after = items(small)
      var expected: [String] = []
      if earnest.returnCode == 0 {
        done += 1
      } else {
        expected = ["WOULD BE REFUSED: \(command)"] + earnest.errorLines.map { "  " + $0 }
      }
      expected += PlanDifference(before: before, after: after).lines
      #expect(planned.lines == expected, "\(command)")
      #expect(planned.returnCode == earnest.returnCode, "\(command)")
      if small.control.partitionNames.contains(where: {
        small.manager.partitionView($0)?.pending.isEmpty == false
      }) {
        pending += 1
      }
      _ = small.answer("SLEEP \(["0.001", "0.02", "0.1"].randomElement(using: &numbers) ?? "")")
    }
    #expect(done > 25 && pending > 0)
  }
}
