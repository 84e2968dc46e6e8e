import Quantities

/// What CPUID tells a guest; fixed and versioned, so that guests see the same on every host.
///
/// Family 0x11, model 3: a plain x86-64 processor of AMD's between the families for which Linux has
/// errata work (0xF and 0x10: the E400 idle path and northbridge registers; 0x12 and 0x16: errata
/// registers) and those that speculate into mitigations (0x15 to 0x19: retbleed, SRSO). As AMD it
/// has no Meltdown, so no page tables are switched at every system call; from 0x10 on Linux uses
/// REP MOVS and STOS for large copies, which the host carries out. Automatic IBRS (leaf 0x80000021)
/// says truly that indirect branches need no retpolines here.
package struct Identification: Sendable, Equatable {
  /// The four registers that CPUID returns.
  package typealias Leaf = (eax: UInt32, ebx: UInt32, ecx: UInt32, edx: UInt32)

  /// Logical processors of the partition, reserved ones included.
  package let processorCount: Int
  /// This processor's number, its APIC ID.
  package let processorNumber: Int
  /// What the processor has beyond the fixed model.
  package let features: ProcessorFeatures

  /// Version of the simulated history that this build makes.
  package static let historyVersion: UInt32 = 14
  /// Leaf 1 EAX and EDX after reset: family 0x11, model 3, stepping 1.
  static let signature: UInt32 = 0x0020_0F31

  /// With XSAVE, the leaf that describes its area.
  private var highestLeaf: UInt32 { features.contains(.xsave) ? 0xD : 0xB }
  private static let highestExtendedLeaf: UInt32 = 0x8000_0021
  private static let hypervisorLeaf: UInt32 = 0x4000_0000
  private static let firmwareLeaf: UInt32 = 0x4000_0100

  /// Describes one processor of a partition.
  package init(
    processorCount: Int, processorNumber: Int, features: ProcessorFeatures = .baseline
  ) {
    self.processorCount = processorCount
    self.processorNumber = processorNumber
    self.features = features
  }

  /// CPUID; what changes with control registers is added by the instruction.
  package func leaf(_ eax: UInt32, _ ecx: UInt32) -> Leaf {
    features.adding(to: fixedLeaf(eax, ecx), eax, ecx)
  }

  private func fixedLeaf(_ eax: UInt32, _ ecx: UInt32) -> Leaf {
    switch eax {
    case 0: vendor(highest: highestLeaf)
    case 1: fixedFeatures
    case 6: (1 << 2, 0, 0, 0)  // The APIC timer runs in every state.
    case 7: ecx == 0 ? (0, 1 << 1, 0, 0) : (0, 0, 0, 0)  // TSC_ADJUST.
    case 0xB: topology(ecx)
    case 0xD where features.contains(.xsave) && ecx == 0: extendedStates
    case Self.hypervisorLeaf: (Self.hypervisorLeaf + 1, 0x4B4D_564B, 0x564B_4D56, 0x4D)
    case Self.hypervisorLeaf + 1: (paravirtualFeatures, 0, 0, 0)
    case Self.firmwareLeaf: text("EndicottCP  ", highest: Self.firmwareLeaf + 1)
    case Self.firmwareLeaf + 1: (Self.historyVersion, 0, 0, 0)
    case 0x8000_0000...Self.highestExtendedLeaf: extended(eax)
    default: (0, 0, 0, 0)
    }
  }

  /// KVM's: clock source 2, steal time, halted processors kicked, translations of processors that do not run
  /// dropped later, directed yield, stable clock.
  private var paravirtualFeatures: UInt32 {
    1 << 3 | 1 << 5 | 1 << 7 | 1 << 9 | 1 << 13 | 1 << 24
  }

  private static let commonFeatures: UInt32 =
    1 << 0  // FPU
    | 1 << 3  // PSE
    | 1 << 4  // TSC
    | 1 << 5  // MSR
    | 1 << 6  // PAE
    | 1 << 7  // MCE
    | 1 << 8  // CX8
    | 1 << 9  // APIC
    | 1 << 12  // MTRR
    | 1 << 13  // PGE
    | 1 << 14  // MCA
    | 1 << 15  // CMOV
    | 1 << 16  // PAT
    | 1 << 23  // MMX
    | 1 << 24  // FXSR

  private var fixedFeatures: Leaf {
    let ebx =
      UInt32(truncatingIfNeeded: processorNumber & 0xFF) << 24
      | UInt32(clamping: min(255, processorCount)) << 16 | 8 << 8
    let ecx: UInt32 =
      1 << 13  // CX16
      | 1 << 21  // X2APIC
      | 1 << 24  // TSC-deadline
      | 1 << 31  // HYPERVISOR
    let edx =
      Self.commonFeatures
      | 1 << 11  // SEP
      | 1 << 19  // CLFLUSH
      | 1 << 25  // SSE
      | 1 << 26  // SSE2
    return (Self.signature, ebx, ecx, edx)
  }

  /// Leaf 0xD: the components of XSAVE's area, and its bytes.
  private var extendedStates: Leaf {
    let byteCount = UInt32(StateComponent.areaByteCount)
    return (UInt32(StateComponent.supported), byteCount, byteCount, 0)
  }

  /// Leaf 0xB: one thread a core, every core in one package.
  private func topology(_ level: UInt32) -> Leaf {
    let id = UInt32(clamping: processorNumber)
    switch level {
    case 0: return (0, 1, 1 << 8, id)
    case 1: return (coreBits, UInt32(clamping: processorCount), 2 << 8 | 1, id)
    default: return (0, 0, level, id)
    }
  }

  /// Bits of an APIC ID that number the cores of the package.
  private var coreBits: UInt32 {
    processorCount <= 1 ? 0 : UInt32(Int.bitWidth - (processorCount - 1).leadingZeroBitCount)
  }

  private func extended(_ eax: UInt32) -> Leaf {
    switch eax {
    case 0x8000_0000: return vendor(highest: Self.highestExtendedLeaf)
    case 0x8000_0001:
      let ecx: UInt32 =
        1 << 0  // LAHF in 64-bit mode
        | 1 << 1  // Several cores and no threads
        | 1 << 8  // PREFETCHW
      let edx =
        Self.commonFeatures
        | 1 << 11  // SYSCALL
        | 1 << 20  // NX
        | 1 << 29  // LM
      return (Self.signature, 0, ecx, edx)
    case 0x8000_0002...0x8000_0004: return brand(Int(eax - 0x8000_0002))
    // Caches and translation buffers: AMD's encoding of plausible sizes.
    case 0x8000_0005: return (0xFF40_FF40, 0xFF40_FF40, 0x2008_0140, 0x2008_0140)
    case 0x8000_0006: return (0, 0x6400_6400, 0x0200_6140, 0)
    case 0x8000_0007: return (0, 0, 0, 1 << 8)  // Invariant TSC.
    case 0x8000_0008:
      let physicalBits = UInt32(PhysicalAddress.bits)
      let cores = UInt32(max(1, min(256, processorCount)) - 1)
      // EBX bit 2: FXSAVE always saves the error pointers.
      return (48 << 8 | physicalBits, 1 << 2, coreBits << 12 | cores, 0)
    // LFENCE serialises; a null selector clears the base; automatic IBRS.
    case 0x8000_0021: return (1 << 2 | 1 << 6 | 1 << 8, 0, 0, 0)
    default: return (0, 0, 0, 0)
    }
  }

  private func vendor(highest: UInt32) -> Leaf {
    (highest, 0x6874_7541, 0x444D_4163, 0x6974_6E65)  // "AuthenticAMD" in EBX, EDX, ECX.
  }

  private func text(_ text: String, highest: UInt32) -> Leaf {
    let bytes = Array(text.utf8)
    return (highest, word(bytes, 0), word(bytes, 4), word(bytes, 8))
  }

  /// 48 characters over three leaves.
  private func brand(_ part: Int) -> Leaf {
    let name = Array("Endicott simulated x86-64 processor             ".utf8)
    let start = part &* 16
    return (
      word(name, start), word(name, start &+ 4), word(name, start &+ 8), word(name, start &+ 12)
    )
  }

  private func word(_ text: [UInt8], _ offset: Int) -> UInt32 {
    (0..<4).reduce(0) { word, index in
      word | UInt32(text.element(at: offset &+ index) ?? 0) << (8 &* index)
    }
  }
}
