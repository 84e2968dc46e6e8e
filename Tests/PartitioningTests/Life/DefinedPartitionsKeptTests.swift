import Foundation
import Quantities
import Testing

@testable import Partitioning

/// What is defined while the machine runs outlives it, and is what its model says.
@Suite("Defined partitions kept")
struct DefinedPartitionsKeptTests {
  private func machine() throws -> GuestMachine {
    try GuestMachine(
      processors: 4,
      [
        GuestMachine.partition("LONER", "SPIN", mode: .dedicated),
        GuestMachine.partition("MODEL", "PULSE", weight: 50),
        GuestMachine.partition("SHARER", "PULSE", processors: 2, polarity: .vertical),
      ])
  }

  /// Oracle: the machine that was not interrupted.
  @Test("a checkpoint has more and fewer partitions than the folder")
  func checkpoint() throws {
    let first = try machine()
    try first.manager.perform(.activate("LONER", load: true))
    try first.manager.perform(.deletePartition("MODEL"))
    try first.manager.perform(.definePartition("WEB1", through: "WEB4", like: "SHARER"))
    try first.manager.perform(.deletePartition("WEB2"))
    try first.manager.perform(.activate("WEB4", load: true))
    first.run(seconds: 0.2)
    let checkpoint = first.manager.checkpoint()
    let data = try JSONEncoder().encode(StateEnvelope(checkpoint.machine))
    let read = try JSONDecoder().decode(StateEnvelope<MachineState>.self, from: data).state
    let second = try machine()
    try second.manager.restore(MachineCheckpoint(machine: read, guests: checkpoint.guests))
    #expect(second.manager.partitionNames == ["LONER", "SHARER", "WEB1", "WEB3", "WEB4"])
    #expect(second.manager.checkpoint() == checkpoint)
    for machine in [first, second] { machine.run(seconds: 0.2) }
    #expect(second.manager.machineView.digest == first.manager.machineView.digest)
    #expect(try second.view("WEB4").digest == first.view("WEB4").digest)
  }

  @Test("a state's partitions that this machine cannot have are refused")
  func wrongStates() throws {
    let machine = try machine()
    try machine.manager.perform(.definePartition("WEB1", through: "WEB2", like: "MODEL"))
    let state = machine.manager.machineState
    let changes: [(inout MachineState) -> Void] = [
      { $0.partitions[3].definedAs?.number = 1 }, { $0.partitions[3].definedAs?.number = 4 },
      { $0.partitions[4].definedAs?.number = .max }, { $0.partitions[3].definedAs = nil },
      { $0.partitions[3].definedAs?.definition.name = "LONER" },
      { $0.partitions[3].definedAs?.definition.processors[0].reserved = .max },
      { $0.partitions[3].definedAs?.definition.storage.initialByteCount = 1 },
      { $0.partitions.removeLast() }, { $0.partitions.swapAt(3, 4) },
      { $0.partitions[0].definedAs = $0.partitions[3].definedAs },
    ]
    let other = try self.machine()
    let fresh = other.manager.machineState
    for (number, change) in changes.enumerated() {
      var changed = state
      change(&changed)
      #expect(throws: StateRefusal.self, "change \(number)") {
        try other.manager.restore(changed)
      }
    }
    #expect(other.manager.machineState == fresh)
  }

  @Test("after a loss what was defined is defined again, and what was deleted is not")
  func restart() throws {
    let first = try machine()
    try first.manager.perform(.definePartition("WEB1", through: "WEB3", like: "MODEL"))
    try first.manager.perform(.deletePartition("WEB1"))
    try first.manager.perform(.deletePartition("SHARER"))
    try first.manager.perform(.set(.weight("WEB2", type: nil, weight: 7), .profile))
    try first.manager.perform(.activate("WEB3", load: true))
    first.run(seconds: 0.05)
    let kept = first.manager.runningConfiguration
    let data = try JSONEncoder().encode(kept)
    let read = try JSONDecoder().decode(RunningConfiguration.self, from: data)
    #expect(read == kept)

    let second = try machine()
    let report = second.manager.restore(read)
    #expect(second.manager.partitionNames == ["LONER", "MODEL", "WEB2", "WEB3"])
    #expect(report.lost == ["WEB3"] && report.keptProfiles == ["WEB2"])
    #expect(report.defined == ["WEB2", "WEB3"] && report.deleted == ["SHARER"])
    #expect(report.undefined.isEmpty && report.changedDefinitions.isEmpty)
    try second.manager.perform(.recover("WEB3"))
    #expect(try second.view("WEB3").state == .operating)
    try second.manager.perform(.activate("WEB2", load: false))
    #expect(try second.view("WEB2").shares[0].setting.amount == .relative(7))
    try second.manager.perform(.definePartition("SHARER"))
    #expect(second.manager.number(of: "SHARER") == 2)
    #expect(second.manager.runningConfiguration.machine.deleted == nil)
  }

  @Test("a PROFILE of the directory is what it says, an ORIGIN apart, with all that a copy takes")
  func templates() throws {
    var template = GuestMachine.partition("WEBT", "PULSE", reserved: 1, weight: 33)
    template.storage.origin = 8 << 20
    let small = PartitionDefinition(
      name: "SMALL", processors: [PartitionProcessors(type: .ifl)])
    var definition = try machine().manager.definition
    definition.templates = [template, small]
    definition.imageProfiles = [
      ImageProfile(name: "NIGHT", partition: "MODEL", definition: definition.partitions[1])
    ]
    let manager = try PartitionManager(definition)
    try manager.perform(.definePartition("WEB1", through: "WEB2", like: "WEBT"))
    var expected = template
    expected.name = "WEB2"
    expected.storage.origin = nil
    #expect(manager.partitionView("WEB2")?.definition == expected)
    #expect(
      throws: ManagementError.insufficientProcessors("X", .ifl, needed: 1, available: 0)
    ) { try manager.perform(.definePartition("X", like: "SMALL")) }
    try manager.perform(.definePartition("COPY", like: "MODEL"))
    #expect(manager.partitionView("COPY")?.profiles.map(\.name) == ["COPY", "NIGHT"])
    #expect(manager.definition.profile("NIGHT", of: "COPY")?.name == "COPY")
    try manager.perform(.definePartition("PLAIN"))
    #expect(manager.partitionView("PLAIN")?.definition == PartitionDefinition(name: "PLAIN"))
  }
}
