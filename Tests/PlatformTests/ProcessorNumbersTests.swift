import Channels
import Testing
import X86

@testable import Platform

// The oracle is the rule in the types' own words: every number means a processor, or is refused.
struct ProcessorNumbersTests {
  @Test func setHoldsTheSixtyFourThProcessor() {
    var set = ProcessorSet()
    set.insert(63)
    set.insert(2)
    set.insert(0)
    set.remove(2)
    #expect(set.contains(63) && !set.contains(2))
    #expect(set.hasOther(than: 63) && set.hasOther(than: 1))
    var taken = set.takeAll()
    #expect(set.popFirst() == nil)
    #expect(taken.popFirst() == 0)
    #expect(!taken.hasOther(than: 63))
    #expect(taken.popFirst() == 63)
    #expect(taken.popFirst() == nil)
  }

  @Test(arguments: [(0, 0), (-1, 5), (65, 65), (Int.max, Int.max), (3, 9)])
  func configurationHoldsOneToSixtyFour(_ counts: (maximum: Int, initial: Int)) {
    let configuration = ComputerConfiguration(
      name: "TEST", partitionNumber: 0, maximumProcessors: counts.maximum,
      initialProcessors: counts.initial, initialStorage: 1 << 20, maximumStorage: 1 << 20)
    #expect((1...64).contains(configuration.maximumProcessors))
    #expect((1...configuration.maximumProcessors).contains(configuration.initialProcessors))
  }

  /// A machine of the most processors runs; one more once ended the process.
  @Test func machineOfTheMostProcessorsRuns() throws {
    let computer = try Computer(
      ComputerConfiguration(
        name: "TEST", partitionNumber: 0, maximumProcessors: 70, initialProcessors: 70,
        initialStorage: 2 << 20, maximumStorage: 2 << 20))
    // CLI; HLT
    try computer.load(.program(GuestProgramImage(bytes: [0xFA, 0xF4])), at: 0)
    let placements = UnsafeMutableBufferPointer<Placement>.allocate(capacity: 64)
    defer { placements.deallocate() }
    for number in 0..<64 {
      placements.initializeElement(
        at: number, to: Placement(processor: number, start: 0, limit: 10_000, megahertz: 100))
    }
    computer.run(placements, until: 10_000, cache: CodeCache(.tiny))
    #expect(computer.processors.count == 64)
    #expect(placements[0].cyclesUsed >= 2)
    #expect(placements[63].cyclesUsed == 0)
  }

  @Test(arguments: [-1, 2, 64, Int.max, Int.min])
  func firmwareNamesProcessorsThatAreNotThere(_ number: Int) throws {
    let computer = try Computer(
      ComputerConfiguration(
        name: "TEST", partitionNumber: 0, maximumProcessors: 2, initialProcessors: 2,
        initialStorage: 1 << 20, maximumStorage: 1 << 20))
    computer.setProcessorPresent(number, true)
    computer.setPolarity(processor: number, code: 1, isParked: true)
    computer.warn(processor: number, until: 5)
    computer.addSteal(processor: number, nanoseconds: 5)
    computer.completeDiagnose(processor: number, .notice(returnCode: 0))
    #expect(computer.offerProcessor(number) == .nobodyListens)
    #expect(!computer.isProcessorPresent(number))
    #expect(computer.nextDeadline(of: number) == nil)
    computer.values.ending = nil
    #expect(computer.status(of: number) == .waitingForStartup)
  }
}
