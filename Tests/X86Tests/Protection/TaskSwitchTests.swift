import Testing

@testable import X86

/// The hardware task switch; the oracle is the Intel SDM volume 3, chapter "Task Management".
@Suite("The task switch") struct TaskSwitchTests {
  private typealias Machine = SystemTestMachine
  private typealias Selector = SystemTestMachine.Selector

  private static let nestedTask: UInt64 = 1 << 14
  private static let newTask: UInt16 = 0x88
  private static let gate: UInt16 = 0x90
  private static let task: UInt64 = 0x3800
  /// Where the new task begins.
  private static let entry: UInt32 = 0x11000
  private static let innerStack: UInt32 = 0x34000

  /// A 32-bit machine whose GDT has a second task of privilege 3 or 0, and a task gate to it.
  private static func machine(privilege: UInt16 = 3) throws -> Machine {
    let machine = try Machine()
    machine.enterProtectedMode()
    for register in [SegmentRegister.es, .ss, .ds, .fs, .gs] {
      machine.processor.setSegment(
        register, selector: Selector.data, base: 0, limit: 0xFFFF_FFFF, attributes: 0xC093)
    }
    machine.setDescriptor(Selector.task, 0x0000_8B00_3000_0067)
    machine.setDescriptor(newTask, 0x0000_8900_3800_0067)
    machine.setDescriptor(gate, 0x0000_8500_0000_0000 | UInt64(newTask) << 16)
    let isUser = privilege == 3
    store(machine, 0x20, entry)
    store(machine, 0x24, 0x2)
    for index in UInt64(0)..<8 { store(machine, 0x28 + index * 4, 0x1111_1111 * UInt32(index + 1)) }
    store(machine, 0x38, 0x22000)
    let data = UInt32(isUser ? Selector.userData : Selector.data)
    for index in UInt64(0)..<6 { store(machine, 0x48 + index * 4, data) }
    store(machine, 0x4C, UInt32(isUser ? Selector.userCode32 : Selector.code32))
    store(machine, 0x60, 0)
    store(machine, 4, innerStack)
    store(machine, 8, UInt32(Selector.data))
    store(machine, 0x64, 0x68 << 16)
    machine.store([0x0F, 0x0B], at: UInt64(entry))
    return machine
  }

  private static func store(_ machine: Machine, _ offset: UInt64, _ value: UInt32) {
    precondition(machine.memory.store(value, at: task + offset))
  }

  private static func far(_ opcode: UInt8, _ selector: UInt16) -> [UInt8] {
    [opcode, 0, 0, 0, 0, UInt8(selector & 0xFF), UInt8(selector >> 8)]
  }

  private static func type(_ machine: Machine, _ selector: UInt16) -> UInt64 {
    machine.load64(Machine.globalTable + UInt64(selector)) >> 40 & 0x1F
  }

  @Test(arguments: [newTask, gate]) func aJumpSavesOneTaskAndLoadsTheOther(
    target: UInt16
  ) throws {
    let machine = try Self.machine()
    machine.processor[.rcx] = 0xC0DE
    machine.run(Self.far(0xEA, target))
    #expect(machine.vector == 6)
    #expect(machine.stack32(2) == [Self.entry, UInt32(Selector.userCode32)])
    #expect(machine.processor[.rsp] == UInt64(Self.innerStack) - 20)
    #expect(machine.processor[.rax] == 0x1111_1111)
    #expect(machine.processor[.rdi] == 0x8888_8888)
    #expect(machine.load32(Machine.task + 0x20) == UInt32(Machine.code) + 7)
    #expect(machine.load32(Machine.task + 0x2C) == 0xC0DE)
    #expect(machine.load32(Machine.task + 0x38) == UInt32(Machine.stackTop))
    #expect(machine.load16(Machine.task + 0x4C) == Selector.code32)
    #expect(Self.type(machine, Selector.task) == 9)
    #expect(Self.type(machine, Self.newTask) == 11)
    #expect(machine.processor.segment(.tr).selector == Self.newTask)
    #expect(machine.processor.cr0 & ControlRegister0.taskSwitched != 0)
    #expect(machine.stack32(3)[2] & UInt32(Self.nestedTask) == 0)
    #expect(machine.load16(Self.task) == 0)
  }

  @Test(arguments: [newTask, gate]) func aCallNestsAndIRETComesBack(target: UInt16) throws {
    let machine = try Self.machine(privilege: 0)
    machine.store([0xCF], at: UInt64(Self.entry))
    machine.processor[.rbx] = 0x77
    machine.run(Self.far(0x9A, target) + [0x0F, 0x0B], instructions: 1)
    #expect(machine.processor.flags & Self.nestedTask != 0)
    #expect(machine.load16(Self.task) == Selector.task)
    #expect(Self.type(machine, Selector.task) == 11)
    #expect(Self.type(machine, Self.newTask) == 11)
    machine.run()
    #expect(machine.vector == 6)
    #expect(machine.stack32(1) == [UInt32(Machine.code) + 7])
    #expect(machine.processor[.rbx] == 0x77)
    #expect(Self.type(machine, Selector.task) == 11)
    #expect(Self.type(machine, Self.newTask) == 9)
    #expect(machine.processor.flags & Self.nestedTask == 0)
    // NT is clear in the saved image of the task that returned; EIP is after its IRET.
    #expect(machine.load32(Self.task + 0x24) & UInt32(Self.nestedTask) == 0)
    #expect(machine.load32(Self.task + 0x20) == Self.entry + 1)
  }

