import CNativeStep

@testable import X86

/// What is not compared, and why: the whole list.
///
/// References are to the Intel SDM volume 2 and the AMD APM volume 3, "Instruction Set Reference",
/// under the instruction's name, unless said otherwise.
enum StepRules {
  private enum Flag {
    static let carry: UInt64 = 0x001
    static let parity: UInt64 = 0x004
    static let adjust: UInt64 = 0x010
    static let zero: UInt64 = 0x040
    static let sign: UInt64 = 0x080
    static let overflow: UInt64 = 0x800
    static let all: UInt64 = 0x8D5
  }

  /// CF, PF, AF, ZF, SF, DF, OF; IF, IOPL, NT, AC, ID.
  static let comparedFlags: UInt64 = 0xCD5 | 0x200 | 0x3000 | 0x4000 | 1 << 18 | 1 << 21

  // MARK: What is not run

  /// Why an instruction must not be run on the host; nil if it may.
  static func reasonNotToRun(_ i: InstructionBytes) -> String? {
    switch (i.map, i.opcode) {
    case (0, 0xCD) where i.modRM == 0x80: "INT 80 is a system call of the host's kernel"
    case (1, 0x05), (1, 0x34): "SYSCALL and SYSENTER are system calls of the host's kernel"
    case (0, 0xE0) where i.repeatPrefix != 0, (0, 0xE1) where i.repeatPrefix != 0:
      "F2 and F3 before LOOPE and LOOPNE are reserved (SDM volume 2, 2.1.1)"
    case (1, 0x00) where i.hasLock: "AMD's VERR and VERW take LOCK"
    case (0, 0xF1): "under this hypervisor INT1 leaves RIP at the instruction"
    case (1, 0x35): "the hypervisor emulates SYSEXIT where silicon raises #UD"
    case (1, 0x01) where i.modRM == 0xC1 || i.modRM == 0xD9:
      "VMCALL and VMMCALL go to the host's own hypervisor"
    case (1, 0x00) where i.group < 2, (1, 0x01) where i.group < 2 && !i.isRegister,
      (1, 0x01) where i.group == 4:
      "the kernel answers SLDT, STR, SGDT, SIDT and SMSW itself where it sets UMIP"
    default: nil
    }
  }

  /// Whether an address between the window and the end of the low half was touched: there lies what
  /// the host's program is made of.
  static func isHostsOwnMemory(_ simulated: StepCase) -> Bool {
    simulated.raw.pointee.vector == 14
      && (0x5000_0000_0000..<0x7FFF_FFFF_F000).contains(simulated.raw.pointee.fault_address)
  }

  /// The feature beyond the baseline that an instruction belongs to: the host has it, the simulated
  /// processor does not say so.
  ///
  /// `offered` are the features that the simulated processor has.
  static func foreignFeature(
    _ i: InstructionBytes, offered: ProcessorFeatures
  ) -> String? {
    func unless(_ feature: ProcessorFeatures, _ name: String) -> String? {
      offered.contains(feature) ? nil : name
    }
    return foreignFeature(i, unless)
  }

  private static func foreignFeature(
    _ i: InstructionBytes, _ unless: (ProcessorFeatures, String) -> String?
  ) -> String? {
    switch i.map {
    case 0:
      switch i.opcode {
      case 0xC4, 0xC5: i.mode == .long || i.isRegister ? "AVX" : nil
      case 0x62: i.mode == .long || i.isRegister ? "AVX512" : nil
      case 0x8F: i.group != 0 ? "XOP" : nil
      case 0xDB, 0xDD, 0xDF: i.group == 1 && !i.isRegister ? unless(.sse3, "SSE3") : nil
      default: nil
      }
    case 1: foreignTwoByteFeature(i, unless)
    case 2: foreignFeature38(i, unless)
    default: foreignFeature3A(i, unless)
    }
  }

