// Every 8-byte word holds address * factor + generation * step. Storage is kept by the MiB: the table
// at 0x10000 has eight bytes for each: its generation (0 = not ours) and a lock that the processor
// holds which works on it. A pass verifies a MiB's generation and writes the next one.

import X86

/// Builds TOUCHER.
struct ToucherProgram {
  private static let table = GuestLayout.programArea
  /// Highest storage used: 3 GiB, where low storage ends.
  private static let unitLimit: Int64 = 3072
  private static let nextUnit = GuestLayout.programVariables
  private static let unitCount = GuestLayout.programVariables + 8
  private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15
  private static let step: UInt64 = 0xD1B5_4A32_D192_ED03

  private var program: ProgramBuilder
  private let hooks: ProgramBuilder.StorageHooks
  private let pass, fill, verify, bounds, mismatch: Assembler.Label

  /// What a routine does with each word.
  private enum Sweep {
    case pass, fill, verify
  }

  init(name: String) {
    program = ProgramBuilder(name: name, hasStorageHooks: true)
    // Cannot trap: a builder that is asked for hooks has them.
    guard let hooks = program.storageHooks else { preconditionFailure("asked for above") }
    self.hooks = hooks
    pass = program.code.label()
    fill = program.code.label()
    verify = program.code.label()
    bounds = program.code.label()
    mismatch = program.code.label()
  }

  mutating func build() -> GuestProgramImage {
    let unit = program.code.label()
    emitMain(unit)
    emitUnit(unit)
    emitBounds()
    emitSweep(.pass, pass)
    emitSweep(.fill, fill)
    emitSweep(.verify, verify)
    emitMismatch()
    emitTaken()
    emitWanted()
    emitSettled()
    return program.finish()
  }

  /// Fills what there is, then passes over it for ever.
  private mutating func emitMain(_ unit: Assembler.Label) {
    let start = program.code.label()
    let stopped = program.code.label()
    program.code.place(program.main)
    program.code.mov(.r12d, 1)
    program.code.mov(.rbx, .absolute(GuestCounter.storage.address))
    program.code.shr(.rbx, 20)
    program.code.mov(.eax, .immediate(Self.unitLimit))
    program.code.cmp(.rbx, .rax)
    program.code.cmov(.above, .rbx, .rax)
    program.code.mov(.absolute(Self.unitCount), .rbx)
    let next = program.code.placedLabel()
    program.code.cmp(.r12, .rbx)
    program.code.jump(.aboveOrEqual, start)
    program.code.call(bounds)
    program.code.mov(.r14d, 0)
    program.code.call(fill)
    program.code.mov(.at(nil, index: .r12, scale: 8, Self.table, .dword), 1)
    program.code.inc(.r12d)
    program.code.jmp(next)

    program.code.place(start)
    program.code.mov(.ebx, 0)
    let again = program.code.placedLabel()
    program.code.cmp(.absolute(GuestLayout.stopRequested, .qword), 0)
    program.code.jump(.notEqual, program.routines.disabledWait)
    program.code.call(unit)
    program.code.call(program.routines.serviceNotices)
    program.code.call(program.routines.publishWhenDue)
    program.code.jmp(again)

    program.code.place(program.secondary)
    program.ifAskedToStop(goTo: stopped)
    program.code.cmp(.absolute(GuestLayout.stopRequested, .qword), 0)
    program.code.jump(.notEqual, stopped)
    program.code.call(unit)
    program.code.jmp(program.secondary)
    program.code.place(stopped)
    program.code.ret()
  }

