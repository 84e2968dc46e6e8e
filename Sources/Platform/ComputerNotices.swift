// What the firmware tells a partition's computer from outside, and what it asks.

import Channels
import Quantities

// At Plan or Settle.
extension Computer {
  // MARK: Console

  /// Gives bytes to the serial line, as if typed.
  package func type(_ bytes: [UInt8]) {
    serial?.receive(bytes)
    bytes.withUnsafeBytes { values.history.mix(bytes: $0) }
  }

  // MARK: Channels

  /// Stores the end of an I/O request and interrupts the guest.
  ///
  /// - Returns: Requests that waited for it in the guest's ring, and begin now.
  @discardableResult
  package func completeChannel(_ completion: ChannelCompletion) -> [ChannelRequest] {
    values.history.mix(completion.tag)
    values.history.mix(completion.at)
    var requests: [ChannelRequest] = []
    for place in devicePlaces where place.contents?.deviceNumber == completion.device {
      guard let disk = place.device as? DiskFace else { continue }
      requests += disk.complete(completion)
    }
    return requests
  }

  // MARK: Networks

  /// Tells the guest that a frame of its own has left.
  ///
  /// - Returns: Frames that waited for it in the guest's rings, and leave now.
  @discardableResult
  package func completeFrame(
    device: UInt16, tag: UInt64, at time: SimulatedTime
  ) -> [FrameRequest] {
    values.history.mix(tag)
    return networkDevice(device)?.complete(tag, now: time) ?? []
  }

  /// Gives the guest a frame.
  ///
  /// - Returns: Whether there was room for it.
  package func receiveFrame(_ frame: EthernetFrame, device: UInt16) -> Bool {
    frame.bytes.withUnsafeBytes { values.history.mix(bytes: $0) }
    return networkDevice(device)?.receive(frame) ?? false
  }

  /// Tells the guest whether one of its adapters is connected to something.
  ///
  /// - Returns: Whether that is new.
  package func setLink(_ isUp: Bool, of device: UInt16) -> Bool {
    guard networkDevice(device)?.setLink(isUp) == true else { return false }
    values.history.mix(UInt64(device) << 8 | (isUp ? 6 : 5))
    return true
  }

  private func networkDevice(_ number: UInt16) -> NetworkDevice? {
    for place in devicePlaces where place.deviceNumber == number {
      return place.device as? NetworkDevice
    }
    return nil
  }

  // MARK: Processors and storage

  /// Adds a processor, waiting to be started by another, or takes it away at once.
  package func setProcessorPresent(_ number: Int, _ value: Bool) {
    guard let isPresent = network.state.isPresent.element(at: number), isPresent != value else {
      return
    }
    network.setPresent(number, value)
    events?.setPresent(number, value)
    values.pendingCalls[number] = nil
    values.isKicked[number] = false
    values.clocks[number] = ParavirtualClock()
    processors[number].timestampOffset = 0 &- values.originTime
    values.history.mix(UInt64(clamping: number) << 1 | (value ? 1 : 0))
  }

  /// Whether a processor is present.
  package func isProcessorPresent(_ number: Int) -> Bool {
    network.state.isPresent.element(at: number) ?? false
  }

  /// Offers a processor.
  ///
  /// When the answer is `.signalled` the processor must already be present, so that the guest's
  /// operating system finds it; a guest that takes notices gets it on accepting.
  @discardableResult
  package func offerProcessor(_ number: Int) -> NoticeDelivery {
    announce(.processorOffered(number)) { $0.tellInsertion(of: number) }
  }

  /// Asks for a processor back; an operating system answers with `.processorEjected`.
  @discardableResult
  package func recallProcessor(_ number: Int) -> NoticeDelivery {
    announce(.processorRecalled(number)) { $0.tellRemoval(of: number) }
  }

  /// Offers storage at a guest-physical range.
  @discardableResult
  package func offerStorage(_ range: Range<UInt64>) -> NoticeDelivery {
    announce(.storageOffered(range))
  }

  /// Asks for the storage at a guest-physical range back.
  @discardableResult
  package func recallStorage(_ range: Range<UInt64>) -> NoticeDelivery {
    announce(.storageRecalled(range))
  }

  /// Whether the guest plugs and unplugs storage, by the device that it has for that.
  package var plugsStorage: Bool { values.ending == nil && pluggable?.isServed == true }

