// Which of the properties of this module's classes are state, wiring or caches; a test asks every
// instance.

import Quantities

extension Processor: StateHolder {
  /// `state` is the raw area: its values by `StateLayout.fields`, the translation buffer by
  /// `TranslationData`.
  package static let roles = PropertyRoles(
    state: [
      "state", "fillLog", "system", "activity", "cycleCount", "cyclesCharged", "cyclesOwed",
      "isInStackShadow", "eventLog",
    ],
    wiring: [
      "number", "memory", "identification", "bus", "busContext", "chargesCycles",
      "pauseEndsSlice",
    ],
    caches: [
      "cache", "cacheGeneration", "codeEpoch", "jumpGenerationLow", "jumpGenerationHigh",
      // Of the instruction or the slice that runs.
      "isFetchHeld", "heldPage", "cycleBase", "hasSwitchedTask", "metBreakpoints",
      "isInSystemOperation", "pendingFirst", "pendingFirstCount", "pendingSecond",
      "pendingSecondCount", "exitRequest", "cyclesUsed",
    ])

  /// The processor's own objects that hold state.
  package var stateHolders: [any StateHolder] { [self, fillLog] }
}

extension FillLog: StateHolder {
  static let roles = PropertyRoles(
    state: ["entries", "count", "isFull", "hasLocalHighCode", "hasOverriding"])
}

extension GuestMemory: StateHolder {
  package static let roles = PropertyRoles(
    state: ["attached", "records", "readOnlyStart", "shadows", "addressMask"],
    wiring: ["window", "windowByteCount", "readOnlyByteCount", "holders", "identifier"],
    caches: ["attachedByteCount", "codeEpoch", "runner"])

  /// The memory's own objects that hold state.
  package var stateHolders: [any StateHolder] { [self, records] }
}

extension PageRecords: StateHolder {
  /// Versions and fast paths in a record are a cache.
  static let roles = PropertyRoles(
    state: ["chunks", "decoded"], wiring: ["chunkCount"],
    caches: ["writtenCounts", "writtenPageCount"])
}