  /// One pass over the next MiB that is ours and free.
  ///
  /// R12 = its number, R13 = its table entry.
  private mutating func emitUnit(_ entry: Assembler.Label) {
    let done = program.code.label()
    let unlock = program.code.label()
    let none = program.code.label()
    program.code.place(entry)
    program.code.mov(.eax, 1)
    program.code.lock()
    program.code.xadd(.absolute(Self.nextUnit), .rax)
    program.code.mov(.edx, 0)
    program.code.mov(.rcx, .absolute(Self.unitCount))
    program.code.test(.rcx, .rcx)
    program.code.jump(.equal, none)
    program.code.div(.rcx)
    program.code.mov(.r12, .rdx)
    program.code.lea(.r13, .at(nil, index: .r12, scale: 8, Self.table))
    program.code.lock()
    program.code.bts(.at(.r13, 4, .dword), 0)
    program.code.jump(.below, done)
    program.code.mov(.r14d, .at(.r13))
    program.code.test(.r14d, .r14d)
    program.code.jump(.equal, unlock)
    program.code.call(bounds)
    program.code.mov(.r15, .rsi)
    program.code.sub(.r15, .rdi)
    program.code.shr(.r15, 3)
    program.code.call(pass)
    program.code.inc(.at(.r13, 0, .dword))
    program.addWork(.r15)
    program.code.place(unlock)
    program.code.mov(.at(.r13, 4, .dword), 0)
    program.code.place(done)
    program.code.ret()
    program.code.place(none)
    program.code.pause()
    program.code.ret()
  }

  /// RDI to RSI = the storage of MiB R12; the image's own MiB begins behind the image.
  private mutating func emitBounds() {
    program.code.place(bounds)
    program.code.mov(.rsi, .r12)
    program.code.shl(.rsi, 20)
    program.code.mov(.rdi, .rsi)
    program.code.add(.rsi, 0x10_0000)
    program.code.lea(.rax, .at(program.imageEnd))
    program.code.cmp(.rdi, .rax)
    program.code.cmov(.below, .rdi, .rax)
    program.code.ret()
  }

  /// Sweeps RDI to RSI: verifies generation R14, or writes generation R14 + 1, or both.
  private mutating func emitSweep(_ sweep: Sweep, _ entry: Assembler.Label) {
    program.code.place(entry)
    program.code.mov(.r8, .bits(Self.factor))
    program.code.mov(.r9, .bits(Self.step))
    program.code.mov(.rax, .rdi)
    program.code.imul(.rax, .r8)
    program.code.mov(.rcx, .r14)
    program.code.imul(.rcx, .r9)
    program.code.add(.rax, .rcx)
    program.code.lea(.rdx, .at(.rax, index: .r9))
    program.code.shl(.r8, 3)
    let next = program.code.placedLabel()
    if sweep != .fill {
      program.code.cmp(.at(.rdi), .rax)
      program.code.jump(.notEqual, mismatch)
      program.code.add(.rax, .r8)
    }
    if sweep != .verify {
      program.code.mov(.at(.rdi), .rdx)
      program.code.add(.rdx, .r8)
    }
    program.code.add(.rdi, 8)
    program.code.cmp(.rdi, .rsi)
    program.code.jump(.below, next)
    program.code.ret()
  }

  /// Tells a mismatch at RDI (expected RAX) and stops everything in a disabled wait.
  private mutating func emitMismatch() {
    program.code.place(mismatch)
    program.code.mov(.rcx, .at(.rdi))
    program.code.mov(.absolute(GuestCounter.mismatchAddress.address), .rdi)
    program.code.mov(.absolute(GuestCounter.mismatchExpected.address), .rax)
    program.code.mov(.absolute(GuestCounter.mismatchFound.address), .rcx)
    program.count(.errors)
    program.code.mov(.absolute(GuestLayout.stopRequested, .qword), 1)
    program.put("\(program.name): mismatch at ")
    for (counter, text) in [
      (GuestCounter.mismatchAddress, " expected "), (.mismatchExpected, " found "),
      (.mismatchFound, "\r\n"),
    ] {
      program.code.mov(.rax, .absolute(counter.address))
      program.code.call(program.routines.putHexadecimal)
      program.put(text)
    }
    program.code.mov(
      .at(.rbx, Int32(GuestCounter.firstProcessorState), .byte),
      .immediate(Int64(GuestProcessorState.parked.rawValue)))
    program.code.jmp(program.routines.disabledWait)
  }

