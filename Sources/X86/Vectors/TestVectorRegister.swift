/// A register that a vector may set and that its answer may tell.
struct TestVectorRegister: Hashable {
  enum Kind: UInt8 {
    case general, pointer, flags
    case selector, base, limit, attributes
    case globalBase, globalLimit, interruptBase, interruptLimit
    case control, extendedFeatures, debug, model
    case x87Control, x87Status, x87Tag, x87, mmx, mxcsr, xmm
  }

  let kind: Kind
  /// Which one of its kind, as instructions number them.
  let number: UInt8
  /// Width in bits.
  let width: UInt8

  init(_ kind: Kind, _ number: Int = 0, width: Int) {
    self.kind = kind
    self.number = UInt8(truncatingIfNeeded: number)
    self.width = UInt8(truncatingIfNeeded: width)
  }

  /// When it is set up: what others depend on comes first.
  ///
  /// EFER and CR4 say how CR3 and CR0 are taken, TOP where ST(0) is, the descriptor tables what a
  /// selector means, the selector what a base or a limit replaces.
  var step: UInt8 {
    switch kind {
    case .extendedFeatures: 0
    case .control: number == 4 ? 1 : number == 3 ? 2 : 3
    case .globalBase, .globalLimit, .x87Status: 4
    case .x87, .mmx: 5
    case .selector: number == UInt8(SegmentRegister.ldtr.rawValue) ? 6 : 8
    case .base, .limit, .attributes: number == UInt8(SegmentRegister.ldtr.rawValue) ? 7 : 9
    default: 10
    }
  }

  /// Steps of setting up.
  static let stepCount: UInt8 = 11
}

extension TestVectorRegister {
  /// The registers of an answer, in its order, with their names in 64-bit and in narrower modes.
  static let reported: [(register: TestVectorRegister, long: String, narrow: String)] = {
    var list: [(TestVectorRegister, String, String)] = []
    func add(_ register: TestVectorRegister, _ name: String, _ narrow: String? = nil) {
      list.append((register, name, narrow ?? name))
    }
    let general = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]
    for (index, name) in general.enumerated() {
      add(.init(.general, index, width: 64), "r\(name)", "e\(name)")
    }
    for index in 8..<16 { add(.init(.general, index, width: 64), "r\(index)") }
    add(.init(.pointer, width: 64), "rip", "eip")
    add(.init(.flags, width: 64), "flags")
    let segments = ["es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"]
    for (index, name) in segments.enumerated() {
      add(.init(.selector, index, width: 16), name)
      add(.init(.base, index, width: 64), "\(name).base")
      add(.init(.limit, index, width: 32), "\(name).limit")
      add(.init(.attributes, index, width: 16), "\(name).attr")
    }
    add(.init(.globalBase, width: 64), "gdtr.base")
    add(.init(.globalLimit, width: 16), "gdtr.limit")
    add(.init(.interruptBase, width: 64), "idtr.base")
    add(.init(.interruptLimit, width: 16), "idtr.limit")
    for index in [0, 2, 3, 4] { add(.init(.control, index, width: 64), "cr\(index)") }
    add(.init(.extendedFeatures, width: 64), "efer")
    for index in [0, 1, 2, 3, 6, 7] { add(.init(.debug, index, width: 64), "dr\(index)") }
    for (index, name) in modelNames.enumerated() { add(.init(.model, index, width: 64), name) }
    add(.init(.x87Control, width: 16), "fcw")
    add(.init(.x87Status, width: 16), "fsw")
    add(.init(.x87Tag, width: 8), "ftw")
    for index in 0..<8 { add(.init(.x87, index, width: 80), "st\(index)") }
    add(.init(.mxcsr, width: 32), "mxcsr")
    for index in 0..<16 { add(.init(.xmm, index, width: 128), "xmm\(index)") }
    return list
  }()

  private static let modelNames = [
    "star", "lstar", "cstar", "sfmask", "kernelgsbase", "sysenter_cs", "sysenter_esp",
    "sysenter_eip",
  ]

  /// Every name by which a register may be set, packed as `key` packs it.
  static let named: [UInt128: TestVectorRegister] = {
    var table: [UInt128: TestVectorRegister] = [:]
    func add(_ name: String, _ register: TestVectorRegister) {
      let bytes = Array(name.utf8)
      bytes.withUnsafeBytes { table[key($0)] = register }
    }
    for (register, long, narrow) in reported {
      add(long, register)
      if narrow != long { add(narrow, .init(register.kind, Int(register.number), width: 32)) }
    }
    for (index, name) in ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"].enumerated() {
      add(name, .init(.general, index, width: 16))
    }
    add("ip", .init(.pointer, width: 16))
    add("rflags", .init(.flags, width: 64))
    add("eflags", .init(.flags, width: 32))
    for index in 0..<8 { add("mm\(index)", .init(.mmx, index, width: 64)) }
    return table
  }()

  /// The longest name, in bytes.
  static let longestName = 16

  /// A name of at most 16 bytes as one number.
  @inline(__always) static func key(_ name: UnsafeRawBufferPointer) -> UInt128 {
    var key: UInt128 = 0
    for byte in name { key = key &<< 8 | UInt128(byte) }
    return key
  }
}

