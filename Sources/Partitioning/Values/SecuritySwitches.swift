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

  /// Least number of letters to which the word may be shortened.
  private var leastLetters: Int {
    switch self {
    case .globalPerformanceData: 6
    case .inputOutputControl: 3
    case .crossPartitionAuthority: 5
    case .isolation: 3
    }
  }

  /// The shorter forms of the word, the shortest first.
  private var shortened: [String] {
    let lengths = rawValue.dropLast().reduce(into: [""]) { $0.append(($0.last ?? "") + String($1)) }
    return lengths.filter { $0.count >= leastLetters }
  }

  /// The words that set a switch: on, and off with NO before them.
  package static let words = allCases.flatMap { [$0.rawValue, "NO" + $0.rawValue] }

  /// The shorter forms of the words.
  package static let abbreviations = allCases.flatMap { name in
    name.shortened.flatMap { [$0, "NO" + $0] }
  }

  /// The switch that a word sets, and how; nil when it is not such a word.
  package static func setting(_ word: String) -> (name: SecuritySwitch, isOn: Bool)? {
    for isOn in [true, false] where isOn || word.hasPrefix("NO") {
      let stem = isOn ? word[...] : word.dropFirst(2)
      let name = allCases.first {
        stem.count >= $0.leastLetters && $0.rawValue.hasPrefix(stem)
      }
      if let name { return (name, isOn) }
    }
    return nil
  }
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
