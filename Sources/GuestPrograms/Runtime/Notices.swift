import X86

extension ProgramBuilder {
  private enum Notice: Int64 {
    case processorOffered = 1
    case processorWanted, storageOffered, storageWanted, shutdown
  }

  /// serviceNotices: takes every notice that is pending and answers it; on processor 0 only.
  mutating func emitNotices() {
    let next = code.label()
    let done = code.label()
    let refuse = code.label()
    let offeredProcessor = code.label()
    let wantedProcessor = code.label()
    let offeredStorage = code.label()
    let wantedStorage = code.label()
    let shutdown = code.label()
    code.place(routines.serviceNotices)
    code.cmp(.absolute(GuestLayout.noticePending, .qword), 0)
    let some = code.label()
    code.jump(.notEqual, some, short: true)
    code.ret()
    code.place(some)
    code.push(.rbx)
    code.push(.r12)
    code.push(.r13)
    code.mov(.absolute(GuestLayout.noticePending, .qword), 0)
    code.place(next)
    code.mov(.ebx, 1)
    diagnose(0x600)
    code.mov(.r13, .rbx)
    code.mov(.rbx, .rcx)
    code.mov(.r12, .rdx)
    let targets: [(Notice, Assembler.Label)] = [
      (.processorOffered, offeredProcessor), (.processorWanted, wantedProcessor),
      (.storageOffered, offeredStorage), (.storageWanted, wantedStorage), (.shutdown, shutdown),
    ]
    code.test(.rax, .rax)
    code.jump(.notEqual, done)
    code.test(.r13, .r13)
    code.jump(.equal, done)
    for (kind, target) in targets {
      code.cmp(.r13d, .immediate(kind.rawValue))
      code.jump(.equal, target)
    }
    code.jmp(refuse)

    code.place(offeredProcessor)
    code.cmp(.rbx, .immediate(Int64(GuestLayout.processorLimit)))
    code.jump(.aboveOrEqual, refuse)
    emitAnswer(accept: true)
    code.jump(.notEqual, next)
    code.mov(.edi, .ebx)
    code.call(routines.startProcessor)
    code.jmp(next)

    code.place(wantedProcessor)
    code.lea(.rax, .at(.rbx, -1))
    code.cmp(.rax, .immediate(Int64(GuestLayout.processorLimit - 1)))
    code.jump(.aboveOrEqual, refuse)
    code.cmp(.at(.rbx, Int32(GuestCounter.firstProcessorState), .byte), 0)
    code.jump(.equal, refuse)
    code.mov(.edi, .ebx)
    code.call(routines.stopProcessor)
    emitAnswer(accept: true)
    code.mov(.at(.rbx, Int32(GuestCounter.firstProcessorState), .byte), 0)
    code.jmp(next)

    emitOfferedStorage(offeredStorage, next: next)
    emitWantedStorage(wantedStorage, next: next, refuse: refuse)

    code.place(shutdown)
    emitAnswer(accept: true)
    putMessage("shutting down")
    code.jmp(routines.powerOff)

    code.place(refuse)
    emitAnswer(accept: false)
    code.jmp(next)

    code.place(done)
    code.pop(.r13)
    code.pop(.r12)
    code.pop(.rbx)
    code.ret()
  }

  /// Answers the notice whose operands are in RBX and R12; the zero flag says that it was done.
  private mutating func emitAnswer(accept: Bool) {
    let failed = code.label()
    code.push(.rbx)
    code.mov(.rcx, .rbx)
    code.mov(.rdx, .r12)
    code.mov(.ebx, accept ? 2 : 3)
    diagnose(0x600)
    code.pop(.rbx)
    code.test(.rax, .rax)
    code.jump(.notEqual, failed, short: true)
    code.inc(.absolute((accept ? GuestCounter.accepted : .refused).address, .qword))
    code.cmp(.eax, .eax)
    code.place(failed)
  }

  private mutating func emitOfferedStorage(_ entry: Assembler.Label, next: Assembler.Label) {
    code.place(entry)
    emitAnswer(accept: true)
    code.jump(.notEqual, next)
    code.add(.absolute(GuestCounter.storage.address), .r12)
    if let hooks = storageHooks { code.call(hooks.taken) }
    code.jmp(next)
  }

  /// Storage below 2 MiB, which holds the image, never goes.
  private mutating func emitWantedStorage(
    _ entry: Assembler.Label, next: Assembler.Label, refuse: Assembler.Label
  ) {
    code.place(entry)
    code.cmp(.rbx, 0x20_0000)
    code.jump(.below, refuse)
    if let hooks = storageHooks {
      code.call(hooks.wanted)
      code.jump(.notEqual, refuse)
    }
    emitAnswer(accept: true)
    if let hooks = storageHooks {
      code.pushf()
      code.call(hooks.settled)
      code.popf()
    }
    code.jump(.notEqual, next)
    code.sub(.absolute(GuestCounter.storage.address), .r12)
    code.jmp(next)
  }
}
