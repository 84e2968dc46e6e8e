/// A register of an x86-64 host, as instructions number it.
struct HostRegister: Equatable {
  /// 0 to 15; 4 to 7 of a high byte are AH, CH, DH and BH.
  let number: UInt8
  /// The register is AH, CH, DH or BH, which no instruction with a REX prefix can name.
  let isHighByte: Bool

  init(_ number: UInt8, isHighByte: Bool = false) {
    self.number = number
    self.isHighByte = isHighByte
  }

  // As functions take and return values (System V application binary interface).
  static let firstArgument = HostRegister(7)
  static let secondArgument = HostRegister(6)
  static let result = HostRegister(0)
  /// CL, the count of a shift.
  static let count = HostRegister(1)
  static let stack = HostRegister(4)
  /// Holds nothing between two guest instructions.
  static let first = HostRegister(13)
  /// Holds nothing between two guest instructions.
  static let second = HostRegister(14)
  /// The processor's raw state, always.
  static let state = HostRegister(15)
}

/// A memory operand of a host instruction.
struct HostMemory {
  var base: HostRegister?
  var index: HostRegister?
  /// log2 of the index's factor.
  var scale: UInt8 = 0
  var displacement: Int32 = 0

  /// A field of the processor's state.
  static func state(_ offset: Int) -> HostMemory {
    HostMemory(base: .state, displacement: Int32(truncatingIfNeeded: offset))
  }
}

/// Where a guest's general registers are while translated code runs: twelve in host registers, of
/// the same number but for RSP, which is in R12; R12 to R15 stay in the processor's state.
enum RegisterMap {
  /// Guest registers that are in host registers.
  static let resident: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]

  /// The host register that a guest register is in; nil for one that stays in the state.
  @inline(__always) static func host(_ guest: UInt8) -> HostRegister? {
    guest == 4 ? HostRegister(12) : guest < 12 ? HostRegister(guest) : nil
  }

  /// A guest register's place in the state.
  static func place(_ guest: UInt8) -> HostMemory { .state(Int(guest) &* 8) }
}
