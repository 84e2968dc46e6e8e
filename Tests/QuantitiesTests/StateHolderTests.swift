import Foundation
import Quantities
import Testing

// Every stored property of a class has one role, and the test that asks for it finds those that have none.

private class Counter: StateHolder {
  var count = 0
  let name: String
  private lazy var text = "\(name): \(count)"

  class var roles: PropertyRoles {
    PropertyRoles(state: ["count"], wiring: ["name"], caches: ["text"])
  }

  init(name: String) { self.name = name }
}

private final class Forgetful: Counter {
  private var forgotten = 0
  private var both = 0

  override static var roles: PropertyRoles {
    PropertyRoles(
      state: ["count", "both"], wiring: ["name", "gone"], caches: ["text", "both"])
  }
}

@Test func everyPropertyHasARole() {
  #expect(Counter(name: "A").misplacedProperties == [])
}

@Test func propertiesWithoutOrWithTwoRolesAndNamesOfNoneAreFound() {
  #expect(Forgetful(name: "B").misplacedProperties == ["both", "forgotten", "gone"])
}

private struct Reading: SavedState {
  static let kind = "reading"
  static let version = 2
  var value = 7
}

@Test func aStateIsReadInItsEnvelope() throws {
  let data = try JSONEncoder().encode(StateEnvelope(Reading(value: 9)))
  #expect(try JSONDecoder().decode(StateEnvelope<Reading>.self, from: data).state.value == 9)
}

@Test(
  arguments: [
    (
      #"{"kind":"reading","version":3,"state":{}}"#,
      .laterVersion(kind: "reading", version: 3, newest: 2)
    ),
    (#"{"kind":"writing","version":1,"state":{}}"#, .otherKind("writing", expected: "reading")),
  ] as [(String, StateRefusal)])
func aStateOfAnotherKindOrALaterVersionIsRefusedByName(text: String, refusal: StateRefusal) {
  #expect(throws: refusal) {
    try JSONDecoder().decode(StateEnvelope<Reading>.self, from: Data(text.utf8))
  }
}
