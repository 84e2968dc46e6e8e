import Partitioning
import Quantities

extension DeviceLimits {
  /// Devices that a subchannel set can have at all (IOCP User's Guide, machine limits).
  static func most(inSet set: Int) -> Int { set == 0 ? 65_280 : 65_535 }

  /// Subchannel sets of a channel subsystem.
  static let setCount = 4

  /// Reads a number of devices: one to five digits, or K for 1,024.
  ///
  /// - Parameter text: Such as `40K` or `56820`.
  /// - Returns: The number; nil when the text is none.
  package static func count(_ text: String) -> Int? {
    let isThousands = text.last == "K" || text.last == "k"
    let digits = isThousands ? text.dropLast() : Substring(text)
    guard (1...5).contains(digits.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }),
      let number = Int(digits)
    else { return nil }
    return isThousands ? number.multiplied(by: 1024) : number
  }
}

extension DeckReader {
  /// Reads MAXDEV of a RESOURCE statement.
  mutating func deviceLimits(_ operands: DeckOperands) {
    guard let value = operands.value("MAXDEV") else { return }
    for group in operands.subsystemGroups(value) {
      guard let subsystem = group.subsystems.first else { continue }
      if let extra = group.items.dropFirst(DeviceLimits.setCount).first {
        log.report(.deckDeviceLimitSets, at: extra.place)
      }
      let counts = group.items.prefix(DeviceLimits.setCount).enumerated().map { set, item in
        deviceLimit(item, set: set, subsystem: subsystem)
      }
      deck.configuration.deviceLimits.append(
        DeviceLimits(subsystem: subsystem, counts: counts))
    }
  }

  private func deviceLimit(_ item: DeckValue, set: Int, subsystem: UInt8) -> Int {
    let most = DeviceLimits.most(inSet: set)
    guard case .atom(let word) = item, let count = DeviceLimits.count(word.text) else {
      var text = "("
      if case .atom(let word) = item { text = word.text }
      log.report(.deckDeviceLimit(text), at: item.place)
      return most
    }
    guard count <= most else {
      log.report(
        .deckDeviceLimitTooHigh(count, set: set, subsystem: subsystem, most: most),
        at: item.place)
      return most
    }
    return count
  }

  /// Reports the first device that a channel subsystem has no room for.
  func checkDeviceCounts() {
    let configuration = deck.configuration
    for limits in configuration.deviceLimits {
      let devices = configuration.devices(inSubsystem: limits.subsystem)
      guard let limit = limits.counts.first,
        let device = devices.element(at: limit)?.number
      else { continue }
      guard let place = deck.places["IODEVICE " + DeviceNumbers.text(device)] else { continue }
      log.report(
        .deckDeviceLimitPassed(
          device, count: devices.count, limit: limit, subsystem: limits.subsystem),
        at: place)
    }
  }
}
