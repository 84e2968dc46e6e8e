import Channels
import Foundation
import Quantities
import Testing
import X86

@testable import Platform

/// A SCSI disk as a driver finds it.
///
/// Oracles: SPC-4 r36 and SBC-3 r36 (the command's table and its parameter data, named at each test), VIRTIO 1.2,
/// "SCSI Host Device".
@Suite("A SCSI disk")
struct SCSIDeviceTests {
  private func driver(
    blockCount: UInt64 = 64, isReadOnly: Bool = false, isSettled: Bool = true
  ) throws -> SCSIDriver {
    var driver = try SCSIDriver(blockCount: blockCount, isReadOnly: isReadOnly)
    driver.start()
    if isSettled { driver.settle() }
    return driver
  }

  /// VIRTIO 1.2, "Device configuration layout" of the SCSI host device.
  @Test("says what it is by its registers")
  func registers() throws {
    let driver = try driver()
    #expect(driver.read(8) == 8 && driver.read(0x70) == 0xF)
    let words = (0..<9).map { driver.read(0x100 + UInt64($0) * 4) }
    #expect(words == [1, 62, 8192, 64, 16, 96, 32, 0, 0])
  }

  /// SPC-4, "Standard INQUIRY data"; vital product data by "VPD page 00h" and those it lists, SBC-3 for B0h to B2h.
  @Test("describes itself")
  func inquiry() throws {
    var driver = try driver()
    let plain = driver.run([0x12, 0, 0, 0, 36, 0], room: 36)
    #expect(plain.status == 0 && plain.residual == 0 && plain.data.count == 36)
    #expect(Array(plain.data[..<8]) == [0, 0, 6, 2, 31, 0, 0, 2])
    #expect(String(decoding: plain.data[8...], as: UTF8.self) == "ENDICOTTFBA DISK        1.0 ")
    // As much as is asked for, and what is left of the room.
    let short = driver.run([0x12, 0, 0, 0, 5, 0], room: 36)
    #expect(short.data.count == 5 && short.residual == 31)
    func page(_ number: UInt8) -> [UInt8] {
      driver.run([0x12, 1, number, 0, 255, 0], room: 255).data
    }
    #expect(page(0) == [0, 0, 0, 6, 0x00, 0x80, 0x83, 0xB0, 0xB1, 0xB2])
    #expect(String(decoding: page(0x80).dropFirst(4), as: UTF8.self) == "ENDICOTT-0200")
    let names = page(0x83)
    #expect(Int(names[3]) == names.count - 4)
    #expect(Array(names[4..<8]) == [2, 1, 0, 21])
    #expect(Array(names[29..<41]) == [1, 3, 0, 8, 0x30, 0, 0, 1, 0, 0, 2, 0])
    let limits = page(0xB0)
    #expect(limits.count == 64 && limits[4] == 1)
    #expect(Array(limits[8..<12]) == [0, 0, 0x20, 0])
    #expect(Array(limits[20..<28]) == [0, 0, 0x20, 0, 0, 0, 0, 1])
    #expect(Array(limits[36..<44]) == [0, 0, 0, 0, 0, 0, 0x20, 0])
    #expect(page(0xB1).count == 64 && page(0xB1)[5] == 1)
    #expect(page(0xB2) == [0, 0xB2, 0, 4, 0, 0xE0, 2, 0])
    let unknown = driver.run([0x12, 1, 0x99, 0, 255, 0], room: 255)
    #expect(unknown.status == 2 && unknown.senseCode == 0x05_24_00)
  }

