import Channels
import Testing
import X86

@testable import Platform

/// Programs of a few hand-assembled bytes on the whole computer.
@Suite struct ComputerTests {
  static let origin: UInt64 = 0x10_0000

  static func computer(_ code: [UInt8], processors: Int = 1) throws -> Computer {
    let computer = try LoadTests.computer(storage: 2 << 20, processors: processors)
    try computer.load(.program(GuestProgramImage(bytes: code)))
    return computer
  }

  @discardableResult static func run(
    _ computer: Computer, _ processors: [Int] = [0], from start: SimulatedTime = 0,
    until end: SimulatedTime, megahertz: UInt32 = 1000
  ) -> [Placement] {
    computer.deliverTimers(upTo: start)
    var placements = processors.map {
      Placement(processor: $0, start: start, limit: end, megahertz: megahertz)
    }
    let cache = CodeCache()
    placements.withUnsafeMutableBufferPointer { computer.run($0, until: end, cache: cache) }
    return placements
  }

  /// MOV EDX, port; MOV AL, value; OUT DX, AL.
  static func out(_ port: UInt16, _ value: UInt8) -> [UInt8] {
    [0x66, 0xBA, UInt8(truncatingIfNeeded: port), UInt8(port >> 8), 0xB0, value, 0xEE]
  }

  /// MOV ECX, register; MOV EAX, low; MOV EDX, high; WRMSR.
  static func writeRegister(_ register: UInt32, _ value: UInt64) -> [UInt8] {
    [0xB9] + MachineLanguage.littleEndian(register)
      + [0xB8] + MachineLanguage.littleEndian(UInt32(truncatingIfNeeded: value))
      + [0xBA] + MachineLanguage.littleEndian(UInt32(value >> 32)) + [0x0F, 0x30]
  }

  /// MOV EAX, number; VMMCALL.
  static func call(_ number: UInt32) -> [UInt8] {
    [0xB8] + MachineLanguage.littleEndian(number) + [0x0F, 0x01, 0xD9]
  }

  @Test("a guest that polls the line status listens, one that only sends does not")
  func pollingListens() throws {
    // mov dx, 3FDh; mov ecx, n; again: in al, dx; loop again
    func polls(_ count: UInt8) -> [UInt8] {
      [0x66, 0xBA, 0xFD, 0x03, 0xB9, count, 0, 0, 0, 0xEC, 0xE2, 0xFD]
    }
    let sends = (0..<100).flatMap { _ in polls(1) + Self.out(0x3F8, 0x2E) }
    for (code, listens) in [(polls(100), true), (sends, false)] {
      let computer = try Self.computer(code + [0xF4])
      Self.run(computer, until: 100_000)
      #expect(computer.takesConsoleInput == listens)
      computer.type([0x0D])
      #expect(!computer.takesConsoleInput)
    }
  }

  @Test func serialLineReachesTheOutbox() throws {
    let computer = try Self.computer(Self.out(0x3F8, 0x48) + Self.out(0x3F8, 0x69) + [0xF4])
    let placement = Self.run(computer, until: 100_000)
    #expect(computer.outbox.contains { $0.kind == .console(Array("Hi".utf8)) })
    #expect(placement[0].stop == .waiting)
    // Seven instructions; each OUT costs 8 cycles more.
    #expect(placement[0].cyclesUsed == 23)
    #expect(placement[0].end == 23)
  }

  @Test(
    arguments: [
      (UInt16(0x600), UInt8(0x34), Computer.Ending.powerOff), (0x602, 1, .reset),
      (0x64, 0xFE, .reset),
    ] as [(UInt16, UInt8, Computer.Ending)])
  func endingsByPort(port: UInt16, value: UInt8, ending: Computer.Ending) throws {
    let computer = try Self.computer(Self.out(port, value) + [0xEB, 0xFE])
    let placement = Self.run(computer, until: 100_000)
    #expect(computer.ending == ending)
    #expect(placement[0].stop == .shutdown)
    // Three instructions; OUT costs 8 cycles more.
    #expect(placement[0].cyclesUsed == 11)
    #expect(computer.status(of: 0) == .shutDown)
  }

