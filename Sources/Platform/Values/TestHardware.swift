// What people who test their own systems expect of a virtual PC, off unless asked for.

/// Which test hardware a computer has.
package struct TestHardware: Codable, Equatable, Sendable {
  /// A write of V to this port, of any width, ends the run with status (V << 1) | 1.
  package var debugExitPort: UInt16?
  /// Whether the test device is there.
  package var hasTestDevice: Bool

  /// None of it unless asked for.
  package init(debugExitPort: UInt16? = nil, hasTestDevice: Bool = false) {
    self.debugExitPort = debugExitPort
    self.hasTestDevice = hasTestDevice
  }
}
