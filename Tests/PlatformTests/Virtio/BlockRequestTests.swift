import Channels
import Testing
import X86

@testable import Platform

/// What a guest may put into the rings of a block device, and how much of it is under way at once.
///
/// Oracle: VIRTIO 1.2, "Message Framing" (a device assumes nothing of how a request is cut into
/// descriptors), "The Virtqueue Descriptor Table" and "Device Requirements: Split Virtqueues".
@Suite struct BlockRequestTests {
  /// Makes chains available from a place in the ring on, and notifies.
  private func notify(_ driver: inout BlockDriver, heads: [UInt16], from index: UInt16 = 0)
    -> [ChannelRequest]
  {
    for (offset, head) in heads.enumerated() {
      let slot = UInt64((index &+ UInt16(offset)) % 8)
      _ = driver.memory.store(head, at: BlockDriver.available + 4 + slot * 2)
    }
    _ = driver.memory.store(index &+ UInt16(heads.count), at: BlockDriver.available + 2)
    return driver.write(0x50, 0)
  }

  private func header(_ driver: BlockDriver, type: UInt32, block: UInt64 = 0) {
    _ = driver.memory.store(type, at: BlockDriver.header)
    _ = driver.memory.store(UInt32(0), at: BlockDriver.header + 4)
    _ = driver.memory.store(block, at: BlockDriver.header + 8)
  }

  @Test func aWritableDescriptorOfNoBytesAtAddressZeroIsSkipped() throws {
    var driver = try BlockDriver()
    driver.start()
    header(driver, type: 8)
    driver.descriptor(0, BlockDriver.header, 16, flags: 1, next: 1)
    driver.descriptor(1, 0, 0, flags: 3, next: 2)
    driver.descriptor(2, BlockDriver.data, 21, flags: 2, next: 0)
    #expect(notify(&driver, heads: [0]) == [])
    #expect(driver.usedIndex == 1)
    var found = [UInt8](repeating: 0xEE, count: 21)
    #expect(found.withUnsafeMutableBytes { driver.memory.read(BlockDriver.data, into: $0) })
    #expect(String(decoding: found[..<13], as: UTF8.self) == "ENDICOTT-0190")
    #expect(found[20] == 0)
  }

  @Test(arguments: [[16], [1, 15], [8, 0, 8], [4, 4, 4, 4], [15, 1]])
  func theHeaderMayBeSplit(pieces: [Int]) throws {
    var driver = try BlockDriver()
    driver.start()
    header(driver, type: 1, block: 5)
    _ = driver.memory.store(UInt64(0x1122_3344_5566_7788), at: BlockDriver.header + 16)
    var address = BlockDriver.header
    for (index, count) in pieces.enumerated() {
      // The last piece goes on into the data without a border.
      let length = index == pieces.count - 1 ? count + 512 : count
      driver.descriptor(
        UInt64(index), address, UInt32(length), flags: 1, next: UInt16(index + 1))
      address += UInt64(length)
    }
    driver.descriptor(UInt64(pieces.count), BlockDriver.status, 1, flags: 2, next: 0)
    let request = try #require(notify(&driver, heads: [0]).first)
    #expect(request.kind == .write && request.firstBlock == 5 && request.byteCount == 512)
    #expect(Array(request.data.prefix(8)) == [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11])
  }