  @Test func tripleFaultIsAShutdown() throws {
    // LIDT of an empty table, then UD2.
    let computer = try Self.computer(
      [0x0F, 0x01, 0x1C, 0x25, 0, 0, 0x11, 0, 0x0F, 0x0B])
    Self.run(computer, until: 100_000)
    #expect(computer.ending == .shutdown)
  }

  @Test func loopUsesItsWholeBudget() throws {
    let computer = try Self.computer([0xEB, 0xFE])
    let placement = Self.run(computer, until: 100_000, megahertz: 10)
    #expect(placement[0].cyclesUsed == 1000)
    #expect(placement[0].end == 100_000)
    #expect(placement[0].stop == .ranOut)
    #expect(computer.busyNanoseconds[0] == 100_000)
  }

  @Test func haltWithInterruptsOffIsADisabledWait() throws {
    let computer = try Self.computer([0xFA, 0xF4])
    Self.run(computer, until: 100_000)
    #expect(
      computer.outbox.map(\.kind) == [.disabledWait(processor: 0, address: Self.origin + 2)])
    #expect(computer.status(of: 0) == .waiting)
  }

  /// PC/AT: FERR# is request 13, and a write to port F0 asserts IGNNE#.
  @Test(arguments: [false, true])
  func anErrorWithoutNumericExceptionsWaitsForIRQ13(ignores: Bool) throws {
    let allow: [UInt8] = [0x0F, 0x20, 0xC0, 0x24, 0xDF, 0x0F, 0x22, 0xC0]  // CR0.NE = 0
    let unmask: [UInt8] = [0xDB, 0xE3, 0x68, 0x7B, 0x03, 0, 0, 0xD9, 0x2C, 0x24]
    let divide: [UInt8] = [0xD9, 0xE8, 0xD9, 0xEE, 0xDE, 0xF9]
    let before =
      [0xBC, 0x00, 0x00, 0x11, 0x00] + allow + unmask + divide
      + (ignores ? Self.out(0xF0, 0) : [])
    let computer = try Self.computer(before + [0x9B, 0xF4])
    Self.run(computer, until: 100_000)
    let place = Self.origin + UInt64(before.count) + (ignores ? 2 : 0)
    #expect(computer.outbox.map(\.kind) == [.disabledWait(processor: 0, address: place)])
  }

  @Test func deadlineTimerMakesAWaitingProcessorReady() throws {
    let code =
      Self.writeRegister(0x1B, 0xFEE0_0D00) + Self.writeRegister(0x80F, 0x1FF)
      + Self.writeRegister(0x832, 0x4_0040) + Self.writeRegister(0x6E0, 250_000) + [0xFB, 0xF4]
    let computer = try Self.computer(code)
    let placement = Self.run(computer, until: 100_000)
    #expect(placement[0].stop == .waiting)
    #expect(computer.status(of: 0) == .waiting)
    #expect(computer.nextDeadline(of: 0) == 250_000)
    computer.deliverTimers(upTo: 249_999)
    #expect(computer.status(of: 0) == .waiting)
    computer.deliverTimers(upTo: 250_000)
    #expect(computer.status(of: 0) == .ready)
    #expect(computer.nextDeadline(of: 0) == nil)
  }

  @Test func storageSizeAndUnknownCodes() throws {
    let computer = try Self.computer(Self.call(0x4449_0060) + [0xF4])
    Self.run(computer, until: 1000)
    #expect(computer.processors[0][.rbx] == 2 << 20)
    #expect(computer.processors[0][.rax] == 0)
    let other = try Self.computer(Self.call(0x4449_0999) + [0xF4])
    Self.run(other, until: 1000)
    #expect(other.processors[0][.rax] == .max)
    let unknown = try Self.computer(Self.call(77) + [0xF4])
    Self.run(unknown, until: 1000)
    #expect(unknown.processors[0][.rax] == UInt64(bitPattern: -1000))
  }

  @Test func endOfTimeSliceStopsThePlacement() throws {
    let computer = try Self.computer(Self.call(0x4449_0044) + [0xEB, 0xFE])
    #expect(Self.run(computer, until: 100_000)[0].stop == .yielded)
    #expect(computer.status(of: 0) == .ready)
  }

  @Test func commandWaitsForTheFirmware() throws {
    // RBX = text, RCX = 5, RDX = buffer, RSI = 4.
    let code: [UInt8] =
      [0xBB, 0x00, 0x20, 0x10, 0, 0xB9, 5, 0, 0, 0, 0xBA, 0x00, 0x30, 0x10, 0, 0xBE, 4, 0, 0, 0]
      + Self.call(0x4449_0008) + [0xF4]
    let computer = try Self.computer(code)
    #expect(computer.store(Array("QUERY".utf8), at: 0x10_2000))
    let placement = Self.run(computer, until: 100_000)
    #expect(placement[0].stop == .inFirmware)
    #expect(computer.status(of: 0) == .inFirmware)
    let call = DiagnoseCall.command(text: Array("QUERY".utf8), replyCapacity: 4)
    #expect(computer.outbox.map(\.kind) == [.diagnose(processor: 0, call)])
    computer.completeDiagnose(processor: 0, .command(returnCode: 3, reply: Array("ANSWER".utf8)))
    #expect(computer.processors[0][.rax] == 3)
    #expect(computer.processors[0][.rcx] == 4)
    #expect(computer.processors[0][.rdx] == 2)
    #expect(computer.bytes(at: 0x10_3000, count: 4) == Array("ANSW".utf8))
    #expect(computer.status(of: 0) == .ready)
  }

  @Test func noticesAreTakenAndAccepted() throws {
    // RBX = 1, take next; then RBX = 2, accept what RCX and RDX say.
    let code: [UInt8] =
      [0xBB, 1, 0, 0, 0] + Self.call(0x4449_0600) + [0xF4, 0xBB, 2, 0, 0, 0]
      + Self.call(0x4449_0600) + [0xF4]
    let computer = try Self.computer(code)
    #expect(computer.offerStorage(0x20_0000..<0x30_0000) == .nobodyListens)
    computer.values.takesNotices = true
    #expect(computer.offerStorage(0x20_0000..<0x30_0000) == .queued)
    Self.run(computer, until: 100_000)
    #expect(computer.processors[0][.rbx] == 3)
    #expect(computer.processors[0][.rcx] == 0x20_0000)
    #expect(computer.processors[0][.rdx] == 0x10_0000)
    computer.kick(0)
    Self.run(computer, from: 100_000, until: 200_000)
    let call = DiagnoseCall.accept(.storageOffered(0x20_0000..<0x30_0000))
    #expect(computer.outbox.last?.kind == .diagnose(processor: 0, call))
    computer.completeDiagnose(processor: 0, .notice(returnCode: 0))
    #expect(computer.processors[0][.rax] == 0)
  }

  @Test func paravirtualClockAndSteal() throws {
    let code =
      Self.writeRegister(0x4B56_4D01, 0x10_2001) + Self.writeRegister(0x4B56_4D03, 0x10_3001)
      + Self.writeRegister(0x4B56_4D00, 0x10_4000) + [0xF4]
    let computer = try LoadTests.computer(storage: 2 << 20)
    try computer.load(.program(GuestProgramImage(bytes: code)), at: 5000)
    Self.run(computer, from: 5000, until: 100_000)
    let memory = computer.memory
    let system = try #require(memory.load(0x10_2010, as: UInt64.self))
    #expect(memory.load(0x10_2008, as: UInt64.self) == system)
    #expect(memory.load(0x10_2018, as: UInt32.self) == 0x8000_0000)
    #expect(memory.load(0x10_201C, as: UInt16.self) == 0x0101)
    #expect(memory.load(0x10_4008, as: UInt32.self) == 5000)
    computer.addSteal(processor: 0, nanoseconds: 700)
    computer.addSteal(processor: 0, nanoseconds: 7)
    #expect(memory.load(0x10_3000, as: UInt64.self) == 707)
    computer.setStopped(true)
    #expect(memory.load(0x10_201D, as: UInt8.self) == 3)
  }

  /// Oracle: struct kvm_steal_time of linux/asm/kvm_para.h, bit 0 and 1 of `preempted`.
  @Test("a processor with work and no place is told of, and drops translations when it gets one")
  func preemptedProcessor() throws {
    let code = Self.writeRegister(0x4B56_4D03, 0x10_3001) + [0xEB, 0xFE]
    let computer = try Self.computer(code, processors: 2)
    let preempted = UInt64(0x10_3010)
    Self.run(computer, until: 1_000)
    #expect(computer.memory.load(preempted, as: UInt8.self) == 0)
    computer.processors[1].activity = .running
    Self.run(computer, [1], from: 1_000, until: 2_000)
    #expect(computer.memory.load(preempted, as: UInt8.self) == 1)
    // A sibling asks for the flush; it is done once.
    _ = computer.memory.store(UInt8(3), at: preempted)
    var clock = computer.values.clocks[0]
    let wanted = [clock.noteRunning(computer.memory), clock.noteRunning(computer.memory)]
    #expect(wanted == [true, false])
    _ = computer.memory.store(UInt8(3), at: preempted)
    Self.run(computer, from: 2_000, until: 3_000)
    #expect(computer.memory.load(preempted, as: UInt8.self) == 0)
  }

  @Test(
    "the wall clock is what it can be at any time of day",
    arguments: [(-1, 0), (.max, 0x4B82_FA09), (60, 60)] as [(Int64, UInt32)])
  func wallClockOfAnyTime(timeOfDay: Int64, seconds: UInt32) throws {
    let computer = try Computer(
      ComputerConfiguration(
        name: "TEST", partitionNumber: 0, maximumProcessors: 1, initialProcessors: 1,
        initialStorage: 2 << 20, maximumStorage: 2 << 20, timeOfDay: timeOfDay))
    let code = Self.writeRegister(0x4B56_4D00, 0x10_4000) + [0xF4]
    try computer.load(.program(GuestProgramImage(bytes: code)))
    Self.run(computer, until: 100_000)
    #expect(computer.memory.load(0x10_4004, as: UInt32.self) == seconds)
  }

  @Test func startUpAndSiblingsInterleave() throws {
    // Processor 0: x2APIC, INIT and SIPI to processor 1 at 0x8000, then spin on a byte there.
    var code =
      Self.writeRegister(0x1B, 0xFEE0_0D00) + Self.writeRegister(0x80F, 0x1FF)
      + Self.writeRegister(0x830, 1 << 32 | 0x4500) + Self.writeRegister(0x830, 1 << 32 | 0x4608)
    // L: CMP BYTE [0x8100], 1; JNE L; HLT
    code += [0x80, 0x3C, 0x25, 0x00, 0x81, 0, 0, 1, 0x75, 0xF6, 0xF4]
    let computer = try Self.computer(code, processors: 2)
    // Real mode at 0800:0000: MOV BYTE CS:[0x100], 1; HLT
    #expect(computer.store([0x2E, 0xC6, 0x06, 0x00, 0x01, 1, 0xF4], at: 0x8000))
    #expect(computer.status(of: 1) == .waitingForStartup)
    Self.run(computer, until: 50_000)
    #expect(computer.status(of: 1) == .ready)
    let placements = Self.run(computer, [0, 1], from: 50_000, until: 100_000)
    #expect(computer.memory.load(0x8100, as: UInt8.self) == 1)
    #expect(placements.map(\.stop) == [.waiting, .waiting])
    #expect(placements[1].cyclesUsed == 2)
    #expect(placements[0].cyclesUsed < 1200)
  }

  @Test func digestIsTheSameForAnySliceOfTime() throws {
    let digests = try [1, 1].map { _ in
      let computer = try Self.computer([0x48, 0xFF, 0xC0, 0xEB, 0xFB])
      for step in 0..<3 {
        let start = UInt64(step) * 100_000
        Self.run(computer, from: start, until: start + 100_000, megahertz: 7)
      }
      var digest = HistoryDigest()
      computer.mix(into: &digest)
      return digest
    }
    #expect(digests[0] == digests[1])
  }
}
