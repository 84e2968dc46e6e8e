import Quantities

/// After how long the interrupts of devices are missing: of all disks, and of those for which another time is set.
package struct MissingInterruptTimes: Sendable, Equatable, Codable {
  /// The time of one disk.
  package struct Exception: Sendable, Equatable, Codable {
    /// The device's number in the I/O configuration.
    package var device: UInt16
    /// Seconds; nil when nobody looks.
    package var seconds: Int?
  }

  /// Seconds, for disks of which nothing else is said; nil when nobody looks.
  package var disks: Int?
  /// Disks with a time of their own, ascending.
  package var exceptions: [Exception] = []

  /// What CP looks for when nothing is said (z/VM: 15 seconds for DASD).
  package static let usual = MissingInterruptTimes(disks: 15)
  /// Times that can be set, in seconds: up to 99:59.
  package static let range = 1...5999
  /// Times are rounded up to a multiple of this (z/VM, SET MITIME).
  private static let grain = 5

  /// Creates the times of disks that are all alike.
  package init(disks: Int?) { self.disks = disks }

  /// Seconds after which a disk's interrupt is missing.
  package func seconds(of device: UInt16) -> Int? {
    exceptions.isEmpty ? disks : exceptions.first { $0.device == device }.map(\.seconds) ?? disks
  }

  /// Sets a time, as it is asked for; nil when nobody is to look.
  mutating func set(_ asked: Int?, for subject: MissingInterruptSubject) {
    let seconds = asked.map { Self.rounded($0) }
    switch subject {
    case .all: self = MissingInterruptTimes(disks: seconds)
    case .disks: disks = seconds
    case .devices(let range):
      exceptions.removeAll { range.contains($0.device) }
      exceptions += range.map { Exception(device: $0, seconds: seconds) }
      exceptions.sort { $0.device < $1.device }
    }
  }

  /// A time as it is kept: the next multiple of five seconds.
  package static func rounded(_ seconds: Int) -> Int {
    seconds.addingClamped(grain &- 1) / grain &* grain
  }

  /// `mm:ss` as seconds; nil for what is none.
  package static func seconds(_ text: String) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let minutes = parts.first.flatMap({ decimal($0, as: Int.self) }),
      let seconds = parts.last.flatMap({ decimal($0, as: Int.self) }), minutes <= 99, seconds <= 59
    else { return nil }
    return minutes &* 60 &+ seconds
  }

  /// `00:15`, or `OFF`.
  package static func text(_ seconds: Int?) -> String {
    guard let seconds else { return "OFF" }
    return "\(seconds / 60)".zeroPadded(to: 2) + ":" + "\(seconds % 60)".zeroPadded(to: 2)
  }
}

/// Which disks a time of missing interrupts is set for.
package enum MissingInterruptSubject: Sendable, Equatable, Codable {
  /// All that there are; what was set for some is forgotten.
  case all
  /// Those for which nothing else is set.
  case disks
  /// Those of a range of numbers in the I/O configuration.
  case devices(ClosedRange<UInt16>)
}

extension MissingInterruptTimes: Blank {
  /// What an earlier program kept said nothing of it.
  package static var blank: MissingInterruptTimes { usual }
}