  /// Storage that the guest has plugged, in bytes.
  package var pluggedByteCount: UInt64 { pluggable?.pluggedByteCount ?? 0 }

  /// Asks the guest again for plugged storage that it has refused to give back.
  package func recallPluggable() { pluggable?.askAgain() }

  /// Asks the guest to have so much plugged; of what is plugged beyond `most`, which is no longer the
  /// partition's, it loses the highest at once.
  package func offerPluggable(_ byteCount: UInt64, keeping most: UInt64) {
    guard let pluggable else { return }
    pluggable.offer(byteCount, keeping: most)
    values.history.mix(byteCount)
  }

  /// Asks the guest to shut down; false when it listens neither to notices nor to ACPI events.
  package func signalShutdown() -> Bool {
    if let power, values.ending == nil, !values.takesNotices {
      return power.pressPowerButton(at: values.currentTime)
    }
    return announce(.shutdownSignal) { $0.tellPowerButton() } != .nobodyListens
  }

  /// Whether the guest takes the event device's interrupt.
  private var hearsEvents: Bool { events?.isHeard ?? false }

  /// Whether the guest would hear a signal now, as a notice or as an ACPI event.
  package var hearsSignals: Bool {
    values.ending == nil
      && (values.takesNotices || power?.hearsPowerButton ?? hearsEvents)
  }

  /// Withdraws a notice that the guest has not answered; it can no longer accept it.
  package func withdraw(_ notice: ReconfigurationNotice) {
    values.notices.removeAll { $0 == notice }
    values.takenNotices.removeAll { $0 == notice }
  }

  /// Whether the guest takes notices by DIAGNOSE X'600'.
  package var listensToNotices: Bool { values.takesNotices }

  private func announce(
    _ notice: ReconfigurationNotice, signal: ((EventDevice) -> Void)? = nil
  ) -> NoticeDelivery {
    guard values.ending == nil else { return .nobodyListens }
    if values.takesNotices {
      values.notices.append(notice)
      announceNotice()
      return .queued
    }
    guard let events, hearsEvents, let signal else { return .nobodyListens }
    signal(events)
    return .signalled
  }

  /// Requests the vector that the guest has announced, on processor 0.
  func announceNotice() {
    guard values.noticeVector >= 16 else { return }
    network.requestVector(values.noticeVector, on: 0)
  }

  // MARK: Time

  /// Fires the timers that are due at `time`; their processors become ready.
  package func deliverTimers(upTo time: SimulatedTime) {
    values.currentTime = max(values.currentTime, time)
    guard values.ending == nil else { return }
    for number in processors.indices where network.state.isPresent[number] {
      if let deadline = timerDeadline(of: number), deadline <= time {
        fireTimers(number, now: time)
      }
    }
  }

  /// When a processor's own timer next has something to tell it; nil when never.
  package func nextDeadline(of number: Int) -> SimulatedTime? {
    guard values.ending == nil, isProcessorPresent(number) else { return nil }
    return timerDeadline(of: number)
  }

  /// The deadline of a timer whose expiry is reported; the devices' are processor 0's.
  func timerDeadline(of number: Int) -> SimulatedTime? {
    let own = ownDeadline(of: number)
    guard number == 0, let next = bus.deadline else { return own }
    return min(own ?? .max, next)
  }

  /// Fires the timers of a processor that are due at `now`.
  func fireTimers(_ number: Int, now: SimulatedTime) {
    if number == 0, let next = bus.deadline, next <= now { bus.act(at: now) }
    if let deadline = ownDeadline(of: number), deadline <= now {
      network.fireTimer(number, deadline: deadline, now: now)
    }
  }

  private func ownDeadline(of number: Int) -> SimulatedTime? {
    guard !network.state.apics[number].isTimerMasked else { return nil }
    return network.state.apics[number].deadline(timestampOffset: processors[number].timestampOffset)
  }

  /// Adds time that a processor was ready and not running.
  package func addSteal(processor number: Int, nanoseconds: SimulatedTime) {
    guard values.clocks.indices.contains(number) else { return }
    values.clocks[number].addSteal(nanoseconds, memory)
  }

  /// Tells the guest's clocks that the partition was stopped for a while.
  package func setStopped(_ wasStopped: Bool) {
    guard wasStopped else { return }
    for clock in values.clocks { clock.markStopped(memory) }
  }
}
