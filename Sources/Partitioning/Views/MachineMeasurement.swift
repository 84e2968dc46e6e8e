import Channels
import Quantities

// What is counted of the machine, now.

extension PartitionManager {
  /// Everything that is counted, now; the counting goes on.
  package func measurement() -> MeasurementSample {
    firmware.entitlements.settleShares()
    let dispatcher = engine.dispatcher
    let inputOutputs = channels.inputOutputs()
    return MeasurementSample(
      time: now,
      processors: dispatcher.physicals.indices.map { number in
        let physical = dispatcher.physicals[number]
        let owner = physical.dedicatedTo
        return MeasurementSample.Processor(
          number: number, type: hardware.poolType(physical.pool), isOnline: physical.isOnline,
          dedicatedTo: hardware.ownerName(owner),
          counters: dispatcher.counters(ofPhysical: number, at: now))
      },
      partitions: partitions.map { partition in
        measure(
          partition, inputOutputs.element(at: partition.number) ?? InputOutputMeasurement())
      },
      paths: channels.pathSamples())
  }

  private func measure(
    _ partition: Partition, _ inputOutput: InputOutputMeasurement
  ) -> MeasurementSample.PartitionSample {
    let dispatcher = engine.dispatcher
    return MeasurementSample.PartitionSample(
      name: partition.name, number: partition.number, isActive: partition.isActive,
      activated: partition.layout.first.flatMap { dispatcher.accounts[$0.account].entered },
      logicals: partition.definition.processors.indices.map { entry in
        let processors = partition.processors(of: entry)
        let index = partition.account(of: entry)
        let isDedicated = processors.mode == .dedicated
        let online = partition.onlineCount(of: entry)
        let parking = dispatcher.parking.element(at: index)
        let policy = parking?.policy
        return MeasurementSample.Logicals(
          type: processors.type, isDedicated: isDedicated,
          defined: processors.initial.addingClamped(processors.reserved), online: online,
          weight: isDedicated ? nil : processors.share.weight,
          entitlement: isDedicated && partition.isActive
            ? Fraction(Int128(online)) : dispatcher.accounts[index].grant?.entitlement,
          isCapped: processors.share.isCapped && !isDedicated,
          absoluteCapHundredths: isDedicated ? nil : processors.share.absoluteCapHundredths,
          polarity: policy == nil ? nil : parking?.polarity,
          unparkedLow: policy?.unparkedLow ?? 0,
          parkingAdjustments: policy?.adjustments ?? 0,
          counters: dispatcher.counters(ofAccount: index, at: now),
          earlier: dispatcher.accounts[index].earlier)
      },
      resources: MeasurementSample.Resources(
        storageByteCount: partition.isActive
          ? partition.storageByteCount(increment: firmware.storage.ledger.incrementByteCount) : 0,
        availableByteCount: partition.computer?.storageReport?.availableByteCount,
        inputOutput: inputOutput))
  }
}

extension PartitionManager {
  /// How long logical processors waited from getting work to running, since IPL.
  package var wakeLatencies: LatencyDistribution { engine.dispatcher.wakeLatencies }

  /// Host time of epochs since it was first asked for; counting it begins then.
  package func hostTime() -> HostTime {
    if engine.hostTime == nil { engine.hostTime = HostTime() }
    return engine.hostTime ?? HostTime()
  }

  /// Epochs run since IPL.
  package var epochCount: UInt64 { engine.progress.epochCount }
}
