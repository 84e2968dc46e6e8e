import Quantities

// The hardware task switch (Intel SDM volume 3, "Task Management"; its exceptions are those of the
// table "Exception Conditions Checked During a Task Switch").
//
//   judge    the caller's rights, the new task's descriptor, both segments present in storage:
//            a fault is the old task's, with nothing changed
//   commit   save the old task, links and busy bits, load the new task's registers and CR3
//   load     descriptors of LDT, CS, SS and data segments: a fault is the new task's, at its first
//            instruction
extension Processor {
  /// How a task is entered.
  enum TaskEntry {
    case jump
    case call
    /// An interrupt or exception through a task gate.
    case event
    /// IRET with NT set.
    case interruptReturn

    /// The new task points back at the old one.
    var nests: Bool { self == .call || self == .event }
  }

  // MARK: Judge

  /// JMP or CALL to a task gate.
  func transferThroughTaskGate(
    _ selector: UInt16, _ gate: Descriptor, _ entry: TaskEntry
  ) throws(GuestException) {
    try checkTaskRights(selector, gate)
    guard gate.isPresent else { throw .segmentNotPresent(selector) }
    let task = gate.gateSelector
    let descriptor = try availableTask(task, external: 0)
    try switchTask(to: task, descriptor, entry)
  }

  /// JMP or CALL to a task-state segment.
  func transferToTask(
    _ selector: UInt16, _ descriptor: Descriptor, _ entry: TaskEntry
  ) throws(GuestException) {
    try checkTaskRights(selector, descriptor)
    try switchTask(to: selector, try availableTask(selector, external: 0), entry)
  }

  private func checkTaskRights(
    _ selector: UInt16, _ descriptor: Descriptor
  ) throws(GuestException) {
    guard descriptor.privilege >= state.privilege, descriptor.privilege >= UInt32(selector & 3)
    else { throw .generalProtection(selector: selector) }
  }

  /// The descriptor of a task that is not busy.
  private func availableTask(
    _ selector: UInt16, external: UInt32
  ) throws(GuestException) -> Descriptor {
    let code = UInt32(selector & ~3) | external
    guard selector & 4 == 0 else { throw .generalProtection(code) }
    let descriptor = try readDescriptor(selector, external: external)
    guard !descriptor.isSegment,
      descriptor.type == SystemType.task || descriptor.type == SystemType.task16
    else { throw .generalProtection(code) }
    guard descriptor.isPresent else { throw GuestException(11, code) }
    return descriptor
  }

  /// IRET with NT set: back to the task that the current one's link names.
  func returnToLinkedTask() throws(GuestException) {
    let selector = try readLinear(system.task.base, as: UInt16.self, supervisor: true)
    guard selector & 4 == 0 else { throw .invalidTaskState(selector) }
    let descriptor = try readDescriptor(selector, vector: 10)
    let busyTypes = [SystemType.task | SystemType.busy, SystemType.task16 | SystemType.busy]
    guard !descriptor.isSegment, busyTypes.contains(descriptor.type) else {
      throw .invalidTaskState(selector)
    }
    guard descriptor.isPresent else { throw .segmentNotPresent(selector) }
    try switchTask(to: selector, descriptor, .interruptReturn)
  }

  /// An event through a task gate, which the caller has checked; RIP becomes the new task's.
  func enterTaskHandler(_ gate: Descriptor, _ event: Event) throws(GuestException) -> UInt64 {
    let selector = gate.gateSelector
    let descriptor = try availableTask(selector, external: event.external)
    try switchTask(
      to: selector, descriptor, .event, event: event, external: event.external)
    return state.instructionPointer
  }

  // MARK: Commit

  private func switchTask(
    to selector: UInt16, _ descriptor: Descriptor, _ entry: TaskEntry, event: Event? = nil,
    external: UInt32 = 0
  ) throws(GuestException) {
    let layout = TaskLayout.of(type: UInt16(descriptor.type))
    guard descriptor.limit >= layout.minimumLimit else {
      throw GuestException(10, UInt32(selector & ~3) | external)
    }
    let old = system.task.selector
    try probeCurrentTask()
    let next = try readTask(descriptor.base, layout)
    if entry.nests { try probeWrite(descriptor.base, 2, supervisor: true) }
    for task in [old, selector] {
      guard let address = descriptorAddress(task) else { continue }
      try probeWrite(address &+ 5, 1, supervisor: true)
    }
    var flags = event.map(pushedFlags) ?? currentFlags & ~Flag.resume
    if entry == .interruptReturn { flags &= ~Flag.nestedTask }
    try saveCurrentTask(
      pointer: event?.returnPointer ?? state.nextInstructionPointer, flags: flags)
    if !entry.nests { try clearTypeBits(old, SystemType.busy) }
    if entry.nests { try writeLinear(descriptor.base, old, supervisor: true) }
    if entry != .interruptReturn { try setTypeBits(selector, SystemType.busy) }
    system.task = descriptor.segment(selector)
    system.task.attributes |= UInt16(SystemType.busy)
    install(next, nests: entry.nests)
    try loadTask(next, external: external)
    try finish(next, layout, event: event, external: external)
  }

