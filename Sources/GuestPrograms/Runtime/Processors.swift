import X86

extension ProgramBuilder {
  /// Starting, stopping, waiting and ending.
  mutating func emitProcessors() {
    let states = Int32(GuestCounter.firstProcessorState)
    // startProcessor: EDI = number. INIT, then the start-up vector of the trampoline.
    code.place(routines.startProcessor)
    code.mov(
      .at(.rdi, states, .byte), .immediate(Int64(GuestProcessorState.starting.rawValue)))
    emitInterprocessorInterrupt(0x4500)
    emitInterprocessorInterrupt(0x4600 | Int64(GuestLayout.trampoline >> 12))
    code.ret()

    // stopProcessor: EDI = number; returns when it is parked.
    code.place(routines.stopProcessor)
    let parked = code.label()
    let next = code.label()
    code.cmp(.at(.rdi, states, .byte), .immediate(Int64(GuestProcessorState.parked.rawValue)))
    code.jump(.equal, parked)
    let starting = code.placedLabel()
    code.pause()
    code.cmp(.at(.rdi, states, .byte), .immediate(Int64(GuestProcessorState.starting.rawValue)))
    code.jump(.equal, starting)
    code.mov(
      .at(.rdi, states, .byte), .immediate(Int64(GuestProcessorState.askedToStop.rawValue)))
    emitInterprocessorInterrupt(0x4000 | Int64(GuestPlatform.wakeVector))
    code.place(next)
    code.pause()
    code.cmp(.at(.rdi, states, .byte), .immediate(Int64(GuestProcessorState.parked.rawValue)))
    code.jump(.notEqual, next)
    code.place(parked)
    code.ret()

    // wait: called with interrupts off; waits for one, unless a notice is pending. Turns them on.
    code.place(routines.wait)
    let pending = code.label()
    code.cmp(.absolute(GuestLayout.noticePending, .qword), 0)
    code.jump(.notEqual, pending, short: true)
    code.sti()
    code.hlt()
    code.ret()
    code.place(pending)
    code.sti()
    code.ret()
    emitParking()

    code.place(routines.powerOff)
    code.mov(.edx, .immediate(GuestPlatform.sleepControl))
    code.mov(.al, .immediate(GuestPlatform.powerOff))
    code.out(.dx, .al)
    code.place(routines.disabledWait)
    code.cli()
    code.hlt()
    code.jmp(routines.disabledWait)

    emitPublication()
  }

  /// waitWhileParked: waits until the firmware says that the processor in RBX may be used, or it is asked
  /// to stop; wakeUnparked: wakes those that may be used again.
  private mutating func emitParking() {
    let done = code.label()
    code.place(routines.waitWhileParked)
    code.cli()
    code.mov(.at(.rbx, GuestLayout.parked, .byte), 0)
    code.push(.rbx)
    diagnose(0x620)
    code.pop(.rbx)
    code.test(.rax, .rax)
    code.jump(.notEqual, done)
    code.test(.rcx, .rcx)
    code.jump(.equal, done)
    ifAskedToStop(goTo: done)
    code.mov(.at(.rbx, GuestLayout.parked, .byte), 1)
    code.call(routines.wait)
    code.jmp(routines.waitWhileParked)
    code.place(done)
    code.sti()
    code.ret()

    let next = code.label()
    code.place(routines.wakeUnparked)
    code.push(.rbx)
    code.mov(.edi, 1)
    let each = code.placedLabel()
    code.cmp(.at(.rdi, GuestLayout.parked, .byte), 0)
    code.jump(.equal, next)
    code.mov(.ebx, .edi)
    diagnose(0x620)
    code.test(.rcx, .rcx)
    code.jump(.notEqual, next)
    emitInterprocessorInterrupt(0x4000 | Int64(GuestPlatform.wakeVector))
    code.place(next)
    code.inc(.edi)
    code.cmp(.edi, .immediate(Int64(GuestLayout.processorLimit)))
    code.jump(.below, each)
    code.pop(.rbx)
    code.ret()
  }

  /// Writes the interrupt command register: `command` to the processor in EDI.
  private mutating func emitInterprocessorInterrupt(_ command: Int64) {
    code.mov(.ecx, 0x830)
    code.mov(.eax, .immediate(command))
    code.mov(.edx, .edi)
    code.wrmsr()
  }

  /// publish: tells the firmware the sum of all work; publishWhenDue: once an interval.
  private mutating func emitPublication() {
    let due = code.label()
    code.place(routines.publishWhenDue)
    code.rdtsc()
    code.shl(.rdx, 32)
    code.or(.rax, .rdx)
    code.cmp(.rax, .absolute(GuestLayout.nextPublication))
    code.jump(.aboveOrEqual, due)
    code.ret()
    code.place(due)
    code.add(.rax, .immediate(publicationInterval))
    code.mov(.absolute(GuestLayout.nextPublication), .rax)
    code.place(routines.publish)
    code.push(.rbx)
    code.mov(.ebx, 0)
    code.mov(.ecx, 0)
    let next = code.placedLabel()
    code.add(
      .rbx, .at(nil, index: .rcx, scale: 8, Int32(GuestCounter.firstProcessorWork)))
    code.inc(.ecx)
    code.cmp(.ecx, .immediate(Int64(GuestLayout.processorLimit)))
    code.jump(.below, next)
    code.mov(.absolute(GuestCounter.work.address), .rbx)
    diagnose(0x610)
    code.pop(.rbx)
    code.ret()
  }
}
