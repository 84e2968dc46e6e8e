// Which of the properties of this module's classes are state, wiring or caches; a test asks every
// instance.

import Quantities

extension Computer: StateHolder {
  package static let roles = PropertyRoles(
    state: ["values", "lastTimestamp"],
    wiring: [
      "configuration", "memory", "processors", "network", "serial", "blockDevices", "testDevice",
      "board",
    ],
    // Of the phase that runs.
    caches: ["places", "turns", "hasUnplacedWork", "sliceEnd"])

  /// The computer and its parts that hold state, beside memory and processors.
  package var stateHolders: [any StateHolder] {
    var holders: [any StateHolder] = [self, network, serial]
    holders += blockDevices.map { $0 as any StateHolder }
    if let testDevice { holders.append(testDevice) }
    if let board { holders.append(board) }
    return holders
  }
}

extension InterruptNetwork: StateHolder {
  static let roles = PropertyRoles(
    state: ["state"], wiring: ["processors"],
    // Of the phase that runs.
    caches: ["running", "touched", "hasInitializedItself", "messageCycles"])
}

extension SerialPort: StateHolder {
  static let roles = PropertyRoles(state: ["state"], wiring: ["line"])
}

extension BlockDevice: StateHolder {
  static let roles = PropertyRoles(
    state: ["state"], wiring: ["configuration", "partition", "memory", "line"],
    // Of the access that is served.
    caches: ["noticeCycles"])
}

extension TestDevice: StateHolder {
  static let roles = PropertyRoles(state: ["chip"], wiring: ["lines", "memory"])
}

extension LegacyBoard: StateHolder {
  static let roles = PropertyRoles(state: ["state"])
}
