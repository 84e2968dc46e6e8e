import Foundation
import Quantities
import Testing

@testable import Channels
@testable import Partitioning

/// What of a partition comes back when the machine was lost: all of it, or it stands here why not.
@Suite("A partition's values outlive the machine")
struct LostPartitionTests {
  /// What a partition that was lost cannot have again, and why.
  private static let notTakenUp = [
    "status": "as told, but it runs anew; what it was is compared below",
    "activated": "the instant at which it was recovered",
    "increments": "it has the same places, by other increments of the machine",
    "offered": "a guest that is loaded anew has accepted nothing", "pending": "as offered",
    "countedPages": "its storage was cleared", "isClean": "as countedPages",
    "restartPace": "it begins anew", "heldUntil": "as restartPace",
    "isPaused": "as countedPages", "_lost": "it is recovered",
    "requestCount": "counted from its activation", "accounted": "as requestCount",
    "commandAllowance": "a second that is over", "commandSecond": "as commandAllowance",
    "refusalAllowance": "as commandAllowance",
  ]

  private func machine() throws -> PartitionManager {
    let partition = GuestMachine.partition(
      "A", processors: 2, reserved: 1, megabytes: 6, reservedMegabytes: 4)
    var definition = try GuestMachine(processors: 4, inputOutput: true, [partition]).manager
      .definition
    definition.imageProfiles = ["NIGHT", "DAY"].map {
      ImageProfile(name: $0, partition: "A", definition: partition)
    }
    return try PartitionManager(definition)
  }

  private func use(_ manager: PartitionManager) throws {
    let actions: [ManagementAction] = [
      .definePartition("X", like: "A"), .set(.weight("X", type: nil, weight: 250), .profile),
      .setNextProfile("X", profile: "NIGHT"), .activate("X", load: false),
      .setNextProfile("X", profile: "DAY"), .set(.weight("X", type: nil, weight: 77)),
      .load("X", image: .program(name: "PULSE", parameters: ""), parameters: "5"),
      .configureProcessor("X", processor: 2, online: true, insistence: .force, within: nil),
      .configureStorage("X", byteCount: 3 << 20, online: false, insistence: .force, within: nil),
      .configureStorage("X", byteCount: 1 << 20, online: true, insistence: .force, within: nil),
      .stop("X", processor: 1), .stop("X", processor: nil),
    ]
    for action in actions { try manager.perform(action) }
  }

  /// The fields of a partition's state, each as a text of its own.
  private func fields(_ state: PartitionState) -> [String: String] {
    Dictionary(
      Mirror(reflecting: state).children.map { ($0.label ?? "", "\($0.value)") },
      uniquingKeysWith: { $1 })
  }

  /// Oracle: the machine that was not lost.
  @Test("every field comes back, or stands in the list of those that cannot")
  func everyField() throws {
    let first = try machine()
    try use(first)
    let record = try #require(first.record(of: "X"))
    let second = try machine()
    #expect(second.restore(first.runningConfiguration).lost == ["X"])
    try second.perform(.recover("X"))
    let taken = try #require(second.record(of: "X"))
    let fresh = fields(
      PartitionState(record.base, record.profiles.filter { $0.name == "X" }, processorCount: 3))
    let (was, now) = (fields(record.state), fields(taken.state))
    #expect(Self.notTakenUp.keys.allSatisfy { was[$0] != nil }, "a reason has no field")
    for (name, value) in was where Self.notTakenUp[name] == nil {
      #expect(value != fresh[name], "\(name) is as in a partition that was never active")
      #expect(now[name] == value, "\(name) is lost")
    }
    #expect(taken.status == record.status && taken.onlinePaths == record.onlinePaths)
    #expect(taken.state.places == record.state.places)
  }
}
