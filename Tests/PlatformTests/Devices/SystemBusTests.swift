import Channels
import TestSupport
import Testing
import X86

@testable import Platform

/// Oracle: where devices overlap, a search of all regions one by one; for wide accesses the serial line's
/// registers (PC16550D datasheet), read and written byte by byte.
@Suite("The bus finds the device that answers") struct SystemBusTests {
  @Test("as a search of all regions does, wherever they overlap") func overlaps() {
    var random = RandomNumbers(seed: 8)
    for _ in 0..<200 {
      let regions = (0..<8).map { _ -> (region: DeviceRegion, device: BusTarget) in
        let start = UInt64(random.below(64))
        let count = UInt64(1 + random.below(24))
        return (.ports(start, count: count, register: Int(start % 3)), BusTarget())
      }
      let table = ClaimTable(regions)
      for address in 0..<100 as Range<UInt64> {
        let claim = table.next(from: address)?.pointee
        let found = claim.flatMap { address >= $0.start ? $0 : nil }
        let expected = regions.last {
          $0.region.start <= address && address - $0.region.start < $0.region.count
        }
        #expect((found == nil) == (expected == nil))
        guard let found, let expected else { continue }
        #expect(found.device.takeUnretainedValue() === expected.device)
        let register = expected.region.register + Int(address - expected.region.start)
        #expect(found.register(at: address) == register)
      }
    }
  }

  @Test("a wide access to narrow registers reaches each of them; what nobody decodes reads as ones")
  func wideAccesses() throws {
    let computer = try Computer(
      ComputerConfiguration(
        name: "WIDE", partitionNumber: 0, maximumProcessors: 1, initialProcessors: 1,
        initialStorage: 1 << 20, maximumStorage: 1 << 20))
    // Scratch register and line control of the serial line, the only ones that keep what is written.
    computer.writePort(0x3FF, size: 1, 0x5A, 0)
    #expect(computer.readPort(0x3FF, size: 4, 0) == 0xFFFF_FF5A)
    #expect(computer.readPort(0x3FC, size: 4, 0) == 0x5AB0_6000)
    computer.writePort(0x3FE, size: 2, 0x3C11, 0)
    #expect(computer.readPort(0x3FF, size: 1, 0) == 0x3C)
    #expect(computer.readPort(0x1234, size: 4, 0) == nil)
    #expect(computer.readPort(0x3F7, size: 2, 0) == 0x00FF)
    // The timer of power management is one register of 32 bits, and four of 8.
    #expect(computer.readPort(0x608, size: 4, 0) == 0)
    #expect(computer.readPort(0x607, size: 2, 0) == 0x00FF)
    #expect(computer.readPort(UInt64.max, size: 4, 0) == nil)
  }

  @Test("nothing is found in an empty table") func empty() {
    #expect(ClaimTable([]).next(from: 0) == nil)
    let last = UInt64.max - 1
    let edge = BusTarget()
    let table = ClaimTable([(.ports(last, count: 9), edge)])
    #expect(table.next(from: last)?.pointee.start == last)
    #expect(table.next(from: .max) == nil)
  }
}