  @Test("is one disk to all who have it, whatever number each gives it")
  func identity() throws {
    var one = try SCSIDriver(unitNumber: 0x3F)
    one.start()
    #expect(
      String(
        decoding: one.run([0x12, 1, 0x80, 0, 255, 0], room: 255).data.dropFirst(4), as: UTF8.self)
        == "ENDICOTT-003F")
  }

  /// SPC-4, "REPORT LUNS"; "Incorrect logical unit selection"; VIRTIO 1.2, "Device operation: request queues".
  @Test("is the only unit of the only target")
  func addresses() throws {
    var driver = try driver()
    let list = driver.run([0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 16], room: 16)
    #expect(list.data == [0, 0, 0, 8] + [UInt8](repeating: 0, count: 12))
    #expect(driver.run([0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 15], room: 16).senseCode == 0x05_24_00)
    let unit: [UInt8] = [1, 0, 0x40, 1, 0, 0, 0, 0]
    #expect(driver.begin([0x12, 0, 0, 0, 36], room: 36, address: unit) == [])
    #expect(driver.answer(room: 36).data.first == 0x7F)
    #expect(driver.begin([0x00], address: unit) == [])
    #expect(driver.answer().senseCode == 0x05_25_00)
    for address in [[1, 1, 0x40, 0, 0, 0, 0, 0], [0, 0, 0x40, 0, 0, 0, 0, 0]] as [[UInt8]] {
      #expect(driver.begin([0x00], address: address) == [])
      #expect(driver.answer().code == 3)
    }
  }

  /// SPC-4, "Unit attention condition", "REQUEST SENSE".
  @Test("says once that it was switched on, but to those who ask what it is")
  func attention() throws {
    var driver = try driver(isSettled: false)
    #expect(driver.run([0x12, 0, 0, 0, 36], room: 36).status == 0)
    #expect(driver.begin([0x00]) == [])
    #expect(driver.answer().status == 2 && driver.answer().senseCode == 0x06_29_00)
    #expect(driver.run([0x00]).status == 0)
    driver.start()
    let sense = driver.run([0x03, 0, 0, 0, 18], room: 18)
    #expect(sense.status == 0 && sense.data[2] == 6 && sense.data[12] == 0x29)
    #expect(driver.run([0x00]).status == 0)
    #expect(driver.run([0x03, 0, 0, 0, 18], room: 18).data[2] == 0)
  }

  /// SBC-3, "READ CAPACITY (10)", "READ CAPACITY (16)".
  @Test("says how large it is")
  func capacity() throws {
    var driver = try driver()
    #expect(driver.run([0x25], room: 8).data == [0, 0, 0, 63, 0, 0, 2, 0])
    let long = driver.run([0x9E, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32], room: 32)
    #expect(
      long.data == [0, 0, 0, 0, 0, 0, 0, 63, 0, 0, 2, 0, 0, 0, 0x80, 0]
        + [UInt8](repeating: 0, count: 16))
    var large = try self.driver(blockCount: 1 << 33)
    #expect(large.run([0x25], room: 8).data == [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 2, 0])
  }

  /// SPC-4, "MODE SENSE (6)" and "(10)", "Control mode page"; SBC-3, "Caching mode page", "Device-specific parameter".
  @Test("has a cache, tasks for each, and durable writes", arguments: [false, true])
  func mode(isReadOnly: Bool) throws {
    var driver = try driver(isReadOnly: isReadOnly)
    let specific: UInt8 = isReadOnly ? 0x90 : 0x10
    let short = driver.run([0x1A, 8, 0x3F, 0, 255], room: 255).data
    #expect(short.count == 36 && Array(short[..<4]) == [35, 0, specific, 0])
    #expect(
      Array(short[4..<7]) == [0x08, 18, 4] && Array(short[24..<30]) == [0x0A, 10, 0x20, 0, 0, 0x40])
    let long = driver.run([0x5A, 0, 0x08, 0, 0, 0, 0, 0, 255], room: 255).data
    #expect(Array(long[..<16]) == [0, 34, 0, specific, 0, 0, 0, 8, 0, 0, 0, 64, 0, 0, 2, 0])
    #expect(long.count == 36)
    // Nothing can be changed, nothing is saved, and other pages are not there.
    #expect(driver.run([0x1A, 8, 0x48, 0, 255], room: 255).data[6] == 0)
    #expect(driver.run([0x1A, 8, 0xC8, 0, 255], room: 255).senseCode == 0x05_39_00)
    #expect(driver.run([0x1A, 8, 0x01, 0, 255], room: 255).senseCode == 0x05_24_00)
  }

  /// SBC-3, READ and WRITE (6), (10), (16).
  @Test("reads and writes by commands of three lengths")
  func movement() throws {
    var driver = try driver()
    let reads: [([UInt8], UInt64, Int)] = [
      ([0x08, 0, 0, 3, 2], 3, 1024), ([0x28, 0, 0, 0, 0, 5, 0, 0, 4], 5, 2048),
      ([0x88, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1], 7, 512),
    ]
    for (command, block, count) in reads {
      let request = try #require(driver.begin(command, room: count).first)
      #expect(request.kind == .read && request.firstBlock == block && request.byteCount == count)
      #expect(request.hearsAttention)
      let data = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
      driver.end(request, data: data)
      #expect(driver.answer(room: count).data == data && driver.answer().status == 0)
    }
    let data = (0..<1024).map { UInt8(truncatingIfNeeded: $0 * 3) }
    let writes: [([UInt8], Bool)] = [
      ([0x0A, 0, 0, 9, 2], false), ([0x2A, 0, 0, 0, 0, 9, 0, 0, 2], false),
      ([0x2A, 8, 0, 0, 0, 9, 0, 0, 2], true),
      ([0x8A, 8, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 2], true),
    ]
    for (command, isDurable) in writes {
      let request = try #require(driver.begin(command, out: data).first)
      #expect(request.kind == .write && request.firstBlock == 9 && request.data == data)
      #expect(request.isDurable == isDurable)
      driver.end(request)
      #expect(driver.answer().status == 0 && driver.answer().residual == 0)
    }
    // 256 blocks by 0 in the short form; none in the others.
    var large = try self.driver(blockCount: 512)
    #expect(large.begin([0x08, 0, 0, 0, 0], room: 256 * 512).first?.byteCount == 256 * 512)
    #expect(large.begin([0x28, 0, 0, 0, 0, 0, 0, 0, 0], place: 1).first?.control == .test(.reads))
    let synchronize = try #require(large.begin([0x35], place: 2).first)
    #expect(synchronize.kind == .flush)
  }

  @Test("refuses what it does not serve, by the standards' sense data")
  func refusals() throws {
    var driver = try driver()
    let cases: [([UInt8], [UInt8], Int, UInt32)] = [
      // Beyond the end; more than block limits say; protection; commands that nobody has.
      ([0x28, 0, 0, 0, 0, 63, 0, 0, 2], [], 1024, 0x05_21_00),
      ([0x88, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 1], [], 512, 0x05_21_00),
      ([0x28, 0x20, 0, 0, 0, 0, 0, 0, 1], [], 512, 0x05_24_00),
      ([0xFF], [], 0, 0x05_20_00), ([0x2F], [], 0, 0x05_20_00),
      ([0x9E, 0x12], [], 32, 0x05_24_00), ([0x5E, 4, 0, 0, 0, 0, 0, 0, 8], [], 8, 0x05_24_00),
      // A list that is too short, with two ranges, beyond the end.
      ([0x42, 0, 0, 0, 0, 0, 0, 0, 4], [0, 2, 0, 0], 0, 0x05_1A_00),
      (
        [0x42, 0, 0, 0, 0, 0, 0, 0, 40], [0, 38, 0, 32] + [UInt8](repeating: 0, count: 36), 0,
        0x05_26_00
      ),
      ([0x42, 1, 0, 0, 0, 0, 0, 0, 24], [UInt8](repeating: 0, count: 24), 0, 0x05_24_00),
      // No number of blocks; data that change from block to block.
      (
        [0x93, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [UInt8](repeating: 0, count: 512), 0,
        0x05_24_00
      ),
      ([0x41, 2, 0, 0, 0, 0, 0, 0, 1], [UInt8](repeating: 0, count: 512), 0, 0x05_24_00),
      // A scope and a type that are not there, a list of another length, other ports, to move a registration.
      ([0x5F, 1, 0x10, 0, 0, 0, 0, 0, 24], [UInt8](repeating: 0, count: 24), 0, 0x05_24_00),
      ([0x5F, 1, 0x02, 0, 0, 0, 0, 0, 24], [UInt8](repeating: 0, count: 24), 0, 0x05_24_00),
      ([0x5F, 0, 0, 0, 0, 0, 0, 0, 20], [UInt8](repeating: 0, count: 20), 0, 0x05_1A_00),
      ([0x5F, 0, 0, 0, 0, 0, 0, 0, 24], [UInt8](repeating: 0xC, count: 24), 0, 0x05_26_00),
      ([0x5F, 7, 0, 0, 0, 0, 0, 0, 24], [UInt8](repeating: 0, count: 24), 0, 0x05_24_00),
      ([0x16, 1], [], 0, 0x05_24_00),
    ]
    for (command, out, room, code) in cases {
      #expect(driver.begin(command, out: out, room: room) == [], "\(command)")
      #expect(driver.answer().status == 2 && driver.answer().senseCode == code, "\(command)")
    }
    // More blocks than there is room for.
    for command in [[0x28, 0, 0, 0, 0, 0, 0, 0, 2], [0x2A, 0, 0, 0, 0, 0, 0, 0, 2]] as [[UInt8]] {
      let isRead = command[0] == 0x28
      #expect(
        driver.begin(
          command, out: isRead ? [] : [UInt8](repeating: 0, count: 512), room: isRead ? 512 : 0)
          == [])
      #expect(driver.answer().code == 1)
    }
    #expect(driver.usedIndex() == UInt16(cases.count + 3))
  }

  /// SBC-3, "UNMAP", "WRITE SAME (10)" and "(16)".
  @Test("gives blocks back, and writes the same again")
  func clearing() throws {
    var driver = try driver()
    let range: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 4, 0, 0, 0, 0]
    let unmap = try #require(
      driver.begin(
        [0x42, 0, 0, 0, 0, 0, 0, 0, 24], out: [0, 22, 0, 16, 0, 0, 0, 0] + range
      ).first)
    #expect(unmap.kind == .discard && unmap.firstBlock == 8 && unmap.byteCount == 2048)
    driver.end(unmap)
    #expect(driver.answer().status == 0)
    #expect(
      driver.begin([0x42, 0, 0, 0, 0, 0, 0, 0, 0]).first?.control == .test(.changes))
    let zeroes = [UInt8](repeating: 0, count: 512)
    for (command, out) in [
      ([0x41, 8, 0, 0, 0, 8, 0, 0, 4], zeroes),
      ([0x93, 1, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 4], []),
    ] as [([UInt8], [UInt8])] {
      let request = try #require(driver.begin(command, out: out, place: 1).first)
      #expect(request.kind == .writeZeroes && request.firstBlock == 8)
      #expect(request.byteCount == 2048 && request.data == [])
      driver.end(request)
    }
    let block = (0..<512).map { UInt8(truncatingIfNeeded: $0) }
    let same = try #require(
      driver.begin([0x93, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 3], out: block, place: 2).first)
    #expect(same.kind == .write && same.byteCount == 1536)
    #expect(same.isRepeated && same.data == block)
  }

  @Test("a disk that is only read changes nothing and reserves nothing")
  func readOnly() throws {
    var driver = try driver(isReadOnly: true)
    let commands: [[UInt8]] = [
      [0x2A, 0, 0, 0, 0, 0, 0, 0, 1], [0x41, 0, 0, 0, 0, 0, 0, 0, 1],
      [0x42, 0, 0, 0, 0, 0, 0, 0, 24], [0x5F, 0, 0, 0, 0, 0, 0, 0, 24], [0x16],
    ]
    for command in commands {
      #expect(driver.begin(command, out: [UInt8](repeating: 0, count: 512)) == [], "\(command)")
      #expect(driver.answer().senseCode == 0x07_27_00, "\(command)")
    }
    #expect(driver.run([0x12, 1, 0xB2, 0, 255, 0], room: 255).data[5] == 0)
  }

  /// SPC-4, "PERSISTENT RESERVE OUT", "PERSISTENT RESERVE IN"; SPC-2, RESERVE and RELEASE.
  @Test("hands what is asked of reservations on")
  func reservations() throws {
    var driver = try driver()
    let list: [UInt8] =
      [0, 0, 0, 0, 0, 0, 0, 0xA] + [0, 0, 0, 0, 0, 0, 0, 0xB] + [0, 0, 0, 0, 1, 0, 0, 0]
    let actions: [(UInt8, UInt8, DeviceControl)] = [
      (0, 0, .register(0xB, inPlaceOf: 0xA)), (6, 0, .register(0xB, inPlaceOf: nil)),
      (1, 5, .reserve(.writeExclusiveRegistrants, key: 0xA)),
      (2, 1, .release(.writeExclusive, key: 0xA)), (3, 0, .clear(key: 0xA)),
      (4, 8, .preempt(0xB, .exclusiveAccessAllRegistrants, key: 0xA, isAborting: false)),
      (5, 3, .preempt(0xB, .exclusiveAccess, key: 0xA, isAborting: true)),
    ]
    for (action, type, expected) in actions {
      let request = driver.begin([0x5F, action, type, 0, 0, 0, 0, 0, 24], out: list).first
      #expect(request?.control == expected)
      driver.end(request)
      #expect(driver.answer().status == 0)
    }
    let reports: [(UInt8, ReservationReport)] = [
      (0, .keys), (1, .reservation), (2, .capabilities), (3, .fullStatus),
    ]
    for (action, report) in reports {
      let request = driver.begin([0x5E, action, 0, 0, 0, 0, 0, 0, 6], room: 16).first
      #expect(request?.control == .report(report))
      driver.end(request, data: [1, 2, 3, 4, 5, 6, 7, 8])
      #expect(driver.answer(room: 16).data == [1, 2, 3, 4, 5, 6])
    }
    for (code, expected) in [
      (0x16, .reserveUnit), (0x56, .reserveUnit), (0x17, .releaseUnit), (0x57, .releaseUnit),
    ] as [(UInt8, DeviceControl)] {
      let request = driver.begin([code]).first
      #expect(request?.control == expected)
      driver.end(request)
    }
  }

  /// SAM-4, "Status codes"; SPC-4, "Sense key descriptions".
  @Test("tells how each ends")
  func endings() throws {
    var driver = try driver()
    let cases: [(ChannelStatus, DeviceSense?, UInt8, UInt32)] = [
      (.ok, nil, 0, 0), (.reservationConflict, nil, 0x18, 0), (.aborted, nil, 0x40, 0),
      (.ioError, nil, 2, 0x03_0C_00), (.notOperational, nil, 2, 0x02_04_00),
      (.refused, .registrationsPreempted, 2, 0x06_2A_05), (.refused, .reset, 2, 0x06_29_03),
      (.refused, .invalidRelease, 2, 0x05_26_04), (.refused, .registrationsFull, 2, 0x05_55_04),
    ]
    for (status, sense, expected, code) in cases {
      driver.end(
        driver.begin([0x2A, 0, 0, 0, 0, 0, 0, 0, 1], out: [UInt8](repeating: 1, count: 512)).first,
        status, sense: sense)
      #expect(driver.answer().status == expected && driver.answer().senseCode == code, "\(status)")
      #expect(driver.answer().code == 0)
      #expect(driver.answer().residual == (status == .ok ? 0 : 512))
    }
    driver.end(driver.begin([0x28, 0, 0, 0, 0, 0, 0, 0, 1], room: 512).first, .ioError)
    #expect(driver.answer().senseCode == 0x03_11_00)
  }

  /// VIRTIO 1.2, "Device operation: controlq"; SAM-4, "Task management functions".
  @Test("ends tasks that it is asked to end, and says which there are")
  func functions() throws {
    var driver = try driver()
    let one = driver.begin([0x28, 0, 0, 0, 0, 0, 0, 0, 1], room: 512, place: 1).first
    let two = driver.begin([0x28, 0, 0, 0, 0, 0, 0, 0, 1], room: 512, place: 2).first
    // The driver's names count from 1, and the first command told that it was switched on.
    #expect(driver.manage(6, identifier: 2) == 10 && driver.manage(6, identifier: 9) == 0)
    #expect(driver.manage(7) == 10)
    _ = driver.owner.takeRequests()
    #expect(driver.manage(0, identifier: 9) == 0)
    #expect(driver.owner.events.isEmpty)
    #expect(driver.manage(0, identifier: 2) == 0)
    #expect(driver.owner.events == [.requestsEnded(0x190)])
    // Aborted the one, to be asked again the other; what comes of them later changes nothing.
    #expect(driver.answer(place: 1).code == 2 && driver.answer(place: 2).code == 5)
    let used = driver.usedIndex()
    driver.end(one, .ioError)
    driver.end(two, data: [UInt8](repeating: 1, count: 512))
    #expect(driver.usedIndex() == used && driver.device.pending == [])
    #expect(driver.manage(7) == 0)
    let three = driver.begin([0x00], place: 1).first
    driver.owner.events = []
    #expect(driver.manage(1) == 0 && driver.answer(place: 1).code == 2)
    #expect(driver.owner.events == [.requestsEnded(0x190)])
    driver.end(three, .ioError)
    // No such function, and events: there are none.
    #expect(driver.manage(2) == 11)
    #expect(driver.manage(0, type: 1) == 0 && driver.manage(0, type: 2) == 0)
    #expect(driver.read(0x70) == 0xF)
  }

  @Test("a reset of the unit ends what is under way, and with it what another has reserved")
  func unitReset() throws {
    var driver = try driver()
    let task = driver.begin([0x00], place: 1).first
    #expect(driver.manage(5) == nil)
    #expect(driver.answer(place: 1).code == 4)
    #expect(driver.owner.events.first == .channelCleared(0x190))
    let request = driver.owner.takeRequests().last
    #expect(request?.control == .resetUnit)
    driver.end(task, .ioError)
    let used = driver.usedIndex(0)
    driver.end(request)
    #expect(driver.usedIndex(0) == used + 1 && driver.bytes(SCSIDriver.header + 0xF800, 1) == [0])
    // It was reset.
    #expect(driver.run([0x00]).senseCode == 0x06_29_00)
    #expect(driver.manage(4) == 0)
    #expect(driver.run([0x00]).senseCode == 0x06_29_00)
  }

  @Test("a reset of the adapter gives up what RESERVE gave, once")
  func adapterReset() throws {
    var driver = try driver()
    driver.end(driver.begin([0x16]).first)
    driver.write(0x70, 0)
    #expect(driver.owner.events == [.channelCleared(0x190)])
    driver.owner.events = []
    driver.write(0x70, 0)
    #expect(driver.owner.events == [])
  }

  @Test("what is under way is saved and goes on, and what no adapter has is refused")
  func saved() throws {
    var driver = try driver()
    let request = driver.begin([0x25], room: 8).first
    let bytes = try JSONEncoder().encode(driver.device.state)
    let state = try JSONDecoder().decode(SCSIDevice.State.self, from: bytes)
    #expect(state == driver.device.state)
    var other = try SCSIDriver()
    other.start()
    for (place, value) in [(SCSIDriver.descriptors, 0x8000), (SCSIDriver.header, 0x2_0000)] {
      other.store(driver.bytes(place, value), at: place)
    }
    try other.device.restore(state)
    other.end(request)
    #expect(other.answer(room: 8).data == [0, 0, 0, 63, 0, 0, 2, 0])
    #expect(!other.device.isFresh)
    var wrong = state
    wrong.pending[0].task = nil
    #expect(throws: StateRefusal.self) { try other.device.restore(wrong) }
    #expect(driver.device.misplacedProperties == [])
  }

  @Test("a driver that gives too little room has to reset it")
  func incomplete() throws {
    for (first, second) in [(50, 108), (51, 107)] {
      var driver = try driver()
      driver.descriptor(0, SCSIDriver.header, first, flags: 1)
      driver.descriptor(1, SCSIDriver.response, second, flags: 2)
      driver.offer(0, queue: 2)
      #expect(driver.read(0x70) & 0x40 != 0)
    }
  }
}

