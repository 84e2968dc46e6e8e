import Foundation
import Quantities
import TestSupport
import Testing

@testable import Partitioning

/// What PLAN and the event log compare forgets nothing: whatever is changed in a state is told, or it stands here
/// why not.
@Suite("What is so of a machine, item by item")
struct MachineItemsTests {
  /// Values of a partition that are not told, by the way to them, with all that is in them.
  private static let untold = [
    "definedAs": "what it came from; DEFINED says that it came",
    "activated": "the action has the instant",
    "isOnline.absent": "what a number that names none reads as",
    "isProcessorStopped.absent": "as isOnline.absent",
    "increments.elements": "which increment it is of the machine's, beside the storage map",
    "initialCount": "what a later load leaves it; the load tells what it took",
    "countedPages": "counted while it runs", "requestCount": "as countedPages",
    "accounted": "as countedPages", "isClean": "as countedPages",
    "restartPace": "how its guest loads itself", "heldUntil": "as restartPace",
    "isPaused": "told as an event when it happens",
    "lost": "what RECOVER would bring back; QUERY RECOVERY says of whom",
    "loaded": "the action says what was loaded", "loadedParameters": "as loaded",
    "commandAllowance": "counted in a second", "commandSecond": "as commandAllowance",
    "refusalAllowance": "as commandAllowance",
    "pending.asked": "what waits is told, not since when", "pending.deadline": "as pending.asked",
    "pending.nextAsking": "as pending.asked", "pending.online": "of a shutdown it says nothing",
    "offered": "told by its size, not by its places",
    "pending.subject.storage.address": "storage is told by its size",
    "pending.subject.blocks.done": "told as storage that came or went",
    "pending.subject.shutdown.thenForce": "the action says it",
    "profiles.partition": "always the partition itself",
    "profiles.definition.name": "always the partition itself",
    "definition.password": "secret", "profiles.definition.password": "secret",
    "definition.minidisks.passwords": "secret",
    "profiles.definition.minidisks.passwords": "secret",
    "profiles.definition.links.isReadOnly": "as the links of what runs have it",
  ]

  private static var definition: PartitionDefinition {
    var definition = GuestMachine.partition(
      "A", processors: 2, reserved: 1, limit: .soft(.relative(50)), cap: 150, megabytes: 6,
      reservedMegabytes: 4, group: "G", polarity: .vertical)
    definition.processors[0].minimumWeight = 50
    definition.processors[0].maximumWeight = 500
    definition.storage.origin = 8 << 20
    definition.storage.method = .call
    definition.console = 0x9
    definition.devices = [
      DeviceAssignment(virtualDevice: 0x100, realDevice: 0x200, options: [.shared, .scsi])
    ]
    definition.virtualDevices = [
      VirtualDeviceDefinition(statement: "SPECIAL", virtualDevice: 0xC, operands: ["3215", "1"])
    ]
    definition.minidisks = [
      MinidiskDefinition(
        virtualDevice: 0x191, type: "3390",
        place: MinidiskPlace(volume: .label("V"), start: 1, count: 2), mode: .multiple,
        passwords: ["SECRET"])
    ]
    definition.links = [
      MinidiskLink(virtualDevice: 0x192, owner: "B", ownerDevice: 0x190, mode: .multipleOrRead)
    ]
    definition.networkAdapters = [
      NetworkAdapterDefinition(
        virtualDevice: 0x600, switchName: "S", vlan: .trunk([5], native: 6), addressNumber: 7,
        kind: .channel(user: "B"))
    ]
    definition.password = "SECRET"
    definition.start = StartDefinition(after: ["B"])
    definition.commands = ["QUERY TIME"]
    definition.loadableFiles = ["vmlinuz"]
    definition.options = [.quickDispatch]
    definition.definedCapacity = 30
    definition.consoleWatcher = ConsoleWatcher("OPERATOR", .observer)
    return definition
  }

