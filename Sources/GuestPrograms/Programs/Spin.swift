import X86

extension GuestProgram {
  /// What PARM asks of SPIN: 0 nothing, or one of the habits below.
  private static let habit = GuestLayout.programVariables
  private static let parks: Int64 = 1
  private static let warns: Int64 = 2
  private static let yields: Int64 = 3

  /// SPIN: counts without end; an inner loop of 1,000 turns between looks at the notices.
  func spinImage() -> GuestProgramImage {
    var program = ProgramBuilder(name: rawValue)
    let turns = program.code.label()
    let stopped = program.code.label()
    let habits = SpinHabits(&program)

    program.code.place(program.main)
    emitSpinParameter(&program)
    program.code.mov(.ebx, 0)
    emitHabit(&program, Self.warns, habits.register)
    let again = program.code.placedLabel()
    program.code.call(turns)
    program.code.call(program.routines.serviceNotices)
    program.code.call(program.routines.publishWhenDue)
    emitHabit(&program, Self.parks, program.routines.wakeUnparked)
    program.code.jmp(again)

    program.code.place(program.secondary)
    program.code.call(turns)
    emitHabit(&program, Self.warns, habits.register)
    emitHabit(&program, Self.yields, habits.yield)
    emitHabit(&program, Self.parks, program.routines.waitWhileParked)
    program.ifAskedToStop(goTo: stopped)
    program.code.jmp(program.secondary)
    program.code.place(stopped)
    program.code.ret()
    habits.emit(&program)

    program.code.place(turns)
    program.code.mov(.ecx, 1000)
    let turn = program.code.placedLabel()
    program.addWork(1)
    program.code.dec(.ecx)
    program.code.jump(.notEqual, turn)
    program.code.ret()
    return program.finish()
  }

  /// Finds the word of PARM.
  private func emitSpinParameter(_ program: inout ProgramBuilder) {
    program.code.mov(.esi, .immediate(Int64(GuestLayout.parameter)))
    for (word, habit) in [("PARK", Self.parks), ("WARN", Self.warns), ("YIELD", Self.yields)] {
      let other = program.code.label()
      program.code.lea(.rdi, .at(program.text(word)))
      program.code.call(program.routines.matchWord)
      program.code.jump(.notEqual, other)
      program.code.mov(.absolute(Self.habit, .qword), .immediate(habit))
      program.code.place(other)
    }
  }

  /// Calls a routine when PARM asked for a habit.
  private func emitHabit(
    _ program: inout ProgramBuilder, _ habit: Int64, _ routine: Assembler.Label
  ) {
    let other = program.code.label()
    program.code.cmp(.absolute(Self.habit, .qword), .immediate(habit))
    program.code.jump(.notEqual, other)
    program.code.call(routine)
    program.code.place(other)
  }
}

/// What SPIN does beside spinning; the processor's number is in RBX.
private struct SpinHabits {
  /// Asks for an interrupt before the time slice ends.
  let register: Assembler.Label
  /// Gives processor 0 this processor's place.
  let yield: Assembler.Label
  private let warned: Assembler.Label

  init(_ program: inout ProgramBuilder) {
    register = program.code.label()
    yield = program.code.label()
    warned = program.code.label()
    program.handle(GuestPlatform.warningVector, warned)
  }

  func emit(_ program: inout ProgramBuilder) {
    program.code.place(register)
    program.code.push(.rbx)
    program.code.mov(.ebx, 1)
    program.code.mov(.ecx, .immediate(Int64(GuestPlatform.warningVector)))
    program.diagnose(0x49C)
    program.code.pop(.rbx)
    program.code.ret()

    program.code.place(yield)
    program.code.push(.rbx)
    program.code.mov(.ebx, 0)
    program.diagnose(0x9C)
    program.code.pop(.rbx)
    program.code.ret()

    program.emitInterruptEntry(warned)
    program.code.push(.rbx)
    program.code.mov(.ebx, 0)
    program.diagnose(0x49C)
    program.code.pop(.rbx)
    program.emitInterruptReturn()
  }
}
