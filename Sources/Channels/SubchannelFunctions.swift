// The functions of a subchannel - start, halt, clear - and the test that takes their status, with the condition
// codes of the Principles of Operation ("I/O instructions"). A subchannel does one function at a time. Start is for
// the faces of virtio devices, whose further requests wait at the subchannel; halt for CP's HALT; clear for the
// search for missing interrupts, and for whatever takes a device or a partition's requests away.

import Quantities

/// How a subchannel took a function.
package enum ConditionCode: UInt8, Equatable, Sendable {
  /// It does it; of a test: status was taken.
  case accepted = 0
  /// Status is pending; of a test: none is.
  case statusPending = 1
  /// It does a function that must end first.
  case busy = 2
  /// It is not there, not enabled, or no path can be used.
  case notOperational = 3
}

/// What a subchannel does, and how that ended (SCSW).
struct StatusWord: Equatable, Sendable, Codable {
  /// The functions that it does (FCTL).
  struct Functions: OptionSet, Equatable, Sendable, Codable {
    var rawValue: UInt8
    static let start = Functions(rawValue: 4)
    static let halt = Functions(rawValue: 2)
    static let clear = Functions(rawValue: 1)
  }

  /// How a function ended.
  enum Ending: UInt8, Equatable, Sendable, Codable {
    /// Device and channel have done what was asked.
    case done
    /// No path reached the device (deferred condition code 3).
    case noPath
    case halted
    case cleared
  }

  var functions: Functions = []
  /// Slot of the request that it was started for.
  var request: Int?
  /// How it ended, while that status is pending.
  var ending: Ending?

  /// START SUBCHANNEL.
  ///
  /// - Parameters:
  ///   - isEnabled: Whether the subchannel is valid and enabled.
  ///   - mask: Paths that the request may take (PIM, PAM and LPM of subchannel and request).
  /// - Returns: How it is taken.
  func startCode(isEnabled: Bool, mask: UInt8) -> ConditionCode {
    guard isEnabled else { return .notOperational }
    if ending != nil { return .statusPending }
    if !functions.isEmpty { return .busy }
    return mask == 0 ? .notOperational : .accepted
  }

  /// HALT SUBCHANNEL.
  func haltCode(isEnabled: Bool) -> ConditionCode {
    guard isEnabled else { return .notOperational }
    if ending != nil { return .statusPending }
    return functions.isDisjoint(with: [.halt, .clear]) ? .accepted : .busy
  }

  /// CLEAR SUBCHANNEL.
  func clearCode(isEnabled: Bool) -> ConditionCode { isEnabled ? .accepted : .notOperational }

  /// TEST SUBCHANNEL.
  func testCode(isEnabled: Bool) -> ConditionCode {
    guard isEnabled else { return .notOperational }
    return ending == nil ? .statusPending : .accepted
  }
}

extension StatusWord: Blank {
  static var blank: StatusWord { StatusWord() }
}

extension ChannelSubsystem {
  /// Whether a subchannel is enabled: its partition is active.
  private func isEnabled(_ index: Int) -> Bool {
    activity.isActive[activity.subchannels[index].partition]
  }

  // MARK: - Start

  /// Starts the request that has waited longest at a subchannel, when the subchannel takes it.
  func startNext(at index: Int) {
    while let slot = activity.subchannels[index].waiting.first {
      let code = activity.subchannels[index].word.startCode(
        isEnabled: isEnabled(index), mask: startMask(of: slot, at: index))
      switch code {
      case .accepted: return start(slot, at: index)
      // The test of what is under way goes on with it.
      case .statusPending, .busy: return
      case .notOperational:
        guard isEnabled(index) else {
          activity.subchannels[index].waiting.removeAll { $0 == slot }
          complete(slot, .notOperational)
          continue
        }
        // One that was to take another path takes any now; without a path it waits for one.
        guard activity.slots[slot].excludedPaths != 0 else { return }
        activity.slots[slot].excludedPaths = 0
      }
    }
  }

  /// Mask of the paths that a request may take, whether they work or not.
  private func startMask(of slot: Int, at index: Int) -> UInt8 {
    let item = activity.subchannels[index]
    let available = item.mask {
      activity.paths[$0].isOnline && activity.paths[$0].isConfigured(item.partition)
    }
    return available & item.logicalMask & ~activity.slots[slot].excludedPaths
  }

  private func start(_ slot: Int, at index: Int) {
    let waited = endPhase(slot)
    let mask = startMask(of: slot, at: index)
    activity.subchannels[index].waiting.removeAll { $0 == slot }
    activity.subchannels[index].word = StatusWord(functions: .start, request: slot)
    activity.subchannels[index].measurement.ioQueueNanoseconds.addClamped(waited)
    activity.slots[slot].started = activity.clock
    guard let path = reach(from: index, over: mask) else {
      activity.subchannels[index].word.ending = .noPath
      return takeStatus(of: index)
    }
    activity.slots[slot].selected = path
    let device = activity.subchannels[index].device
    watch(index)
    activity.devices[device].queue.append(slot)
    startDevice(device)
  }

