import X86

// Routines of the runtime take arguments and give results as their comments say, and keep RBX, RBP
// and R12 to R15; every other register may change, as in the System V calling convention.

/// A guest program under construction: its code, and the common runtime around it.
struct ProgramBuilder {
  /// Places in the runtime that programs call.
  struct Routines {
    let putCharacter, putText, putDecimal, putHexadecimal, putLine: Assembler.Label
    let readLine, matchWord, parseNumber: Assembler.Label
    let serviceNotices, publish, publishWhenDue: Assembler.Label
    let startProcessor, stopProcessor, wait, waitWhileParked, wakeUnparked: Assembler.Label
    let powerOff, disabledWait: Assembler.Label
  }

  /// What a program does with storage that is offered or wanted back.
  struct StorageHooks {
    /// Called with RBX = address, R12 = byte count after storage was attached.
    let taken: Assembler.Label
    /// Called with RBX = address, R12 = byte count; the zero flag says that it may go.
    let wanted: Assembler.Label
    /// Called as `wanted` after storage has gone (zero flag) or has stayed.
    let settled: Assembler.Label
  }

  let name: String
  var code = Assembler(origin: GuestLayout.image)
  let routines: Routines
  /// Where the boot processor goes when the runtime is set up.
  let main: Assembler.Label
  /// Where further processors go, with EBX = number; they return when asked to stop.
  let secondary: Assembler.Label
  let storageHooks: StorageHooks?
  let imageEnd: Assembler.Label
  private var texts: [(label: Assembler.Label, text: String)] = []
  var handlers: [(vector: Int32, label: Assembler.Label)] = []
  let setGate: Assembler.Label
  let handlerGates: Assembler.Label
  /// How often `publishWhenDue` publishes, in nanoseconds.
  let publicationInterval: Int64

  /// Starts a program; `hasStorageHooks` is for one that uses storage beyond its image.
  init(
    name: String, hasStorageHooks: Bool = false, publicationInterval: Int64 = 100_000_000
  ) {
    self.name = name
    self.publicationInterval = publicationInterval
    routines = Routines(
      putCharacter: code.label(), putText: code.label(), putDecimal: code.label(),
      putHexadecimal: code.label(), putLine: code.label(), readLine: code.label(),
      matchWord: code.label(), parseNumber: code.label(), serviceNotices: code.label(),
      publish: code.label(), publishWhenDue: code.label(), startProcessor: code.label(),
      stopProcessor: code.label(), wait: code.label(), waitWhileParked: code.label(),
      wakeUnparked: code.label(),
      powerOff: code.label(), disabledWait: code.label())
    main = code.label()
    secondary = code.label()
    imageEnd = code.label()
    setGate = code.label()
    handlerGates = code.label()
    storageHooks =
      hasStorageHooks
      ? StorageHooks(taken: code.label(), wanted: code.label(), settled: code.label()) : nil
    emitStartup()
  }

  /// Completes the program: the runtime's routines, then texts.
  mutating func finish() -> GuestProgramImage {
    emitConsole()
    emitNumbers()
    emitLineInput()
    emitProcessors()
    emitNotices()
    emitInterrupts()
    for (label, text) in texts {
      code.place(label)
      code.text(text)
    }
    code.align(4096, filler: 0)
    code.place(imageEnd)
    let bytes = code.finish()
    return GuestProgramImage(
      bytes: bytes, origin: code.origin, entry: code.origin, fault: code.fault)
  }

  /// A text, kept behind the code, ending with a NUL.
  mutating func text(_ text: String) -> Assembler.Label {
    let label = code.label()
    texts.append((label, text))
    return label
  }

  /// Prints a text.
  mutating func put(_ text: String) {
    code.lea(.rsi, .at(self.text(text)))
    code.call(routines.putText)
  }

  /// Prints a text after the program's name, and ends the line.
  mutating func putMessage(_ text: String) { put("\(name): \(text)\r\n") }

  /// Calls the firmware: RAX = 0x44490000 + code; arguments as the code says.
  mutating func diagnose(_ number: Int64) {
    code.mov(.eax, .immediate(GuestPlatform.diagnose &+ number))
    code.vmmcall()
  }

  /// Adds one to a counter that several processors may count.
  mutating func count(_ counter: GuestCounter) {
    code.lock()
    code.inc(.absolute(counter.address, .qword))
  }

  /// Jumps to `target` when the processor in EBX is asked to stop.
  mutating func ifAskedToStop(goTo target: Assembler.Label) {
    let state = Int32(GuestCounter.firstProcessorState)
    code.cmp(
      .at(.rbx, state, .byte), .immediate(Int64(GuestProcessorState.askedToStop.rawValue)))
    code.jump(.equal, target)
  }

  /// Adds to the work counter of the processor in RBX.
  mutating func addWork(_ amount: Assembler.Operand) {
    let counters = Int32(GuestCounter.firstProcessorWork)
    code.add(.at(nil, index: .rbx, scale: 8, counters, .qword), amount)
  }

  /// Installs a handler; it ends with `emitInterruptReturn`.
  mutating func handle(_ vector: Int32, _ label: Assembler.Label) {
    handlers.append((vector, label))
  }
}
