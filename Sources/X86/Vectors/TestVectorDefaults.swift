// The state in which each mode starts; Docs/Vectors.md tells it to those who write vectors.
extension TestVectorMachine {
  /// Stack pointer of every mode.
  private static let stackTop: UInt64 = 0x8000

  /// Puts a processor that was reset into the default state of a mode.
  func setDefaults(_ mode: TestVectorMode) {
    processor[.rdx] = 0
    FloatingPointUnit(processor.state).initialize()
    processor.state.mxcsr = MXCSR.initial
    processor.cr4 = ControlRegister4.fxSave | ControlRegister4.simdExceptions
    let common = ControlRegister0.extensionType | ControlRegister0.numericError
    switch mode {
    case .real:
      processor.cr0 = common
      setParagraphSegments(attributes: SegmentAttribute.realMode)
      processor.setInterruptDescriptorTable(base: 0, limit: 0x3FF)
    case .prot16, .prot32, .vm86:
      processor.cr0 = common | ControlRegister0.protection
      setTables(longMode: false)
      if mode == .vm86 {
        setParagraphSegments(attributes: 0xF3)
        processor.state.privilege = 3
      } else {
        setFlatSegments(mode == .prot16 ? TestVectorTables.Selector.code16 : 8, mode)
      }
    case .long:
      processor.enterLongMode(instructionPointer: 0, pageTable: TestVectorTables.pageTables)
      processor.cr4 |= ControlRegister4.fxSave | ControlRegister4.simdExceptions
      processor.cr0 |= common
      processor.efer |= ExtendedFeatures.systemCall | ExtendedFeatures.noExecuteEnable
      setTables(longMode: true)
      setFlatSegments(TestVectorTables.Selector.code64, mode)
    }
    processor[.rsp] = Self.stackTop
    processor.flags = Flag.fixed
    if mode == .vm86 { processor.state.flagsRest |= Flag.virtual8086 }
    processor.instructionPointer = 0
    processor.activity = .running
    processor.updateMode()
  }

  private func setParagraphSegments(attributes: UInt16) {
    for register in [SegmentRegister.es, .cs, .ss, .ds, .fs, .gs] {
      processor.install(
        SegmentState(selector: 0, base: 0, limit: 0xFFFF, attributes: attributes), register)
    }
  }

  private func setFlatSegments(_ code: UInt16, _ mode: TestVectorMode) {
    let is16 = mode == .prot16
    let limit: UInt32 = is16 ? 0xFFFF : 0xFFFF_FFFF
    let data = is16 ? TestVectorTables.Selector.data16 : TestVectorTables.Selector.data32
    for register in [SegmentRegister.es, .ss, .ds, .fs, .gs] {
      processor.install(
        SegmentState(selector: data, base: 0, limit: limit, attributes: is16 ? 0x93 : 0xC093),
        register)
    }
    let attributes: UInt16 = is16 ? 0x9B : mode == .long ? 0xA09B : 0xC09B
    processor.install(
      SegmentState(selector: code, base: 0, limit: limit, attributes: attributes), .cs)
    processor.state.privilege = 0
  }

  private func setTables(longMode: Bool) {
    processor.setGlobalDescriptorTable(
      base: TestVectorTables.globalTable, limit: TestVectorTables.Selector.tableLimit)
    processor.setInterruptDescriptorTable(
      base: longMode ? TestVectorTables.longInterruptTable : TestVectorTables.interruptTable,
      limit: longMode ? 0xFFF : 0x7FF)
    processor.setSegment(
      .tr, selector: TestVectorTables.Selector.task,
      base: longMode ? TestVectorTables.longTask : TestVectorTables.task, limit: 0x67,
      attributes: 0x8B)
  }
}
