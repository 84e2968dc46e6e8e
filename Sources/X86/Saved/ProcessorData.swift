import Quantities

/// A logical processor as a value: all that its history so far means for what it does next.
///
/// Taken between slices. What a block or a cache holds is not in it; the translation buffer is: which
/// translations are there, guests see by accessed bits.
package struct ProcessorData: SavedState {
  package static let kind = "processor"
  package static let version = 1

  /// The architectural area, by the names of `StateLayout.fields`; lowest byte first.
  var area: [String: HexadecimalBytes]
  /// What the hot path never reads.
  var system: SystemRegisters
  /// What it does between its slices.
  var activity: ProcessorActivity
  /// Cycles since power-on, and those of them that instructions cost beyond their one.
  var cycleCount: UInt64
  var cyclesCharged: UInt64
  /// Cycles to be paid before the next instruction.
  var cyclesOwed: Int64
  /// The next instruction follows MOV SS or POP SS.
  var isInStackShadow: Bool
  /// Events taken.
  var eventCount: Int
  /// What the translation buffer holds.
  var translations: TranslationData
}

extension Processor {
  /// The processor as a value, between slices.
  package var data: ProcessorData {
    ProcessorData(
      area: areaFields, system: system, activity: activity, cycleCount: cycleCount,
      cyclesCharged: cyclesCharged, cyclesOwed: cyclesOwed, isInStackShadow: isInStackShadow,
      eventCount: eventLog.count, translations: translationData)
  }

  private var areaFields: [String: HexadecimalBytes] {
    // No engine's own form of the flags is saved.
    state.setExplicitFlags(state.flags)
    var fields: [String: HexadecimalBytes] = [:]
    for field in StateLayout.fields where field.part == .architectural {
      let bytes = UnsafeRawBufferPointer(
        start: state.base + field.offset, count: field.byteCount)
      fields[field.name] = HexadecimalBytes(Array(bytes))
    }
    return fields
  }

  /// Takes up a value, between slices; what is not in it of the area is as after reset.
  ///
  /// Its memory has been restored before.
  /// - Throws: `StateRefusal.inconsistent` when the value is not one of such a processor; the processor is
  ///   reset then.
  package func restore(_ data: ProcessorData) throws(StateRefusal) {
    reset()
    do throws(StateRefusal) {
      try restoreArea(data.area)
      system = data.system
      guard system.isComplete else { throw ProcessorData.unfit("registers are missing") }
      activity = data.activity
      cycleCount = data.cycleCount
      // What `instructionNumber` counts from.
      cycleBase = cycleCount &+ UInt64(bitPattern: state.budget)
      cyclesCharged = data.cyclesCharged
      cyclesOwed = data.cyclesOwed
      isInStackShadow = data.isInStackShadow
      eventLog.count = data.eventCount
      try restoreTranslations(data.translations)
    } catch {
      reset()
      throw error
    }
  }

  private func restoreArea(_ area: [String: HexadecimalBytes]) throws(StateRefusal) {
    var known = 0
    for field in StateLayout.fields where field.part == .architectural {
      guard let bytes = area[field.name]?.bytes else { continue }
      guard bytes.count == field.byteCount else {
        throw ProcessorData.unfit("\(field.name) has \(bytes.count) bytes")
      }
      known &+= 1
      bytes.withUnsafeBytes {
        guard let start = $0.baseAddress else { return }
        // Cannot trap: the count is a field's.
        (state.base + field.offset).copyMemory(from: start, byteCount: field.byteCount)
      }
    }
    guard known == area.count else {
      let names = Set(StateLayout.fields.filter { $0.part == .architectural }.map(\.name))
      let unknown = area.keys.filter { !names.contains($0) }.sorted()
      throw ProcessorData.unfit("nobody knows \(unknown.joined(separator: ", "))")
    }
    guard state.areIndicesValid else { throw ProcessorData.unfit("a register names no mode") }
    state.setExplicitFlags(state.flagsResult)
    state.updateVectorGate()
    // The code mode, the table of translations and the keys of cached jumps follow.
    updateMode()
    forgetJumps()
  }
}

extension ProcessorData {
  static func unfit(_ what: String) -> StateRefusal {
    .inconsistent(kind: kind, what: what)
  }
}

extension ProcessorState {
  /// Whether what a saved area says can be used as an index.
  fileprivate var areIndicesValid: Bool {
    mode <= CodeMode.long64 && privilege <= 3 && flagsKind == FlagsKind.explicit
      && get(StateLayout.x87Top, as: UInt16.self) < 8
  }
}

extension SystemRegisters {
  /// Whether every list has as many registers as the processor has.
  fileprivate var isComplete: Bool {
    debugAddresses.count == 4 && memoryTypes.isComplete && machineCheck.isComplete
  }
}