  /// New storage: reads zero, then is filled and belongs to us.
  private mutating func emitTaken() {
    let isZero = program.code.label()
    program.code.place(hooks.taken)
    program.code.mov(.rdi, .rbx)
    program.code.mov(.rcx, .r12)
    program.code.shr(.rcx, 3)
    program.code.mov(.eax, 0)
    program.code.scas(.qword, .whileEqual)
    program.code.jump(.equal, isZero)
    program.code.sub(.rdi, 8)
    program.code.mov(.ebx, 0)
    program.code.jmp(mismatch)
    program.code.place(isZero)
    program.code.mov(.rdi, .rbx)
    program.code.lea(.rsi, .at(.rbx, index: .r12))
    program.code.mov(.r14d, 0)
    program.code.call(fill)
    program.code.add(.absolute(GuestCounter.taken.address), .r12)
    emitEachUnit { program in
      program.code.mov(.at(.r14, 4, .dword), 0)
      program.code.mov(.at(.r14, 0, .dword), 1)
    }
    program.code.lea(.rax, .at(.rbx, index: .r12))
    program.code.shr(.rax, 20)
    program.code.cmp(.rax, .absolute(Self.unitCount))
    let isInside = program.code.label()
    program.code.jump(.belowOrEqual, isInside, short: true)
    program.code.mov(.absolute(Self.unitCount), .rax)
    program.code.place(isInside)
    program.code.ret()
  }

  /// Storage wanted: every MiB is locked and verified a last time; it may go if all of it is ours.
  private mutating func emitWanted() {
    let refuse = program.code.label()
    let verified = verify
    program.code.place(hooks.wanted)
    program.code.lea(.rax, .at(.rbx, index: .r12))
    program.code.shr(.rax, 20)
    program.code.cmp(.rax, .absolute(Self.unitCount))
    program.code.jump(.above, refuse)
    emitEachUnit { program in
      program.code.cmp(.at(.r14, 0, .dword), 0)
      program.code.jump(.equal, refuse)
    }
    emitEachUnit { program in
      let lock = program.code.label()
      let locked = program.code.label()
      program.code.place(lock)
      program.code.lock()
      program.code.bts(.at(.r14, 4, .dword), 0)
      program.code.jump(.aboveOrEqual, locked, short: true)
      program.code.pause()
      program.code.jmp(lock)
      program.code.place(locked)
      program.code.push(.r14)
      program.code.push(.rbx)
      program.code.lea(.rdi, .at(nil, index: .r14, -Self.table))
      program.code.shl(.rdi, 17)
      program.code.lea(.rsi, .at(.rdi, 0x10_0000))
      program.code.mov(.r14d, .at(.r14))
      program.code.mov(.ebx, 0)
      program.code.call(verified)
      program.code.pop(.rbx)
      program.code.pop(.r14)
    }
    program.code.cmp(.eax, .eax)
    program.code.ret()
    program.code.place(refuse)
    program.code.or(.eax, 1)
    program.code.ret()
  }

  /// Storage is gone (zero flag) or stays: its entries are cleared or kept, and unlocked.
  private mutating func emitSettled() {
    program.code.place(hooks.settled)
    program.code.set(.equal, .al)
    program.code.movzx(.r15d, .al)
    emitEachUnit { program in
      let stays = program.code.label()
      program.code.test(.r15d, .r15d)
      program.code.jump(.equal, stays, short: true)
      program.code.mov(.at(.r14, 0, .dword), 0)
      program.code.place(stays)
      program.code.mov(.at(.r14, 4, .dword), 0)
    }
    program.code.neg(.r15)
    program.code.and(.r15, .r12)
    program.code.add(.absolute(GuestCounter.released.address), .r15)
    program.code.ret()
  }

  /// Emits a loop over the MiBs of the storage RBX, R12 long, with R14 = table entry.
  private mutating func emitEachUnit(_ body: (inout ProgramBuilder) -> Void) {
    program.code.mov(.r14, .rbx)
    program.code.shr(.r14, 17)
    program.code.lea(.r13, .at(.rbx, index: .r12))
    program.code.shr(.r13, 17)
    program.code.add(.r14, .immediate(Int64(Self.table)))
    program.code.add(.r13, .immediate(Int64(Self.table)))
    let next = program.code.placedLabel()
    body(&program)
    program.code.add(.r14, 8)
    program.code.cmp(.r14, .r13)
    program.code.jump(.below, next)
  }
}

extension GuestProgram {
  func toucherImage() -> GuestProgramImage {
    var toucher = ToucherProgram(name: rawValue)
    return toucher.build()
  }
}
