// Accesses through a segment, of system operations; the stack among them.
extension Processor {
  /// Linear address of bytes in a segment, after its checks.
  ///
  /// - Throws: #GP(0), or #SS(0) for the stack segment.
  func linearAddress(
    _ register: SegmentRegister, _ offset: UInt64, _ count: Int, write: Bool
  ) throws(GuestException) -> UInt64 {
    if state.mode == CodeMode.long64 {
      return register == .fs || register == .gs
        ? offset &+ state.segmentBase(register.rawValue) : offset
    }
    let segment = segment(register)
    guard permits(segment, write: write), segment.contains(offset, count) else {
      throw register == .ss ? .stackFault(0) : .generalProtection(0)
    }
    return (segment.base &+ offset) & 0xFFFF_FFFF
  }

  /// The same without the checks.
  func uncheckedAddress(_ register: SegmentRegister, _ offset: UInt64) -> UInt64 {
    let base = state.segmentBase(register.rawValue)
    if state.mode == CodeMode.long64 {
      return register == .fs || register == .gs ? offset &+ base : offset
    }
    return (base &+ offset) & 0xFFFF_FFFF
  }

  /// Checks that the segment of the memory operand, whose limit was checked, may be written.
  func requireWritableOperand() throws(GuestException) {
    let number = Int(state.get(StateLayout.addressSegment, as: UInt32.self))
    guard let register = SegmentRegister(rawValue: number), permits(segment(register), write: true)
    else { throw .generalProtection(0) }
  }

  private func permits(_ segment: SegmentState, write: Bool) -> Bool {
    guard isProtected else { return true }
    guard segment.isPresent else { return false }
    let attributes = segment.attributes
    if segment.isCode { return !write && attributes & SegmentAttribute.writable != 0 }
    return !write || attributes & SegmentAttribute.writable != 0
  }

  /// Reads 1, 2, 4 or 8 bytes at a linear address, zero-extended.
  func readSized(
    _ address: UInt64, _ size: UInt8, supervisor: Bool = false, stack: Bool = false
  ) throws(GuestException) -> UInt64 {
    switch size {
    case 1: UInt64(try readLinear(address, as: UInt8.self, supervisor: supervisor, stack: stack))
    case 2: UInt64(try readLinear(address, as: UInt16.self, supervisor: supervisor, stack: stack))
    case 4: UInt64(try readLinear(address, as: UInt32.self, supervisor: supervisor, stack: stack))
    default: try readLinear(address, as: UInt64.self, supervisor: supervisor, stack: stack)
    }
  }

  /// Writes the low 1, 2, 4 or 8 bytes of a value at a linear address, all or nothing.
  func writeSized(
    _ address: UInt64, _ size: UInt8, _ value: UInt64, supervisor: Bool = false,
    stack: Bool = false
  ) throws(GuestException) {
    switch size {
    case 1:
      try writeLinear(
        address, UInt8(truncatingIfNeeded: value), supervisor: supervisor, stack: stack)
    case 2:
      try writeLinear(
        address, UInt16(truncatingIfNeeded: value), supervisor: supervisor, stack: stack)
    case 4:
      try writeLinear(
        address, UInt32(truncatingIfNeeded: value), supervisor: supervisor, stack: stack)
    default: try writeLinear(address, value, supervisor: supervisor, stack: stack)
    }
  }
}

/// A stack that a transfer pushes on or pops from, before it becomes the current one.
struct StackView {
  var segment: SegmentState
  /// RSP, ESP or SP.
  var pointer: UInt64
  /// 64-bit mode: no base, no limit.
  var isFlat: Bool
  /// Accesses have the rights of the supervisor.
  var isSupervisor: Bool
  /// Error code of #SS when the limit is exceeded.
  var errorCode: UInt32 = 0

  /// Whether its accesses are the supervisor's although the privilege is still 3.
  func isImplicit(_ privilege: UInt32) -> Bool { isSupervisor && privilege == 3 }

  /// The bits of RSP that the stack uses.
  var mask: UInt64 {
    if isFlat { return ~0 }
    return segment.attributes & SegmentAttribute.big != 0 ? 0xFFFF_FFFF : 0xFFFF
  }
}

