// Runs instructions on the host's own processor: a trampoline loads registers and flags from memory
// at fixed addresses, runs straight into the instructions, and stores what they leave. The code must
// not fault and must reach its end.

#if arch(x86_64) && os(Linux)
  import Dispatch
  import Glibc
  import X86

  /// The host's processor as a reference; its addresses are fixed, so that a second one in the process
  /// waits until the first is gone.
  package final class NativeProcessor {
    private static let window = DispatchSemaphore(value: 1)
    private static let context = UserLayout.window.lowerBound
    private static let entry = UserLayout.window.lowerBound + 0x1000
    private static let flagsIn: Int32 = 0x80
    private static let hostStack: Int32 = 0x88
    private static let registersOut: Int32 = 0x100
    private static let flagsOut: Int32 = 0x180
    /// Far pointers: into 32-bit code, and back.
    private static let farPointer: Int32 = 0x190
    /// Linux's user code segments of 64 and 32 bits, and its user data segment.
    private static let wideSelector: UInt16 = 0x33
    private static let narrowSelector: UInt16 = 0x23
    private static let dataSelector: Int64 = 0x2B
    private static let floatingPointIn: Int32 = 0x400
    private static let floatingPointOut: Int32 = 0x600
    private static let floatingPointHost: Int32 = 0x800

    private let base: UnsafeMutableRawPointer
    private let call: @convention(c) () -> Void
    private let callWithFloatingPoint: @convention(c) () -> Void
    private let callNarrow: @convention(c) () -> Void
    private let exit: UInt64
    private let exitOfNarrow: UInt64
    private let exitWithFloatingPoint: UInt64

    /// Maps the window; nil when the host gives no memory there that is writable and executable.
    package init?() {
      Self.window.wait()
      let fixedWithoutReplacing: Int32 = 0x10_0000
      let length = Int(UserLayout.window.upperBound - UserLayout.window.lowerBound)
      guard
        let wanted = UnsafeMutableRawPointer(bitPattern: UInt(Self.context)),
        let mapped = mmap(
          wanted, length, PROT_READ | PROT_WRITE | PROT_EXEC,
          MAP_PRIVATE | MAP_ANONYMOUS | fixedWithoutReplacing, -1, 0),
        mapped == wanted
      else {
        Self.window.signal()
        return nil
      }
      base = mapped
      var assembler = Assembler(origin: Self.entry)
      let plain = Self.emitEntry(&assembler, withFloatingPoint: false)
      let full = Self.emitEntry(&assembler, withFloatingPoint: true)
      let narrow = Self.emitEntry(&assembler, withFloatingPoint: false, isNarrowCode: true)
      exitOfNarrow = Self.emitExit(&assembler, withFloatingPoint: false, isNarrowCode: true)
      exit = Self.emitExit(&assembler, withFloatingPoint: false)
      exitWithFloatingPoint = Self.emitExit(&assembler, withFloatingPoint: true)
      let image = assembler.finish()
      precondition(Self.entry + UInt64(image.count) <= UserLayout.code, "trampoline too long")
      (base + 0x1000).copyMemory(from: image, byteCount: image.count)
      // Safety: these addresses hold the code just written, which keeps the C calling convention.
      call = unsafeBitCast(UInt(plain), to: (@convention(c) () -> Void).self)
      callNarrow = unsafeBitCast(UInt(narrow), to: (@convention(c) () -> Void).self)
      callWithFloatingPoint = unsafeBitCast(UInt(full), to: (@convention(c) () -> Void).self)
    }

    deinit {
      munmap(base, Int(UserLayout.window.upperBound - UserLayout.window.lowerBound))
      Self.window.signal()
    }

    /// Runs the code from `state`, which it replaces by the state at its end; `isNarrowCode` runs it
    /// in a 32-bit segment, without floating point.
    package func run(_ code: [UInt8], _ state: inout UserState, isNarrowCode: Bool = false) {
      precondition(code.count + 7 <= UserLayout.codeLimit, "too much code")
      let place = base + Int(UserLayout.code - Self.context)
      place.copyMemory(from: code, byteCount: code.count)
      if isNarrowCode {
        storeFarJump(to: exitOfNarrow, at: place + code.count)
      } else {
        let target = state.floatingPoint == nil ? exit : exitWithFloatingPoint
        let distance = Int64(target) - Int64(UserLayout.code) - Int64(code.count) - 5
        place.storeBytes(of: 0xE9, toByteOffset: code.count, as: UInt8.self)
        place.storeBytes(
          of: Int32(truncatingIfNeeded: distance), toByteOffset: code.count + 1, as: Int32.self)
      }
      let data = base + Int(UserLayout.data - Self.context)
      data.copyMemory(from: state.data, byteCount: state.data.count)
      base.copyMemory(from: state.registers, byteCount: 128)
      base.storeBytes(of: state.flags | 0x202, toByteOffset: Int(Self.flagsIn), as: UInt64.self)
      if let image = state.floatingPoint {
        (base + Int(Self.floatingPointIn)).copyMemory(from: image, byteCount: 512)
        callWithFloatingPoint()
        let out = UnsafeRawBufferPointer(start: base + Int(Self.floatingPointOut), count: 512)
        state.floatingPoint = Array(out)
      } else if isNarrowCode {
        callNarrow()
      } else {
        call()
      }
      for index in 0..<16 {
        let offset = Int(Self.registersOut) + 8 * index
        state.registers[index] = base.load(fromByteOffset: offset, as: UInt64.self)
      }
      state.flags = base.load(fromByteOffset: Int(Self.flagsOut), as: UInt64.self)
      state.data = Array(UnsafeRawBufferPointer(start: data, count: state.data.count))
    }

    /// JMP with a selector and an offset, as 32-bit code has it.
    private func storeFarJump(to address: UInt64, at place: UnsafeMutableRawPointer) {
      place.storeBytes(of: 0xEA, as: UInt8.self)
      place.storeBytes(of: UInt32(truncatingIfNeeded: address), toByteOffset: 1, as: UInt32.self)
      place.storeBytes(of: Self.wideSelector, toByteOffset: 5, as: UInt16.self)
    }

    private static let kept: [Assembler.Operand] = [.rbx, .rbp, .r12, .r13, .r14, .r15]

    private static func slot(_ offset: Int32) -> Assembler.Operand {
      .absolute(Int32(context) + offset, .qword)
    }

    private static func emitEntry(
      _ assembler: inout Assembler, withFloatingPoint: Bool, isNarrowCode: Bool = false
    ) -> UInt64 {
      assembler.align(16)
      let entry = assembler.here
      for register in kept { assembler.push(register) }
      assembler.mov(slot(hostStack), .rsp)
      if withFloatingPoint {
        assembler.fxsave(slot(floatingPointHost))
        assembler.fxrstor(slot(floatingPointIn))
      }
      if isNarrowCode {
        assembler.mov(.absolute(Int32(context) + farPointer, .dword), .bits(UserLayout.code))
        assembler.mov(
          .absolute(Int32(context) + farPointer + 4, .word), .immediate(Int64(narrowSelector)))
        emitDataSegments(&assembler, dataSelector)
      }
      assembler.push(slot(flagsIn))
      assembler.popf()
      for register in Assembler.Register.allCases {
        assembler.mov(.register(register, .qword), slot(8 * Int32(register.rawValue)))
      }
      if isNarrowCode {
        assembler.instruction(opcode: 0xFF, field: 5, .absolute(Int32(context) + farPointer))
        return entry
      }
      assembler.emit8(0xE9)
      assembler.emit32(UInt32(truncatingIfNeeded: UserLayout.code &- (assembler.here + 4)))
      return entry
    }

    private static func emitDataSegments(_ assembler: inout Assembler, _ selector: Int64) {
      assembler.mov(.eax, .immediate(selector))
      assembler.mov(.ds, .eax)
      assembler.mov(.es, .eax)
    }

    private static func emitExit(
      _ assembler: inout Assembler, withFloatingPoint: Bool, isNarrowCode: Bool = false
    ) -> UInt64 {
      assembler.align(16)
      let entry = assembler.here
      for register in Assembler.Register.allCases {
        assembler.mov(
          slot(registersOut + 8 * Int32(register.rawValue)), .register(register, .qword))
      }
      assembler.mov(.rsp, slot(hostStack))
      assembler.pushf()
      assembler.pop(slot(flagsOut))
      assembler.cld()
      if isNarrowCode { emitDataSegments(&assembler, 0) }
      if withFloatingPoint {
        assembler.fxsave(slot(floatingPointOut))
        assembler.fxrstor(slot(floatingPointHost))
      }
      for register in kept.reversed() { assembler.pop(register) }
      assembler.ret()
      return entry
    }
  }
#else
  /// There is no reference on a host of another make.
  package final class NativeProcessor {
    package init?() { return nil }

    package func run(_ code: [UInt8], _ state: inout UserState, isNarrowCode: Bool = false) {}
  }
#endif