  private static func foreignTwoByteFeature(
    _ i: InstructionBytes, _ unless: (ProcessorFeatures, String) -> String?
  ) -> String? {
    switch (i.opcode, i.mandatoryPrefix) {
    case (0x20, _) where i.hasLock, (0x22, _) where i.hasLock: "AltMovCr8"
    case (0x01, _) where i.isRegister && i.group != 4 && i.group != 6 && i.modRM != 0xF8:
      "VMX, SVM, MONITOR, SMAP, XSAVE, RDTSCP, CLZERO, RDPRU and others of 0F 01"
    case (0x12, 0xF2), (0x12, 0xF3), (0x16, 0xF3), (0x7C, _), (0x7D, _), (0xD0, _), (0xF0, _):
      unless(.sse3, "SSE3")
    case (0x78, _), (0x79, _), (0x2B, 0xF2), (0x2B, 0xF3): "SSE4a"
    case (0xB8, 0xF3): unless(.popcnt, "POPCNT")
    case (0xBC, 0xF3): unless(.bmi1, "BMI1")
    case (0xBD, 0xF3): unless(.lzcnt, "LZCNT")
    case (0xC7, _) where i.group != 1: "RDRAND, RDSEED, RDPID, XSAVEC, XSAVES"
    case (0xAE, 0) where !i.isRegister && (4...6).contains(i.group): "XSAVE"
    case (0xAE, 0x66): "CLFLUSHOPT, CLWB, TPAUSE"
    case (0xAE, 0xF3) where i.isRegister && i.group < 4: unless(.fsgsbase, "FSGSBASE")
    case (0xAE, 0xF2), (0xAE, 0xF3): "CET, WAITPKG"
    default: nil
    }
  }

  private static func foreignFeature38(
    _ i: InstructionBytes, _ unless: (ProcessorFeatures, String) -> String?
  ) -> String? {
    switch i.opcode {
    case 0x00...0x0B, 0x1C...0x1E: unless(.ssse3, "SSSE3")
    case 0x37: unless(.sse42, "SSE4.2")
    case 0x10...0x41: unless(.sse41, "SSE4.1")
    case 0xC8...0xCF: "SHA, GFNI"
    case 0xDB...0xDF: "AES"
    case 0xF0 where i.repeatPrefix == 0xF2, 0xF1 where i.repeatPrefix == 0xF2:
      unless(.sse42, "SSE4.2")
    case 0xF0, 0xF1: unless(.movbe, "MOVBE")
    case 0xF5, 0xF6: "ADX, CET"
    case 0x80...0x82, 0xF8, 0xF9: "INVPCID, MOVDIR"
    default: nil
    }
  }

  private static func foreignFeature3A(
    _ i: InstructionBytes, _ unless: (ProcessorFeatures, String) -> String?
  ) -> String? {
    switch i.opcode {
    case 0x0F: unless(.ssse3, "SSSE3")
    case 0x08...0x0E, 0x14...0x22, 0x40...0x42: unless(.sse41, "SSE4.1")
    case 0x44: "PCLMULQDQ"
    case 0x60...0x63: unless(.sse42, "SSE4.2")
    case 0xCC, 0xCE, 0xCF: "SHA, GFNI"
    case 0xDF: "AES"
    default: nil
    }
  }

  // MARK: What is not compared

  /// Flags that the manuals leave undefined after an instruction completed.
  static func undefinedFlags(_ i: InstructionBytes, start: StepState) -> UInt64 {
    i.map == 0 ? undefinedOneByte(i, start) : i.map == 1 ? undefinedTwoByte(i, start) : 0
  }

  private static let multiply = Flag.sign | Flag.zero | Flag.adjust | Flag.parity

