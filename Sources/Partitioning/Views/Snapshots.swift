import Channels
import Platform
import Quantities

// Copies of the firmware's state for whoever shows it. Making one changes nothing.

extension PartitionManager {
  /// One partition as it is now; nil when it is not defined.
  package func partitionView(_ name: String) -> PartitionView? {
    firmware.entitlements.settleShares()
    return (try? partition(name)).map(view)
  }

  /// Whether a partition is active; nil when it is not defined.
  package func isActive(_ name: String) -> Bool? {
    (try? partition(name))?.isActive
  }

  /// Who watches a partition's console; nil for nobody.
  package func watcher(of name: String) -> ConsoleWatcher? {
    (try? partition(name))?.definition.consoleWatcher
  }

  private func view(_ partition: Partition) -> PartitionView {
    let unit = ledger.incrementByteCount
    let first = engine.guests[partition.number].firstLogical
    let computer = partition.computer
    let storage = partition.storageByteCount(increment: unit)
    let limit = ledger.byteCount(of: partition.increments.count)
    return PartitionView(
      name: partition.name, number: partition.number, definition: partition.definition,
      profiles: partition.profiles, profileName: partition.activeProfile,
      nextProfileName: partition.nextProfile, isRecoverable: partition.lost != nil,
      state: partition.status,
      isStopped: partition.isStopped, activated: partition.activated,
      processors: partition.isOnline.indices.map { processorView(partition, $0) },
      shares: partition.definition.processors.indices.map { shareView(partition, $0) },
      storageByteCount: storage, reservedByteCount: limit.subtractingClamped(storage),
      storageRanges: firmware.storage.ranges(of: partition.places),
      writtenPageCount: computer?.memory.writtenPageCount ?? 0,
      storageReport: computer?.storageReport.map {
        StorageReportView(
          totalByteCount: $0.totalByteCount, availableByteCount: $0.availableByteCount)
      },
      paths: channels.paths(of: partition.number).map { path in
        PartitionPathView(
          path: path.number, isOnline: path.isOnline && partition.isActive,
          isOperational: channels.isOperational(path.number, subsystem: partition.subsystem))
      },
      devices: channels.subchannels(of: partition.number).map {
        PartitionDeviceView(
          virtualDevice: $0.virtualDevice, realDevice: $0.realDevice, blockCount: $0.blockCount,
          isReadOnly: $0.isReadOnly)
      },
      pending: partition.pending,
      instructionCount: computer?.processors.reduce(0) {
        $0.addingClamped($1.instructionsRetired)
      } ?? 0,
      dispatchCount: partition.isOnline.indices.reduce(0) {
        $0.addingClamped(engine.dispatcher.logicals[first &+ $1].counters.dispatches)
      },
      requestCount: partition.requestCount,
      workCounter: computer.flatMap { $0.publishedWork == 0 ? nil : $0.publishedWork },
      listensToNotices: computer?.listensToNotices ?? false,
      digest: engine.guests[partition.number].digest.value)
  }

  private func processorView(_ partition: Partition, _ number: Int) -> LogicalProcessorView {
    let index = hardware.logical(number, of: partition)
    let record = engine.dispatcher.logicals[index]
    let entry = partition.entry(of: number) ?? 0
    let processors = partition.processors(of: entry)
    let status = partition.computer?.status(of: number)
    let (polarity, share) = standing(of: number, entry, of: partition)
    return LogicalProcessorView(
      number: number, type: processors.type, isDedicated: processors.mode == .dedicated,
      state: state(partition, number, record), isStarted: isStarted(status),
      physicalProcessor: record.physical >= 0 ? record.physical : nil,
      polarity: polarity, share: share, isParked: partition.isOnline[number] && record.isParked,
      home: partition.isOnline[number] && record.home >= 0 ? record.home : nil,
      usedNanoseconds: record.counters.dispatched,
      stealNanoseconds: engine.dispatcher.counters(ofLogical: index, at: now).ready)
  }

  /// A logical processor's polarity and its part of a physical one.
  private func standing(
    of number: Int, _ entry: Int, of partition: Partition
  ) -> (LogicalPolarity, Double) {
    guard partition.isOnline[number] else { return (.horizontal, 0) }
    if partition.processors(of: entry).mode == .dedicated { return (.horizontal, 1) }
    guard let grant = engine.dispatcher.accounts[partition.account(of: entry)].grant else {
      return (.horizontal, 0)
    }
    guard partition.definition.polarity == .vertical else {
      return (.horizontal, grant.entitlementPerLogical.approximation)
    }
    let online = partition.numbers(of: entry).filter { partition.isOnline[$0] }
    let place = online.firstIndex(of: number) ?? 0
    let vertical = VerticalPolarity(entitlement: grant.entitlement, logicalCount: online.count)
    return (vertical.polarity(of: place), vertical.share(of: place).approximation)
  }

  private func isStarted(_ status: ProcessorStatus?) -> Bool {
    switch status {
    case nil, .waitingForStartup, .shutDown: false
    case .waiting, .ready, .inFirmware: true
    }
  }

  private func state(
    _ partition: Partition, _ number: Int, _ record: LogicalProcessor
  ) -> LogicalProcessorState {
    guard partition.isOnline[number] else { return .reserved }
    if partition.isStopped || partition.isProcessorStopped[number] { return .stopped }
    if partition.computer?.ending == .shutdown { return .checkStopped }
    switch record.state {
    case .off, .waiting: return .waiting
    case .running, .holding: return .running
    case .throttled: return .capped
    case .queued:
      return engine.dispatcher.isBlocked(record.account) ? .capped : .ready
    }
  }

