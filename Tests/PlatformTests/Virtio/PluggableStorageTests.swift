import TestSupport
import Testing

@testable import Platform

// Oracle: VIRTIO 1.2, "Memory Device": which requests are answered how; for random requests a set of the
// plugged blocks, which a request changes as the text there says.

@Suite("Storage that is plugged by blocks") struct PluggableStorageTests {
  private static let block = PCLayout.pluggableBlock
  private static let start: UInt64 = 256 << 20

  private func storage(_ blocks: UInt64 = 128, requested: UInt64 = 64) -> PluggableStorage {
    var storage = PluggableStorage(Self.start..<Self.start + blocks * Self.block)
    storage.request(requested * Self.block)
    return storage
  }

  @Test("reads a request's fields, and answers in ten bytes") func forms() {
    let bytes: [UInt8] =
      [1, 0, 9, 9, 9, 9, 9, 9] + [0, 0, 0, 0x10, 0, 0, 0, 0] + [2, 1, 9, 9, 9, 9, 9, 9]
    #expect(PluggableStorage.Request(bytes) == .unplug(address: 0x1000_0000, blockCount: 0x102))
    #expect(PluggableStorage.Request([0, 1]) == .unknown)
    #expect(PluggableStorage.Answer.denied.bytes == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    #expect(PluggableStorage.Answer.wrong.bytes == [3, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    #expect(
      PluggableStorage.Answer.state(isPlugged: false).bytes == [0, 0, 0, 0, 0, 0, 0, 0, 1, 0])
    #expect(PluggableStorage.Answer.state(isPlugged: nil).bytes == [0, 0, 0, 0, 0, 0, 0, 0, 2, 0])
  }

  @Test("tells its region, what is plugged and what is wanted, as a driver reads them")
  func configuration() {
    var storage = storage()
    _ = storage.perform(.plug(address: Self.start, blockCount: 3))
    let values: [UInt64] = [2 << 20, 0, 256 << 20, 256 << 20, 256 << 20, 6 << 20, 128 << 20]
    #expect(storage.configuration == values.flatMap(MachineLanguage.littleEndian))
  }

  private static let foreign: [(UInt64, UInt16)] = [
    (0, 1), (0x0FE0_0000, 1), (0x1000_0001, 1), (0x1000_0000, 0), (0x1000_0000, 129),
    (0x1FE0_0000, 2), (0x2000_0000, 1), (.max, 1), (0xFFFF_FFFF_FFE0_0000, .max), (1 << 63, .max),
  ]

  @Test("refuses what is not blocks of the region", arguments: foreign)
  func outside(address: UInt64, count: UInt16) {
    var storage = storage(requested: 128)
    let before = storage
    for request in [
      PluggableStorage.Request.plug(address: address, blockCount: count),
      .unplug(address: address, blockCount: count), .state(address: address, blockCount: count),
      .unknown,
    ] {
      let (answer, change) = storage.perform(request)
      #expect(answer == .wrong && change == .none)
    }
    #expect(storage == before)
  }

  @Test("plugs no more than was asked for, and nothing twice") func limits() {
    var storage = storage()
    #expect(storage.perform(.plug(address: Self.start, blockCount: 65)).answer == .denied)
    #expect(storage.perform(.plug(address: Self.start, blockCount: 64)).answer == .done)
    #expect(storage.perform(.plug(address: Self.start, blockCount: 1)).answer == .wrong)
    let next = Self.start + 64 * Self.block
    #expect(storage.perform(.plug(address: next, blockCount: 1)).answer == .denied)
    #expect(storage.perform(.unplug(address: next, blockCount: 1)).answer == .wrong)
    #expect(storage.perform(.unplug(address: next - Self.block, blockCount: 2)).answer == .wrong)
    #expect(
      storage.perform(.state(address: next - Self.block, blockCount: 2)).answer
        == .state(isPlugged: nil))
    // Less is wanted: what is plugged stays until the driver unplugs it.
    storage.request(0)
    #expect(storage.pluggedByteCount == 64 * Self.block)
    #expect(
      storage.perform(.unplug(address: Self.start, blockCount: 1))
        == (.done, .detach([Self.start..<Self.start + Self.block])))
    #expect(storage.perform(.unplugAll).answer == .done)
    #expect(storage.pluggedByteCount == 0)
  }

  @Test("what is wanted is never more than the region, and whole blocks") func wanted() {
    var storage = storage()
    storage.request(.max)
    #expect(storage.requestedByteCount == 128 * Self.block)
    storage.request(3 * Self.block - 1)
    #expect(storage.requestedByteCount == 2 * Self.block)
  }

  @Test("loses its highest blocks when they are taken away") func taken() {
    var storage = storage()
    for block in [UInt64(0), 5, 9, 127] {
      _ = storage.perform(.plug(address: Self.start + block * Self.block, blockCount: 1))
    }
    let gone = [UInt64(127), 9].map { block in
      Self.start + block * Self.block..<Self.start + (block + 1) * Self.block
    }
    #expect(storage.limit(to: 2 * Self.block) == .detach(gone))
    #expect(storage.limit(to: 2 * Self.block) == .none)
    #expect((0..<128).filter { storage.isPlugged($0) } == [0, 5])
  }

  @Test("is, after random requests, what a set of blocks is", arguments: 0..<8) func random(
    seed: Int
  ) {
    var random = RandomNumbers(seed: UInt64(seed))
    var storage = storage(100, requested: 100)
    var set: Set<Int> = []
    for _ in 0..<2_000 {
      if random.below(50) == 0 { storage.request(UInt64(random.below(101)) * Self.block) }
      let (first, count) = (random.below(104), random.below(12))
      let address = Self.start + UInt64(first) * Self.block
      let blocks = Set(first..<first + count)
      let isThere = count > 0 && first + count <= 100
      switch random.below(3) {
      case 0:
        let answer = storage.perform(.plug(address: address, blockCount: UInt16(count))).answer
        guard isThere, set.isDisjoint(with: blocks) else {
          #expect(answer == .wrong)
          continue
        }
        let fits = UInt64(set.count + count) * Self.block <= storage.requestedByteCount
        #expect(answer == (fits ? .done : .denied))
        if fits { set.formUnion(blocks) }
      case 1:
        let answer = storage.perform(.unplug(address: address, blockCount: UInt16(count))).answer
        let isRight = isThere && set.isSuperset(of: blocks)
        #expect(answer == (isRight ? .done : .wrong))
        if isRight { set.subtract(blocks) }
      default:
        let answer = storage.perform(.state(address: address, blockCount: UInt16(count))).answer
        let plugged = blocks.intersection(set).count
        #expect(
          answer
            == (isThere
              ? .state(isPlugged: plugged == count ? true : plugged == 0 ? false : nil) : .wrong))
      }
      #expect(storage.pluggedByteCount == UInt64(set.count) * Self.block)
    }
    #expect(Set((0..<100).filter { storage.isPlugged($0) }) == set)
    #expect(storage.fits(storage))
  }

  @Test("no state is taken up whose numbers do not agree") func judged() {
    var plugged = storage()
    _ = plugged.perform(.plug(address: Self.start, blockCount: 2))
    #expect(storage().fits(plugged))
    #expect(!storage(64).fits(plugged))
    #expect(!PluggableStorage(0..<256 << 20).fits(plugged))
  }

  /// Initial and reserved storage, and where the reserved lies, in MiB.
  private struct Place: CustomTestStringConvertible {
    let initial, reserved, start, end: UInt64
    var testDescription: String { "\(initial) and \(reserved)" }

    static let all = [
      Place(initial: 256, reserved: 256, start: 256, end: 512),
      Place(initial: 200, reserved: 10, start: 256, end: 384),
      Place(initial: 3072, reserved: 1024, start: 4096, end: 5120),
      // It would lie on both sides of the gap for devices.
      Place(initial: 2048, reserved: 2048, start: 4096, end: 6144),
      Place(initial: 4096, reserved: 1, start: 5120, end: 5248),
      // Memory blocks are larger in a large system.
      Place(initial: 65_536, reserved: 1024, start: 67_584, end: 69_632),
    ]
  }

  @Test("lies where Linux can use all of it", arguments: Place.all)
  private func region(_ place: Place) {
    let region = PCLayout.pluggableRegion(
      initial: place.initial << 20, byteCount: place.reserved << 20)
    #expect(region == place.start << 20..<place.end << 20)
  }
}
