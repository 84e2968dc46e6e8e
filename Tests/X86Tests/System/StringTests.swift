import Testing

@testable import X86

/// String instructions; oracle: Intel SDM volume 1, "String Instructions", volume 2, "REP", and the
/// cost table of the simulator (an element costs a cycle).
@Suite struct StringTests {
  private typealias Machine = SystemTestMachine
  private static let data = SystemTestMachine.data

  private func bytes(_ machine: Machine, _ address: UInt64, _ count: Int) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: count)
    _ = result.withUnsafeMutableBytes { machine.memory.read(address, into: $0) }
    return result
  }

  private func prepare(
    _ machine: Machine, count: UInt64, from: UInt64 = 0, to: UInt64 = 0
  ) {
    machine.processor[.rcx] = count
    machine.processor[.rsi] = Self.data + from
    machine.processor[.rdi] = Self.data + to
  }

  @Test(arguments: [1, 2, 3, 7, 100, 5000])
  func slicesDoNotShow(slice: Int) throws {
    let machine = try Machine()
    machine.enterLongMode()
    prepare(machine, count: 3000, from: 0, to: 0x3FFD)
    for index in 0..<UInt64(3000) {
      machine.store([UInt8(truncatingIfNeeded: index &* 7)], at: Self.data + index)
    }
    machine.store([0xF3, 0xA4, 0xF4], at: Machine.code)
    machine.processor.instructionPointer = Machine.code
    machine.processor.chargesCycles = false
    var cycles = 0
    while machine.processor.activity == .running {
      machine.runSlice(cycles: slice)
      cycles += machine.processor.cyclesUsed
      #expect(machine.processor.cyclesUsed <= slice)
    }
    #expect(cycles == 3001)
    #expect(machine.processor[.rcx] == 0)
    #expect(machine.processor[.rsi] == Self.data + 3000)
    #expect(machine.processor[.rdi] == Self.data + 0x3FFD + 3000)
    #expect(bytes(machine, Self.data + 0x3FFD, 3000) == bytes(machine, Self.data, 3000))
  }

  @Test func theBudgetCutsBetweenElements() throws {
    let machine = try Machine()
    machine.enterLongMode()
    prepare(machine, count: 100)
    machine.store([0xF3, 0xAA], at: Machine.code)
    machine.processor.instructionPointer = Machine.code
    machine.run(instructions: 40)
    #expect(machine.processor[.rcx] == 60)
    #expect(machine.processor.instructionPointer == Machine.code)
    #expect(machine.processor.cyclesUsed == 40)
  }

  @Test func countZeroDoesNothing() throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: 3)
    machine.processor[.rcx] = 0
    machine.processor[.rsi] = 1 << 60
    machine.processor[.rdi] = 1 << 60
    machine.processor.flags = 0x8D7
    machine.store([0xF3, 0xA4, 0xF3, 0xA6, 0x90], at: Machine.code)
    machine.processor.instructionPointer = Machine.code
    machine.run(instructions: 2)
    #expect(machine.processor.instructionPointer == Machine.code + 4)
    #expect(machine.processor[.rsi] == 1 << 60)
    #expect(machine.processor.flags == 0x8D7)
    #expect(machine.processor.cyclesUsed == 2)
  }

  struct Overlap: Sendable {
    var code: [UInt8]
    var size: Int
    var distance: Int
    var isDown: Bool
  }

  static let overlaps: [Overlap] = {
    var rows: [Overlap] = []
    for (code, size): ([UInt8], Int) in [
      ([0xF3, 0xA4], 1), ([0x66, 0xF3, 0xA5], 2), ([0xF3, 0xA5], 4), ([0xF3, 0x48, 0xA5], 8),
    ] {
      for distance in [-17, -8, -3, -1, 0, 1, 2, 5, 8, 16, 4000] {
        for isDown in [false, true] {
          rows.append(Overlap(code: code, size: size, distance: distance, isDown: isDown))
        }
      }
    }
    return rows
  }()

  /// Element by element, as the manual describes MOVS, is the model.
  @Test(arguments: overlaps)
  func overlappingMovesRepeatByElements(row: Overlap) throws {
    let machine = try Machine()
    machine.enterLongMode()
    var model = (0..<16384).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 5) }
    machine.store(model, at: Self.data)
    let count = 5001 / row.size
    var source = 4096 + 11
    if row.isDown { source += count * row.size }
    prepare(machine, count: UInt64(count), from: UInt64(source), to: UInt64(source + row.distance))
    machine.processor.flags = row.isDown ? 0x402 : 2
    machine.run(row.code + [0xF4], instructions: 10000)
    for index in 0..<count {
      let offset = source + (row.isDown ? -index : index) * row.size
      let element = Array(model[offset..<offset + row.size])
      model.replaceSubrange(
        offset + row.distance..<offset + row.distance + row.size, with: element)
    }
    #expect(bytes(machine, Self.data, 16384) == model)
    let moved = row.isDown ? -count * row.size : count * row.size
    #expect(machine.processor[.rsi] == Self.data + UInt64(source + moved))
  }

  @Test func aFaultLeavesTheRegistersAtItsElement() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.setPageEntry(Self.data + 0x2000, 0)
    prepare(machine, count: 100, from: 0x5000, to: 0x1FF0 + 4)
    machine.run([0xF3, 0x48, 0xA5])  // rep movsq: the second element straddles into the hole
    #expect(machine.vector == 14)
    #expect(machine.processor[.rcx] == 99)
    #expect(machine.processor[.rsi] == Self.data + 0x5008)
    #expect(machine.processor[.rdi] == Self.data + 0x1FFC)
    #expect(machine.processor.cr2 == Self.data + 0x2000)
    #expect(machine.stack(2) == [2, Machine.code])
  }

  @Test func aDestinationThatMayNotBeWrittenFaultsBeforeAnything() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.cr0 |= ControlRegister0.writeProtect
    machine.setPageEntry(Self.data, Self.data | 5)
    prepare(machine, count: 10)
    machine.run([0xF3, 0xAB])
    #expect(machine.vector == 14)
    #expect(machine.stack(1) == [3])
    #expect(machine.processor[.rcx] == 10)
    #expect(machine.pageEntry(Self.data) & 0x40 == 0)
  }

  @Test func addressSizeChoosesTheRegistersWidth() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rcx] = 0xFFFF_FFFF_0000_0003
    machine.processor[.rdi] = 0xFFFF_FFFF_0000_0000 | Self.data
    machine.processor[.rax] = 0xAB
    machine.run([0x67, 0xF3, 0xAA, 0xF4])
    #expect(machine.processor[.rcx] == 0)
    #expect(machine.processor[.rdi] == Self.data + 3)
    #expect(bytes(machine, Self.data, 4) == [0xAB, 0xAB, 0xAB, 0])
  }

  @Test func sixteenBitOffsetsWrap() throws {
    let machine = try Machine()
    machine.processor.setSegment(
      .cs, selector: 0x1000, base: 0x10000, limit: 0xFFFF, attributes: 0x93)
    machine.processor.setSegment(
      .es, selector: 0x2000, base: 0x20000, limit: 0xFFFF, attributes: 0x93)
    machine.processor[.rcx] = 4
    machine.processor[.rdi] = 0xFFFE
    machine.processor[.rax] = 0x77
    machine.store([0xF3, 0xAA, 0xF4], at: 0x10000)
    machine.processor.instructionPointer = 0
    machine.run()
    #expect(machine.processor[.rdi] == 2)
    #expect(bytes(machine, 0x2FFFE, 2) == [0x77, 0x77])
    #expect(bytes(machine, 0x20000, 3) == [0x77, 0x77, 0])
  }

  struct Search: Sendable {
    var code: [UInt8]
    var count: UInt64
    var text: String
    var other: String
    var left: UInt64
    var isEqual: Bool
    init(
      _ code: [UInt8], _ count: UInt64, _ text: String, _ other: String, _ left: UInt64,
      _ isEqual: Bool
    ) {
      self.code = code
      self.count = count
      self.text = text
      self.other = other
      self.left = left
      self.isEqual = isEqual
    }
  }

  @Test(arguments: [
    Search([0xF2, 0xAE], 10, "abcXdefghi", "", 6, true),  // repne scasb
    Search([0xF2, 0xAE], 3, "abcXdefghi", "", 0, false),
    Search([0xF3, 0xAE], 10, "XXXabcdefg", "", 6, false),  // repe scasb
    Search([0xF3, 0xA6], 10, "abcdefghij", "abcdeXghij", 4, false),  // repe cmpsb
    Search([0xF3, 0xA6], 10, "abcdefghij", "abcdefghij", 0, true),
    Search([0xF2, 0xA6], 10, "abcdefghij", "ABcdefghij", 7, true),  // repne cmpsb
  ])
  func searches(row: Search) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.store(Array(row.text.utf8), at: Self.data)
    machine.store(Array(row.other.utf8), at: Self.data + 0x1000)
    machine.processor[.rax] = 0x58
    machine.processor[.rcx] = row.count
    machine.processor[.rdi] = Self.data
    machine.processor[.rsi] = Self.data + 0x1000
    machine.run(row.code + [0xF4])
    #expect(machine.processor[.rcx] == row.left)
    #expect((machine.processor.flags & 0x40 != 0) == row.isEqual)
    #expect(machine.processor[.rdi] == Self.data + row.count - row.left)
  }

  @Test func theOverrideIsForTheSourceOnly() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.setSegment(.fs, selector: 0, base: 0x1000, limit: 0, attributes: 0)
    machine.store([1, 2, 3], at: Self.data + 0x1000)
    prepare(machine, count: 3, from: 0, to: 0x100)
    machine.run([0x64, 0xF3, 0xA4, 0xF4])
    #expect(bytes(machine, Self.data + 0x100, 3) == [1, 2, 3])
  }

  @Test func singleStepGoesByIterations() throws {
    let machine = try Machine()
    machine.enterLongMode()
    prepare(machine, count: 3)
    machine.processor.flags = 0x102
    machine.run([0xF3, 0xAA])
    #expect(machine.vector == 1)
    #expect(machine.processor[.rcx] == 2)
    #expect(machine.stack(1) == [Machine.code])
  }

  @Test func storingOverTheNextInstructionIsSeen() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rcx] = 1
    machine.processor[.rdi] = Machine.code + 2
    machine.processor[.rax] = 0xF4
    machine.run([0xF3, 0xAA, 0x90, 0x0F, 0x0B])
    #expect(machine.vector == nil)
    #expect(machine.processor.instructionPointer == Machine.code + 3)
  }

  @Test func loadStringTakesTheLastElement() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.store([1, 2, 3, 4], at: Self.data)
    prepare(machine, count: 4)
    machine.run([0xF3, 0xAC, 0xF4])
    #expect(machine.processor[.rax] == 4)
    #expect(machine.processor[.rsi] == Self.data + 4)
  }

  @Test func portsByStrings() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rdx] = 0x1F0
    machine.store([1, 0, 2, 0, 3, 0], at: Self.data)
    prepare(machine, count: 3, to: 0x100)
    machine.run([0x66, 0xF3, 0x6F, 0xB9, 2, 0, 0, 0, 0xF3, 0x6C, 0xF4])
    #expect(machine.platform.pointee.writes.map(\.value) == [1, 2, 3])
    #expect(machine.platform.pointee.writes.map(\.size) == [2, 2, 2])
    #expect(bytes(machine, Self.data + 0x100, 3) == [0x5A, 0x5A, 0])
  }
}