  private func shareView(_ partition: Partition, _ entry: Int) -> ShareView {
    let processors = partition.processors(of: entry)
    let index = partition.account(of: entry)
    let account = engine.dispatcher.accounts[index]
    let isDedicated = processors.mode == .dedicated
    let online = partition.onlineCount(of: entry)
    let sample = firmware.passage.state.load.accounts.element(at: index) ?? LoadMeter.Sample()
    let own = account.grant?.entitlement.approximation ?? 0
    return ShareView(
      type: processors.type, isDedicated: isDedicated, online: online,
      reserved: processors.initial.addingClamped(processors.reserved).subtractingClamped(online),
      setting: processors.share,
      entitlement: isDedicated ? Double(online) : own,
      entitlementPerLogical: isDedicated
        ? (online > 0 ? 1 : 0) : account.grant?.entitlementPerLogical.approximation ?? 0,
      limits: isDedicated ? nil : account.grant?.limits,
      softLimit: isDedicated ? nil : account.grant?.softLimit,
      usedNanoseconds: account.used,
      deniedNanoseconds: engine.dispatcher.counters(ofAccount: index, at: now).ready,
      recentUsed: partition.isActive ? sample.used : 0,
      recentDenied: partition.isActive ? sample.denied : 0)
  }

  /// The machine as it is now.
  package var machineView: MachineView {
    firmware.entitlements.settleShares()
    let machine = definition.machine
    return MachineView(
      name: machine.name, now: now, timeOfDayAtStart: timeOfDayAtStart,
      timeZone: machine.timeZone, processors: physicalViews(), pools: poolViews(),
      storageByteCount: ledger.installedByteCount, freeByteCount: ledger.freeByteCount,
      incrementByteCount: machine.incrementByteCount,
      pending: firmware.pending.state.closing,
      paths: zip(definition.inputOutput.paths, channels.pathViews()).map { path, view in
        PathView(
          path: path.number, type: path.type, isOnline: view.isOnline,
          partitions: view.partitions.map(hardware.partitionName))
      },
      settings: settings, profileSettings: profileSettings,
      partitionCount: partitions.count, activeCount: partitions.count { $0.isActive },
      readyCount: partitions.count { isReady($0) }, pace: pacer.pace,
      // The host's, so that no guest is told.
      achievedPace: firmware.guestCommands.isUnderWay ? nil : pacer.achieved,
      epochNanoseconds: engine.epoch,
      epochCount: engine.progress.epochCount, threadCount: engine.threads,
      digest: engine.progress.digest.value, historyVersion: PartitionManager.historyVersion)
  }

  /// The machine's storage from its beginning to its end, by owner.
  package func storageMap() -> [StoragePiece] {
    var pieces: [StoragePiece] = []
    for (increment, holder) in ledger.holders.enumerated() {
      let owner = holder.map(hardware.partitionName)
      let start = ledger.byteCount(of: increment)
      let end = max(start, ledger.byteCount(of: increment.addingClamped(1)))
      if let last = pieces.indices.last, pieces.last?.owner == owner {
        pieces.change(at: last) {
          $0.range = $0.range.lowerBound..<max($0.range.lowerBound, end)
        }
      } else {
        let range = Range(uncheckedBounds: (start, end))
        pieces.append(StoragePiece(range: range, owner: owner))
      }
    }
    return pieces
  }

  private func isReady(_ partition: Partition) -> Bool {
    partition.isOnline.indices.contains { number in
      switch engine.dispatcher.logicals[hardware.logical(number, of: partition)].state {
      case .off, .waiting, .holding: false
      case .queued, .throttled, .running: true
      }
    }
  }

  private func physicalViews() -> [PhysicalProcessorView] {
    engine.dispatcher.physicals.enumerated().map { number, physical in
      PhysicalProcessorView(
        number: number, type: hardware.poolType(physical.pool),
        megahertz: engine.dispatcher.pools[physical.pool].megahertz,
        isOnline: physical.isOnline, dedicatedTo: hardware.ownerName(physical.dedicatedTo),
        busyNanoseconds: physical.busy,
        recentBusy: firmware.passage.state.load.physicals.element(at: number) ?? 0)
    }
  }

  private func poolViews() -> [PoolView] {
    pools.enumerated().map { index, type in
      let record = engine.dispatcher.pools[index]
      let range = record.processors
      let online = range.filter { engine.dispatcher.physicals[$0].isOnline }
      let busy = online.reduce(0.0) {
        $0 + (firmware.passage.state.load.physicals.element(at: $1) ?? 0)
      }
      var weights = 0
      for partition in partitions where partition.isActive {
        for processors in partition.definition.processors
        where processors.type == type && processors.mode == .shared {
          weights.addClamped(processors.share.weight ?? 0)
        }
      }
      return PoolView(
        type: type, megahertz: record.megahertz, installed: record.count, online: online.count,
        dedicated: online.count { engine.dispatcher.physicals[$0].dedicatedTo >= 0 },
        shared: record.shared, weightSum: weights,
        recentBusy: online.isEmpty ? 0 : busy / Double(online.count),
        runningTime: record.runningTime)
    }
  }
}
