import Quantities

/// Where a task-state segment keeps what (Intel SDM volume 3, "Task-State Segment" and "16-Bit TSS").
struct TaskLayout {
  /// Bytes of a register: 4, or 2 in the task-state segment of the 286.
  let width: UInt8
  let instructionPointer: UInt64
  let flags: UInt64
  let registers: UInt64
  let segments: UInt64
  let segmentCount: Int
  let localTable: UInt64
  /// Least limit of a task that is switched to.
  let minimumLimit: UInt32

  static let wide = TaskLayout(
    width: 4, instructionPointer: 0x20, flags: 0x24, registers: 0x28, segments: 0x48,
    segmentCount: 6, localTable: 0x60, minimumLimit: 0x67)
  static let narrow = TaskLayout(
    width: 2, instructionPointer: 0x0E, flags: 0x10, registers: 0x12, segments: 0x22,
    segmentCount: 4, localTable: 0x2A, minimumLimit: 0x2B)
  static let pageTable: UInt64 = 0x1C
  static let trapWord: UInt64 = 0x64

  /// The layout that a descriptor's type, or the attributes of TR, name.
  static func of(type: UInt16) -> TaskLayout { type & 8 != 0 ? wide : narrow }

  /// Bytes that saving a task writes, from `instructionPointer` on.
  var savedByteCount: UInt64 {
    segments &+ UInt64(truncatingIfNeeded: segmentCount) &* UInt64(width) &- instructionPointer
  }
}

/// The part of a task-state segment that a switch loads.
struct TaskState {
  var instructionPointer: UInt64 = 0
  var flags: UInt64 = 0
  /// EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI.
  var registers: [UInt64] = []
  /// ES, CS, SS, DS, FS, GS.
  var selectors: [UInt16] = []

  /// The selector of one of the six segment registers.
  subscript(_ register: SegmentRegister) -> UInt16 {
    selectors.element(at: register.rawValue) ?? 0
  }

  var localTable: UInt16 = 0
  /// CR3; the 16-bit task-state segment has none.
  var pageTable: UInt64?
  /// The T bit: a debug exception when the task is entered.
  var traps = false
}

extension Processor {
  /// Reads what a task switch loads.
  func readTask(_ base: UInt64, _ layout: TaskLayout) throws(GuestException) -> TaskState {
    var task = TaskState()
    let width = layout.width
    let step = UInt64(width)
    task.instructionPointer = try readTaskField(base, layout.instructionPointer, width)
    task.flags = try readTaskField(base, layout.flags, width)
    for index in 0..<UInt64(8) {
      task.registers.append(try readTaskField(base, layout.registers &+ index &* step, width))
    }
    for index in 0..<UInt64(6) {
      guard index < layout.segmentCount else {
        task.selectors.append(0)
        continue
      }
      let selector = try readTaskField(base, layout.segments &+ index &* step, 2)
      task.selectors.append(UInt16(truncatingIfNeeded: selector))
    }
    task.localTable = UInt16(truncatingIfNeeded: try readTaskField(base, layout.localTable, 2))
    if width == 4 {
      task.pageTable = try readTaskField(base, TaskLayout.pageTable, 4)
      task.traps = try readTaskField(base, TaskLayout.trapWord, 2) & 1 != 0
    }
    return task
  }

  private func readTaskField(
    _ base: UInt64, _ offset: UInt64, _ size: UInt8
  ) throws(GuestException) -> UInt64 {
    try readSized((base &+ offset) & 0xFFFF_FFFF, size, supervisor: true)
  }

  /// Checks that the current task can be saved.
  func probeCurrentTask() throws(GuestException) {
    let layout = TaskLayout.of(type: system.task.attributes)
    let end = layout.instructionPointer &+ layout.savedByteCount
    guard end &- 1 <= UInt64(system.task.limit) else {
      throw .invalidTaskState(system.task.selector)
    }
    try probeWrite(
      system.task.base &+ layout.instructionPointer, Int(truncatingIfNeeded: layout.savedByteCount),
      supervisor: true)
  }

  /// Saves registers and selectors in the current task's segment.
  func saveCurrentTask(pointer: UInt64, flags: UInt64) throws(GuestException) {
    let layout = TaskLayout.of(type: system.task.attributes)
    let step = UInt64(layout.width)
    let base = system.task.base
    try writeSized(
      base &+ layout.instructionPointer, layout.width, pointer, supervisor: true)
    try writeSized(base &+ layout.flags, layout.width, flags, supervisor: true)
    for (index, register) in GeneralRegister.allCases.prefix(8).enumerated() {
      try writeSized(
        base &+ layout.registers &+ UInt64(truncatingIfNeeded: index) &* step, layout.width,
        self[register],
        supervisor: true)
    }
    for index in 0..<layout.segmentCount {
      try writeLinear(
        base &+ layout.segments &+ UInt64(truncatingIfNeeded: index) &* step, selector(index),
        supervisor: true)
    }
  }
}
