import X86

extension ProgramBuilder {
  /// Ends an interrupt handler that has pushed RAX, RCX and RDX.
  mutating func emitInterruptReturn() {
    emitRegisterWrite(0x80B, 0)
    code.pop(.rdx)
    code.pop(.rcx)
    code.pop(.rax)
    code.iret(.qword)
  }

  mutating func emitInterruptEntry(_ label: Assembler.Label) {
    code.place(label)
    code.push(.rax)
    code.push(.rcx)
    code.push(.rdx)
  }

  /// The routine that fills the interrupt descriptor table.
  mutating func emitInterruptTableSetup(_ entry: Assembler.Label) {
    let exceptions = code.label()
    let stray = code.label()
    let serial = code.label()
    let wake = code.label()
    let notice = code.label()
    code.place(entry)
    // Exceptions: the stubs are 16 bytes apart.
    code.mov(.ecx, 0)
    code.lea(.rax, .at(exceptions))
    let nextException = code.placedLabel()
    code.call(setGate)
    code.add(.rax, 16)
    code.inc(.ecx)
    code.cmp(.ecx, 32)
    code.jump(.below, nextException)
    code.lea(.rax, .at(stray))
    let nextStray = code.placedLabel()
    code.call(setGate)
    code.inc(.ecx)
    code.cmp(.ecx, 256)
    code.jump(.below, nextStray)
    for (vector, label) in [
      (GuestPlatform.serialVector, serial), (GuestPlatform.timerVector, wake),
      (GuestPlatform.wakeVector, wake), (GuestPlatform.noticeVector, notice),
    ] {
      emitGate(vector, label)
    }
    code.call(handlerGates)
    code.ret()

    emitSetGate()
    emitExceptionStubs(exceptions)
    emitInterruptEntry(stray)
    count(.strayInterrupts)
    emitInterruptReturn()
    emitInterruptEntry(wake)
    emitInterruptReturn()
    emitInterruptEntry(notice)
    code.mov(.absolute(GuestLayout.noticePending, .qword), 1)
    emitInterruptReturn()
    emitSerialHandler(serial)
  }

  private mutating func emitGate(_ vector: Int32, _ handler: Assembler.Label) {
    code.lea(.rax, .at(handler))
    code.mov(.ecx, .immediate(Int64(vector)))
    code.call(setGate)
  }

  /// The program's own handlers, known when it is complete.
  mutating func emitInterrupts() {
    code.place(handlerGates)
    for (vector, label) in handlers { emitGate(vector, label) }
    code.ret()
  }

  /// Makes the gate of vector ECX lead to RAX; keeps RAX and RCX.
  private mutating func emitSetGate() {
    code.place(setGate)
    code.mov(.edi, .ecx)
    code.shl(.edi, 4)
    code.add(.edi, .immediate(Int64(GuestLayout.interruptTable)))
    code.mov(.at(.rdi), .ax)
    code.mov(.at(.rdi, 2, .word), 8)
    code.mov(.at(.rdi, 4, .word), 0x8E00)
    code.mov(.rdx, .rax)
    code.shr(.rdx, 16)
    code.mov(.at(.rdi, 6), .dx)
    code.shr(.rdx, 16)
    code.mov(.at(.rdi, 8), .rdx)
    code.ret()
  }

  /// Stands on the stack of exceptions that have no error code; none has all bits.
  private static let noErrorCode: Int64 = -1

  /// Exceptions are told on the console and stop the processor in a disabled wait.
  private mutating func emitExceptionStubs(_ entry: Assembler.Label) {
    let common = code.label()
    code.align(16)
    code.place(entry)
    let withErrorCode: Set<UInt64> = [8, 10, 11, 12, 13, 14, 17, 21]
    for vector in 0..<32 as Range<UInt64> {
      if !withErrorCode.contains(vector) { code.push(.immediate(Self.noErrorCode)) }
      code.push(.immediate(Int64(vector)))
      code.jmp(common)
      code.align(16)
    }
    code.place(common)
    code.cld()
    count(.errors)
    put("\(name): exception ")
    emitPutFromStack(0)
    let withoutCode = code.label()
    code.mov(.rax, .at(.rsp, 8))
    code.cmp(.rax, .immediate(Self.noErrorCode))
    code.jump(.equal, withoutCode)
    put(" error ")
    emitPutFromStack(8)
    code.place(withoutCode)
    put(" at ")
    emitPutFromStack(16)
    put(" CR2 ")
    code.mov(.rax, .cr2)
    code.call(routines.putHexadecimal)
    code.call(routines.putLine)
    code.mov(.absolute(GuestLayout.stopRequested, .qword), 1)
    code.jmp(routines.disabledWait)
  }

  private mutating func emitPutFromStack(_ displacement: Int32) {
    code.mov(.rax, .at(.rsp, displacement))
    code.call(routines.putHexadecimal)
  }

  /// Moves what was typed to the ring; a full ring drops characters.
  private mutating func emitSerialHandler(_ entry: Assembler.Label) {
    emitInterruptEntry(entry)
    let done = code.label()
    let next = code.placedLabel()
    code.mov(.edx, .immediate(GuestPlatform.serialPort + 5))
    code.in(.al, .dx)
    code.test(.al, 1)
    code.jump(.equal, done)
    code.mov(.edx, .immediate(GuestPlatform.serialPort))
    code.in(.al, .dx)
    code.mov(.rcx, .absolute(GuestLayout.inputHead))
    code.mov(.rdx, .rcx)
    code.sub(.rdx, .absolute(GuestLayout.inputTail))
    code.cmp(.rdx, 256)
    code.jump(.aboveOrEqual, next)
    code.movzx(.edx, .cl)
    code.mov(.at(.rdx, GuestLayout.inputRing), .al)
    code.inc(.rcx)
    code.mov(.absolute(GuestLayout.inputHead), .rcx)
    code.jmp(next)
    code.place(done)
    // Reading the identification and modem status clears whatever else may hold the line.
    code.mov(.edx, .immediate(GuestPlatform.serialPort + 2))
    code.in(.al, .dx)
    emitInterruptReturn()
  }
}
