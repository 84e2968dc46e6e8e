// Faults on purpose: a path that fails and comes back, a device that answers late, ends a part of its requests in
// I/O errors, or whose medium is full. Which requests end in errors follows from a sequence that is part of the
// state, so that a machine that is put back goes on alike.

import Quantities

/// What is wrong with a device on purpose.
package struct DeviceFault: Equatable, Sendable, Codable {
  /// Nanoseconds by which it answers later.
  package var delayNanoseconds: UInt64
  /// How many of a hundred requests end in an I/O error.
  package var errorPercent: Int
  /// Whether writes end in an I/O error.
  package var isFull: Bool

  /// The longest delay: an hour.
  package static let delayLimit: UInt64 = 3_600_000_000_000

  /// Creates a fault.
  package init(delayNanoseconds: UInt64 = 0, errorPercent: Int = 0, isFull: Bool = false) {
    self.delayNanoseconds = delayNanoseconds
    self.errorPercent = errorPercent
    self.isFull = isFull
  }

  /// `DELAY 5MS ERRORS 10% FULL`, as it is asked for.
  package var text: String {
    [
      delayNanoseconds > 0 ? "DELAY \(durationText(delayNanoseconds))" : nil,
      errorPercent != 0 ? "ERRORS \(errorPercent)%" : nil, isFull ? "FULL" : nil,
    ].compactMap { $0 }.joined(separator: " ")
  }

  /// Whether a device can have it, and something is wrong then.
  package var isPossible: Bool {
    delayNanoseconds <= Self.delayLimit && (0...100).contains(errorPercent)
      && self != DeviceFault()
  }
}

/// A fault that a device has.
struct InjectedFault: Equatable, Sendable, Codable {
  var fault: DeviceFault
  /// What says which requests end in errors.
  private var sequence: RandomSequence

  /// A fault at the beginning of its sequence.
  init(_ fault: DeviceFault, device: UInt16, seed: UInt64) {
    self.fault = fault
    var mixed = RandomSequence(seed: seed)
    sequence = RandomSequence(seed: mixed.next() ^ UInt64(device))
  }

  /// Whether a request that was carried out so far ends in an I/O error.
  mutating func ends(_ kind: ChannelRequestKind) -> Bool {
    if fault.isFull, [.write, .writeZeroes].contains(kind) { return true }
    guard fault.errorPercent > 0 else { return false }
    return Int(clamping: sequence.next() % 100) < fault.errorPercent
  }

  /// Calls the body with every word that belongs to the history.
  func forEachHistoryWord(_ body: (UInt64) -> Void) {
    body(fault.delayNanoseconds)
    body(UInt64(clamping: fault.errorPercent) << 1 | (fault.isFull ? 1 : 0))
    body(sequence.place)
  }
}

/// A channel path that fails on purpose.
package struct FailedPath: Equatable, Sendable {
  /// Channel subsystem.
  package var subsystem: UInt8
  /// The path's number (CHPID).
  package var number: UInt8
}

/// A device with which something is wrong on purpose.
package struct FaultyDevice: Equatable, Sendable {
  /// Its number in the I/O configuration.
  package var number: UInt16
  /// What is wrong.
  package var fault: DeviceFault
}

extension ChannelSubsystem {
  /// The paths that fail on purpose, in the order of the configuration.
  package var failedPaths: [FailedPath] {
    activity.paths.indices.filter { !activity.paths[$0].isOperational }.map {
      FailedPath(subsystem: hardware.paths[$0].subsystem, number: hardware.paths[$0].number)
    }
  }

  /// The devices with which something is wrong on purpose, ascending.
  package var faultyDevices: [FaultyDevice] {
    activity.devices.indices.compactMap { index in
      activity.devices[index].injected.map {
        FaultyDevice(number: hardware.devices[index].number, fault: $0.fault)
      }
    }.sorted { $0.number < $1.number }
  }

  /// Has something wrong with a device from now on, or nothing (nil); the caller has judged it.
  ///
  /// A delay is for the requests that the device begins from now on, the rest for those that it ends.
  ///
  /// - Parameters:
  ///   - fault: What is wrong, in place of what was.
  ///   - number: The device's number in the I/O configuration.
  ///   - seed: What the sequence of its errors begins with, beside that number.
  ///   - time: When.
  package func inject(
    _ fault: DeviceFault?, into number: UInt16, seed: UInt64, at time: SimulatedTime
  ) {
    guard let device = deviceIndex(number) else { return }
    reach(time)
    activity.devices[device].injected = fault.map {
      InjectedFault($0, device: number, seed: seed)
    }
  }

  /// Time that a device needs before it moves data.
  func latency(of device: Int) -> UInt64 {
    hardware.devices[device].latencyNanoseconds
      .addingClamped(activity.devices[device].injected?.fault.delayNanoseconds ?? 0)
  }

  /// Whether a request that a device has moved ends in an I/O error on purpose.
  func failsOnPurpose(_ kind: ChannelRequestKind, at device: Int) -> Bool {
    guard activity.devices[device].injected != nil else { return false }
    return activity.devices[device].injected?.ends(kind) ?? false
  }
}