extension Processor {
  /// The current stack.
  var currentStack: StackView {
    StackView(
      segment: segment(.ss), pointer: self[.rsp], isFlat: state.mode == CodeMode.long64,
      isSupervisor: state.privilege != 3)
  }

  /// RSP after a transfer: only the bits that the stack uses change.
  func installStackPointer(_ stack: StackView) { self[.rsp] = stackPointer(after: stack) }

  /// What RSP will be.
  func stackPointer(after stack: StackView) -> UInt64 {
    let mask = stack.mask
    let value = stack.pointer & mask
    return mask == 0xFFFF ? self[.rsp] & ~mask | value : value
  }

  /// Linear address of `count` bytes at an offset of a stack, limits checked.
  func stackAddress(
    _ stack: StackView, _ offset: UInt64, _ count: Int, write: Bool
  ) throws(GuestException) -> UInt64 {
    let offset = offset & stack.mask
    if stack.isFlat {
      guard isCanonical(offset) else { throw .stackFault(stack.errorCode) }
      return offset
    }
    let isUsable = !isProtected || stack.segment.isPresent
    guard isUsable, stack.segment.contains(offset, count) else {
      throw .stackFault(stack.errorCode)
    }
    return (stack.segment.base &+ offset) & 0xFFFF_FFFF
  }

  /// Pushes values, the first one first: all of them, or none when one faults.
  func push(
    _ values: [UInt64], size: UInt8, on stack: inout StackView
  ) throws(GuestException) {
    let step = UInt64(size)
    for index in values.indices {
      let offset = stack.pointer &- step &* UInt64(truncatingIfNeeded: index &+ 1)
      let address = try stackAddress(stack, offset, Int(size), write: true)
      let isImplicit = stack.isImplicit(state.privilege)
      if !isImplicit { try checkAlignment(address, Int(size), stackFault: true) }
      try probeWrite(address, Int(size), supervisor: isImplicit, stack: true)
    }
    for index in values.indices {
      let offset = stack.pointer &- step &* UInt64(truncatingIfNeeded: index &+ 1)
      let address = try stackAddress(stack, offset, Int(size), write: true)
      try writeSized(
        address, size, values[index], supervisor: stack.isImplicit(state.privilege), stack: true)
    }
    stack.pointer = (stack.pointer &- step &* UInt64(truncatingIfNeeded: values.count)) & stack.mask
  }

  /// Reads the value that is `depth` values and some bytes below the top of a stack.
  func peek(
    _ depth: Int, _ size: UInt8, in stack: StackView, past bytes: UInt64 = 0
  ) throws(GuestException) -> UInt64 {
    var below = stack
    below.pointer &+= UInt64(bitPattern: Int64(size) &* Int64(depth)) &+ bytes
    return try pop(size, from: &below)
  }

  /// Pops one value of `size` bytes.
  func pop(_ size: UInt8, from stack: inout StackView) throws(GuestException) -> UInt64 {
    let address = try stackAddress(stack, stack.pointer, Int(size), write: false)
    let value = try readSized(
      address, size, supervisor: stack.isImplicit(state.privilege), stack: true)
    stack.pointer = (stack.pointer &+ UInt64(size)) & stack.mask
    return value
  }

  /// Checks that so many values could be pushed on the current stack, after others.
  func probePush(
    _ size: UInt8, count: Int = 1, after: Int = 0, on other: StackView? = nil
  ) throws(GuestException) {
    let stack = other ?? currentStack
    for index in 0..<max(0, count) {
      let distance = UInt64(truncatingIfNeeded: after &+ index &+ 1)
      let offset = stack.pointer &- UInt64(size) &* distance
      let address = try stackAddress(stack, offset, Int(size), write: true)
      try probeWrite(address, Int(size), supervisor: stack.isSupervisor, stack: true)
    }
  }

  /// Pushes on the current stack and moves RSP.
  func pushCurrent(_ values: [UInt64], size: UInt8) throws(GuestException) {
    var stack = currentStack
    try push(values, size: size, on: &stack)
    installStackPointer(stack)
  }
}
