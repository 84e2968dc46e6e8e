import X86

extension ProgramBuilder {
  /// Output to the serial line, by polling.
  mutating func emitConsole() {
    // putCharacter: AL.
    code.place(routines.putCharacter)
    code.mov(.ah, .al)
    code.mov(.edx, .immediate(GuestPlatform.serialPort + 5))
    let busy = code.placedLabel()
    code.in(.al, .dx)
    code.test(.al, 0x20)
    code.jump(.equal, busy)
    code.mov(.al, .ah)
    code.mov(.edx, .immediate(GuestPlatform.serialPort))
    code.out(.dx, .al)
    code.ret()

    // putText: RSI = text that ends with a NUL.
    code.place(routines.putText)
    let done = code.label()
    let next = code.placedLabel()
    code.mov(.al, .at(.rsi))
    code.test(.al, .al)
    code.jump(.equal, done)
    code.inc(.rsi)
    code.call(routines.putCharacter)
    code.jmp(next)
    code.place(done)
    code.ret()

    // putLine: ends the line.
    code.place(routines.putLine)
    code.mov(.al, 13)
    code.call(routines.putCharacter)
    code.mov(.al, 10)
    code.jmp(routines.putCharacter)
  }

  /// Numbers: printed in decimal (RAX) or hexadecimal (RAX), read in decimal (RSI).
  mutating func emitNumbers() {
    emitPutNumber(routines.putDecimal, radix: 10)
    emitPutNumber(routines.putHexadecimal, radix: 16)

    // parseNumber: RSI = text; RAX = number, RSI behind it and the blanks after; carry = none.
    code.place(routines.parseNumber)
    let digit = code.label()
    let ended = code.label()
    let none = code.label()
    code.mov(.eax, 0)
    code.movzx(.ecx, .at(.rsi, 0, .byte))
    code.sub(.ecx, 0x30)
    code.cmp(.ecx, 9)
    code.jump(.above, none)
    code.place(digit)
    code.imul(.rax, .rax, 10)
    code.add(.rax, .rcx)
    code.inc(.rsi)
    code.movzx(.ecx, .at(.rsi, 0, .byte))
    code.sub(.ecx, 0x30)
    code.cmp(.ecx, 9)
    code.jump(.belowOrEqual, digit)
    code.place(ended)
    code.cmp(.at(.rsi, 0, .byte), 0x20)
    let last = code.label()
    code.jump(.notEqual, last, short: true)
    code.inc(.rsi)
    code.jmp(ended)
    code.place(last)
    code.clc()
    code.ret()
    code.place(none)
    code.stc()
    code.ret()
  }

  private mutating func emitPutNumber(_ entry: Assembler.Label, radix: Int64) {
    code.place(entry)
    code.mov(.edi, .immediate(Int64(GuestLayout.digits) + 24))
    code.mov(.at(.rdi, 0, .byte), 0)
    code.mov(.ecx, .immediate(radix))
    let next = code.placedLabel()
    code.mov(.edx, 0)
    code.div(.rcx)
    code.add(.edx, 0x30)
    if radix == 16 {
      let isDecimal = code.label()
      code.cmp(.edx, 0x3A)
      code.jump(.below, isDecimal, short: true)
      code.add(.edx, 7)
      code.place(isDecimal)
    }
    code.dec(.rdi)
    code.mov(.at(.rdi), .dl)
    code.test(.rax, .rax)
    code.jump(.notEqual, next)
    code.mov(.rsi, .rdi)
    code.jmp(routines.putText)
  }
}