// Reading and setting, with no checks but the width.
extension Processor {
  func value(of register: TestVectorRegister) -> UInt128 {
    let unit = FloatingPointUnit(state)
    switch register.kind {
    case .general: return UInt128(state.register(register.number))
    case .pointer: return UInt128(state.instructionPointer)
    case .flags: return UInt128(state.flags)
    case .selector: return UInt128(segment(numbered: register.number).selector)
    case .base: return UInt128(segment(numbered: register.number).base)
    case .limit: return UInt128(segment(numbered: register.number).limit)
    case .attributes: return UInt128(segment(numbered: register.number).attributes)
    case .globalBase: return UInt128(system.globalTableBase)
    case .globalLimit: return UInt128(system.globalTableLimit)
    case .interruptBase: return UInt128(system.interruptTableBase)
    case .interruptLimit: return UInt128(system.interruptTableLimit)
    case .control:
      switch register.number {
      case 0: return UInt128(cr0)
      case 2: return UInt128(cr2)
      case 3: return UInt128(cr3)
      default: return UInt128(cr4)
      }
    case .extendedFeatures: return UInt128(efer)
    case .debug:
      switch register.number {
      case 6: return UInt128(system.debugStatus)
      case 7: return UInt128(system.debugControl)
      // Cannot trap: there are four.
      default: return UInt128(system.debugAddresses[Int(register.number & 3)])
      }
    case .model: return UInt128(model(register.number))
    case .x87Control: return UInt128(unit.control)
    case .x87Status: return UInt128(unit.statusWord)
    case .x87Tag: return UInt128(unit.tag & 0xFF)
    case .x87:
      let place = unit.register(Int(register.number))
      return UInt128(place.load(as: UInt64.self))
        | UInt128(place.load(fromByteOffset: 8, as: UInt16.self)) << 64
    case .mmx: return UInt128(unit.register(Int(register.number)).load(as: UInt64.self))
    case .mxcsr: return UInt128(state.mxcsr)
    case .xmm:
      let place = state.base + FloatingPointLayout.vectors + Int(register.number) * 16
      return UInt128(place.load(as: UInt64.self))
        | UInt128(place.load(fromByteOffset: 8, as: UInt64.self)) << 64
    }
  }

