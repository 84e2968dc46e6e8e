// Virtio 1.0 over MMIO, one queue of eight, one request at a time in three descriptors.
// Source: Virtual I/O Device (VIRTIO) 1.0, "Virtio Over MMIO" and "Block Device".

import X86

/// Builds IODRIVER.
struct IODriverProgram {
  private static let descriptors = GuestLayout.programArea
  private static let available = GuestLayout.programArea + 0x100
  private static let used = GuestLayout.programArea + 0x200
  private static let header = GuestLayout.programArea + 0x300
  private static let status = GuestLayout.programArea + 0x310
  private static let data = GuestLayout.programArea + 0x1000
  private static let blockByteCount: Int64 = 4096
  /// Blocks written and then read in one pass.
  private static let passLimit: Int64 = 64
  private static let interval = GuestLayout.programVariables
  private static let blockCount = GuestLayout.programVariables + 8
  private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Registers of the device, by offset.
  private enum Register: Int32 {
    case driverFeatures = 0x20
    case driverFeatureSelector = 0x24
    case queueSelector = 0x30
    case queueSize = 0x38
    case queueReady = 0x44
    case queueNotify = 0x50
    case interruptStatus = 0x60
    case interruptAcknowledge = 0x64
    case status = 0x70
    case queueDescriptors = 0x80
    case queueAvailable = 0x90
    case queueUsed = 0xA0
    case capacity = 0x100
  }

  private var program: ProgramBuilder
  private let transfer, pauseBetween: Assembler.Label

  init(name: String) {
    program = ProgramBuilder(name: name, publicationInterval: 1_000_000_000)
    transfer = program.code.label()
    pauseBetween = program.code.label()
  }

  mutating func build() -> GuestProgramImage {
    program.code.place(program.main)
    emitParameters()
    emitDeviceSetup()
    emitPasses()
    emitTransfer()
    emitPause()
    emitInterruptHandler()
    program.emitIdleSecondary()
    return program.finish()
  }

  private mutating func emitParameters() {
    let given = program.code.label()
    let haveDevice = program.code.label()
    program.code.mov(.esi, .immediate(Int64(GuestLayout.parameter)))
    program.code.call(program.routines.parseNumber)
    program.code.jump(.aboveOrEqual, given, short: true)
    program.code.mov(.eax, 10)
    program.code.place(given)
    program.code.imul(.rax, .rax, 1_000_000)
    program.code.mov(.absolute(Self.interval), .rax)
    program.code.mov(.rbp, .absolute(GuestLayout.deviceBase))
    program.code.test(.rbp, .rbp)
    program.code.jump(.notEqual, haveDevice)
    program.putMessage("there is no block device")
    program.count(.errors)
    program.code.jmp(program.routines.disabledWait)
    program.code.place(haveDevice)
  }

  private mutating func write(_ register: Register, _ value: Int64) {
    program.code.mov(.at(.rbp, register.rawValue, .dword), .immediate(value))
  }

  /// RBP = the device's registers, for the whole program.
  private mutating func emitDeviceSetup() {
    program.code.mov(.rax, .rbp)
    program.code.sub(.eax, .bits(UInt64(GuestPlatform.virtioBase)))
    program.code.shr(.eax, 9)
    program.code.add(.eax, .immediate(GuestPlatform.virtioPin))
    program.emitInterruptRouting(pin: .eax, GuestPlatform.deviceVector, trigger: 0x8000)
    for status in [0, 1, 3] as [Int64] { write(.status, status) }
    write(.driverFeatureSelector, 0)
    write(.driverFeatures, 0)
    write(.driverFeatureSelector, 1)
    write(.driverFeatures, 1)  // VERSION_1
    write(.status, 11)
    write(.queueSelector, 0)
    write(.queueSize, 8)
    for (register, address) in [
      (Register.queueDescriptors, Self.descriptors), (.queueAvailable, Self.available),
      (.queueUsed, Self.used),
    ] {
      write(register, Int64(address))
      program.code.mov(.at(.rbp, register.rawValue + 4, .dword), 0)
    }
    write(.queueReady, 1)
    write(.status, 15)
    emitCapacity()
  }