  /// Tries to reach the control unit: over the paths that worked when they were tried last, then the others.
  ///
  /// What is found is noted in POM and PNOM.
  ///
  /// - Returns: The path that reached it.
  private func reach(from index: Int, over mask: UInt8) -> Int? {
    var item = activity.subchannels[index]
    defer { activity.subchannels[index] = item }
    item.notOperational = 0
    var untried = mask
    while untried != 0 {
      let hopeful = untried & ~item.inoperative
      guard let position = item.selection(from: hopeful != 0 ? hopeful : untried),
        let path = item.paths.element(at: position)
      else { return nil }
      let bit = Subchannel.bit(position)
      untried &= ~bit
      if activity.paths[path].isOperational {
        item.inoperative &= ~bit
        return path
      }
      item.inoperative |= bit
      item.notOperational |= bit
    }
    return nil
  }

  // MARK: - Halt and clear

  /// Halts what a device does, or is to do first.
  ///
  /// - Returns: How the subchannel took it; nil when the device has nothing to do.
  package func halt(_ number: UInt16, at time: SimulatedTime) -> ConditionCode? {
    guard let device = deviceIndex(number) else { return nil }
    // At an instant at which one was halted already, its interruption has not been taken.
    if activity.clock < time { reach(time) }
    let isPending = activity.subchannels.indices.contains {
      activity.subchannels[$0].device == device && activity.subchannels[$0].word.ending != nil
    }
    guard !isPending else { return .statusPending }
    let unit = activity.devices[device]
    guard let slot = unit.current ?? unit.queue.first, let index = activity.slots[slot].subchannel
    else { return nil }
    let code = activity.subchannels[index].word.haltCode(isEnabled: isEnabled(index))
    guard code == .accepted else { return code }
    stop(index)
    activity.subchannels[index].word.functions.insert(.halt)
    activity.subchannels[index].word.ending = .halted
    interrupt(for: slot)
    return code
  }

  /// Clears a subchannel: what it does ends, and status is pending.
  @discardableResult
  func clear(_ index: Int) -> ConditionCode {
    let code = activity.subchannels[index].word.clearCode(isEnabled: isEnabled(index))
    guard code == .accepted else { return code }
    stop(index)
    activity.subchannels[index].word.functions = .clear
    activity.subchannels[index].word.ending = .cleared
    return code
  }

  /// Clears a subchannel and takes the status, so that nothing of it is under way or waits.
  ///
  /// - Returns: Slots of its requests, which the caller ends or forgets.
  func empty(_ index: Int) -> [Int] {
    clear(index)
    activity.subchannels[index].word = StatusWord()
    for slot in activity.subchannels[index].waiting {
      activity.subchannels[index].measurement.ioQueueNanoseconds.addClamped(endPhase(slot))
    }
    activity.subchannels[index].waiting = []
    return activity.slots.indices.filter {
      activity.slots[$0].isUsed && activity.slots[$0].subchannel == index
    }
  }

  /// Ends all of a partition's requests to a device with an I/O error, and what RESERVE gave it: its driver has
  /// reset its face.
  package func clear(_ device: UInt16, of partition: Int, at time: SimulatedTime) {
    guard let index = subchannelIndex(partition, device) else { return }
    reach(time)
    loseUnit(index)
    endRequests(at: index)
  }

  /// Ends all of a partition's requests to a device with an I/O error; what it has reserved stays so.
  package func endRequests(to device: UInt16, of partition: Int, at time: SimulatedTime) {
    guard let index = subchannelIndex(partition, device) else { return }
    reach(time)
    endRequests(at: index)
  }

  private func endRequests(at index: Int) {
    for slot in empty(index) { complete(slot, .ioError) }
    pathsChanged()
  }

  /// Takes the request that a subchannel was started for off its device and path.
  private func stop(_ index: Int) {
    guard let slot = activity.subchannels[index].word.request else { return }
    let device = activity.subchannels[index].device
    endWait(slot, at: index)
    leavePath(slot, bytes: 0)
    activity.devices[device].queue.removeAll { $0 == slot }
    if activity.devices[device].current == slot {
      activity.devices[device].current = nil
      setPhase(device, .idle)
    }
    // Events of its way are no longer meant.
    activity.slots[slot].generation &+= 1
  }

  /// Ends the start of a request that has no path any more: it waits for one at the subchannel.
  func giveBack(_ index: Int) {
    stop(index)
    activity.subchannels[index].word.ending = .noPath
    takeStatus(of: index)
  }