  private static func undefinedOneByte(_ i: InstructionBytes, _ start: StepState) -> UInt64 {
    switch i.opcode {
    case 0x08...0x0D, 0x20...0x25, 0x30...0x35, 0x84, 0x85, 0xA8, 0xA9: return Flag.adjust
    case 0x80...0x83: return i.group == 1 || i.group == 4 || i.group == 6 ? Flag.adjust : 0
    case 0x27, 0x2F: return Flag.overflow
    case 0x37, 0x3F: return Flag.overflow | Flag.sign | Flag.zero | Flag.parity
    case 0xD4, 0xD5: return Flag.overflow | Flag.adjust | Flag.carry
    case 0x69, 0x6B: return multiply
    case 0xC0, 0xC1: return undefinedShift(i, count: Int(i.last))
    case 0xD0, 0xD1: return undefinedShift(i, count: 1)
    case 0xD2, 0xD3: return undefinedShift(i, count: Int(start[1] & 0xFF))
    case 0xF6, 0xF7:
      return i.group < 2
        ? Flag.adjust : i.group < 4 ? 0 : i.group < 6 ? multiply : Flag.all
    default: return 0
    }
  }

  private static func undefinedShift(_ i: InstructionBytes, count: Int) -> UInt64 {
    let masked = count & (i.wideBytes == 8 && i.opcode & 1 == 1 ? 63 : 31)
    if masked == 0 { return 0 }
    var undefined: UInt64 = masked == 1 ? 0 : Flag.overflow
    guard i.group >= 4 else { return undefined }
    undefined |= Flag.adjust
    if i.group != 7 && masked >= i.operandBytes * 8 { undefined |= Flag.carry }
    return undefined
  }

  private static func undefinedTwoByte(_ i: InstructionBytes, _ start: StepState) -> UInt64 {
    switch i.opcode {
    case 0xA3, 0xAB, 0xB3, 0xBB, 0xBA:
      return Flag.overflow | Flag.sign | Flag.adjust | Flag.parity
    case 0xA4, 0xAC: return undefinedDoubleShift(i, count: Int(i.last))
    case 0xA5, 0xAD: return undefinedDoubleShift(i, count: Int(start[1] & 0xFF))
    case 0xAF: return multiply
    case 0xBC, 0xBD:
      return i.repeatPrefix == 0xF3
        ? Flag.all & ~(Flag.zero | Flag.carry) : Flag.all & ~Flag.zero
    default: return 0
    }
  }

  private static func undefinedDoubleShift(_ i: InstructionBytes, count: Int) -> UInt64 {
    let masked = count & (i.wideBytes == 8 ? 63 : 31)
    if masked == 0 { return 0 }
    if masked > i.wideBytes * 8 { return Flag.all }
    return masked == 1 ? Flag.adjust : Flag.adjust | Flag.overflow
  }

  /// Why only the fault of an instruction is compared, not what it leaves; nil if all is.
  static func reasonNotToCompareResults(_ i: InstructionBytes, start: StepState) -> String? {
    switch (i.map, i.opcode) {
    case (1, 0x31), (1, 0xA2): return "RDTSC and CPUID tell of the host"
    case (1, 0x03) where start.selector(1) != 0 && mayName(StepSelector.number, i, start):
      return "the limit of Linux's segment of the processor's number changes"
    case (1, 0xA4), (1, 0xA5), (1, 0xAC), (1, 0xAD):
      guard i.wideBytes == 2 else { return nil }
      let count = i.opcode & 1 == 0 ? Int(i.last) : Int(start[1] & 0xFF)
      return count & 31 > 16
        ? "SHLD and SHRD of words leave the result undefined for counts above 16" : nil
    case (1, 0x52), (1, 0x53):
      return "RCPPS and RSQRTPS are approximations that makers choose"
    case (0, 0xD9) where i.isRegister && transcendental.contains(i.modRM):
      return "the x87 transcendentals are approximations that makers choose"
    default: return nil
    }
  }

  /// Why registers are not compared after a fault; nil if they are.
  static func reasonNotToCompareRegisters(_ i: InstructionBytes) -> String? {
    i.map == 0 && i.opcode == 0x61 ? "AMD's POPA keeps what it popped before the fault" : nil
  }

