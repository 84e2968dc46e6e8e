import Testing

@testable import Definitions
@testable import Partitioning

/// RESOURCE MAXDEV: example 3 of the IOCP User's Guide, and its messages ICP160I, ICP161I, ICP301I.
struct DeckDeviceLimitsTests {
  private func read(_ deck: String) throws -> (definition: SystemDefinition?, messages: [String]) {
    let folder = try DefinitionFolder([
      "machine.config": WrongFolder.machine, "a.direct": WrongFolder.two, "a.iocp": deck,
    ])
    let (definition, findings) = folder.read()
    return (definition, findings.map(\.description))
  }

  private func resource(_ limits: String) -> String {
    "       RESOURCE PART=((CSS(0),ONE,TWO)),MAXDEV=\(limits)\n"
  }

  @Test func w19Thousands() throws {
    let deck = try read(
      "       RESOURCE PARTITION=((CSS(0),(ONE,1),TWO),(CSS(1),(*,5))),     *\n"
        + "               MAXDEV=((CSS(0),40K,12K),(CSS(1),56820))\n")
    #expect(deck.messages == [])
    let limits = try #require(deck.definition?.inputOutput.deviceLimits)
    #expect(
      limits == [
        DeviceLimits(subsystem: 0, counts: [40_960, 12_288]),
        DeviceLimits(subsystem: 1, counts: [56_820]),
      ])
  }

  @Test(arguments: [
    ("0", 0), ("9", 9), ("63K", 64_512), ("65280", 65_280), ("40k", 40_960), ("00040", 40),
  ])
  func numbers(row: (text: String, count: Int)) {
    #expect(DeviceLimits.count(row.text) == row.count)
  }

  @Test(arguments: ["", "K", "-1", "1.5K", "4 0", "40M", "123456", "\u{0664}0"])
  func noNumbers(text: String) {
    #expect(DeviceLimits.count(text) == nil)
  }

  @Test(arguments: [
    (
      "((CSS(0),40M))",
      "ICP160I MAXDEV cannot be 40M; write one to five digits, or a number of 1,024 such as 40K"
    ),
    (
      "((CSS(0),1,1,1,1,1))",
      "ICP160I a channel subsystem has 4 subchannel sets; write MAXDEV=((CSS(0),40K,12K)), one number a set"
    ),
    (
      "((CSS(1),64K))",
      "ICP161I MAXDEV 65536 is more than subchannel set 0 of CSS 1 can have; write 65280, which is taken"
    ),
  ])
  func wrongLimits(row: (limits: String, message: String)) throws {
    let messages = try read(resource(row.limits)).messages
    #expect(messages.count == 1)
    #expect(messages.first?.hasSuffix(row.message) == true)
  }

  @Test func devicesMustFit() throws {
    let rest = WrongFolder.path + WrongFolder.unit + WrongFolder.device
    #expect(try read(resource("((CSS(0),16))") + rest).definition != nil)
    let (definition, messages) = try read(resource("((CSS(0),10))") + rest)
    #expect(definition == nil)
    #expect(
      messages.contains {
        $0.hasSuffix(
          "ICP301I CSS 0 has 16 devices, and MAXDEV lets it have 10: device 020A is the first too many; raise MAXDEV, or remove devices"
        )
      })
    #expect(try read(resource("((CSS(1),10))") + rest).definition != nil)
  }
}