  func set(_ register: TestVectorRegister, _ value: UInt128) {
    let word = UInt64(truncatingIfNeeded: value)
    switch register.kind {
    case .general: state.setRegister(register.number, word)
    case .pointer: instructionPointer = word
    case .flags: state.flags = word & FlagMask.defined | Flag.fixed
    case .selector, .base, .limit, .attributes: setSegmentPart(register, word)
    case .globalBase: system.globalTableBase = word
    case .globalLimit: system.globalTableLimit = UInt16(truncatingIfNeeded: word)
    case .interruptBase: system.interruptTableBase = word
    case .interruptLimit: system.interruptTableLimit = UInt16(truncatingIfNeeded: word)
    case .control:
      switch register.number {
      case 0: cr0 = word
      case 2: cr2 = word
      case 3: cr3 = word
      default: cr4 = word
      }
    case .extendedFeatures: setExtendedFeatures(word)
    case .debug:
      switch register.number {
      case 6: system.debugStatus = word
      case 7: system.debugControl = word
      // Cannot trap: there are four.
      default: system.debugAddresses[Int(register.number & 3)] = word
      }
    case .model: setModel(register.number, word)
    case .x87Control, .x87Status, .x87Tag, .x87, .mmx, .mxcsr, .xmm:
      setFloatingPoint(register, value)
    }
  }

  private func model(_ number: UInt8) -> UInt64 {
    switch number {
    case 0: system.star
    case 1: system.longStar
    case 2: system.compatibilityStar
    case 3: system.flagMask
    case 4: system.kernelGSBase
    case 5: system.systemEnterSegment
    case 6: system.systemEnterStack
    default: system.systemEnterPointer
    }
  }

  private func setModel(_ number: UInt8, _ word: UInt64) {
    switch number {
    case 0: system.star = word
    case 1: system.longStar = word
    case 2: system.compatibilityStar = word
    case 3: system.flagMask = word
    case 4: system.kernelGSBase = word
    case 5: system.systemEnterSegment = word
    case 6: system.systemEnterStack = word
    default: system.systemEnterPointer = word
    }
  }

  private func segment(numbered number: UInt8) -> SegmentState {
    segment(SegmentRegister(rawValue: Int(number)) ?? .es)
  }

  private func setSegmentPart(_ register: TestVectorRegister, _ word: UInt64) {
    let name = SegmentRegister(rawValue: Int(register.number)) ?? .es
    var segment = segment(name)
    switch register.kind {
    case .base: segment.base = word
    case .limit: segment.limit = UInt32(truncatingIfNeeded: word)
    case .attributes: segment.attributes = UInt16(truncatingIfNeeded: word)
    default: segment.selector = UInt16(truncatingIfNeeded: word)
    }
    install(segment, name)
  }

  /// LMA follows from LME and paging.
  private func setExtendedFeatures(_ word: UInt64) {
    let isActive =
      word & ExtendedFeatures.longModeEnable != 0 && cr0 & ControlRegister0.paging != 0
    efer =
      word & ~ExtendedFeatures.longModeActive | (isActive ? ExtendedFeatures.longModeActive : 0)
  }

  private func setFloatingPoint(_ register: TestVectorRegister, _ value: UInt128) {
    let unit = FloatingPointUnit(state)
    let word = UInt64(truncatingIfNeeded: value)
    switch register.kind {
    case .x87Control: unit.control = UInt16(truncatingIfNeeded: word)
    case .x87Status: unit.statusWord = UInt16(truncatingIfNeeded: word)
    case .x87Tag: unit.tag = UInt16(truncatingIfNeeded: word) & 0xFF
    case .x87:
      unit.set(
        Int(register.number), significand: word,
        signExponent: UInt16(truncatingIfNeeded: value >> 64))
    case .mmx:
      // As an instruction that writes it: TOP is 0, the exponent all ones.
      unit.top = 0
      unit.set(Int(register.number), significand: word, signExponent: 0xFFFF)
    case .mxcsr: state.mxcsr = UInt32(truncatingIfNeeded: word)
    default:
      let place = state.base + FloatingPointLayout.vectors + Int(register.number) * 16
      place.storeBytes(of: word, as: UInt64.self)
      place.storeBytes(
        of: UInt64(truncatingIfNeeded: value >> 64), toByteOffset: 8, as: UInt64.self)
    }
  }
}