  /// Oracle: VIRTIO 1.2, "Block Device", struct virtio_blk_discard_write_zeroes and what its flags may be.
  @Test(
    arguments: [
      (11, 0, 16, nil), (13, 0, 16, nil), (13, 1, 16, nil), (11, 1, 16, 2), (13, 2, 16, 2),
      (11, 0, 32, 2), (13, 0, 8, 2),
    ] as [(UInt32, UInt32, UInt32, UInt8?)])
  func aRangeIsEmptied(type: UInt32, flags: UInt32, count: UInt32, status: UInt8?) throws {
    var driver = try BlockDriver()
    driver.start()
    header(driver, type: type)
    _ = driver.memory.store(UInt64(3), at: BlockDriver.data)
    _ = driver.memory.store(UInt32(5), at: BlockDriver.data + 8)
    _ = driver.memory.store(flags, at: BlockDriver.data + 12)
    driver.descriptor(0, BlockDriver.header, 16, flags: 1, next: 1)
    driver.descriptor(1, BlockDriver.data, count, flags: 1, next: 2)
    driver.descriptor(2, BlockDriver.status, 1, flags: 2, next: 0)
    let request = notify(&driver, heads: [0]).first
    #expect(request?.kind == (status != nil ? nil : type == 11 ? .discard : .writeZeroes))
    if let status {
      #expect(driver.statusByte == status)
    } else {
      #expect(request?.firstBlock == 3 && request?.byteCount == 5 * 512)
      #expect(request?.data.isEmpty == true && request?.movedByteCount == 0)
    }
  }

  @Test func rangesThatNoDiskHasEndInAnError() throws {
    for (block, count) in [(UInt64(60), UInt32(5)), (.max, 1), (0, 0), (0, .max)] {
      var driver = try BlockDriver()
      driver.start()
      header(driver, type: 13)
      _ = driver.memory.store(block, at: BlockDriver.data)
      _ = driver.memory.store(UInt64(count), at: BlockDriver.data + 8)
      driver.descriptor(0, BlockDriver.header, 16, flags: 1, next: 1)
      driver.descriptor(1, BlockDriver.data, 16, flags: 1, next: 2)
      driver.descriptor(2, BlockDriver.status, 1, flags: 2, next: 0)
      #expect(notify(&driver, heads: [0]) == [])
      #expect(driver.statusByte == 1)
    }
  }

  @Test func dataEndsWhereTheStatusIsAlone() throws {
    var driver = try BlockDriver()
    driver.start()
    header(driver, type: 0)
    driver.descriptor(0, BlockDriver.header, 16, flags: 1, next: 1)
    // Two descriptors of the same storage, and the status as the last byte of a third.
    driver.descriptor(1, BlockDriver.data, 512, flags: 3, next: 2)
    driver.descriptor(2, BlockDriver.data, 512, flags: 3, next: 3)
    driver.descriptor(3, BlockDriver.data + 512, 513, flags: 2, next: 0)
    let request = try #require(notify(&driver, heads: [0]).first)
    #expect(request.byteCount == 1536)
    let data = [UInt8](repeating: 1, count: 512) + [UInt8](repeating: 2, count: 1024)
    driver.end(tag: 1, data: data)
    var found = [UInt8](repeating: 0xEE, count: 1025)
    #expect(found.withUnsafeMutableBytes { driver.memory.read(BlockDriver.data, into: $0) })
    #expect(found == [UInt8](repeating: 2, count: 1024) + [0])
  }

  @Test(
    arguments: [
      (0xFFFF_FFFF_FFFF_FFFF, 0), (0xFFFF_FFFF_FFFF_FFFF, 1), (0, 0xFFFF_FFFF),
      (0xF_FFFF, 2), (0xFFFF_FFFF_FFFF_F000, 0xFFFF_FFFF),
    ] as [(UInt64, UInt32)])
  func descriptorsAtTheEdgesOfAddresses(address: UInt64, count: UInt32) throws {
    var driver = try BlockDriver()
    driver.start()
    header(driver, type: 0)
    driver.descriptor(0, BlockDriver.header, 16, flags: 1, next: 1)
    driver.descriptor(1, address, count, flags: 3, next: 2)
    driver.descriptor(2, BlockDriver.status, 1, flags: 2, next: 0)
    #expect(notify(&driver, heads: [0]) == [])
    // No bytes at the last address are none; everything else is not storage.
    let isBroken = driver.read(0x70, size: 4) & 0x40 != 0
    #expect(isBroken == (count != 0))
  }

