import Foundation
import Testing

@testable import Partitioning

extension Int: Published {}

@Suite("What is published has any number of readers")
struct ReaderTests {
  @Test("each reads from where it stands, and a slow one is told what it lost")
  func positions() {
    var publication = Publication<Int>(keeping: 10)
    var quick = ReaderPosition()
    var slow = ReaderPosition()
    var read: [Int] = []
    for number in 0..<25 {
      publication.publish(number)
      let reading = publication.read(&quick)
      #expect(reading.lostCount == 0)
      read += reading.elements
    }
    #expect(read == Array(0..<25))
    let late = publication.read(&slow)
    // Of more than ten the older half goes: what is left is 5 to 10 of the newest.
    #expect((5...10).contains(late.elements.count))
    #expect(late.elements == Array((25 - late.elements.count)..<25))
    #expect(late.lostCount == UInt64(25 - late.elements.count))
    #expect(publication.read(&slow).elements.isEmpty)
    #expect(publication.read(&slow).lostCount == 0)
  }

  @Test("what guests wrote is kept up to a number of bytes, the newest always")
  func bytes() {
    var publication = Publication<FirmwareEvent>(keeping: 1000)
    var position = ReaderPosition()
    let piece = [UInt8](repeating: 0x41, count: 1 << 20)
    for time in 0..<40 as Range<UInt64> {
      publication.publish(FirmwareEvent(time: time, partition: "A", kind: .console(piece)))
    }
    let reading = publication.read(&position)
    #expect((4...8).contains(reading.elements.count))
    #expect(reading.lostCount == UInt64(40 - reading.elements.count))
    let large = [UInt8](repeating: 0x42, count: 9 << 20)
    publication.publish(FirmwareEvent(time: 40, partition: "A", kind: .console(large)))
    #expect(publication.read(&position).elements.map(\.time) == [40])
  }

  @Test("a position or a publication that was written down is the same")
  func written() throws {
    var publication = Publication<Int>(keeping: 4)
    for number in 0..<9 { publication.publish(number) }
    let copy = try JSONDecoder().decode(
      Publication<Int>.self, from: JSONEncoder().encode(publication))
    #expect(copy == publication)
    var position = ReaderPosition()
    _ = publication.read(&position)
    #expect(
      try JSONDecoder().decode(ReaderPosition.self, from: JSONEncoder().encode(position))
        == position)
  }

  @Test("reading is no part of the history")
  func history() throws {
    let digests = try [false, true].map { reads in
      let machine = try GuestMachine(processors: 2, [GuestMachine.partition("A", "TALKER")])
      try machine.activateAll()
      var position = ReaderPosition()
      var count = 0
      for _ in 0..<10 where reads {
        machine.run(seconds: 0.02)
        count += machine.manager.events(since: &position).elements.count
      }
      if reads { #expect(count == machine.manager.allEvents.count) }
      machine.run(seconds: reads ? 0 : 0.2)
      return machine.manager.storageDigest(of: nil)
    }
    #expect(digests[0] == digests[1])
  }
}

@Suite("Views can be written down")
struct WrittenViewTests {
  @Test("a view that is read back is the same")
  func roundTrip() throws {
    let machine = try GuestMachine(
      processors: 4, inputOutput: true, groups: [GroupDefinition(name: "G")], capacityUnits: 100,
      [
        GuestMachine.partition(
          "A", "TOUCHER", processors: 2, reserved: 1, cap: 50, reservedMegabytes: 4, group: "G",
          polarity: .vertical),
        GuestMachine.partition("B", mode: .dedicated),
        GuestMachine.partition("C", limit: .hard(.absolute(hundredthsOfPercent: 1000))),
        GuestMachine.partition("D", limit: .soft(nil)),
      ])
    for name in ["A", "B", "C"] { try machine.manager.perform(.activate(name, load: true)) }
    machine.run(seconds: 0.2)
    try machine.manager.perform(
      .configureStorage("A", byteCount: 1 << 20, online: true, insistence: .polite, within: 9))
    for name in machine.manager.partitionNames {
      let view = try machine.view(name)
      let data = try JSONEncoder().encode(view)
      #expect(try JSONDecoder().decode(PartitionView.self, from: data) == view)
    }
    let view = machine.manager.machineView
    #expect(try JSONDecoder().decode(MachineView.self, from: JSONEncoder().encode(view)) == view)
    let map = machine.manager.storageMap()
    #expect(try JSONDecoder().decode([StoragePiece].self, from: JSONEncoder().encode(map)) == map)
  }
}