  /// Whether a request was started and the device has not begun it.
  func isStartPending(at index: Int) -> Bool {
    let item = activity.subchannels[index]
    return item.word.request != nil && item.word.ending == nil
      && activity.devices[item.device].current != item.word.request
  }

  // MARK: - Test

  /// Takes the status of a function that ended, and does what follows for its request and those behind it.
  func takeStatus(of index: Int, _ ending: RequestEnding = .ioError) {
    let word = activity.subchannels[index].word
    guard word.testCode(isEnabled: isEnabled(index)) == .accepted, let slot = word.request else {
      return
    }
    activity.subchannels[index].word = StatusWord()
    switch word.ending {
    case .noPath:
      activity.subchannels[index].waiting.insert(slot, at: 0)
      // One that was to take another path takes any now; otherwise it waits until paths change.
      guard activity.slots[slot].excludedPaths != 0 else { return }
      activity.slots[slot].excludedPaths = 0
    case .cleared where isRetried(slot, at: index):
      activity.subchannels[index].waiting.insert(slot, at: 0)
    case .done, .halted, .cleared, nil: complete(slot, ending)
    }
    startNext(at: index)
  }

  /// Takes the status of a halt or clear, and lets others have what it left.
  func takeInterruption(for slot: Int) {
    guard let index = activity.slots[slot].subchannel else { return }
    takeStatus(of: index)
    startDevice(activity.subchannels[index].device)
    for path in activity.subchannels[index].paths { offer(path) }
  }

  // MARK: - Missing interrupts

  /// How often a request whose interrupt is missing is tried again: over each path that a device can have.
  private static let retryLimit = 8

  /// Has a start looked after until its interrupt would be missing.
  private func watch(_ index: Int) {
    guard let due = missingTime(at: index) else { return }
    activity.nextLook = min(activity.nextLook ?? .max, due)
  }

  /// When the interrupt of what a subchannel was started for will be missing; nil when nothing is, or it has come.
  ///
  /// What counts is how long the device works at it: who waits for others, or for a path, and whose data moves
  /// slowly, gets what it asked for. Who waits for the device is told of, once.
  private func missingTime(at index: Int) -> SimulatedTime? {
    let item = activity.subchannels[index]
    guard let slot = item.word.request, item.word.ending == nil,
      let limit = settings?.missingInterruptTime(of: hardware.devices[item.device].number)
    else { return nil }
    let unit = activity.devices[item.device]
    if unit.current == slot {
      return unit.phase == .working ? activity.slots[slot].phaseStart.addingClamped(limit) : nil
    }
    let due = activity.slots[slot].started.addingClamped(limit)
    return due >= activity.clock ? due : nil
  }

  /// Looks after every start anew: the time in which interrupts must come is another.
  package func watchAll() {
    activity.nextLook = activity.subchannels.indices.compactMap(missingTime).min()
  }

  /// Clears the subchannels whose interrupts are missing, and tells of who waits long.
  func lookForMissingInterrupts() {
    for index in activity.subchannels.indices {
      guard let due = missingTime(at: index), due <= activity.clock,
        let slot = activity.subchannels[index].word.request
      else { continue }
      let item = activity.subchannels[index]
      let number = hardware.devices[item.device].number
      guard activity.devices[item.device].current == slot else {
        activity.missing.append(
          MissingInterrupt(partition: item.partition, device: number, path: nil, isRetried: true))
        continue
      }
      let path = activity.slots[slot].path ?? activity.slots[slot].selected
      activity.slots[slot].attemptCount &+= 1
      if let position = path.flatMap(item.paths.firstIndex) {
        activity.slots[slot].excludedPaths |= Subchannel.bit(position)
      }
      activity.missing.append(
        MissingInterrupt(
          partition: item.partition, device: number, path: path.map { hardware.paths[$0].number },
          isRetried: isRetried(slot, at: index)))
      clear(index)
      interrupt(for: slot)
    }
    activity.nextLook = activity.subchannels.indices.compactMap(missingTime)
      .filter { $0 > activity.clock }.min()
  }

  private func isRetried(_ slot: Int, at index: Int) -> Bool {
    activity.slots[slot].attemptCount <= Self.retryLimit && startMask(of: slot, at: index) != 0
  }

  /// The interrupts that were found missing, in order, each once.
  package func takeMissingInterrupts() -> [MissingInterrupt] {
    defer { activity.missing = [] }
    return activity.missing
  }
}

/// An interrupt that did not come in time.
package struct MissingInterrupt: Equatable, Sendable, Codable {
  /// Index of the partition whose request it is.
  package var partition: Int
  /// The device's number in the I/O configuration.
  package var device: UInt16
  /// The path over which it began; nil for a request that the device has not begun, which goes on waiting.
  package var path: UInt8?
  /// Whether the request is tried again or goes on waiting, or ends in an I/O error.
  package var isRetried: Bool
}