  /// A machine with an active partition, and a state of it in which nothing is absent.
  private func sample() throws -> (PartitionManager, Partition) {
    let machine = try GuestMachine(
      processors: 4, inputOutput: true, groups: [GroupDefinition(name: "G")], capacityUnits: 100,
      [
        GuestMachine.partition(
          "A", processors: 2, reserved: 1, megabytes: 6, reservedMegabytes: 4, group: "G")
      ])
    try machine.manager.perform(.activate("A", load: true))
    let partition = try machine.manager.partition("A")
    let lost = try #require(machine.manager.record(of: "A"))
    partition.definition = Self.definition
    partition.profiles = ["A", "NIGHT", "DAY"].map {
      ImageProfile(name: $0, partition: "A", definition: Self.definition)
    }
    partition.activeProfile = "NIGHT"
    partition.nextProfile = "DAY"
    partition.state.definedAs = PartitionEntry(
      number: 0, definition: Self.definition, others: [partition.profiles[1]])
    partition.offered = [7]
    partition.state.increments[7] = 9
    let subjects: [PendingChange.Subject] = [
      .processor(2), .storage(address: 1 << 20, byteCount: 1 << 20),
      .blocks(byteCount: 4 << 20, done: 2 << 20), .shutdown(thenForce: true),
    ]
    partition.pending = subjects.map { subject in
      var change = PendingChange(subject: subject, online: true, asked: 1, deadline: 2)
      change.nextAsking = 1
      return change
    }
    partition.lost = lost
    partition.loadedParameters = "quiet"
    return (machine.manager, partition)
  }

  @Test("a partition's values, each changed by itself, are told or stand in the list")
  func partition() throws {
    let (manager, partition) = try sample()
    let state = partition.state
    let items = manager.firmware.journal.condition(of: partition).items
    // A field that has nothing in it cannot be seen to be told.
    let nothing = absentFields(of: state).filter {
      !String($0.dropFirst()).isPlace(in: ["_lost", "increments"])
    }
    #expect(nothing == [])
    var (told, untold): (Set<String>, Set<String>) = ([], [])
    for (place, changed) in try stateChanges(of: state) {
      partition.state = changed
      if manager.firmware.journal.condition(of: partition).items != items {
        told.insert(place)
      } else {
        untold.insert(place)
        #expect(place.isPlace(in: Self.untold.keys), "\(place) is changed, and nobody is told")
      }
    }
    for place in Self.untold.keys {
      #expect(untold.contains { $0.isPlace(in: [place]) }, "\(place) is in the list in vain")
    }
    // Every field is one of the two.
    let fields = Mirror(reflecting: state).children.compactMap(\.label).map {
      $0.hasPrefix("_") ? String($0.dropFirst()) : $0
    }
    let seen = Set(
      told.union(untold).compactMap { $0.split(separator: ".").first.map(String.init) })
    #expect(Set(fields) == seen)
  }

  @Test("the settings of the machine and of its groups are told")
  func settings() throws {
    let (manager, _) = try sample()
    let settings = try JSONDecoder().decode(
      MachineSettings.self,
      from: Data(
        """
        {"runningTime": 5000000, "waitCompletion": false,
         "missingInterrupts": {"disks": 20, "exceptions": [{"device": 512, "seconds": 30}]}, "groups":
         [{"name": "G", "capacityUnits": 7, "absoluteCaps": [{"type": "CP", "hundredths": 50}]}]}
        """.utf8))
    #expect(absentFields(of: settings) == [])
    var condition = manager.firmware.journal.condition(of: nil)
    condition.settings = settings
    condition.profileSettings = settings
    let items = condition.machineItems
    for (place, changed) in try stateChanges(of: settings) {
      var other = condition
      other.settings = changed
      #expect(other.machineItems != items, "\(place)")
      other = condition
      other.profileSettings = changed
      #expect(other.machineItems != items, "\(place) of the profile")
    }
    for keyPath in [\Condition.offlineProcessors] {
      var other = condition
      other[keyPath: keyPath].append(1)
      #expect(other.machineItems != items)
    }
    for keyPath in [\Condition.offlinePaths, \Condition.closingPaths] {
      var other = condition
      other[keyPath: keyPath].append(0x10)
      #expect(other.machineItems != items)
    }
  }

  @Test("the event log tells what is different, PLAN what differs, and no name stands for two")
  func names() throws {
    let (manager, partition) = try sample()
    let journal = manager.firmware.journal
    let all = [
      journal.condition(of: partition).items, journal.condition(of: nil).machineItems,
    ]
    for items in all {
      for audience in [MachineItem.Audience.plan, .log] {
        let names = items.filter { [audience, .all].contains($0.audience) }.map(\.name)
        #expect(Set(names).count == names.count)
      }
    }
  }
}
