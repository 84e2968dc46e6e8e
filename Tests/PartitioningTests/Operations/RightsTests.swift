import Testing

@testable import Partitioning

// Oracle: z/VM CP Commands and Utilities Reference, the privilege class of each command; for what CP does
// not have, the classes of Docs/Commands.md.

@Suite("The firmware judges rights whatever front end asks")
struct RightsTests {
  private static let needed: [(ManagementAction, String)] = [
    (.activate("B", load: false), "AB"), (.deactivate("A", force: true), "A"),
    (.load("A", image: nil, parameters: nil, force: true), "AB"),
    (.stop("A", processor: nil), "A"), (.set(.weight("A", type: nil, weight: 5)), "A"),
    (.set(.waitCompletion(true), .both), "A"),
    (.signalShutdown("A", within: 5, thenForce: true), "A"),
    (.signalAll(within: 5), "AC"), (.shutDown(within: nil), "A"),
    (.varyProcessor(3, online: false), "B"),
    (.varyPath(0x10, online: false, insistence: .force), "B"),
    (.varyDevice(0x200, online: false), "B"), (.attachDevice("A", device: 0x200, as: 0x100), "B"),
    (.detachDevice("A", device: 0x100), "BC"),
    (.link("A", owner: "B", device: 0x191, as: 0x191, mode: .readAlways), "BC"),
    (.network(.defineAdapter("A", NetworkAdapterDefinition(virtualDevice: 0x700))), "BC"),
    (.network(.detachAdapter("A", device: 0x600)), "BC"),
    (.network(.couple("A", device: 0x500, to: "A", otherDevice: 0x501)), "C"),
    (.sendConsole("A", bytes: [10]), "ABC"), (.defineProcessor("A", processor: 1), "C"),
    (.storeStorage("A", address: 0x4000, bytes: [1]), "C"),
  ]

  private func machine() throws -> GuestMachine {
    let machine = try GuestMachine(
      processors: 4, inputOutput: true,
      [GuestMachine.partition("A", reserved: 1), GuestMachine.partition("B")])
    try machine.manager.perform(.activate("A", load: true))
    return machine
  }

  @Test("a user needs one of the action's privilege classes", arguments: 0..<needed.count)
  func classes(row: Int) throws {
    let (action, letters) = Self.needed[row]
    for letter in "ABCDEFG" {
      let machine = try machine()
      let before = machine.manager.runningConfiguration
      let author = Author.user("MAINT", classes: PrivilegeClasses(letters: String(letter)))
      var refusal: ManagementError?
      do throws(ManagementError) {
        try machine.manager.perform(action, by: author)
      } catch {
        refusal = error
      }
      let needed = ManagementError.classNeeded("MAINT", needs: PrivilegeClasses(letters: letters))
      #expect((refusal == needed) == !letters.contains(letter), "\(letter) \(action)")
      guard refusal == needed else { continue }
      #expect(machine.manager.runningConfiguration == before)
      #expect(machine.manager.journal.last?.author == author)
      #expect(machine.manager.allChanges.last?.refusal == needed)
    }
  }

  @Test("each part of a batch is judged, and the firmware may do all")
  func batch() throws {
    let machine = try machine()
    let batch = ManagementAction.batch([
      .varyProcessor(3, online: false), .set(.weight("A", type: nil, weight: 5)),
    ])
    #expect(
      throws: ManagementError.inBatch(
        position: 1, .classNeeded("OP", needs: PrivilegeClasses(letters: "A")))
    ) {
      try machine.manager.perform(batch, by: .user("OP", classes: PrivilegeClasses(letters: "B")))
    }
    try machine.manager.perform(batch, by: .firmware)
  }

  @Test("a partition sees the others by its global performance data control")
  func globalPerformanceData() throws {
    let machine = try machine()
    #expect(machine.manager.seesOthers(.partition("A")))
    try machine.manager.perform(.set(.security("A", .globalPerformanceData, false)))
    #expect(!machine.manager.seesOthers(.partition("A")))
    #expect(machine.manager.seesOthers(.partition("B")))
    #expect(machine.manager.seesOthers(.user("MAINT", classes: .general)))
  }
}
