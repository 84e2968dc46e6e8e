import Channels
import Partitioning

/// Measurements as a small machine makes them.
enum Samples {
  /// Two partitions, one of them with two types of processors; counters grow with the time.
  static func sample(at time: UInt64) -> MeasurementSample {
    MeasurementSample(
      time: time,
      processors: [
        MeasurementSample.Processor(
          number: 0, type: .cp, isOnline: true, counters: physical(at: time)),
        MeasurementSample.Processor(
          number: 1, type: .ifl, isOnline: true, dedicatedTo: "B", counters: physical(at: time)),
      ],
      partitions: [
        MeasurementSample.PartitionSample(
          name: "A", number: 0, isActive: true, activated: 3,
          logicals: [
            MeasurementSample.Logicals(
              type: .cp, defined: 2, online: 1, weight: 20, entitlement: Fraction(4, 3),
              isCapped: true, absoluteCapHundredths: 150, counters: counters(time * 10))
          ],
          resources: MeasurementSample.Resources(
            storageByteCount: 3 << 30, availableByteCount: time << 20,
            inputOutput: inputOutput(at: time))),
        MeasurementSample.PartitionSample(
          name: "B", number: 2, isActive: false, activated: 0,
          logicals: [
            MeasurementSample.Logicals(
              type: .cp, defined: 1, online: 0, weight: 10, entitlement: Fraction(2, 3),
              counters: counters(time * 20)),
            MeasurementSample.Logicals(
              type: .ifl, isDedicated: true, defined: 1, online: 1, entitlement: Fraction(1),
              counters: counters(time * 30)),
          ], resources: MeasurementSample.Resources(storageByteCount: 0)),
      ],
      paths: [
        PathSample(subsystem: 0, number: 0x20, isUsable: true, counters: path(at: time)),
        PathSample(subsystem: 1, number: 0xFF, isUsable: false, counters: PathMeasurement()),
      ])
  }

  /// 5 requests of 4 KiB a nanosecond.
  private static func inputOutput(at time: UInt64) -> InputOutputMeasurement {
    var counters = InputOutputMeasurement()
    counters.requestCount = time * 5
    counters.byteCount = time * 5 * 4096
    return counters
  }

  /// Busy a quarter of the time.
  private static func path(at time: UInt64) -> PathMeasurement {
    var counters = PathMeasurement()
    counters.requestCount = time * 5
    counters.byteCount = time * 5 * 4096
    counters.busyNanoseconds = time / 4
    return counters
  }

  private static func physical(at time: UInt64) -> PhysicalCounters {
    var counters = PhysicalCounters()
    counters.effective = time / 2
    counters.management = time / 10
    counters.idle = time - time / 2 - time / 10
    return counters
  }

  private static func counters(_ effective: UInt64) -> ProcessorCounters {
    var counters = ProcessorCounters()
    counters.effective = effective
    counters.dispatched = effective + 1
    counters.waiting = effective / 3
    counters.ready = effective + 2
    counters.capped = effective + 3
    counters.online = effective + 4
    counters.dispatches = effective + 5
    counters.preemptions = effective + 6
    counters.yields = effective + 7
    return counters
  }
}
