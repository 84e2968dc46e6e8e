// What stands in the architectural area of a processor's raw state, and which of it is saved. The
// processor's value is made from this one list and put back by it.

/// A piece of the architectural area.
struct StateField {
  /// What becomes of it when the processor's value is made.
  enum Part {
    /// State: saved.
    case architectural
    /// Means something inside an instruction or a slice only, or follows from the rest: not saved.
    case passing
    /// An address of this process, or what is made of such: never saved.
    case host
  }

  /// Its name in a saved value: for ever.
  let name: String
  /// Bytes from the beginning of the area.
  let offset: Int
  /// How long it is, in bytes.
  let byteCount: Int
  let part: Part

  init(_ name: String, _ offset: Int, _ byteCount: Int, _ part: Part = .architectural) {
    self.name = name
    self.offset = offset
    self.byteCount = byteCount
    self.part = part
  }
}

extension StateLayout {
  /// All of the area that is used, in the order of the offsets; what lies between is zero.
  static let fields: [StateField] = [
    StateField("generalRegisters", generalRegisters, 16 * 8),
    StateField("pseudoRegisters", generalRegisters + 16 * 8, 4 * 8, .passing),
    StateField("flagsOperand", flagsOperand, 8),
    StateField("flagsResult", flagsResult, 8),
    StateField("flagsKind", flagsKind, 4),
    StateField("flagsRest", flagsRest, 8),
    StateField("budget", budget, 8),
    StateField("block", block, 8, .host),
    StateField("currentTranslations", currentTranslations, 8, .host),
    StateField("jumpKeys", jumpKeyLow, 16, .host),
    StateField("instructionPointer", instructionPointer, 8),
    StateField("nextInstructionPointer", nextInstructionPointer, 8),
    StateField("exitReason", exitReason, 4, .passing),
    StateField("fault", faultVector, 8, .passing),
    StateField("exitOperation", exitOperation, 8, .host),
    StateField("linkSite", linkSite, 8, .host),
    StateField("scratch", scratch, segmentBases - scratch, .passing),
    StateField("segmentBases", segmentBases, 6 * 8),
    StateField("segmentLimits", segmentLimits, 6 * 4),
    StateField("segmentAttributes", segmentAttributes, 6 * 2),
    StateField("segmentSelectors", segmentSelectors, 6 * 2),
    StateField("cr0", cr0, 8),
    StateField("cr2", cr2, 8),
    StateField("cr3", cr3, 8),
    StateField("cr4", cr4, 8),
    StateField("efer", efer, 8),
    StateField("mode", mode, 4),
    StateField("privilege", privilege, 4),
    StateField("timeBase", timeBase, 8),
    StateField("timeRemainder", timeRemainder, 4),
    StateField("megahertz", megahertz, 4),
    StateField("sliceCycles", sliceCycles, 8),
    StateField("timestampOffset", timestampOffset, 8),
    StateField("lastTimestamp", lastTimestamp, 8, .host),
    StateField("owner", owner, 8, .host),
    StateField("attention", attention, 4),
    StateField("addressSegment", addressSegment, 4, .passing),
    StateField("cyclesOwedLater", cyclesOwedLater, 8),
    StateField("translationSpill", translationSpill, 8, .passing),
    StateField("translationEntry", translationEntry, 8, .host),
    StateField("vectorsLoaded", vectorsLoaded, 4, .passing),
    StateField("directoryPointers", directoryPointers, 4 * 8),
    StateField("fxImage", fxImage, 512),
    StateField("x87Registers", x87Registers, 8 * 16),
    StateField("x87Control", x87Control, 2),
    StateField("x87Status", x87Status, 2),
    StateField("x87Tag", x87Tag, 2),
    StateField("x87Top", x87Top, 2),
    StateField("x87Opcode", x87Opcode, 2),
    StateField("x87CodeSelector", x87CodeSelector, 2),
    StateField("x87DataSelector", x87DataSelector, 2),
    StateField("x87IgnoresErrors", x87IgnoresErrors, 2),
    StateField("x87InstructionPointer", x87InstructionPointer, 8),
    StateField("x87DataPointer", x87DataPointer, 8),
    StateField("vectorGate", FloatingPointLayout.gate, 4, .passing),
    StateField("vectorResult", FloatingPointLayout.result, 0x40, .passing),
    StateField("vectorOperand", FloatingPointLayout.operand, 0x40, .passing),
    StateField("floatingPointImage", FloatingPointLayout.image, 0x200, .passing),
  ]
}
