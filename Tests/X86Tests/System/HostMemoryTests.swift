import Testing

@testable import X86

// The oracle is the documentation of `GuestMemory`: what the host cannot give is refused, and what lies
// outside the window is left alone.
struct HostMemoryTests {
  @Test(arguments: [
    (UInt64.max, 0, 0), (1 << 62, 1 << 62, 0), (UInt64.max - 1, UInt64.max, Int.max),
    (1 << 20, 0, Int.max), (1 << 20, UInt64.max, 0),
  ])
  func windowThatNoHostHas(_ byteCount: UInt64, _ readOnlyByteCount: UInt64, _ processors: Int) {
    #expect(throws: HostMemoryError.self) {
      _ = try GuestMemory(
        maximumByteCount: byteCount, readOnlyByteCount: readOnlyByteCount,
        processorCount: processors)
    }
  }

  @Test func storageOutsideTheWindowIsLeftAlone() throws {
    let memory = try GuestMemory(maximumByteCount: 3 << 20)
    memory.attach(2 << 20..<UInt64.max)
    #expect(memory.attachedByteCount == 1 << 20)
    #expect(!memory.isStorage(0..<1) && memory.isStorage(2 << 20..<3 << 20))
    #expect(memory.store(UInt32(0x1234_5678), at: 3 << 20 - 4))
    memory.detach(UInt64.max - 5..<UInt64.max)
    #expect(memory.attachedByteCount == 1 << 20)
    memory.detach(0..<UInt64.max)
    #expect(memory.attachedByteCount == 0)
    memory.attach(2 << 20..<2 << 20 + 1)
    #expect(memory.load(3 << 20 - 4, as: UInt32.self) == 0)
  }

  @Test func firmwareBeyondItsRoomIsCut() throws {
    let memory = try GuestMemory(maximumByteCount: 1 << 20, readOnlyByteCount: 8192)
    let image = [UInt8](repeating: 0xA5, count: 3 * 4096 + 7)
    image.withUnsafeBytes { memory.setReadOnly($0) }
    #expect(memory.load(PhysicalAddress.holeEnd - 8192, as: UInt8.self) == 0xA5)
    #expect(memory.load(PhysicalAddress.holeEnd - 1, as: UInt8.self) == 0xA5)
    #expect(memory.load(PhysicalAddress.holeEnd - 8193, as: UInt8.self) == nil)
  }

  @Test(arguments: [-1, 0, 300, Int.max])
  func identificationOfAnyNumberOfProcessors(_ count: Int) {
    let identification = Identification(processorCount: count, processorNumber: count)
    for leaf: UInt32 in [0, 1, 0xB, 0xD, 0x4000_0000, 0x8000_0002, 0x8000_0004, 0x8000_0008] {
      for part: UInt32 in 0..<3 { _ = identification.leaf(leaf, part) }
    }
    let name = identification.leaf(0x8000_0002, 0)
    #expect(name.eax == 0x6964_6E45)  // "Endi"
  }
}
