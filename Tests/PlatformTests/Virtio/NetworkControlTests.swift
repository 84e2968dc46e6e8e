// The network device's link and pairs of queues, by a driver of the test's own.

import Channels
import Foundation
import Quantities
import Testing
import X86

@testable import Platform

extension NetworkDriver {
  static let status: UInt32 = 1 << 16
  static let control: UInt32 = 1 << 17
  static let pairs: UInt32 = 1 << 22

  /// The features that the device offers, of the lower 32.
  fileprivate var offered: UInt32 {
    write(0x14, 0)
    return UInt32(truncatingIfNeeded: read(0x10) ?? 0)
  }

  /// Gives a command: a chain of one descriptor to read and one to write.
  ///
  /// - Returns: The device's answer, 0 for done; nil for none.
  fileprivate mutating func command(_ bytes: [UInt8], by queue: Int) -> UInt8? {
    let (text, answer): (UInt64, UInt64) = (0x2_8000, 0x2_9000)
    _ = bus.store(bytes, at: text)
    _ = bus.memory.store(UInt8(0xAA), at: answer)
    let before = used(queue).count
    giveChain(queue, [(text, UInt32(bytes.count), false), (answer, 1, true)])
    guard used(queue).count == before + 1 else { return nil }
    return bus.memory.load(answer, as: UInt8.self)
  }
}

/// What the network device and its driver tell each other beside frames.
///
/// Oracle: VIRTIO 1.2, 5.1.4 "Device configuration layout", 5.1.6.5 "Control Virtqueue", 2.5 "Device Configuration
/// Space" and 4.2.2 "MMIO Device Register Layout".
@Suite("The network device's link and pairs of queues") struct NetworkControlTests {
  private let header = [UInt8](repeating: 0, count: 12)

  private func frame(_ port: UInt8, isBack: Bool = false) -> [UInt8] {
    let ends: [[UInt8]] = [[10, 0, 0, 1], [10, 0, 0, 2]]
    let ports: [[UInt8]] = [[9, port], [0, 80]]
    let internet: [UInt8] = [0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0]
    return [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0] + internet
      + Array((isBack ? ends.reversed() : ends).joined())
      + Array((isBack ? ports.reversed() : ports).joined()) + [UInt8](repeating: 7, count: 20)
  }

  @Test("the link is down until the adapter is connected, and changes are told by an interrupt")
  func link() throws {
    var driver = try NetworkDriver()
    #expect(driver.offered & NetworkDriver.status != 0)
    #expect(driver.read(0x106, size: 2) == 0)
    driver.start(features: NetworkDriver.status)
    let generation = try #require(driver.read(0xFC))
    #expect(driver.device.setLink(true))
    #expect(driver.read(0x106, size: 2) == 1)
    #expect(driver.read(0xFC) != generation)
    #expect(driver.read(0x60) == 2)
    driver.write(0x64, 2)
    #expect(!driver.device.setLink(true) && driver.read(0x60) == 0)
    #expect(driver.device.setLink(false))
    #expect(driver.read(0x106, size: 2) == 0 && driver.read(0x60) == 2)
    // Neither a driver that does not want it nor one that is not there is interrupted.
    driver.start()
    #expect(driver.device.setLink(true) && driver.read(0x60) == 0)
    driver.write(0x70, 0)
    #expect(driver.device.setLink(false) && driver.read(0x60) == 0)
    // A reset of the driver's changes nothing of the wire.
    _ = driver.device.setLink(true)
    driver.device.reset()
    #expect(driver.read(0x106, size: 2) == 1)
  }

  @Test("a pair of queues for each processor, four at most; one has no control queue")
  func offers() throws {
    for (processors, pairs) in [(1, 1), (2, 2), (4, 4), (9, 4)] {
      let driver = try NetworkDriver(processors: processors)
      let several = NetworkDriver.control | NetworkDriver.pairs
      #expect(driver.offered & several == (pairs > 1 ? several : 0))
      #expect(driver.read(0x108, size: 2) == UInt64(pairs))
      let limits = (0..<12).map { queue -> UInt64? in
        driver.write(0x30, UInt32(queue))
        return driver.read(0x34)
      }
      let count = pairs > 1 ? pairs * 2 + 1 : 2
      #expect(limits == (0..<12).map { $0 < count ? 64 : 0 })
    }
  }

  @Test("the driver says how many pairs it uses; what is no such command is refused")
  func commands() throws {
    var driver = try NetworkDriver(processors: 4)
    driver.start(features: NetworkDriver.control | NetworkDriver.pairs, queues: 9)
    #expect(driver.device.pairCount == 1)
    #expect(driver.command([4, 0, 4, 0], by: 8) == 0)
    #expect(driver.device.pairCount == 4)
    for wrong in [
      [4, 0, 0, 0], [4, 0, 5, 0], [4, 0, 4, 1], [4, 1, 2, 0], [0, 0, 1], [4, 0, 2], [4], [],
    ] as [[UInt8]] {
      #expect(driver.command(wrong, by: 8) == 1, "\(wrong)")
      #expect(driver.device.pairCount == 4)
    }
    #expect(driver.command([4, 0, 2, 0], by: 8) == 0 && driver.device.pairCount == 2)
    #expect(!driver.isBroken)
    driver.start(features: NetworkDriver.control | NetworkDriver.pairs, queues: 9)
    #expect(driver.device.pairCount == 1)
    // Without several pairs the control queue is the third.
    driver.start(features: NetworkDriver.control, queues: 3)
    #expect(driver.command([4, 0, 2, 0], by: 2) == 1 && driver.device.pairCount == 1)
  }