  /// Blocks used: those of the device, at most a pass's.
  private mutating func emitCapacity() {
    let haveBlocks = program.code.label()
    program.code.mov(.eax, .at(.rbp, Register.capacity.rawValue + 4))
    program.code.shl(.rax, 32)
    program.code.mov(.ecx, .at(.rbp, Register.capacity.rawValue))
    program.code.or(.rax, .rcx)
    program.code.shr(.rax, 3)
    program.code.mov(.ecx, .immediate(Self.passLimit))
    program.code.cmp(.rax, .rcx)
    program.code.cmov(.above, .rax, .rcx)
    program.code.mov(.absolute(Self.blockCount), .rax)
    program.code.test(.rax, .rax)
    program.code.jump(.notEqual, haveBlocks)
    program.putMessage("the block device is smaller than a block of 4096 bytes")
    program.count(.errors)
    program.code.jmp(program.routines.disabledWait)
    program.code.place(haveBlocks)
  }

  /// R12 = pass, R13 = block, R14 = request type: every block written, then every block read.
  private mutating func emitPasses() {
    program.code.mov(.r12d, 1)
    let pass = program.code.placedLabel()
    for isWrite in [true, false] {
      program.code.mov(.r13d, 0)
      let next = program.code.placedLabel()
      program.code.mov(.edi, .immediate(Int64(Self.data)))
      if isWrite { emitPattern { $0.mov(.at(.rdi), .rax) } }
      if !isWrite {
        program.code.mov(.rax, -1)
        program.code.mov(.ecx, .immediate(Self.blockByteCount / 8))
        program.code.stos(.qword, .whileEqual)
      }
      program.code.mov(.r14d, isWrite ? 1 : 0)
      program.code.call(transfer)
      if !isWrite { emitVerification() }
      program.count(isWrite ? .released : .taken)
      program.code.mov(.ebx, 0)
      program.addWork(1)
      program.code.mov(.rax, .absolute(Self.interval))
      program.code.call(pauseBetween)
      program.code.call(program.routines.publishWhenDue)
      program.code.inc(.r13d)
      program.code.cmp(.r13, .absolute(Self.blockCount))
      program.code.jump(.below, next)
    }
    program.code.inc(.r12d)
    program.code.jmp(pass)
  }

  /// Emits a loop over the words at RDI with RAX = what pass R12 writes there in block R13.
  private mutating func emitPattern(_ body: (inout Assembler) -> Void) {
    program.code.mov(.rdx, .bits(Self.factor))
    program.code.mov(.rax, .r13)
    program.code.shl(.rax, 32)
    program.code.or(.rax, .r12)
    program.code.imul(.rax, .rdx)
    program.code.mov(.ecx, .immediate(Self.blockByteCount / 8))
    let next = program.code.placedLabel()
    body(&program.code)
    program.code.add(.rax, .rdx)
    program.code.add(.rdi, 8)
    program.code.dec(.ecx)
    program.code.jump(.notEqual, next)
  }

  /// A difference is told, and stops the program in a disabled wait.
  private mutating func emitVerification() {
    let mismatch = program.code.label()
    let verified = program.code.label()
    program.code.mov(.edi, .immediate(Int64(Self.data)))
    emitPattern { code in
      code.cmp(.at(.rdi), .rax)
      code.jump(.notEqual, mismatch)
    }
    program.code.jmp(verified)
    program.code.place(mismatch)
    program.code.mov(.rcx, .at(.rdi))
    program.code.mov(.absolute(GuestCounter.mismatchAddress.address), .r13)
    program.code.mov(.absolute(GuestCounter.mismatchExpected.address), .rax)
    program.code.mov(.absolute(GuestCounter.mismatchFound.address), .rcx)
    program.count(.errors)
    program.put("\(program.name): mismatch in block ")
    program.code.mov(.rax, .r13)
    program.code.call(program.routines.putDecimal)
    program.code.call(program.routines.putLine)
    program.code.jmp(program.routines.disabledWait)
    program.code.place(verified)
  }