  @Test func anExceptionThroughATaskGatePushesItsErrorCodeInTheNewTask() throws {
    let machine = try Self.machine(privilege: 0)
    machine.store([0xF4], at: UInt64(Self.entry))
    machine.store64(
      0x0000_8500_0000_0000 | UInt64(Self.newTask) << 16, at: Machine.interruptTable + 13 * 8)
    // mov ax, 0x38; mov ds, ax
    machine.run([0x66, 0xB8, 0x38, 0x00, 0x8E, 0xD8])
    #expect(machine.processor.activity == .halted)
    #expect(machine.processor.instructionPointer == UInt64(Self.entry) + 1)
    #expect(machine.processor[.rsp] == 0x22000 - 4)
    #expect(machine.stack32(1) == [0x38])
    #expect(machine.load32(Machine.task + 0x20) == UInt32(Machine.code) + 4)
    // RF is set in the image of a fault.
    #expect(machine.load32(Machine.task + 0x24) == 0x1_0002)
    #expect(machine.load16(Self.task) == Selector.task)
  }

  struct Refusal: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var vector: Int
    var code: UInt32
    /// Descriptor of the new task.
    var descriptor: UInt64 = 0x0000_8900_3800_0067
    var target: UInt16 = 0x88
  }

  /// Faults of the old task: nothing has changed.
  static let refusals: [Refusal] = [
    Refusal(testDescription: "busy", vector: 13, code: 0x88, descriptor: 0x0000_8B00_3800_0067),
    Refusal(
      testDescription: "not present", vector: 11, code: 0x88, descriptor: 0x0000_0900_3800_0067),
    Refusal(
      testDescription: "limit below 67", vector: 10, code: 0x88,
      descriptor: 0x0000_8900_3800_0066),
    Refusal(
      testDescription: "16-bit limit below 2B", vector: 10, code: 0x88,
      descriptor: 0x0000_8100_3800_002A),
    Refusal(testDescription: "RPL above DPL", vector: 13, code: 0x88, target: 0x8B),
    Refusal(testDescription: "gate's RPL above DPL", vector: 13, code: 0x90, target: 0x91),
  ]

  @Test(arguments: refusals) func theOldTaskFaults(row: Refusal) throws {
    let machine = try Self.machine()
    machine.setDescriptor(Self.newTask, row.descriptor)
    machine.run(Self.far(0xEA, row.target))
    #expect(machine.vector == row.vector)
    #expect(machine.stack32(3) == [row.code, UInt32(Machine.code), UInt32(Selector.code32)])
    #expect(machine.processor.segment(.tr).selector == Selector.task)
    #expect(Self.type(machine, Selector.task) == 11)
  }

  struct Fault: CustomTestStringConvertible, Sendable {
    var testDescription: String
    /// Offset in the new task's segment, and what stands there.
    var offset: UInt64
    var value: UInt32
    var vector: Int
    var code: UInt32
  }

  /// Table "Exception Conditions Checked During a Task Switch": faults of the new task.
  static let faults: [Fault] = [
    Fault(testDescription: "LDT in the LDT", offset: 0x60, value: 0x9C, vector: 10, code: 0x9C),
    Fault(testDescription: "LDT is data", offset: 0x60, value: 0x18, vector: 10, code: 0x18),
    Fault(testDescription: "LDT outside", offset: 0x60, value: 0x1000, vector: 10, code: 0x1000),
    Fault(testDescription: "CS null", offset: 0x4C, value: 3, vector: 10, code: 0),
    Fault(testDescription: "CS is data", offset: 0x4C, value: 0x2B, vector: 10, code: 0x28),
    Fault(testDescription: "CS DPL", offset: 0x4C, value: 0x0B, vector: 10, code: 0x08),
    Fault(testDescription: "CS missing", offset: 0x4C, value: 0xA3, vector: 11, code: 0xA0),
    Fault(testDescription: "SS null", offset: 0x50, value: 3, vector: 10, code: 0),
    Fault(testDescription: "SS DPL", offset: 0x50, value: 0x1B, vector: 10, code: 0x18),
    Fault(testDescription: "SS RPL", offset: 0x50, value: 0x28, vector: 10, code: 0x28),
    Fault(testDescription: "SS missing", offset: 0x50, value: 0xAB, vector: 12, code: 0xA8),
    Fault(testDescription: "DS is a task", offset: 0x54, value: 0x38, vector: 10, code: 0x38),
    Fault(testDescription: "ES DPL", offset: 0x48, value: 0x18, vector: 10, code: 0x18),
    Fault(testDescription: "FS missing", offset: 0x58, value: 0xAB, vector: 11, code: 0xA8),
    Fault(testDescription: "GS execute-only", offset: 0x5C, value: 0x5B, vector: 10, code: 0x58),
  ]

  @Test(arguments: faults) func theNewTaskFaultsAtItsFirstInstruction(row: Fault) throws {
    let machine = try Self.machine()
    machine.setDescriptor(0xA0, 0x00CF_7B00_0000_FFFF)
    machine.setDescriptor(0xA8, 0x00CF_7300_0000_FFFF)
    Self.store(machine, row.offset, row.value)
    machine.run(Self.far(0xEA, Self.newTask))
    #expect(machine.vector == row.vector)
    #expect(machine.stack32(2) == [row.code, Self.entry])
    #expect(machine.processor.segment(.tr).selector == Self.newTask)
    #expect(machine.load32(Machine.task + 0x20) == UInt32(Machine.code) + 7)
    #expect(Self.type(machine, Selector.task) == 9)
  }

  @Test func anEntryOutsideTheCodeSegmentIsTheNewTasksFault() throws {
    let machine = try Self.machine()
    machine.setDescriptor(0xA0, 0x0040_FB00_0000_0FFF)
    Self.store(machine, 0x4C, 0xA3)
    machine.run(Self.far(0xEA, Self.newTask))
    #expect(machine.vector == 13)
    #expect(machine.stack32(3) == [0, Self.entry, 0xA3])
  }

  @Test func theTBitTrapsBeforeTheFirstInstruction() throws {
    let machine = try Self.machine()
    Self.store(machine, 0x64, 0x68 << 16 | 1)
    machine.run(Self.far(0xEA, Self.newTask))
    #expect(machine.vector == 1)
    #expect(machine.stack32(1) == [Self.entry])
    #expect(machine.processor.system.debugStatus & 0xE00F == 0x8000)
  }

  @Test func localBreakpointsEndWithTheTask() throws {
    let machine = try Self.machine()
    machine.processor.system.debugControl = 0x7FF
    machine.run(Self.far(0xEA, Self.newTask))
    #expect(machine.processor.system.debugControl == 0x6AA)
  }

  @Test func aTaskOf16BitsHasNoFSAndGS() throws {
    let machine = try Self.machine()
    machine.setDescriptor(Self.newTask, 0x0000_8100_3800_002B)
    let words: [UInt16] =
      [0x34, 0x18, 0, 0, 0, 0, 0, 0xE000, 0x0002, 1, 2, 3, 4, 0x2000, 6, 7, 8]
      + [Selector.data, Selector.code32, Selector.data, Selector.data, 0]
    for (index, word) in words.enumerated() {
      #expect(machine.memory.store(word, at: Self.task + UInt64(index) * 2))
    }
    machine.store([0x0F, 0x0B], at: 0xE000)
    machine.run(Self.far(0xEA, Self.newTask))
    #expect(machine.vector == 6)
    #expect(machine.stack32(2) == [0xE000, UInt32(Selector.code32)])
    #expect(machine.processor[.rsi] & 0xFFFF == 7)
    #expect(machine.processor.segment(.fs).selector == 0)
    #expect(machine.processor.segment(.gs).selector == 0)
  }

  @Test func aTaskHasItsOwnPageTables() throws {
    let machine = try Self.machine()
    machine.enablePaging32()
    let directory: UInt64 = 0xC000
    machine.store64(machine.load64(0xA000), at: directory)
    Self.store(machine, 0x1C, UInt32(directory))
    machine.run(Self.far(0xEA, Self.newTask))
    #expect(machine.vector == 6)
    #expect(machine.processor.cr3 == directory)
  }

  @Test func aTaskMayBeVirtual8086Code() throws {
    let machine = try Self.machine()
    Self.store(machine, 0x20, 0)
    Self.store(machine, 0x24, 0x2_0002)
    Self.store(machine, 0x4C, 0x1100)
    machine.run(Self.far(0xEA, Self.newTask))
    #expect(machine.vector == 6)
    #expect(machine.stack32(2) == [0, 0x1100])
    #expect(machine.stack32(3)[2] & 0x2_0000 != 0)
  }

  @Test func aLinkToATaskThatIsNotBusyIsInvalid() throws {
    let machine = try Self.machine()
    #expect(machine.memory.store(Self.newTask, at: Machine.task))
    machine.processor.flags = Self.nestedTask | 2
    machine.run([0xCF])
    #expect(machine.vector == 10)
    #expect(machine.stack32(2) == [UInt32(Self.newTask), UInt32(Machine.code)])
  }

  @Test func longModeHasNoTaskSwitch() throws {
    let machine = try Machine()
    machine.enterLongMode()
    // jmp far [rbx]
    machine.processor[.rbx] = Machine.data
    machine.store([0, 0, 0, 0, UInt8(Selector.task), 0], at: Machine.data)
    machine.run([0xFF, 0x2B])
    #expect(machine.vector == 13)
    #expect(machine.stack(1) == [UInt64(Selector.task)])
  }
}
