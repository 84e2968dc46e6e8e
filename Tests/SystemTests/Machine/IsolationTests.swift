import Testing

@testable import Partitioning

/// A way in which FAULTY misbehaves, and what the operator hears of it.
enum Misbehaviour: String, CaseIterable, CustomTestStringConvertible {
  case wild = "WILD"
  case triple = "TRIPLE"
  case loop = "LOOP"
  case outside = "OUTSIDE"
  case ports = "PORTS"
  case hang = "HANG"

  var testDescription: String { rawValue }
}

// Oracle: the same machine without FAULTY. A partition with its own processor must have the same
// history to the bit; one that shares must keep its data and its share.

@Suite("Isolation")
struct IsolationTests {
  private static func partition(
    _ name: String, _ program: String, _ mode: ProcessorMode = .shared
  ) -> PartitionDefinition {
    PartitionDefinition(
      name: name,
      processors: [
        PartitionProcessors(type: .cp, mode: mode, share: ShareDefinition(.relative(100)))
      ],
      storage: PartitionStorage(initialByteCount: 2 << 20),
      ipl: .program(name: program, parameters: ""))
  }

  private func machine() throws -> PartitionManager {
    try PartitionManager(
      SystemDefinition(
        machine: MachineDefinition(
          name: "TEST", processors: [ProcessorPoolDefinition(type: .cp, count: 2, megahertz: 5)],
          storageByteCount: 64 << 20, incrementByteCount: 1 << 20, pace: .fast),
        partitions: [
          Self.partition("OWN", "TOUCHER", .dedicated), Self.partition("SPIN", "SPIN"),
          Self.partition("TOUCHER", "TOUCHER"), Self.partition("FAULTY", "FAULTY"),
        ]),
      options: ManagerOptions(threads: 2, pace: .fast))
  }

  @Test("each misbehaviour ends or loops FAULTY alone", arguments: Misbehaviour.allCases)
  func isAlone(misbehaviour: Misbehaviour) throws {
    let quiet = try machine()
    let disturbed = try machine()
    for manager in [quiet, disturbed] {
      for name in ["OWN", "SPIN", "TOUCHER"] {
        try manager.perform(.activate(name, load: true))
      }
    }
    try disturbed.perform(.activate("FAULTY", load: true))
    for manager in [quiet, disturbed] { manager.runEpochs(until: 200_000_000) }
    try disturbed.perform(
      .sendConsole("FAULTY", bytes: Array((misbehaviour.rawValue + "\n").utf8)))
    for manager in [quiet, disturbed] { manager.runEpochs(until: 2_200_000_000) }
    #expect(quiet.storageDigest(of: "OWN") == disturbed.storageDigest(of: "OWN"))
    for name in ["OWN", "SPIN", "TOUCHER"] {
      #expect(disturbed.partitionView(name)?.state == .operating, "\(name)")
      // GuestCounter.errors: what a guest program found wrong.
      let errors = try #require(disturbed.storage(of: name, at: 0x2018, count: 8))
      #expect(errors.allSatisfy { $0 == 0 }, "\(name)")
    }
    let spin = try #require(disturbed.partitionView("SPIN"))
    // A third of the one shared processor, for 2.2 simulated seconds, less at most 5 %.
    #expect(spin.usedNanoseconds > 2_200_000_000 / 3 * 95 / 100)
    #expect(disturbed.ledger.isBalanced)
  }
}
