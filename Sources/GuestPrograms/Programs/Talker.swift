import X86

/// Builds TALKER.
struct TalkerProgram {
  private var program: ProgramBuilder
  private let prompt, putTwoDigits: Assembler.Label

  init(name: String) {
    program = ProgramBuilder(name: name)
    prompt = program.code.label()
    putTwoDigits = program.code.label()
  }

  mutating func build() -> GuestProgramImage {
    let help = program.code.label()
    let echo = program.code.label()
    let time = program.code.label()
    let storage = program.code.label()
    let processors = program.code.label()
    let command = program.code.label()
    let quit = program.code.label()
    emitMain([
      ("HELP", help), ("ECHO", echo), ("TIME", time), ("STORAGE", storage), ("CPUS", processors),
      ("CP", command), ("QUIT", quit),
    ])

    program.code.place(help)
    program.put(
      "HELP, ECHO text, TIME, STORAGE, CPUS, CP command, QUIT\r\n")
    program.code.jmp(prompt)

    program.code.place(echo)
    program.code.call(program.routines.putText)
    program.code.call(program.routines.putLine)
    program.code.jmp(prompt)

    emitTime(time)
    emitStorage(storage)

    program.code.place(processors)
    program.put("CPUS = ")
    program.code.mov(.rax, .absolute(GuestCounter.processors.address))
    program.code.call(program.routines.putDecimal)
    program.code.call(program.routines.putLine)
    program.code.jmp(prompt)

    emitCommand(command)

    program.code.place(quit)
    program.put("Goodbye\r\n")
    program.code.jmp(program.routines.powerOff)
    return program.finish()
  }

  private mutating func emitMain(_ commands: [(word: String, target: Assembler.Label)]) {
    let line = program.code.label()
    program.code.place(program.main)
    program.put("\(program.name) ready; HELP lists what it knows\r\n")
    program.code.mov(.esi, .immediate(Int64(GuestLayout.parameter)))
    program.code.cmp(.at(.rsi, 0, .byte), 0)
    program.code.jump(.notEqual, line)
    program.code.place(prompt)
    program.code.call(program.routines.publish)
    program.put("\(program.name)> ")
    program.code.call(program.routines.readLine)
    program.code.place(line)
    program.skipBlanks()
    program.code.cmp(.at(.rsi, 0, .byte), 0)
    program.code.jump(.equal, prompt)
    program.dispatch(commands)
    program.put("Unknown command; HELP lists them\r\n")
    program.code.jmp(prompt)
    program.emitIdleSecondary()
  }

  private mutating func emitStorage(_ entry: Assembler.Label) {
    program.code.place(entry)
    program.put("STORAGE = ")
    program.diagnose(0x60)
    program.code.mov(.rax, .rbx)
    program.code.shr(.rax, 20)
    program.code.call(program.routines.putDecimal)
    program.put("M\r\n")
    program.code.jmp(prompt)
  }

  /// TIME: the CMOS clock, then the time stamp counter as time since the start.
  private mutating func emitTime(_ entry: Assembler.Label) {
    program.code.place(entry)
    program.put("TIME IS 20")
    for (register, separator) in [
      (9, "-"), (8, "-"), (7, " "), (4, ":"), (2, ":"), (0, ", UP "),
    ] as [(Int64, String)] {
      program.code.mov(.al, .immediate(register))
      program.code.call(putTwoDigits)
      program.put(separator)
    }
    program.readTime()
    program.code.mov(.edx, 0)
    program.code.mov(.ecx, 1_000_000_000)
    program.code.div(.rcx)
    program.code.call(program.routines.putDecimal)
    program.put(" SECONDS\r\n")
    program.code.jmp(prompt)

    // AL = clock register: printed in two digits, whether the clock counts in BCD or binary.
    program.code.place(putTwoDigits)
    let isBinary = program.code.label()
    program.code.out(0x70, .al)
    program.code.in(.al, 0x71)
    program.code.movzx(.esi, .al)
    program.code.mov(.al, 0x0B)
    program.code.out(0x70, .al)
    program.code.in(.al, 0x71)
    program.code.test(.al, 4)
    program.code.mov(.eax, .esi)
    program.code.mov(.ecx, 10)
    program.code.jump(.notEqual, isBinary, short: true)
    program.code.mov(.ecx, 16)
    program.code.place(isBinary)
    program.code.mov(.edx, 0)
    program.code.div(.ecx)
    program.code.mov(.esi, .edx)
    program.code.add(.eax, 0x30)
    program.code.call(program.routines.putCharacter)
    program.code.lea(.eax, .at(.rsi, 0x30))
    program.code.jmp(program.routines.putCharacter)
  }