/// A driver that does whatever it likes.
///
/// Oracle: VIRTIO 1.2, "Split Virtqueues": a device gives back no more than it was given, and writes nothing but what
/// it was given to write.
@Suite("A SCSI disk and a hostile driver")
struct SCSIHostilityTests {
  @Test("whatever commands, lengths, addresses and endings come", arguments: [1, 2, 3] as [UInt64])
  func hostile(seed: UInt64) throws {
    var random = RandomSequence(seed: seed)
    func number(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
    var driver = try SCSIDriver()
    driver.start()
    let guarded: UInt64 = 0x80_0000
    driver.store([UInt8](repeating: 0xC3, count: 0x1000), at: guarded)
    var flying: [ChannelRequest] = []
    for _ in 0..<3000 {
      switch number(12) {
      case 0..<6:
        let command = (0..<16).map { _ in UInt8(number(4) == 0 ? number(256) : number(3)) }
        let codes: [UInt8] = [
          0x00, 0x03, 0x08, 0x0A, 0x12, 0x16, 0x17, 0x1A, 0x25, 0x28, 0x2A, 0x35, 0x41, 0x42, 0x5E,
          0x5F, 0x88, 0x8A, 0x93, 0x9E, 0xA0, UInt8(number(256)),
        ]
        let out = (0..<number(3) * 300).map { _ in UInt8(number(256)) }
        flying += driver.begin(
          [codes[number(codes.count)]] + command, out: out, room: number(2) * number(2000),
          place: UInt64(number(8)))
      case 6, 7:
        _ = driver.manage(
          UInt32(number(9)), identifier: UInt64(number(3000)), type: UInt32(number(4)))
        flying += driver.owner.takeRequests()
      case 8, 9:
        guard !flying.isEmpty else { continue }
        let request = flying.remove(at: number(flying.count))
        let endings: [ChannelStatus] = [
          .ok, .ok, .ioError, .notOperational, .reservationConflict, .refused, .aborted,
        ]
        flying += driver.end(
          request, endings[number(endings.count)],
          data: [UInt8](repeating: 0x5A, count: number(2) * 4096),
          sense: number(2) == 0 ? nil : .reset)
      case 10:
        let length = [0, 1, 12, 50, 51, 107, 108, 1 << 20][number(8)]
        let address = [SCSIDriver.header, SCSIDriver.response, 0, UInt64.max - 4][number(4)]
        driver.descriptor(
          UInt64(number(32)), address, length, flags: UInt16(number(8)), queue: number(3))
        driver.offer(UInt16(number(80)), queue: number(3))
        flying += driver.owner.takeRequests()
      default:
        driver.start()
        driver.store([0, 0, 0, 0], at: driver.ring(2) + 0x800)
      }
      #expect(driver.device.pending.count <= 2 * DiskFace.Flight.requestLimit)
      #expect(
        flying.allSatisfy {
          $0.kind == .control || $0.byteCount <= ChannelDefaults.requestByteLimit
        })
    }
    #expect(driver.bytes(guarded, 0x1000).allSatisfy { $0 == 0xC3 })
    // It is whole again when its driver begins anew.
    for request in flying { driver.end(request, .ioError) }
    #expect(driver.device.pending.isEmpty)
    for queue in 0..<3 {
      driver.store([UInt8](repeating: 0, count: 0x1000), at: driver.ring(queue))
    }
    driver.start()
    driver.settle()
    #expect(driver.run([0x25], room: 8).data == [0, 0, 0, 63, 0, 0, 2, 0])
  }
}
