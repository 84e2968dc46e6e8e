// A computer as a value, taken and put back.

import Quantities
import X86

/// A partition's computer as a value: with it, and the contents of its pages, another computer of the same
/// configuration goes on as this one would.
///
/// Taken between epochs. The pages are taken beside it (`GuestMemory.forEachPage`), as they are large.
package struct ComputerState: SavedState {
  package static let kind = "computer"
  package static let version = 2

  /// What the computer consists of.
  package var configuration: ComputerConfiguration
  /// What the computer keeps itself.
  var values: ComputerValues
  /// The last time stamp that any processor returned.
  var lastTimestamp: UInt64
  /// Its storage without the pages' contents.
  var storage: StorageData
  /// Its processors by number, those that are not there included.
  var processors: [ProcessorData]
  /// The interrupt controllers.
  var network: InterruptNetworkState
  /// The devices, in the order of their kinds.
  var devices: [DeviceState]

  static func inconsistent(_ what: String) -> StateRefusal {
    .inconsistent(kind: kind, what: what)
  }
}

extension Computer {
  /// Builds the computer that a value is one of, and has it go on from there.
  ///
  /// - Throws: `StateRefusal` when there is no such computer, or the host has no room for it.
  package convenience init(_ state: ComputerState) throws(StateRefusal) {
    do throws(HostMemoryError) {
      try self.init(state.configuration)
    } catch {
      throw ComputerState.inconsistent("the host has no room for its storage")
    }
    try restore(state)
  }

  /// The computer as a value, between epochs.
  package var state: ComputerState {
    ComputerState(
      configuration: configuration, values: values, lastTimestamp: lastTimestamp.pointee,
      storage: memory.data,
      processors: processors.map(\.data), network: network.state,
      devices: bus.devices.map { DeviceState($0) })
  }

  /// Takes up a value; the pages' contents are put back by the caller (`GuestMemory.putPage`).
  ///
  /// - Throws: `StateRefusal` when the value is not one of a computer of this configuration; the
  ///   computer is then as if it had just been built, with its storage cleared.
  package func restore(_ state: ComputerState) throws(StateRefusal) {
    do throws(StateRefusal) {
      try restoreParts(state)
    } catch {
      memory.detachAll()
      for range in PCLayout.storageRanges(byteCount: configuration.initialStorage) {
        memory.attach(range)
      }
      reset(clear: true)
      throw error
    }
  }

  private func restoreParts(_ state: ComputerState) throws(StateRefusal) {
    guard state.configuration == configuration, state.processors.count == processors.count,
      state.values.processorCount == processors.count
    else { throw ComputerState.inconsistent("it is of another configuration") }
    try memory.restore(state.storage)
    try network.restore(state.network)
    var saved = state.devices[...]
    for device in bus.devices {
      // One that remembers nothing may have come with a later program.
      if DeviceState.remembersNothing(device), saved.first?.isOf(device) != true { continue }
      guard let own = saved.popFirst() else {
        throw ComputerState.inconsistent("it is of another configuration")
      }
      try own.restore(to: device)
    }
    guard saved.isEmpty else {
      throw ComputerState.inconsistent("it is of another configuration")
    }
    bus.noteDeadline()
    values = state.values
    lastTimestamp.pointee = state.lastTimestamp
    // What a processor's registers mean follows from its storage and the controllers.
    for (processor, data) in zip(processors, state.processors) { try processor.restore(data) }
  }
}