  /// transfer: request R14 (0 reads, 1 writes) for block R13; repeats it until it succeeds.
  private mutating func emitTransfer() {
    let completed = program.code.label()
    let succeeded = program.code.label()
    let told = program.code.label()
    program.code.place(transfer)
    program.code.mov(.r15d, 0)
    let again = program.code.placedLabel()
    program.code.mov(.absolute(Self.header), .r14)
    program.code.mov(.rax, .r13)
    program.code.shl(.rax, 3)
    program.code.mov(.absolute(Self.header + 8), .rax)
    program.code.mov(.absolute(Self.status, .byte), 0xFF)
    emitDescriptors()
    program.code.movzx(.eax, .absolute(Self.available + 2, .word))
    program.code.mov(.ecx, .eax)
    program.code.and(.ecx, 7)
    program.code.mov(.at(nil, index: .rcx, scale: 2, Self.available + 4, .word), 0)
    program.code.inc(.eax)
    program.code.mfence()
    program.code.mov(.absolute(Self.available + 2), .ax)
    program.code.mfence()
    write(.queueNotify, 0)

    let wait = program.code.placedLabel()
    program.code.cli()
    program.code.mov(.ax, .absolute(Self.available + 2))
    program.code.cmp(.ax, .absolute(Self.used + 2))
    program.code.jump(.equal, completed)
    program.code.call(program.routines.wait)
    program.code.call(program.routines.serviceNotices)
    program.code.jmp(wait)

    program.code.place(completed)
    program.code.sti()
    program.code.cmp(.absolute(Self.status, .byte), 0)
    program.code.jump(.equal, succeeded)
    program.count(.retried)
    program.code.test(.r15d, .r15d)
    program.code.jump(.notEqual, told)
    program.code.mov(.r15d, 1)
    program.put("\(program.name): I/O error in block ")
    program.code.mov(.rax, .r13)
    program.code.call(program.routines.putDecimal)
    program.put(", repeated\r\n")
    program.code.place(told)
    program.code.mov(.eax, 100_000_000)
    program.code.call(pauseBetween)
    program.code.jmp(again)
    program.code.place(succeeded)
    program.code.ret()
  }

  /// Header, data and status; the device writes the data of a read (R14 = 0).
  private mutating func emitDescriptors() {
    let next: Int64 = 1
    let written: Int64 = 2
    for (index, address, byteCount) in [
      (0, Self.header, 16), (1, Self.data, Self.blockByteCount), (2, Self.status, 1),
    ] as [(Int32, Int32, Int64)] {
      let place = Self.descriptors &+ 16 &* index
      program.code.mov(.absolute(place, .qword), .immediate(Int64(address)))
      program.code.mov(.absolute(place &+ 8, .dword), .immediate(byteCount))
      let flags = index == 2 ? written : next
      program.code.mov(.absolute(place &+ 12, .word), .immediate(flags))
      program.code.mov(.absolute(place + 14, .word), .immediate(index == 2 ? 0 : Int64(index) + 1))
    }
    let isWrite = program.code.label()
    program.code.test(.r14d, .r14d)
    program.code.jump(.notEqual, isWrite, short: true)
    program.code.mov(.absolute(Self.descriptors + 16 + 12, .word), .immediate(next | written))
    program.code.place(isWrite)
  }

  /// pauseBetween: waits RAX nanoseconds by the timer and serves notices.
  private mutating func emitPause() {
    let done = program.code.label()
    program.code.place(pauseBetween)
    program.code.push(.r15)
    program.code.mov(.r15, .rax)
    program.readTime()
    program.code.add(.r15, .rax)
    let next = program.code.placedLabel()
    program.code.call(program.routines.serviceNotices)
    program.code.cli()
    program.readTime()
    program.code.cmp(.rax, .r15)
    program.code.jump(.aboveOrEqual, done)
    program.setDeadline(.r15)
    program.code.call(program.routines.wait)
    program.code.jmp(next)
    program.code.place(done)
    program.code.sti()
    program.code.pop(.r15)
    program.code.ret()
  }

  private mutating func emitInterruptHandler() {
    let entry = program.code.label()
    program.emitInterruptEntry(entry)
    program.code.mov(.rcx, .absolute(GuestLayout.deviceBase))
    program.code.mov(.eax, .at(.rcx, Register.interruptStatus.rawValue))
    program.code.mov(.at(.rcx, Register.interruptAcknowledge.rawValue), .eax)
    program.emitInterruptReturn()
    program.handle(GuestPlatform.deviceVector, entry)
  }
}

extension GuestProgram {
  /// IODRIVER: waits for each request without cost, through paths that go and come.
  func ioDriverImage() -> GuestProgramImage {
    var driver = IODriverProgram(name: rawValue)
    return driver.build()
  }
}
