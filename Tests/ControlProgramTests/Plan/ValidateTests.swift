import Partitioning
import Testing

@testable import ControlProgram

/// A machine on which BIG and HUGE exclude each other by storage, and BIG has a smaller profile.
private let crowdedMachine: SystemDefinition = {
  func guest(_ name: String, _ storage: UInt64) -> PartitionDefinition {
    var definition = SmallMachine.guest(name, "SPIN")
    definition.storage.initialByteCount = storage << 20
    return definition
  }
  var definition = SmallMachine.standard
  definition.partitions = [guest("BIG", 768), guest("HUGE", 640), guest("SMALL", 256)]
  definition.imageProfiles = [
    ImageProfile(name: "NIGHT", partition: "BIG", definition: guest("BIG", 128))
  ]
  return definition
}()

/// Oracle: the machine itself activates what VALIDATE says fits, and refuses the rest.
struct ValidateTests {
  private let refusal =
    "HCPDEF091W HUGE cannot be active with those before it: it needs 640M, and of 1G installed "
    + "1 partitions before it take 768M, which leaves 256M; give less storage, or install more"

  @Test func allPartitionsAreJudgedAsIfNothingWereActive() throws {
    let small = try SmallMachine(definition: crowdedMachine)
    let result = small.console.execute("VALIDATE")
    #expect(
      result.lines == [refusal, "HCPVAL8889E Of 3 profiles 1 cannot be active with the others"])
    #expect(result.returnCode == 8889)
    #expect(small.console.execute("XAUTOLOG BIG").returnCode == 0)
    #expect(small.console.execute("XAUTOLOG HUGE").returnCode != 0)
    #expect(small.console.execute("XAUTOLOG SMALL").returnCode == 0)
  }

  @Test func profilesAreJudgedBesideWhatIsActive() throws {
    let small = try SmallMachine(definition: crowdedMachine)
    _ = small.answer("XAUTOLOG HUGE")
    let journal = small.manager.journal
    #expect(small.answer("VALIDATE NIGHT SMALL") == "2 PROFILES CAN BE ACTIVE TOGETHER")
    #expect(small.console.execute("VALIDATE BIG").returnCode == 8889)
    #expect(small.answer("VALIDATE HUGE").contains("HUGE is active already, with profile HUGE"))
    #expect(small.answer("VALIDATE FRED") == "HCPVAL053E FRED not in CP directory")
    #expect(small.manager.journal == journal)
  }
}
