// What can be asked to go wrong on purpose (CP: INJECT).

import Channels

/// A fault on purpose that begins or ends.
package enum FaultChange: Sendable, Equatable, Codable {
  /// A channel path fails for the whole machine, or works again. `.pathNotFound`, `.pathFaultAlready`.
  case path(UInt8, fails: Bool)
  /// Something is wrong with a device, in place of what was, or nothing (nil). `.deviceNotFound`,
  /// `.faultOutOfRange`, `.deviceFaultAbsent`.
  case device(UInt16, DeviceFault?)
}