  /// Why x87 state is not compared after a fault; nil if it is.
  static func reasonNotToCompareFloating(_ i: InstructionBytes) -> String? {
    i.map == 1 && [0x2A, 0x2C, 0x2D, 0xF7].contains(i.opcode)
      ? "AMD makes the x87 registers MMX registers before the fault" : nil
  }

  /// Why two different faults are both right; nil if they are not.
  static func reasonForOtherFault(
    _ i: InstructionBytes, native: StepCase, simulated: StepCase
  ) -> String? {
    let wanted = native.raw.pointee
    let got = simulated.raw.pointee
    if i.map == 0 && (i.opcode == 0x8E || i.opcode == 0x17) && simulated.isCompleted
      && native.end.pointer == simulated.end.pointer
    {
      return "the host runs on to the instruction after MOV SS and POP SS, which may not be there"
    }
    if i.map == 1 && i.opcode == 0xAE && (i.group == 1 || i.group == 2) && native.isCompleted
      && got.vector == 13
    {
      return "bit 17 of MXCSR is not reserved where the host masks misaligned operands (AMD APM 1)"
    }
    guard !native.isCompleted, !simulated.isCompleted else { return nil }
    if i.map == 0 && (i.opcode == 0xA6 || i.opcode == 0xA7) {
      if i.repeatPrefix != 0 {
        return "REP CMPS reads its two operands in an order that depends on the count"
      }
      if HostFeatures.family >= 26 {
        return "AMD's family 26 reads the operands of CMPS in another order than those before it"
      }
    }
    if i.hasManyAccesses
      && (wanted.vector != got.vector || wanted.fault_address != got.fault_address)
    {
      return "which of an operand's several accesses faults first is the processor's choice"
    }
    if i.map > 0 && wanted.vector == 13 && got.vector == 12 && wanted.error == 0 {
      return "a misaligned operand of 16 bytes outside the stack segment has two faults"
    }
    if i.mode == .long && i.segmentPrefix != nil && wanted.vector == 13 && got.vector == 14 {
      return "AMD raises #GP where an offset is not canonical, though a base makes it so"
    }
    if i.mode != .long && wanted.vector == 14 && wanted.fault_address < 64 && got.vector != 14 {
      return "at the end of a segment of 4 GiB an operand may wrap (SDM volume 3, 5.3)"
    }
    return nil
  }

  /// The processor chooses which byte of the page a fault of a large access names.
  static func reportsPageOnly(_ i: InstructionBytes) -> Bool {
    (i.map == 0 && (i.opcode == 0xD9 || i.opcode == 0xDD) && (i.group == 4 || i.group == 6))
      || (i.map == 1 && i.opcode == 0xAE)
  }

  /// Why memory is not compared after a fault; nil if it is.
  static func reasonNotToCompareMemory(_ i: InstructionBytes) -> String? {
    switch (i.map, i.opcode) {
    case (0, 0x60): "AMD's PUSHA leaves below RSP what it pushed before the fault"
    case (0, 0xC8): "AMD's ENTER leaves below RSP what it pushed before the fault"
    case (0, 0x9A), (0, 0xE8): "AMD's CALL pushes before it checks its target"
    case (0, 0xFF) where i.group == 2 || i.group == 3:
      "AMD's CALL pushes before it checks its target"
    default: nil
    }
  }

  /// F2XM1, FYL2X, FPTAN, FPATAN, FYL2XP1, FSINCOS, FSIN, FCOS.
  private static let transcendental: [UInt8] = [
    0xF0, 0xF1, 0xF2, 0xF3, 0xF9, 0xFB, 0xFE, 0xFF,
  ]

  private static func mayName(
    _ selector: UInt16, _ i: InstructionBytes, _ start: StepState
  ) -> Bool {
    guard i.isRegister else { return true }
    let register = i.rm | (i.rex & 1 != 0 ? 8 : 0)
    return UInt16(truncatingIfNeeded: start[register]) & ~3 == selector & ~3
  }
}
