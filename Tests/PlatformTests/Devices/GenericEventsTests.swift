import Testing

@testable import Platform

/// What the hot-plug registers tell the firmware of a guest that writes to them.
///
/// Oracle: `Docs/Operations.md`, "What a guest can ask of its host"; ACPI 6.3, `_EJ0` and `_OST`.
@Suite struct GenericEventsTests {
  private func events() -> GenericEvents {
    var events = GenericEvents(maximumProcessors: 3)
    for number in 0..<2 { events.setPresent(number, true) }
    return events
  }

  @Test(arguments: [UInt32(0), 2, 3, 0x8000_0000, .max])
  func processorsThatCannotBeEjected(number: UInt32) {
    var events = events()
    events.select(number)
    for value in UInt8.min...UInt8.max { #expect(events.writeFlags(value) == nil) }
    #expect(events.flags() == (number == 0 ? 1 : 0))
  }

  @Test func aProcessorIsEjectedOnce() {
    var events = events()
    events.select(1)
    #expect(events.writeFlags(8) == 1)
    #expect(events.writeFlags(8) == nil)
    // The firmware asks for it; a load forgets.
    events.remove(1)
    #expect(events.flags() == 5)
    #expect(events.writeFlags(12) == 1)
    #expect(events.writeFlags(8) == nil)
    events.reset()
    events.select(1)
    #expect(events.writeFlags(8) == 1)
    events.setPresent(1, false)
    #expect(events.writeFlags(8) == nil)
    events.setPresent(1, true)
    #expect(events.writeFlags(8) == 1)
  }

  @Test func aRefusalIsHeardOnceOfWhatWasAskedFor() {
    var events = events()
    events.select(1)
    #expect(events.writeStatus(1) == nil, "nobody asked")
    events.remove(1)
    for value in [UInt32(0), 0x84] { #expect(events.writeStatus(value) == nil) }
    #expect(events.writeStatus(0x82) == 1)
    #expect(events.writeStatus(0x82) == nil)
    events.remove(1)
    events.select(.max)
    #expect(events.writeStatus(1) == nil)
    events.select(1)
    events.reset()
    events.select(1)
    #expect(events.writeStatus(1) == nil, "a load forgets what was asked")
    events.remove(1)
    events.setPresent(1, false)
    #expect(events.writeStatus(1) == nil)
  }
}
