import X86

extension GuestProgram {
  private static let workTime = GuestLayout.programVariables
  private static let period = GuestLayout.programVariables + 8
  /// Not 0 when PARM asks to leave parked processors alone.
  private static let parks = GuestLayout.programVariables + 24

  /// PULSE: every processor works for a share of each period and waits for the next by its timer.
  func pulseImage() -> GuestProgramImage {
    var program = ProgramBuilder(name: rawValue, publicationInterval: 1_000_000_000)
    emitPulseParameters(&program)
    program.code.mov(.ebx, 0)
    program.code.call(program.secondary)
    program.code.jmp(program.routines.disabledWait)
    emitPulseLoop(&program)
    return program.finish()
  }

  private func emitPulseParameters(_ program: inout ProgramBuilder) {
    let chosen = program.code.label()
    program.code.place(program.main)
    program.code.mov(.r12d, 5)
    program.code.mov(.r13d, 100)
    program.code.mov(.esi, .immediate(Int64(GuestLayout.parameter)))
    program.code.call(program.routines.parseNumber)
    program.code.jump(.below, chosen)
    program.code.mov(.ecx, 100)
    program.code.cmp(.rax, .rcx)
    program.code.cmov(.above, .rax, .rcx)
    program.code.mov(.r12, .rax)
    program.code.call(program.routines.parseNumber)
    program.code.jump(.below, chosen)
    program.code.mov(.r13, .rax)
    program.code.mov(.ecx, 1)
    program.code.test(.r13, .r13)
    program.code.cmov(.equal, .r13, .rcx)
    program.code.place(chosen)
    let usesAll = program.code.label()
    program.code.lea(.rdi, .at(program.text("PARK")))
    program.code.call(program.routines.matchWord)
    program.code.jump(.notEqual, usesAll)
    program.code.mov(.absolute(Self.parks, .qword), 1)
    program.code.place(usesAll)
    program.code.imul(.r13, .r13, 1_000_000)
    program.code.mov(.rax, .r12)
    program.code.mul(.r13)
    program.code.mov(.ecx, 100)
    program.code.div(.rcx)
    program.code.mov(.absolute(Self.period), .r13)
    program.code.mov(.absolute(Self.workTime), .rax)
    // Further processors wait for the parameters.
    program.code.mov(.absolute(Self.workTime + 16, .qword), 1)
  }

  private func emitIfParking(_ program: inout ProgramBuilder, _ routine: Assembler.Label) {
    let over = program.code.label()
    program.code.cmp(.absolute(Self.parks, .qword), 0)
    program.code.jump(.equal, over)
    program.code.call(routine)
    program.code.place(over)
  }

  /// R12 = start of the period, R13 = time of work, R14 = period, R15 = end of work.
  private func emitPulseLoop(_ program: inout ProgramBuilder) {
    let stopped = program.code.label()
    let notFirst = program.code.label()
    let notFirstAwake = program.code.label()
    let onTime = program.code.label()
    program.code.place(program.secondary)
    program.code.pause()
    program.code.cmp(.absolute(Self.workTime + 16, .qword), 0)
    program.code.jump(.equal, program.secondary)
    program.code.mov(.r13, .absolute(Self.workTime))
    program.code.mov(.r14, .absolute(Self.period))
    program.readTime()
    program.code.mov(.r12, .rax)

    let period = program.code.placedLabel()
    program.code.lea(.r15, .at(.r12, index: .r13))
    let work = program.code.placedLabel()
    program.code.mov(.ecx, 50)
    let turn = program.code.placedLabel()
    program.addWork(1)
    program.code.dec(.ecx)
    program.code.jump(.notEqual, turn)
    program.ifAskedToStop(goTo: stopped)
    program.readTime()
    program.code.cmp(.rax, .r15)
    program.code.jump(.below, work)
    program.code.add(.r12, .r14)
    program.code.test(.ebx, .ebx)
    program.code.jump(.notEqual, notFirst)
    program.code.call(program.routines.serviceNotices)
    program.code.call(program.routines.publishWhenDue)
    emitIfParking(&program, program.routines.wakeUnparked)
    program.code.place(notFirst)
    emitIfParking(&program, program.routines.waitWhileParked)

    let wait = program.code.placedLabel()
    program.code.cli()
    program.ifAskedToStop(goTo: stopped)
    program.readTime()
    program.code.sub(.rax, .r12)
    program.code.jump(.less, onTime)
    program.code.sti()
    // A whole period late: that time is lost, not made up for.
    program.code.cmp(.rax, .r14)
    program.code.jump(.lessOrEqual, period)
    program.code.add(.r12, .rax)
    program.code.jmp(period)
    program.code.place(onTime)
    program.setDeadline(.r12)
    program.code.call(program.routines.wait)
    program.code.test(.ebx, .ebx)
    program.code.jump(.notEqual, notFirstAwake)
    program.code.call(program.routines.serviceNotices)
    program.code.place(notFirstAwake)
    program.code.jmp(wait)
    program.code.place(stopped)
    program.code.sti()
    program.code.ret()
  }
}

extension ProgramBuilder {
  /// RAX = the time stamp counter: nanoseconds; changes RDX.
  mutating func readTime() {
    code.rdtsc()
    code.shl(.rdx, 32)
    code.or(.rax, .rdx)
  }

  /// Sets the timer of this processor; changes RAX, RCX and RDX.
  mutating func setDeadline(_ time: Assembler.Operand) {
    code.mov(.rax, time)
    code.mov(.rdx, .rax)
    code.shr(.rdx, 32)
    code.mov(.ecx, 0x6E0)
    code.wrmsr()
  }
}
