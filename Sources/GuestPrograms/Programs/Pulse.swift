import X86

extension GuestProgram {
  private static let workTime = GuestLayout.programVariables
  private static let period = GuestLayout.programVariables + 8
  /// Not 0 when PARM asks to leave parked processors alone.
  private static let parks = GuestLayout.programVariables + 24
  /// Not 0 when PARM asks for a steady demand.
  private static let isSteady = GuestLayout.programVariables + 32
  /// Where the firmware writes the time stolen from processor n: this plus 64 n.
  private static let stolenTime = GuestLayout.programArea

  /// PULSE: every processor works for a share of each period and waits for the next by its timer.
  ///
  /// The share is of the clock: what others keep a processor from is lost. With a steady demand it is
  /// of the time that the processor has had, and work that is late is done later.
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
    for (word, habit) in [("PARK", Self.parks), ("STEADY", Self.isSteady)] {
      let other = program.code.label()
      program.code.lea(.rdi, .at(program.text(word)))
      program.code.call(program.routines.matchWord)
      program.code.jump(.notEqual, other)
      program.code.mov(.absolute(habit, .qword), 1)
      program.code.place(other)
    }
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

  private func emitIf(
    _ habit: Int32, _ program: inout ProgramBuilder, _ routine: Assembler.Label
  ) {
    let over = program.code.label()
    program.code.cmp(.absolute(habit, .qword), 0)
    program.code.jump(.equal, over)
    program.code.call(routine)
    program.code.place(over)
  }

  /// R12 = start of the period, R13 = time of work, R14 = period, R15 = end of work by the time that the
  /// processor has had.
  private func emitPulseLoop(_ program: inout ProgramBuilder) {
    let stopped = program.code.label()
    let notFirst = program.code.label()
    let notFirstAwake = program.code.label()
    let onTime = program.code.label()
    let ownTime = program.code.label()
    let askForStolenTime = program.code.label()
    let stagger = program.code.label()
    let period = program.code.label()
    let work = program.code.label()
    let wait = program.code.label()
    program.code.place(program.secondary)
    program.code.pause()
    program.code.cmp(.absolute(Self.workTime + 16, .qword), 0)
    program.code.jump(.equal, program.secondary)
    program.code.mov(.r13, .absolute(Self.workTime))
    program.code.mov(.r14, .absolute(Self.period))
    emitIf(Self.isSteady, &program, askForStolenTime)
    program.code.call(ownTime)
    program.code.mov(.r15, .rax)
    program.readTime()
    program.code.mov(.r12, .rax)
    program.code.cmp(.absolute(Self.isSteady, .qword), 0)
    program.code.jump(.equal, period)
    program.code.call(stagger)
    program.code.jmp(wait)

    program.code.place(period)
    program.code.add(.r15, .r13)
    program.code.cmp(.absolute(Self.isSteady, .qword), 0)
    program.code.jump(.notEqual, work)
    program.code.lea(.r15, .at(.r12, index: .r13))
    program.code.place(work)
    program.code.mov(.ecx, 50)
    let turn = program.code.placedLabel()
    program.addWork(1)
    program.code.dec(.ecx)
    program.code.jump(.notEqual, turn)
    program.ifAskedToStop(goTo: stopped)
    program.code.call(ownTime)
    program.code.cmp(.rax, .r15)
    program.code.jump(.below, work)
    program.code.add(.r12, .r14)
    program.code.test(.ebx, .ebx)
    program.code.jump(.notEqual, notFirst)
    program.code.call(program.routines.serviceNotices)
    program.code.call(program.routines.publishWhenDue)
    emitIf(Self.parks, &program, program.routines.wakeUnparked)
    program.code.place(notFirst)
    emitIf(Self.parks, &program, program.routines.waitWhileParked)

    program.code.place(wait)
    program.code.cli()
    program.ifAskedToStop(goTo: stopped)
    program.readTime()
    program.code.sub(.rax, .r12)
    program.code.jump(.less, onTime)
    program.code.sti()
    program.code.cmp(.absolute(Self.isSteady, .qword), 0)
    program.code.jump(.notEqual, period)
    // A whole period late: that time is lost, not made up for.
    program.code.cmp(.rax, .r14)
    program.code.jump(.lessOrEqual, period)
    program.code.add(.r12, .rax)
    program.code.jmp(period)
    program.code.place(onTime)
    program.setDeadline(.r12)
    emitWait(&program, ownTime)
    program.code.test(.ebx, .ebx)
    program.code.jump(.notEqual, notFirstAwake)
    program.code.call(program.routines.serviceNotices)
    program.code.place(notFirstAwake)
    program.code.jmp(wait)
    program.code.place(stopped)
    program.code.sti()
    program.code.ret()
    emitOwnTime(&program, ownTime, asked: askForStolenTime)
    emitStagger(&program, stagger)
  }

  /// stagger: R12 = when a period of the processor in RBX begins, after the time in RAX.
  ///
  /// They begin one after the other, so that all processors together want the same all the time.
  private func emitStagger(_ program: inout ProgramBuilder, _ stagger: Assembler.Label) {
    program.code.place(stagger)
    program.code.mov(.edx, 0)
    program.code.div(.r14)
    program.code.inc(.rax)
    program.code.mul(.r14)
    program.code.mov(.r12, .rax)
    program.code.mov(.rax, .r14)
    program.code.mul(.rbx)
    program.code.div(.absolute(GuestLayout.onlineAtStart, .qword))
    program.code.add(.r12, .rax)
    program.code.ret()
  }

  /// Waits for an interrupt, and moves the end of work by the time waited; changes RBP.
  ///
  /// What follows the deadline until the processor looks at its clock again is work.
  private func emitWait(_ program: inout ProgramBuilder, _ ownTime: Assembler.Label) {
    program.code.call(ownTime)
    program.code.mov(.rbp, .r12)
    program.code.sub(.rbp, .rax)
    program.code.sub(.rbp, .rcx)
    program.code.push(.rax)
    program.code.call(program.routines.wait)
    program.code.call(ownTime)
    program.code.pop(.rcx)
    program.code.sub(.rax, .rcx)
    program.code.cmp(.rax, .rbp)
    program.code.cmov(.above, .rax, .rbp)
    program.code.add(.r15, .rax)
  }

  /// ownTime: RAX = the time less RCX, what was stolen of it; changes RDX and RDI.
  ///
  /// Nothing is stolen for who has not asked.
  private func emitOwnTime(
    _ program: inout ProgramBuilder, _ ownTime: Assembler.Label, asked: Assembler.Label
  ) {
    program.code.place(ownTime)
    program.code.mov(.edi, .ebx)
    program.code.shl(.edi, 6)
    let again = program.code.placedLabel()
    program.code.mov(.rcx, .at(.rdi, Self.stolenTime, .qword))
    program.readTime()
    // More may have been stolen between the two.
    program.code.cmp(.rcx, .at(.rdi, Self.stolenTime, .qword))
    program.code.jump(.notEqual, again)
    program.code.sub(.rax, .rcx)
    program.code.ret()

    program.code.place(asked)
    program.code.mov(.eax, .ebx)
    program.code.shl(.eax, 6)
    program.code.add(.eax, .immediate(Int64(Self.stolenTime) + 1))
    program.code.mov(.edx, 0)
    program.code.mov(.ecx, .immediate(GuestPlatform.stealTime))
    program.code.wrmsr()
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