  /// What cannot fail: from here on the processor is in the new task.
  private func install(_ task: TaskState, nests: Bool) {
    hasSwitchedTask = true
    owe(CycleCost.taskSwitch)
    system.wasInstructionCompleted = false
    state.cr0 |= ControlRegister0.taskSwitched
    if let pageTable = task.pageTable, state.cr0 & ControlRegister0.paging != 0 {
      installControl3(pageTable)
    }
    state.instructionPointer = task.instructionPointer
    state.nextInstructionPointer = task.instructionPointer
    setFlags(task.flags | (nests ? Flag.nestedTask : 0))
    for register in GeneralRegister.allCases.prefix(8) {
      self[register] = task.registers.element(at: Int(register.rawValue)) ?? 0
    }
    system.localTable = Self.nullSegment(task.localTable)
    for register in [SegmentRegister.es, .cs, .ss, .ds, .fs, .gs] {
      install(Self.nullSegment(task[register]), register)
    }
    state.privilege = isVirtual8086 ? 3 : UInt32(task[.cs] & 3)
    clearLocalBreakpoints()
    dropHeldDebugTrap(DebugStatus.singleStep)
    if task.traps { holdDebugTrap(DebugStatus.taskSwitch) }
    updateMode()
  }

  // MARK: Load

  private func loadTask(_ task: TaskState, external: UInt32) throws(GuestException) {
    try loadTaskTable(task.localTable, external)
    guard !isVirtual8086 else {
      loadVirtualSegments(
        code: task[.cs], stack: task[.ss], es: task[.es], ds: task[.ds], fs: task[.fs],
        gs: task[.gs])
      updateMode()
      return
    }
    let privilege = state.privilege
    try loadTaskCode(task[.cs], external)
    guard task[.ss] & ~3 != 0 else { throw GuestException(10, external) }
    install(
      try checkedStackSegment(
        task[.ss], privilege: privilege, vector: 10, external: external), .ss)
    for register in [SegmentRegister.es, .ds, .fs, .gs] {
      install(try taskSegment(task[register], external), register)
    }
  }

  private func loadTaskTable(_ selector: UInt16, _ external: UInt32) throws(GuestException) {
    guard selector & ~3 != 0 else { return }
    let code = UInt32(selector & ~3) | external
    guard selector & 4 == 0 else { throw GuestException(10, code) }
    let descriptor = try readDescriptor(selector, vector: 10, external: external)
    guard !descriptor.isSegment, descriptor.type == SystemType.localTable, descriptor.isPresent
    else { throw GuestException(10, code) }
    system.localTable = descriptor.segment(selector)
  }

  private func loadTaskCode(_ selector: UInt16, _ external: UInt32) throws(GuestException) {
    guard selector & ~3 != 0 else { throw GuestException(10, external) }
    let code = UInt32(selector & ~3) | external
    let descriptor = try readDescriptor(selector, vector: 10, external: external)
    let requested = UInt32(selector & 3)
    guard descriptor.isCode,
      descriptor.isConforming
        ? descriptor.privilege <= requested : descriptor.privilege == requested
    else { throw GuestException(10, code) }
    guard descriptor.isPresent else { throw GuestException(11, code) }
    try setTypeBits(selector, 1)
    installCode(selector, descriptor, privilege: requested)
  }

  private func taskSegment(
    _ selector: UInt16, _ external: UInt32
  ) throws(GuestException) -> SegmentState {
    guard selector & ~3 != 0 else { return Self.nullSegment(selector) }
    let code = UInt32(selector & ~3) | external
    let descriptor = try readDescriptor(selector, vector: 10, external: external)
    let highest = max(state.privilege, UInt32(selector & 3))
    guard descriptor.isSegment, descriptor.isReadable,
      descriptor.isConforming || descriptor.privilege >= highest
    else { throw GuestException(10, code) }
    guard descriptor.isPresent else { throw GuestException(11, code) }
    try setTypeBits(selector, 1)
    return Self.accessed(descriptor.segment(selector))
  }

  /// Pushes an event's error code on the new task's stack; then EIP must lie inside CS.
  private func finish(
    _ task: TaskState, _ layout: TaskLayout, event: Event?, external: UInt32
  ) throws(GuestException) {
    if let code = event?.errorCode {
      var stack = currentStack
      stack.errorCode = external
      try push([UInt64(code)], size: layout.width, on: &stack)
      installStackPointer(stack)
    }
    guard task.instructionPointer <= UInt64(segment(.cs).limit) else {
      throw .generalProtection(external)
    }
  }
}