  /// CP: the rest of the line by DIAGNOSE X'08', its answer, and its return code if not 0.
  private mutating func emitCommand(_ entry: Assembler.Label) {
    let ended = program.code.label()
    let lineEnd = program.code.label()
    let finished = program.code.label()
    let plain = program.code.label()
    program.code.place(entry)
    program.code.mov(.rbx, .rsi)
    program.code.mov(.ecx, 0)
    let length = program.code.placedLabel()
    program.code.cmp(.at(.rbx, index: .rcx, 0, .byte), 0)
    let known = program.code.label()
    program.code.jump(.equal, known, short: true)
    program.code.inc(.ecx)
    program.code.jmp(length)
    program.code.place(known)
    program.code.mov(.edx, .immediate(Int64(GuestLayout.reply)))
    program.code.mov(.esi, .immediate(Int64(GuestLayout.replyLimit)))
    program.diagnose(0x08)
    program.code.mov(.r12, .rax)
    program.code.mov(.ebx, .immediate(Int64(GuestLayout.reply)))
    program.code.mov(.eax, .immediate(Int64(GuestLayout.replyLimit)))
    program.code.cmp(.rcx, .rax)
    program.code.cmov(.above, .rcx, .rax)
    program.code.lea(.r13, .at(.rbx, index: .rcx))
    program.code.mov(.r14d, 10)

    let next = program.code.placedLabel()
    program.code.cmp(.rbx, .r13)
    program.code.jump(.aboveOrEqual, ended)
    program.code.movzx(.eax, .at(.rbx, 0, .byte))
    program.code.inc(.rbx)
    program.code.cmp(.al, 13)
    program.code.jump(.equal, next)
    program.code.mov(.r14d, .eax)
    program.code.cmp(.al, 0x15)
    program.code.jump(.equal, lineEnd)
    program.code.cmp(.al, 10)
    program.code.jump(.notEqual, plain)
    program.code.place(lineEnd)
    program.code.mov(.r14d, 10)
    program.code.call(program.routines.putLine)
    program.code.jmp(next)
    program.code.place(plain)
    program.code.call(program.routines.putCharacter)
    program.code.jmp(next)

    program.code.place(ended)
    program.code.cmp(.r14d, 10)
    let clean = program.code.label()
    program.code.jump(.equal, clean, short: true)
    program.code.call(program.routines.putLine)
    program.code.place(clean)
    program.code.test(.r12, .r12)
    program.code.jump(.equal, finished)
    program.put("RC = ")
    program.code.mov(.rax, .r12)
    program.code.call(program.routines.putDecimal)
    program.code.call(program.routines.putLine)
    program.code.place(finished)
    program.code.jmp(prompt)
  }
}

extension ProgramBuilder {
  /// RSI moves on to what is not a blank.
  mutating func skipBlanks() {
    let done = code.label()
    let next = code.placedLabel()
    code.cmp(.at(.rsi, 0, .byte), 0x20)
    code.jump(.notEqual, done, short: true)
    code.inc(.rsi)
    code.jmp(next)
    code.place(done)
  }

  /// Further processors that only wait until they are asked to stop.
  mutating func emitIdleSecondary() {
    let stopped = code.label()
    code.place(secondary)
    code.cli()
    ifAskedToStop(goTo: stopped)
    code.sti()
    code.hlt()
    code.jmp(secondary)
    code.place(stopped)
    code.ret()
  }
}

extension GuestProgram {
  /// TALKER: a prompt, a line, an answer; no timer, so that waiting costs nothing.
  func talkerImage() -> GuestProgramImage {
    var talker = TalkerProgram(name: rawValue)
    return talker.build()
  }
}