  @Test(arguments: [UInt32(0), 3, 65, 257, 512, 0xFFFF, 0x1_0000, .max])
  func queueSizesThatAreNoneMakeNoQueue(size: UInt32) throws {
    var driver = try BlockDriver()
    driver.start()
    driver.write(0x44, 0)
    driver.write(0x38, size)
    driver.write(0x44, 1)
    #expect(driver.read(0x44, size: 4) == 0)
    #expect(driver.request(type: 8, block: 0, count: 20) == [])
    #expect(driver.usedIndex == 0)
  }

  @Test(arguments: [UInt64(0x90), 0xA0, 0x80])
  func ringsAtTheEndOfStorageAndOfAddressesBreakTheDevice(register: UInt64) throws {
    for (low, high) in [(UInt32(0xF_FFFC), UInt32(0)), (0xFFFF_FFFC, 0xFFFF_FFFF)] {
      var driver = try BlockDriver()
      driver.start()
      driver.write(0x44, 0)
      driver.write(register, low)
      driver.write(register + 4, high)
      driver.write(0x44, 1)
      _ = driver.memory.store(UInt16(1), at: 0xF_FFFE)
      #expect(driver.request(type: 8, block: 0, count: 20) == [])
      #expect(driver.read(0x70, size: 4) & 0x40 != 0)
    }
  }

  @Test func aChainInFlightIsNotTakenAgain() throws {
    var driver = try BlockDriver()
    driver.start()
    #expect(driver.request(type: 0, block: 0, count: 512).count == 1)
    #expect(driver.request(type: 0, block: 0, count: 512, index: 1) == [])
    #expect(driver.read(0x70, size: 4) & 0x40 != 0)
    // What the subsystem still has ends without a trace.
    driver.end(tag: 1)
    #expect(driver.usedIndex == 0)
  }

  /// Two chains of two descriptors each: 2 MiB written from the same storage.
  private func large(_ driver: BlockDriver) {
    header(driver, type: 1)
    for head in stride(from: UInt64(0), to: 8, by: 2) {
      driver.descriptor(head, BlockDriver.header, 16 + 2 << 20, flags: 1, next: UInt16(head + 1))
      driver.descriptor(head + 1, BlockDriver.status, 1, flags: 2, next: 0)
    }
  }

  @Test func whatIsUnderWayIsBounded() throws {
    var driver = try BlockDriver(blockCount: 1 << 20, byteCount: 4 << 20)
    driver.start()
    large(driver)
    #expect(notify(&driver, heads: [0, 2, 4, 6]).map(\.tag) == [1, 2])
    // Notices add nothing.
    for _ in 0..<16 { #expect(driver.write(0x50, 0) == []) }
    #expect(driver.end(tag: 1).map(\.tag) == [3])
    #expect(driver.end(tag: 2).map(\.tag) == [4])
    #expect(driver.end(tag: 3) == [])
    #expect(driver.end(tag: 4) == [])
    #expect(driver.usedIndex == 4)
  }

  @Test func whatAResetForgetsIsStillUnderWay() throws {
    var driver = try BlockDriver(blockCount: 1 << 20, byteCount: 4 << 20)
    for round in 0..<8 {
      driver.start()
      _ = driver.memory.store(UInt16(0), at: BlockDriver.available + 2)
      large(driver)
      #expect(notify(&driver, heads: [0, 2]).count == (round == 0 ? 2 : 0))
      driver.write(0x70, 0)
    }
    driver.start()
    #expect(notify(&driver, heads: [0, 2]) == [])
    #expect(driver.end(tag: 1).map(\.tag) == [3])
  }

  @Test func aNoticeCostsWhatItMakesTheHostDo() throws {
    var driver = try BlockDriver()
    driver.start()
    #expect(driver.owner.cycles == 0)
    _ = driver.request(type: 8, block: 0, count: 20)
    #expect(driver.owner.cycles == 400 + 3 * 100)
    driver.write(0x50, 0)
    #expect(driver.owner.cycles == 0)
    // What is moved, either way, also by its length.
    for type in [UInt32(0), 1] {
      var other = try BlockDriver()
      other.start()
      _ = other.request(type: type, block: 0, count: 4096)
      #expect(other.owner.cycles == 400 + 3 * 100 + 4 * 100)
    }
  }
}
