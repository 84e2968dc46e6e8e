// Which of the properties of this module's classes are state, wiring or caches; a test asks every
// instance.

import Quantities

extension Computer: StateHolder {
  package static let roles = PropertyRoles(
    state: ["values", "lastTimestamp"],
    wiring: [
      "configuration", "memory", "processors", "uncounted", "network", "bus", "serial", "events",
      "bridge", "power", "video", "debugConsole", "devicePlaces",
      "deviceHotplug", "pluggable", "commandPort", "balloon",
    ],
    // Of the phase that runs.
    caches: ["places", "turns", "hasUnplacedWork", "sliceEnd"])

  /// The computer and its parts that hold state, beside memory and processors.
  package var stateHolders: [any StateHolder] {
    [self, network, bus] + bus.devices
      + devicePlaces.compactMap { $0.device as? any StateHolder }
  }
}

extension InterruptNetwork: StateHolder {
  static let roles = PropertyRoles(
    state: ["state"], wiring: ["processors"],
    // Of the phase that runs.
    caches: ["running", "touched", "hasInitializedItself", "messageCycles"])
}

extension SystemBus: StateHolder {
  static let roles = PropertyRoles(
    state: [],
    wiring: [
      "configuration", "memory", "network", "processors", "owner", "devices", "ports", "addresses",
      "timed", "slotCount",
    ],
    // What the devices' states say.
    caches: ["window", "deadline"])
}
