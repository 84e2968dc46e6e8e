import X86

extension ProgramBuilder {
  /// The entry: keeps what the loader tells, sets up tables and interrupts, starts processors.
  mutating func emitStartup() {
    code.cli()
    code.cld()
    code.mov(.absolute(GuestCounter.storage.address), .rdi)
    code.mov(.absolute(GuestLayout.onlineAtStart), .rsi)
    code.mov(.absolute(GuestLayout.deviceBase), .rdx)
    emitParameterCopy()
    code.mov(.rax, .cr3)
    code.mov(.absolute(GuestLayout.pageTable), .rax)
    code.mov(.rsp, .immediate(Int64(GuestLayout.stacks + GuestLayout.stackByteCount)))
    let trampoline = emitTrampoline()
    emitTrampolineCopy(trampoline)
    emitSegmentLoad()
    let tables = code.label()
    code.call(tables)
    code.mov(.ebx, 0)
    let local = code.label()
    code.call(local)
    emitConsoleSetup()
    code.mov(.absolute(GuestLayout.noticePending, .qword), 1)
    emitFirstProcessors()
    code.sti()
    code.jmp(main)

    emitSecondaryStart(trampoline, local: local)
    emitInterruptTableSetup(tables)
    emitLocalAPICSetup(local)
  }

  /// Copies PARM from the address in RCX before stacks overlay it.
  private mutating func emitParameterCopy() {
    code.mov(.rsi, .rcx)
    code.mov(.edi, .immediate(Int64(GuestLayout.parameter)))
    code.mov(.ecx, .immediate(Int64(GuestLayout.parameterLimit)))
    let next = code.placedLabel()
    let done = code.label()
    code.lods(.byte)
    code.stos(.byte)
    code.test(.al, .al)
    code.jump(.equal, done)
    code.loop(next)
    code.mov(.at(.rdi, 0, .byte), 0)
    code.place(done)
  }

  struct Trampoline {
    let start, end, longMode: Assembler.Label
  }

  /// The way of a further processor from real mode to long mode, copied below 1 MiB.
  private mutating func emitTrampoline() -> Trampoline {
    let start = code.label()
    let end = code.label()
    let longMode = code.label()
    let over = code.label()
    code.jmp(over)
    code.align(16)
    code.place(start)
    let base = code.here
    func moved(_ address: UInt64) -> Int32 {
      Int32(truncatingIfNeeded: address &- base &+ GuestLayout.trampoline)
    }
    code.mode = .real16
    let descriptorPointer = base &+ 0x60
    code.cli()
    code.mov(.ax, 0)
    code.mov(.ds, .ax)
    code.lgdt(.absolute(moved(descriptorPointer)))
    code.mov(.eax, 0x620)  // PAE, OSFXSR, OSXMMEXCPT
    code.mov(.cr4, .rax)
    code.mov(.eax, .absolute(GuestLayout.pageTable))
    code.mov(.cr3, .rax)
    code.mov(.ecx, 0xC000_0080)
    code.mov(.eax, 0x100)  // EFER.LME
    code.mov(.edx, 0)
    code.wrmsr()
    code.mov(.eax, .bits(0x8000_0033))  // PG, NE, ET, MP, PE
    code.mov(.cr0, .rax)
    code.farJump(selector: 8, longMode)
    code.mode = .long64
    // Cannot trap: the code above is the same in every program.
    precondition(code.here <= descriptorPointer, "the trampoline's code is too long")
    code.zeros(Int(truncatingIfNeeded: descriptorPointer &- code.here))
    code.emit16(23)
    code.emit32(UInt32(truncatingIfNeeded: moved(descriptorPointer &+ 8)))
    code.emit16(0)
    code.emit64(0)
    code.emit64(0x00AF_9B00_0000_FFFF)  // 64-bit code
    code.emit64(0x00CF_9300_0000_FFFF)  // data
    code.place(end)
    code.place(over)
    return Trampoline(start: start, end: end, longMode: longMode)
  }

  private mutating func emitTrampolineCopy(_ trampoline: Trampoline) {
    code.lea(.rsi, .at(trampoline.start))
    code.lea(.rcx, .at(trampoline.end))
    code.sub(.rcx, .rsi)
    code.mov(.edi, .immediate(Int64(GuestLayout.trampoline)))
    code.movs(.byte, .whileEqual)
  }

  /// Makes the trampoline's descriptor table ours.
  private mutating func emitSegmentLoad() {
    let reloaded = code.label()
    code.lgdt(.absolute(Int32(GuestLayout.trampoline) + 0x60))
    code.push(8)
    code.lea(.rax, .at(reloaded))
    code.push(.rax)
    code.lret(.qword)
    code.place(reloaded)
    code.mov(.eax, 16)
    for segment: Assembler.Segment in [.ds, .es, .ss] { code.mov(segment, .eax) }
  }

