// How a guest is given storage while it runs, whatever device it is that tells it.

/// A device by which a guest takes storage that it is offered, and gives back what is wanted.
///
/// The firmware says how much the guest is to have; which addresses that are is the device's or the guest's.
protocol PluggingDevice: Device {
  /// Whether the guest listens to it.
  var isServed: Bool { get }
  /// How much storage the guest has by it, or may be about to use, in bytes.
  var pluggedByteCount: UInt64 { get }

  /// Sets how much the guest is to have, and how much it may keep; what is beyond that goes at once.
  func offer(_ byteCount: UInt64, keeping most: UInt64)
  /// Asks the guest again for what it refused to give back.
  func askAgain()
}
