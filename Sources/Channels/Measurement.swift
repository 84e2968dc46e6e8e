import Quantities

/// What one channel path did.
package struct PathMeasurement: Equatable, Sendable, Codable {
  /// Requests whose data it moved.
  package var requestCount: UInt64 = 0
  /// Time it was busy.
  package var busyNanoseconds: UInt64 = 0
  /// Bytes it moved.
  package var byteCount: UInt64 = 0

  /// Creates counters at zero.
  package init() {}
}

/// What one channel path did since IPL, and whether it can be used.
package struct PathSample: Equatable, Sendable, Codable {
  /// Its channel subsystem.
  package var subsystem: UInt8
  /// Its number there (CHPID).
  package var number: UInt8
  /// Whether it is on line to the machine, and works.
  package var isUsable: Bool
  /// What it did.
  package var counters: PathMeasurement

  /// Creates a sample.
  package init(subsystem: UInt8, number: UInt8, isUsable: Bool, counters: PathMeasurement) {
    self.subsystem = subsystem
    self.number = number
    self.isUsable = isUsable
    self.counters = counters
  }
}

/// What a partition asked of its devices, all together.
package struct InputOutputMeasurement: Equatable, Sendable, Codable {
  /// Requests that ended.
  package var requestCount: UInt64 = 0
  /// Bytes moved.
  package var byteCount: UInt64 = 0

  /// Creates counters at zero.
  package init() {}
}

/// What requests did about paths.
package struct PathLoad: Equatable, Sendable, Codable {
  /// How long they waited in control units' queues.
  package var queueNanoseconds: UInt64 = 0
  /// How long their data moved.
  package var connectNanoseconds: UInt64 = 0

  /// Nothing.
  package init() {}

  /// Both together.
  package func adding(_ other: PathLoad) -> PathLoad {
    var sum = self
    sum.queueNanoseconds.addClamped(other.queueNanoseconds)
    sum.connectNanoseconds.addClamped(other.connectNanoseconds)
    return sum
  }

  /// What it is more than an earlier one.
  package func subtracting(_ earlier: PathLoad) -> PathLoad {
    var rest = self
    rest.queueNanoseconds.subtractClamped(earlier.queueNanoseconds)
    rest.connectNanoseconds.subtractClamped(earlier.connectNanoseconds)
    return rest
  }
}

/// What the requests of one subchannel did about paths, since it came.
package struct SubchannelLoad: Equatable, Sendable, Codable {
  /// The partition's number.
  package var partition: Int
  /// The partition's own number of the device, and the machine's.
  package var virtualDevice: UInt16
  package var realDevice: UInt16
  /// The channel subsystem of its paths.
  package var subsystem: UInt8
  /// When it came.
  package var began: SimulatedTime
  /// What was done.
  package var load: PathLoad
}

/// What one subchannel did: times as RMF's device report defines them (`prsm.md` 3.5).
package struct SubchannelMeasurement: Equatable, Sendable, Codable {
  /// Requests that ended.
  package var requestCount: UInt64 = 0
  /// Before the start: the subchannel was busy with an earlier request, or had no path (RMF's IOSQ).
  @Added package var ioQueueNanoseconds: UInt64 = 0
  /// From the start, not at work: in the device's queue, or in the control unit's.
  package var pendNanoseconds: UInt64 = 0
  /// The part of it in the control unit's queue: all paths were busy.
  @Added package var controlUnitQueueNanoseconds: UInt64 = 0
  /// The device worked.
  package var disconnectNanoseconds: UInt64 = 0
  /// Data moved over a path.
  package var connectNanoseconds: UInt64 = 0
  /// Bytes moved.
  package var byteCount: UInt64 = 0

  /// Creates counters at zero.
  package init() {}

  /// The part of pend time in the device's queue: the device was busy.
  package var deviceQueueNanoseconds: UInt64 {
    pendNanoseconds.subtractingClamped(controlUnitQueueNanoseconds)
  }

  /// From the request to its end, of all that ended.
  package var responseNanoseconds: UInt64 {
    [pendNanoseconds, disconnectNanoseconds, connectNanoseconds]
      .reduce(ioQueueNanoseconds) { $0.addingClamped($1) }
  }
}