  @Test("a frame comes by the pair by which its flow last left, and by none that is not used")
  func steering() throws {
    var driver = try NetworkDriver(processors: 4)
    driver.start(features: NetworkDriver.control | NetworkDriver.pairs, queues: 9)
    for queue in [0, 2, 4, 6] { for _ in 0..<8 { driver.giveRoom(200, in: queue) } }
    func came(_ port: UInt8) throws -> [Int] {
      let before = [0, 2, 4, 6].map { driver.used($0).count }
      #expect(driver.device.receive(try #require(EthernetFrame(frame(port, isBack: true)))))
      return [0, 2, 4, 6].enumerated().flatMap { place, queue in
        [Int](repeating: place, count: driver.used(queue).count - before[place])
      }
    }
    // Until it is told to, it uses the first alone.
    #expect(try came(1) == [0])
    #expect(driver.command([4, 0, 4, 0], by: 8) == 0)
    for pair in [2, 1, 3] {
      driver.send(header + frame(1), by: pair * 2 + 1)
      #expect(try came(1) == [pair])
    }
    driver.send(header + frame(2), by: 5)
    #expect(try came(2) == [2] && came(1) == [3])
    #expect(driver.command([4, 0, 2, 0], by: 8) == 0)
    let rest = try came(1)
    #expect(rest.count == 1 && rest.allSatisfy { $0 < 2 })
    // Each comes back where it was given.
    for request in driver.frames { driver.device.complete(request.tag) }
    #expect([1, 3, 5, 7].map { driver.used($0).count } == [0, 1, 2, 1])
  }

  @Test("what waits in a queue that is used no more comes by the first") func gathers() throws {
    var driver = try NetworkDriver(processors: 2)
    driver.start(features: NetworkDriver.control | NetworkDriver.pairs, queues: 5)
    #expect(driver.command([4, 0, 2, 0], by: 4) == 0)
    driver.send(header + frame(1), by: 3)
    #expect(driver.device.receive(try #require(EthernetFrame(frame(1, isBack: true)))))
    #expect(driver.device.receivers.map(\.backlog.count) == [0, 1])
    driver.giveRoom(200)
    #expect(driver.used(0).isEmpty)
    #expect(driver.command([4, 0, 1, 0], by: 4) == 0)
    #expect(driver.used(0).count == 1)
  }

  @Test("goes on as a value, and refuses one with other pairs") func value() throws {
    var driver = try NetworkDriver(processors: 4)
    driver.start(features: NetworkDriver.control | NetworkDriver.pairs, queues: 9)
    #expect(driver.command([4, 0, 3, 0], by: 8) == 0)
    driver.send(header + frame(1), by: 5)
    #expect(driver.device.receive(try #require(EthernetFrame(frame(1, isBack: true)))))
    _ = driver.device.setLink(true)
    let saved = try JSONEncoder().encode(driver.device.state)
    let state = try JSONDecoder().decode(NetworkDevice.State.self, from: saved)
    let other = try NetworkDriver(processors: 4)
    try other.device.restore(state)
    #expect(other.device.state == driver.device.state)
    #expect(other.device.receivers.map(\.backlog.count) == [0, 0, 1, 0])
    let smaller = try NetworkDriver(processors: 2)
    #expect(throws: StateRefusal.self) { try smaller.device.restore(state) }
    for change in [
      { $0.furtherPairs = 4 }, { $0.furtherPairs = -1 }, { $0.pending[0].pair = 4 },
      { $0.others.append(NetworkDevice.Receiver()) },
    ] as [(inout NetworkDevice.State) -> Void] {
      var wrong = state
      change(&wrong)
      #expect(throws: StateRefusal.self) { try other.device.restore(wrong) }
    }
  }

  @Test("a device of a former program, with one pair and no status, goes on as it was")
  func former() throws {
    var driver = try NetworkDriver(processors: 1)
    driver.start(features: NetworkDriver.merged)
    driver.giveRoom(20)
    driver.send(header + frame(1))
    let saved = try JSONEncoder().encode(driver.device.state)
    var fields = try #require(JSONSerialization.jsonObject(with: saved) as? [String: Any])
    for name in ["others", "furtherPairs", "flows"] { fields[name] = nil }
    fields["pending"] = (fields["pending"] as? [[String: Any]])?.map { pending in
      pending.filter { $0.key != "pair" }
    }
    var transport = try #require(fields["transport"] as? [String: Any])
    let features = try #require((transport["deviceFeatures"] as? NSNumber)?.uint64Value)
    transport["deviceFeatures"] = features & ~UInt64(NetworkDriver.status)
    var space = try #require(transport["configuration"] as? [Int])
    space.replaceSubrange(6..<10, with: [0, 0, 0, 0])
    transport["configuration"] = space
    fields["transport"] = transport
    let former = try JSONDecoder().decode(
      NetworkDevice.State.self, from: JSONSerialization.data(withJSONObject: fields))
    let other = try NetworkDriver(processors: 4)
    try other.device.restore(former)
    #expect(other.device.state.pending == driver.device.state.pending)
    #expect(other.device.receivers.count == 1 && other.device.pairCount == 1)
    #expect(other.offered & (NetworkDriver.status | NetworkDriver.pairs) == 0)
    _ = other.device.setLink(true)
    #expect(other.read(0x60) == 0)
    other.device.complete(try #require(former.pending.first).tag)
    #expect(other.used(1) == [0])
  }
}
