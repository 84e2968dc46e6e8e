/// The vocabulary of operands: registers by name and width, memory, immediates and labels.
extension Assembler {
  /// A general register by its encoding; the width is chosen where it is used.
  package typealias Register = GeneralRegister

  /// A segment register by its encoding.
  package enum Segment: UInt8, CaseIterable, Sendable {
    case es, cs, ss, ds, fs, gs

    var overridePrefix: UInt8 {
      switch self {
      case .es: 0x26
      case .cs: 0x2E
      case .ss: 0x36
      case .ds: 0x3E
      case .fs: 0x64
      case .gs: 0x65
      }
    }
  }

  /// A control register by its encoding.
  package enum ControlRegister: UInt8, CaseIterable, Sendable {
    case cr0 = 0
    case cr2 = 2
    case cr3 = 3
    case cr4 = 4
    case cr8 = 8
  }

  /// Width of an operand, in bytes.
  package enum Width: Int, CaseIterable, Sendable {
    case byte = 1
    case word = 2
    case dword = 4
    case qword = 8
  }

  /// A condition of Jcc, SETcc and CMOVcc by its encoding.
  package enum Condition: UInt8, CaseIterable, Sendable {
    case overflow, notOverflow, below, aboveOrEqual, equal, notEqual, belowOrEqual, above
    case sign, notSign, parity, notParity, less, greaterOrEqual, lessOrEqual, greater
  }

  /// A place in the code that is known when it is placed.
  package struct Label: Equatable, Hashable, Sendable {
    let index: Int
  }

  /// A memory operand: base + index * scale + displacement, or a label.
  package struct Memory: Equatable, Sendable {
    /// Width where no register operand tells it.
    package var width: Width?
    package var base: Register?
    package var index: Register?
    /// 1, 2, 4 or 8.
    package var scale: UInt8 = 1
    package var displacement: Int32 = 0
    /// Addressed relative to the instruction pointer in 64-bit code, absolutely elsewhere.
    package var label: Label?
    package var segment: Segment?
    /// Uses 32-bit addresses in 64-bit code.
    package var hasNarrowAddress = false

    package init() {}
  }

  /// One operand of an instruction.
  package enum Operand: Equatable, Sendable, ExpressibleByIntegerLiteral {
    case register(Register, Width)
    /// AH, CH, DH or BH, named by the register that holds it.
    case highByte(Register)
    case memory(Memory)
    case immediate(Int64)
    /// The absolute address of a label, as an immediate of 16 to 64 bits.
    case address(Label)

    package init(integerLiteral value: Int64) {
      self = .immediate(value)
    }

    /// An immediate given by its bits.
    package static func bits(_ value: UInt64) -> Operand {
      .immediate(Int64(bitPattern: value))
    }

    /// Memory at a register plus a displacement.
    package static func at(
      _ base: Register, _ displacement: Int32 = 0, _ width: Width? = nil
    ) -> Operand {
      var memory = Memory()
      memory.base = base
      memory.displacement = displacement
      memory.width = width
      return .memory(memory)
    }

    /// Memory at base + index * scale + displacement.
    package static func at(
      _ base: Register?, index: Register, scale: UInt8 = 1, _ displacement: Int32 = 0,
      _ width: Width? = nil
    ) -> Operand {
      var memory = Memory()
      memory.base = base
      memory.index = index
      memory.scale = scale
      memory.displacement = displacement
      memory.width = width
      return .memory(memory)
    }

    /// Memory at a label, plus a displacement.
    package static func at(
      _ label: Label, _ displacement: Int32 = 0, _ width: Width? = nil
    ) -> Operand {
      var memory = Memory()
      memory.label = label
      memory.displacement = displacement
      memory.width = width
      return .memory(memory)
    }

    /// Memory at an absolute address below 2 GiB.
    package static func absolute(_ address: Int32, _ width: Width? = nil) -> Operand {
      var memory = Memory()
      memory.displacement = address
      memory.width = width
      return .memory(memory)
    }

    /// The width that the operand itself tells, if it does.
    var ownWidth: Width? {
      switch self {
      case .register(_, let width): width
      case .highByte: .byte
      case .memory(let memory): memory.width
      case .immediate, .address: nil
      }
    }
  }
}

extension Assembler.Operand {
  package static let rax = register(.rax, .qword)
  package static let rcx = register(.rcx, .qword)
  package static let rdx = register(.rdx, .qword)
  package static let rbx = register(.rbx, .qword)
  package static let rsp = register(.rsp, .qword)
  package static let rbp = register(.rbp, .qword)
  package static let rsi = register(.rsi, .qword)
  package static let rdi = register(.rdi, .qword)
  package static let r8 = register(.r8, .qword)
  package static let r9 = register(.r9, .qword)
  package static let r10 = register(.r10, .qword)
  package static let r11 = register(.r11, .qword)
  package static let r12 = register(.r12, .qword)
  package static let r13 = register(.r13, .qword)
  package static let r14 = register(.r14, .qword)
  package static let r15 = register(.r15, .qword)

  package static let eax = register(.rax, .dword)
  package static let ecx = register(.rcx, .dword)
  package static let edx = register(.rdx, .dword)
  package static let ebx = register(.rbx, .dword)
  package static let esp = register(.rsp, .dword)
  package static let ebp = register(.rbp, .dword)
  package static let esi = register(.rsi, .dword)
  package static let edi = register(.rdi, .dword)
  package static let r8d = register(.r8, .dword)
  package static let r9d = register(.r9, .dword)
  package static let r10d = register(.r10, .dword)
  package static let r11d = register(.r11, .dword)
  package static let r12d = register(.r12, .dword)
  package static let r13d = register(.r13, .dword)
  package static let r14d = register(.r14, .dword)
  package static let r15d = register(.r15, .dword)

  package static let ax = register(.rax, .word)
  package static let cx = register(.rcx, .word)
  package static let dx = register(.rdx, .word)
  package static let bx = register(.rbx, .word)
  package static let sp = register(.rsp, .word)
  package static let bp = register(.rbp, .word)
  package static let si = register(.rsi, .word)
  package static let di = register(.rdi, .word)

  package static let al = register(.rax, .byte)
  package static let cl = register(.rcx, .byte)
  package static let dl = register(.rdx, .byte)
  package static let bl = register(.rbx, .byte)
  package static let sil = register(.rsi, .byte)
  package static let dil = register(.rdi, .byte)
  package static let r8b = register(.r8, .byte)
  package static let r9b = register(.r9, .byte)
  package static let ah = highByte(.rax)
  package static let ch = highByte(.rcx)
  package static let dh = highByte(.rdx)
  package static let bh = highByte(.rbx)
}
