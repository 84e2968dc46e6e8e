import Testing

@testable import Definitions
@testable import Partitioning

@Suite struct ActivationOrderTests {
  private func definition(_ partitions: [(String, [String]?)]) -> SystemDefinition {
    SystemDefinition(
      partitions: partitions.map { name, after in
        PartitionDefinition(name: name, start: after.map { StartDefinition(after: $0) })
      })
  }

  @Test func eachStartsAfterThoseItNames() {
    let system = definition([("A", ["C"]), ("B", nil), ("C", ["D"]), ("D", []), ("E", ["A", "D"])])
    #expect(system.automaticStartOrder() == [3, 2, 0, 4])
    #expect(system.activationOrder() == [3, 2, 0, 4, 1])
    #expect(system.startCircle() == nil)
  }

  @Test func aChainAsLongAsTheMachineIsNoTrouble() {
    let count = 5000
    let system = definition(
      (0..<count).map { ("P\($0)", $0 == 0 ? [] : ["P\($0 - 1)"]) }.reversed())
    #expect(system.automaticStartOrder() == Array((0..<count).reversed()))
  }

  @Test func aCircleIsFoundBehindThoseThatWaitForIt() {
    let system = definition([("A", ["B"]), ("B", ["C"]), ("C", ["B"]), ("D", [])])
    #expect(system.startCircle() == [1, 2])
  }

  @Test(arguments: [
    ("PROCESOR", "PROCESSOR"), ("PROCESSRO", "PROCESSOR"), ("WIEGHT", "WEIGHT"),
    ("CAPED", "CAPPED"), ("IPL", "IPL"),
  ])
  func nearestKeyword(word: String, keyword: String) {
    let legal = ["PROCESSOR", "WEIGHT", "CAPPED", "IPL", "STORAGE"]
    #expect(NearestKeyword.of(word, among: legal) == keyword)
  }

  @Test(arguments: ["", "XYZZY", "STOREROOM"])
  func farWordsHaveNoNearest(word: String) {
    #expect(NearestKeyword.of(word, among: ["PROCESSOR", "WEIGHT", "IPL"]) == nil)
  }

  @Test(arguments: [
    ("1970-01-01T00:00:00Z", Int64(0)), ("2000-02-29T12:00:00Z", 951_825_600),
    ("2026-01-01T00:00:00Z", 1_767_225_600), ("2100-03-01T00:00:00Z", 4_107_542_400),
  ])
  func timeOfDay(text: String, seconds: Int64) {
    #expect(MachineConfigurationReader.unixSeconds(text) == seconds)
  }

  @Test func shareSaysTheWeight() throws {
    let folder = try DefinitionFolder([
      "machine.config": "MACHINE T\nPROCESSOR CP 4 MHZ 10\nSTORAGE 1G INCREMENT 16M\n",
      "a.direct": """
      PROFILE P
        SHARE RELATIVE 250 ABSOLUTE 40% LIMITHARD
      PARTITION ONE
        INCLUDE P
        PROCESSOR CP INITIAL 2
        STORAGE INITIAL 16M
      PARTITION TWO
        INCLUDE P
        PROCESSOR CP WEIGHT 7
        STORAGE INITIAL 16M
      PARTITION THREE
        SHARE ABS 12.5% LIMITS
        STORAGE INITIAL 16M
      """,
    ])
    let (definition, findings) = folder.read()
    #expect(findings.isEmpty)
    let partitions = try #require(definition).partitions
    #expect(
      partitions.map { $0.processors[0].share } == [
        ShareDefinition(.relative(250), limit: .hard(.absolute(hundredthsOfPercent: 4000))),
        ShareDefinition(.relative(7)),
        ShareDefinition(.absolute(hundredthsOfPercent: 1250), limit: .soft(nil)),
      ])
  }
}
