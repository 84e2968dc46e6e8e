import X86

extension ProgramBuilder {
  /// Reading a line with echo and editing, and finding words in it.
  mutating func emitLineInput() {
    emitReadLine()
    emitMatchWord()
  }

  /// readLine: waits for a line at no cost; RSI = the line.
  ///
  /// Backspace erases a character, ^U and ^C
  /// the line. Notices are served while waiting.
  private mutating func emitReadLine() {
    let wait = code.label()
    let haveCharacter = code.label()
    let erase = code.label()
    let kill = code.label()
    let killed = code.label()
    let end = code.label()
    code.place(routines.readLine)
    code.push(.rbx)
    code.push(.r12)
    code.mov(.r12d, 0)
    let next = code.placedLabel()
    code.place(wait)
    code.cli()
    code.mov(.rcx, .absolute(GuestLayout.inputTail))
    code.cmp(.rcx, .absolute(GuestLayout.inputHead))
    code.jump(.notEqual, haveCharacter)
    code.call(routines.wait)
    code.call(routines.serviceNotices)
    code.jmp(wait)

    code.place(haveCharacter)
    code.movzx(.ebx, .cl)
    code.movzx(.ebx, .at(.rbx, GuestLayout.inputRing, .byte))
    code.inc(.rcx)
    code.mov(.absolute(GuestLayout.inputTail), .rcx)
    code.sti()
    code.mov(.rax, .absolute(GuestLayout.lastCharacter))
    code.mov(.absolute(GuestLayout.lastCharacter), .rbx)
    let notPair = code.label()
    code.cmp(.bl, 10)
    code.jump(.notEqual, notPair, short: true)
    code.cmp(.al, 13)
    code.jump(.equal, next)
    code.place(notPair)
    for (character, target) in [
      (13, end), (10, end), (8, erase), (127, erase), (21, kill), (3, kill),
    ] {
      code.cmp(.bl, .immediate(Int64(character)))
      code.jump(.equal, target)
    }
    code.cmp(.bl, 0x20)
    code.jump(.below, next)
    code.cmp(.r12d, .immediate(Int64(GuestLayout.lineLimit)))
    code.jump(.aboveOrEqual, next)
    code.mov(.at(.r12, GuestLayout.line), .bl)
    code.inc(.r12d)
    code.mov(.al, .bl)
    code.call(routines.putCharacter)
    code.jmp(next)

    code.place(erase)
    code.test(.r12d, .r12d)
    code.jump(.equal, next)
    code.dec(.r12d)
    put("\u{8} \u{8}")
    code.jmp(next)

    code.place(kill)
    code.test(.r12d, .r12d)
    code.jump(.equal, killed, short: true)
    code.dec(.r12d)
    put("\u{8} \u{8}")
    code.jmp(kill)
    code.place(killed)
    code.jmp(next)

    code.place(end)
    code.call(routines.putLine)
    code.mov(.at(.r12, GuestLayout.line, .byte), 0)
    code.mov(.ebx, 0)
    addWork(1)
    code.mov(.esi, .immediate(Int64(GuestLayout.line)))
    code.pop(.r12)
    code.pop(.rbx)
    code.ret()
  }

  /// matchWord: RSI = line, RDI = word in upper case; the zero flag says that the line starts with it.
  ///
  /// RSI is then behind the word and one blank; it is kept otherwise.
  private mutating func emitMatchWord() {
    let end = code.label()
    let different = code.label()
    let wordEnd = code.label()
    let skip = code.label()
    let isUpper = code.label()
    code.place(routines.matchWord)
    code.mov(.rdx, .rsi)
    let next = code.placedLabel()
    code.mov(.al, .at(.rdx))
    code.mov(.cl, .at(.rdi))
    code.test(.cl, .cl)
    code.jump(.equal, wordEnd)
    code.cmp(.al, 0x61)
    code.jump(.below, isUpper, short: true)
    code.cmp(.al, 0x7A)
    code.jump(.above, isUpper, short: true)
    code.sub(.al, 0x20)
    code.place(isUpper)
    code.cmp(.al, .cl)
    code.jump(.notEqual, different)
    code.inc(.rdx)
    code.inc(.rdi)
    code.jmp(next)
    code.place(wordEnd)
    code.test(.al, .al)
    code.jump(.equal, end)
    code.cmp(.al, 0x20)
    code.jump(.notEqual, different)
    code.place(skip)
    code.inc(.rdx)
    code.place(end)
    code.mov(.rsi, .rdx)
    code.cmp(.al, .al)
    code.place(different)
    code.ret()
  }

  /// Compares the line at RSI with commands and jumps to the one that it names.
  mutating func dispatch(_ commands: [(word: String, target: Assembler.Label)]) {
    for (word, target) in commands {
      code.lea(.rdi, .at(text(word)))
      code.call(routines.matchWord)
      code.jump(.equal, target)
    }
  }
}
