// What answers a system in real mode that calls a BIOS where none was started: every service is refused
// in the form that callers of a BIOS know, and an interrupt of a device ends without effect. Source: IBM
// Personal System/2 and Personal Computer BIOS Interface Technical Reference, "Interrupts".

/// The interrupt vectors of real mode and the code that they lead to.
enum BIOSServices {
  /// What a vector is for.
  private enum Kind: Int, CaseIterable {
    /// A service: AH = 86h and the carry flag, "function not supported".
    case service
    /// A request of the first interrupt controller.
    case firstRequest
    /// A request of the second one.
    case secondRequest
    /// An exception, or nothing.
    case unused

    init(vector: Int) {
      switch vector {
      case 0x08...0x0F: self = .firstRequest
      case 0x10...0x1A: self = .service
      case 0x70...0x77: self = .secondRequest
      default: self = .unused
      }
    }

    var code: [UInt8] {
      switch self {
      // MOV AH, 86h; PUSH BP; MOV BP, SP; OR BYTE [BP + 6], 1; POP BP; IRET.
      case .service: [0xB4, 0x86, 0x55, 0x89, 0xE5, 0x80, 0x4E, 0x06, 0x01, 0x5D, 0xCF]
      // PUSH AX; MOV AL, 20h; OUT 20h, AL; POP AX; IRET: end of interrupt.
      case .firstRequest: [0x50, 0xB0, 0x20, 0xE6, 0x20, 0x58, 0xCF]
      // The same with OUT A0h, AL before.
      case .secondRequest: [0x50, 0xB0, 0x20, 0xE6, 0xA0, 0xE6, 0x20, 0x58, 0xCF]
      case .unused: [0xCF]
      }
    }
  }

  /// Bytes from one piece of code to the next.
  private static let stride = 16

  /// The code, for `PCLayout.biosServices`.
  static let code: [UInt8] = Kind.allCases.flatMap { kind -> [UInt8] in
    var piece = [UInt8](repeating: 0xF4, count: stride)
    piece.put(bytes: kind.code, at: 0)
    return piece
  }

  /// The 256 vectors, for address 0.
  static let vectors: [UInt8] = (0..<256 as Range<Int>).flatMap { vector in
    let start = PCLayout.biosServices & 0xFFFF + UInt64(Kind(vector: vector).rawValue * stride)
    return MachineLanguage.littleEndian(UInt32(truncatingIfNeeded: 0xF000 << 16 | start))
  }
}
