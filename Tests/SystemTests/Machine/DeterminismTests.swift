import Definitions
import Foundation
import Testing
import X86

@testable import Partitioning

/// Histories of one machine: the machine's digest, and every partition's with its written pages.
private struct History: Equatable {
  let machine: UInt64
  let partitions: [String: UInt64]

  init(_ manager: PartitionManager) {
    machine = manager.machineView.digest
    partitions = Dictionary(
      uniqueKeysWithValues: manager.partitionNames.map { ($0, manager.storageDigest(of: $0)) })
  }
}

// Oracle: the law itself. The same definitions and actions give the same history for any number of
// host threads, and from run to run.

@Suite("Determinism")
struct DeterminismTests {
  private static let folder = Project.path("Partitions/demo")

  private func definition() throws -> SystemDefinition {
    try #require(SystemDefinition.read(folder: Self.folder).0)
  }

  private static let variants: [(threads: Int, caches: CachePolicy)] = [
    (1, .ordinary), (2, .ordinary), (3, .ordinary), (1, .ordinary), (1, .tiny), (2, .tiny),
    (2, .drop),
  ]

  @Test("the demo's guest programs, reconfigured, on 1, 2 and 3 threads, with every kind of cache")
  func guestPrograms() throws {
    let definition = try definition()
    let histories = try Self.variants.map { threads, caches in
      let manager = try PartitionManager(
        definition, options: ManagerOptions(threads: threads, pace: .fast, caches: caches))
      for partition in definition.partitions
      where partition.start != nil && partition.name != "LINUX1" {
        try manager.perform(.activate(partition.name, load: true))
      }
      manager.runEpochs(until: 300_000_000)
      try manager.perform(.set(.weight("SPIN001", type: nil, weight: 40)))
      try manager.perform(
        .configureStorage(
          "TOUCHER", byteCount: 16 << 20, online: true, insistence: .polite, within: nil))
      try manager.perform(
        .configureProcessor(
          "SPIN002", processor: 1, online: true, insistence: .polite, within: nil))
      try manager.perform(
        .configurePath("IODRIVER", path: 0x10, online: false, insistence: .polite))
      try manager.perform(.sendConsole("TALK001", bytes: Array("TIME\n".utf8)))
      manager.runEpochs(until: 700_000_000)
      return History(manager)
    }
    for history in histories.dropFirst() { #expect(history == histories[0]) }
  }

  @Test(
    "Debian with two processors beside spinning guests, on 1, 2 and 3 threads",
    .enabled(if: Project.hasDebianGuest, Comment(rawValue: Project.noGuest)))
  func debian() throws {
    var definition = try definition()
    let number = try #require(definition.partitions.firstIndex { $0.name == "LINUX1" })
    definition.partitions[number].processors[0].initial = 2
    definition.partitions[number].processors[0].reserved = 0
    let names = ["LINUX1", "SPIN001", "PULSE001", "IODRIVER"]
    definition.partitions.removeAll { !names.contains($0.name) }
    let histories = try [1, 2, 3].map { threads in
      let manager = try PartitionManager(
        definition, options: ManagerOptions(threads: threads, pace: .fast))
      for name in names { try manager.perform(.activate(name, load: true)) }
      // 2 processors of 100 MHz: the second one has started by then.
      manager.runEpochs(until: 2_500_000_000)
      let linux = try #require(manager.partitionView("LINUX1"))
      #expect(linux.processors.allSatisfy { $0.usedNanoseconds > 1_000_000 })
      return History(manager)
    }
    for history in histories.dropFirst() { #expect(history == histories[0]) }
  }

  @Test(
    "the demo with Debian, with every kind of cache",
    .enabled(if: Project.hasDebianGuest, Comment(rawValue: Project.noGuest)))
  func debianCaches() throws {
    let definition = try definition()
    let histories = try CachePolicy.allCases.map { caches in
      let manager = try PartitionManager(
        definition, options: ManagerOptions(threads: 2, pace: .fast, caches: caches))
      for partition in definition.partitions where partition.start != nil {
        try manager.perform(.activate(partition.name, load: true))
      }
      manager.runEpochs(until: 400_000_000)
      return History(manager)
    }
    for history in histories.dropFirst() { #expect(history == histories[0]) }
  }
}
