/// One of the switches that say what a partition may see of the others and do to them.
package enum SecuritySwitch: String, Sendable, CaseIterable, Codable {
  /// Global performance data control.
  case globalPerformanceData = "GLOBALPERF"
  /// I/O configuration control.
  case inputOutputControl = "IOCONFIG"
  /// Cross-partition authority.
  case crossPartitionAuthority = "CROSSPARTITION"
  /// Logical partition isolation.
  case isolation = "ISOLATED"

  /// The switches as statements and commands name them, with their shortest forms in capitals.
  package static let choices = "GLOBALperf|IOConfig|CROSSpartition|ISOlated"
}

/// A partition's security switches, with PR/SM's defaults.
///
/// Source: PR/SM Planning Guide, "Security parameter descriptions".
package struct SecuritySwitches: Sendable, Equatable, Codable {
  /// Sees the processor use of the others, not only its own.
  package var globalPerformanceData: Bool
  /// May change the machine's I/O configuration.
  package var inputOutputControl: Bool
  /// May reset and deactivate others.
  package var crossPartitionAuthority: Bool
  /// Keeps its reconfigurable paths to itself when they are off line.
  package var isIsolated: Bool

  /// Creates switches.
  package init(
    globalPerformanceData: Bool = true, inputOutputControl: Bool = true,
    crossPartitionAuthority: Bool = false, isIsolated: Bool = false
  ) {
    self.globalPerformanceData = globalPerformanceData
    self.inputOutputControl = inputOutputControl
    self.crossPartitionAuthority = crossPartitionAuthority
    self.isIsolated = isIsolated
  }

  /// Whether one of them is on.
  package subscript(_ name: SecuritySwitch) -> Bool {
    get {
      switch name {
      case .globalPerformanceData: globalPerformanceData
      case .inputOutputControl: inputOutputControl
      case .crossPartitionAuthority: crossPartitionAuthority
      case .isolation: isIsolated
      }
    }
    set {
      switch name {
      case .globalPerformanceData: globalPerformanceData = newValue
      case .inputOutputControl: inputOutputControl = newValue
      case .crossPartitionAuthority: crossPartitionAuthority = newValue
      case .isolation: isIsolated = newValue
      }
    }
  }
}
