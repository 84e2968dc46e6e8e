@testable import Platform

/// A bzImage without a real kernel, field by field, whose payload is an ELF in an LZ4 legacy frame.
struct SyntheticKernel {
  var bytes: [UInt8]

  init(payload: [UInt8] = SyntheticKernel.frame(SyntheticKernel.executable())) {
    bytes = [UInt8](repeating: 0, count: 1024)
    let protectedMode = [UInt8](repeating: 0x90, count: 0x2000) + payload
    let padded = protectedMode + [UInt8](repeating: 0, count: (16 - protectedMode.count % 16) % 16)
    put(UInt8(1), at: 0x1F1)
    put(UInt32(padded.count / 16), at: 0x1F4)
    put(UInt16(0xAA55), at: 0x1FE)
    put(UInt8(0x6A), at: 0x201)
    put(UInt32(0x5372_6448), at: 0x202)
    put(UInt16(0x020F), at: 0x206)
    put(UInt8(1), at: 0x211)
    put(UInt32(0x10_0000), at: 0x214)
    put(UInt32(0x7FFF_FFFF), at: 0x22C)
    put(UInt32(0x20_0000), at: 0x230)
    put(UInt8(1), at: 0x234)
    put(UInt16(0x7F), at: 0x236)
    put(UInt32(2047), at: 0x238)
    put(UInt32(0x2000), at: 0x248)
    put(UInt32(payload.count), at: 0x24C)
    put(UInt64(0x100_0000), at: 0x258)
    put(UInt32(0x20_0000), at: 0x260)
    bytes += padded
  }

  mutating func put<T: FixedWidthInteger>(_ value: T, at offset: Int) {
    let replacement = MachineLanguage.littleEndian(value)
    bytes.replaceSubrange(offset..<offset + replacement.count, with: replacement)
  }

  /// An ELF with one segment at 16 MiB: four bytes of code and 4 KiB of zeros behind them.
  static func executable(code: [UInt8] = [0xF4, 0xEB, 0xFD, 0x90]) -> [UInt8] {
    var file = [UInt8](repeating: 0, count: 64 + 56)
    func put<T: FixedWidthInteger>(_ value: T, at offset: Int) {
      let bytes = MachineLanguage.littleEndian(value)
      file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
    put(UInt32(0x464C_457F), at: 0)
    put(UInt8(2), at: 4)
    put(UInt8(1), at: 5)
    put(UInt8(1), at: 6)
    put(UInt16(2), at: 16)
    put(UInt16(62), at: 18)
    put(UInt64(0x100_0000), at: 24)
    put(UInt64(64), at: 32)
    put(UInt16(56), at: 54)
    put(UInt16(1), at: 56)
    put(UInt32(1), at: 64)
    put(UInt64(120), at: 72)
    put(UInt64(0x100_0000), at: 88)
    put(UInt64(code.count), at: 96)
    put(UInt64(code.count + 4096), at: 104)
    return file + code
  }

  /// A legacy frame of one block that holds only literals (LZ4 "Block format").
  static func frame(_ contents: [UInt8]) -> [UInt8] {
    var block: [UInt8] = [0xF0]
    var rest = contents.count - 15
    while rest >= 255 {
      block.append(255)
      rest -= 255
    }
    block.append(UInt8(rest))
    block += contents
    return MachineLanguage.littleEndian(UInt32(0x184C_2102))
      + MachineLanguage.littleEndian(UInt32(block.count)) + block
      + MachineLanguage.littleEndian(UInt32(contents.count))
  }
}
