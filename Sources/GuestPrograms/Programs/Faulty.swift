import X86

/// Builds FAULTY.
struct FaultyProgram {
  private var program: ProgramBuilder
  private let prompt: Assembler.Label

  init(name: String) {
    program = ProgramBuilder(name: name)
    prompt = program.code.label()
  }

  mutating func build() -> GuestProgramImage {
    let wild = program.code.label()
    let triple = program.code.label()
    let loop = program.code.label()
    let outside = program.code.label()
    let ports = program.code.label()
    let line = program.code.label()
    program.code.place(program.main)
    program.code.mov(.esi, .immediate(Int64(GuestLayout.parameter)))
    program.code.cmp(.at(.rsi, 0, .byte), 0)
    program.code.jump(.notEqual, line)
    program.code.place(prompt)
    program.put("\(program.name)> ")
    program.code.call(program.routines.readLine)
    program.code.place(line)
    program.skipBlanks()
    program.code.cmp(.at(.rsi, 0, .byte), 0)
    program.code.jump(.equal, prompt)
    program.dispatch([
      ("WILD", wild), ("TRIPLE", triple), ("LOOP", loop), ("OUTSIDE", outside),
      ("PORTS", ports), ("HANG", program.routines.disabledWait),
    ])
    program.put("WILD, TRIPLE, LOOP, OUTSIDE, PORTS or HANG\r\n")
    program.code.jmp(prompt)
    program.emitIdleSecondary()

    // An address that no page table maps: a page fault, told by the runtime.
    program.code.place(wild)
    program.code.mov(.rax, 0x5A5A_0000_0000)
    program.code.jmp(.rax)

    // No interrupt table and a fault: the processor shuts down.
    program.code.place(triple)
    program.code.push(0)
    program.code.push(0)
    program.code.lidt(.at(.rsp))
    program.code.int3()

    program.code.place(loop)
    program.code.cli()
    let endless = program.code.placedLabel()
    program.code.jmp(endless)

    emitOutside(outside)
    emitPorts(ports)
    return program.finish()
  }

  /// OUTSIDE: stores and loads beyond storage and in the hole below 4 GiB; all read as ones.
  private mutating func emitOutside(_ entry: Assembler.Label) {
    let different = program.code.label()
    program.code.place(entry)
    program.code.mov(.rbx, .absolute(GuestCounter.storage.address))
    program.code.mov(.r12d, 0)
    program.code.mov(.r13d, 4096)
    let next = program.code.placedLabel()
    program.code.mov(.rax, .bits(0x0123_4567_89AB_CDEF))
    program.code.mov(.at(.rbx), .rax)
    program.code.cmp(.at(.rbx, 0, .qword), -1)
    program.code.jump(.notEqual, different)
    program.code.inc(.r12d)
    program.code.place(different)
    program.code.add(.rbx, 0x1_0000)
    program.code.dec(.r13d)
    program.code.jump(.notEqual, next)
    program.code.mov(.ebx, .bits(0xD000_0000))
    program.code.mov(.at(.rbx, 0, .dword), 1)
    program.code.mov(.eax, .at(.rbx))
    program.put("\(program.name): outside of storage, ")
    program.code.mov(.rax, .r12)
    program.code.call(program.routines.putDecimal)
    program.put(" of 4096 words read as ones\r\n")
    program.code.jmp(prompt)
  }

  /// PORTS: 100,000 bytes to ports in a fixed pseudo-random order, whatever they do; then the
  /// console is set up again.
  private mutating func emitPorts(_ entry: Assembler.Label) {
    program.code.place(entry)
    program.code.mov(.ebx, 0x2545_F491)
    program.code.mov(.r12d, 100_000)
    let next = program.code.placedLabel()
    for (left, count) in [(true, 13), (false, 17), (true, 5)] as [(Bool, Int64)] {
      program.code.mov(.eax, .ebx)
      if left { program.code.shl(.eax, .immediate(count)) }
      if !left { program.code.shr(.eax, .immediate(count)) }
      program.code.xor(.ebx, .eax)
    }
    program.code.mov(.edx, .ebx)
    program.code.mov(.eax, .ebx)
    program.code.shr(.eax, 16)
    program.code.out(.dx, .al)
    program.code.dec(.r12d)
    program.code.jump(.notEqual, next)
    program.emitSerialSetup()
    program.putMessage("100000 bytes written to ports")
    program.code.jmp(prompt)
  }
}

extension GuestProgram {
  /// FAULTY: does what its PARM says, then what is typed.
  func faultyImage() -> GuestProgramImage {
    var faulty = FaultyProgram(name: rawValue)
    return faulty.build()
  }
}