  /// Serial input by interrupt on vector 0x24, and notices on theirs.
  private mutating func emitConsoleSetup() {
    emitInterruptRouting(
      pin: .immediate(Int64(GuestPlatform.serialPin)), GuestPlatform.serialVector)
    emitSerialSetup()
    code.mov(.ebx, 0)
    code.mov(.ecx, .immediate(Int64(GuestPlatform.noticeVector)))
    diagnose(0x600)
  }

  /// Eight bits, no parity; FIFOs; interrupts for received data.
  mutating func emitSerialSetup() {
    for (register, value) in [(3, 3), (2, 7), (4, 0x0B), (1, 1)] as [(Int64, Int64)] {
      code.mov(.edx, .immediate(GuestPlatform.serialPort + register))
      code.mov(.al, .immediate(value))
      code.out(.dx, .al)
    }
  }

  /// Routes an I/O APIC pin to processor 0; `trigger` is 0x8000 for a level.
  mutating func emitInterruptRouting(
    pin: Assembler.Operand, _ vector: Int32, trigger: Int64 = 0
  ) {
    code.mov(.edi, .bits(UInt64(GuestPlatform.ioAPIC)))
    code.mov(.eax, pin)
    code.add(.eax, .eax)
    code.add(.eax, 0x11)
    code.mov(.at(.rdi, 0, .dword), .eax)
    code.mov(.at(.rdi, 0x10, .dword), 0)
    code.dec(.eax)
    code.mov(.at(.rdi, 0, .dword), .eax)
    code.mov(.at(.rdi, 0x10, .dword), .immediate(Int64(vector) | trigger))
  }

  private mutating func emitFirstProcessors() {
    code.mov(
      .absolute(Int32(GuestCounter.firstProcessorState), .byte),
      .immediate(Int64(GuestProcessorState.running.rawValue)))
    count(.processors)
    code.mov(.ebx, 1)
    let done = code.label()
    let next = code.placedLabel()
    code.cmp(.rbx, .absolute(GuestLayout.onlineAtStart))
    code.jump(.aboveOrEqual, done)
    code.cmp(.ebx, .immediate(Int64(GuestLayout.processorLimit)))
    code.jump(.aboveOrEqual, done)
    code.mov(.edi, .ebx)
    code.call(routines.startProcessor)
    code.inc(.ebx)
    code.jmp(next)
    code.place(done)
  }

  /// A further processor in long mode: its stack and interrupts, then the program.
  private mutating func emitSecondaryStart(_ trampoline: Trampoline, local: Assembler.Label) {
    code.place(trampoline.longMode)
    code.mov(.eax, 16)
    for segment: Assembler.Segment in [.ds, .es, .ss] { code.mov(segment, .eax) }
    code.mov(.eax, 1)  // CPUID.1: EBX 31-24 is the number
    code.cpuid()
    code.shr(.ebx, 24)
    code.mov(.esp, .ebx)
    code.inc(.esp)
    code.shl(.esp, .immediate(Int64(GuestLayout.stackByteCount.trailingZeroBitCount)))
    code.add(.esp, .immediate(Int64(GuestLayout.stacks)))
    code.call(local)
    code.mov(
      .at(.rbx, Int32(GuestCounter.firstProcessorState), .byte),
      .immediate(Int64(GuestProcessorState.running.rawValue)))
    count(.processors)
    code.sti()
    code.call(secondary)
    code.cli()
    code.lock()
    code.dec(.absolute(GuestCounter.processors.address, .qword))
    code.mov(
      .at(.rbx, Int32(GuestCounter.firstProcessorState), .byte),
      .immediate(Int64(GuestProcessorState.parked.rawValue)))
    code.jmp(routines.disabledWait)
  }

  /// The local APIC in x2APIC mode with its timer by TSC deadline, and the interrupt table.
  private mutating func emitLocalAPICSetup(_ entry: Assembler.Label) {
    let pointer = code.label()
    code.place(entry)
    code.lidt(.at(pointer))
    code.mov(.ecx, 0x1B)
    code.rdmsr()
    code.or(.eax, 0xC00)
    code.wrmsr()
    emitRegisterWrite(0x80F, 0x1FF)
    emitRegisterWrite(0x832, 0x4_0000 | Int64(GuestPlatform.timerVector))
    code.ret()
    code.place(pointer)
    code.emit16(0xFFF)
    code.emit64(UInt64(GuestLayout.interruptTable))
  }

  /// Writes a model-specific register below 4 GiB.
  mutating func emitRegisterWrite(_ register: Int64, _ value: Int64) {
    code.mov(.ecx, .immediate(register))
    code.mov(.eax, .immediate(value))
    code.mov(.edx, 0)
    code.wrmsr()
  }
}
