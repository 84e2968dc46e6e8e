import X86

extension GuestProgram {
  /// SPIN: counts without end; an inner loop of 1,000 turns between looks at the notices.
  func spinImage() -> GuestProgramImage {
    var program = ProgramBuilder(name: rawValue)
    let turns = program.code.label()
    let stopped = program.code.label()

    program.code.place(program.main)
    program.code.mov(.ebx, 0)
    let again = program.code.placedLabel()
    program.code.call(turns)
    program.code.call(program.routines.serviceNotices)
    program.code.call(program.routines.publishWhenDue)
    program.code.jmp(again)

    program.code.place(program.secondary)
    program.code.call(turns)
    program.ifAskedToStop(goTo: stopped)
    program.code.jmp(program.secondary)
    program.code.place(stopped)
    program.code.ret()

    program.code.place(turns)
    program.code.mov(.ecx, 1000)
    let turn = program.code.placedLabel()
    program.addWork(1)
    program.code.dec(.ecx)
    program.code.jump(.notEqual, turn)
    program.code.ret()
    return program.finish()
  }
}
