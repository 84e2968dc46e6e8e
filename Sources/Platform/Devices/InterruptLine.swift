/// A wire from a device to a pin of the I/O APIC.
final class InterruptLine {
  private let network: InterruptNetwork
  private let pin: Int

  /// A wire to a pin.
  init(to pin: Int, of network: InterruptNetwork) {
    self.pin = pin
    self.network = network
  }

  /// Sets the wire's level.
  func set(_ high: Bool) { network.setLine(pin, high: high) }

  /// Raises and lowers the wire: one edge.
  func pulse() {
    set(true)
    set(false)
  }
}
