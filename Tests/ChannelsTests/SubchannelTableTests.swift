import Quantities
import Testing

@testable import Channels

/// What START SUBCHANNEL comes to in every state of a subchannel.
///
/// Oracle: prsm.md 3.2, written down once more below, bit by bit and without the product's masks: the order of the
/// tests of condition codes, the mask of a start, which paths are tried in which order, and POM and PNOM afterwards.
@Suite("Start, by every combination of state and masks")
struct SubchannelTableTests {
  /// State of a subchannel and of the paths that it has; one place a path.
  struct Case {
    var isValid = true
    var isEnabled = true
    var isPending = false
    var functions: UInt8 = 0
    var available: [Bool]
    var logical: [Bool]
    var own: [Bool]
    var operational: [Bool]
    var works: [Bool]
  }

  /// What becomes of a request.
  struct Outcome: Equatable {
    /// Ended at once, waits at the subchannel, or was started.
    var code: Int
    /// The path that reached the control unit.
    var path: Int?
    var operational: [Bool]
    var notOperational: [Bool]
  }

  // MARK: The statement

  private func expected(_ item: Case) -> Outcome {
    let count = item.available.count
    let idle = [Bool](repeating: false, count: count)
    func refused(_ code: Int) -> Outcome {
      Outcome(code: code, path: nil, operational: item.operational, notOperational: idle)
    }
    if !item.isValid || !item.isEnabled { return refused(3) }
    if item.isPending { return refused(1) }
    if item.functions != 0 { return refused(2) }
    let allowed = (0..<count).filter { item.available[$0] && item.logical[$0] }
    if allowed.isEmpty { return refused(3) }
    // Software lets a request whose own mask has no path go over any.
    let own = allowed.filter { item.own[$0] }
    var (operational, notOperational) = (item.operational, idle)
    func attempt(_ paths: [Int]) -> Int? {
      notOperational = idle
      let before = operational
      for path in paths.filter({ before[$0] }) + paths.filter({ !before[$0] }) {
        operational[path] = item.works[path]
        if item.works[path] { return path }
        notOperational[path] = true
      }
      return nil
    }
    var path = attempt(own.isEmpty ? allowed : own)
    // A deferred condition code 3 has it do so too.
    if path == nil, !own.isEmpty, item.own.contains(false) { path = attempt(allowed) }
    return Outcome(
      code: path == nil ? 3 : 0, path: path, operational: operational,
      notOperational: notOperational)
  }

  // MARK: The product

  /// A device over paths of which these are installed for the partition (PIM), all where nothing is said.
  private func subsystem(paths count: Int, installed: [Int]? = nil) throws -> ChannelSubsystem {
    try ChannelSubsystem(
      ChannelConfiguration(
        partitionCount: 2,
        paths: (0..<count).map {
          ChannelConfiguration.Path(
            number: 0x10 + UInt8($0),
            accessPartitions: installed?.contains($0) ?? true ? [0] : [1])
        },
        devices: [
          ChannelConfiguration.Device(
            number: 0x200, paths: Array(0..<count), medium: .scratch(byteCount: 1 << 20))
        ],
        assignments: [
          ChannelConfiguration.Assignment(partition: 0, virtualDevice: 0x100, device: 0)
        ]))
  }

  private func mask(_ bits: [Bool]) -> UInt8 {
    bits.enumerated().reduce(0) { $1.element ? $0 | 0x80 >> UInt8($1.offset) : $0 }
  }

  private func bits(_ mask: UInt8, _ count: Int) -> [Bool] {
    (0..<count).map { mask & 0x80 >> UInt8($0) != 0 }
  }

  private func outcome(
    _ item: Case, _ channels: ChannelSubsystem, installed: [Int]? = nil
  ) -> Outcome {
    let count = item.available.count
    let installed = installed ?? Array(0..<count)
    channels.activity.isActive[0] = item.isEnabled
    for (place, path) in installed.enumerated() {
      channels.activity.paths[path].setConfigured(0, item.available[place])
      channels.activity.paths[path].isOperational = item.works[place]
    }
    channels.activity.subchannels[0].logicalMask = mask(item.logical)
    channels.activity.subchannels[0].inoperative = ~mask(item.operational)
    channels.activity.subchannels[0].word = StatusWord(
      functions: StatusWord.Functions(rawValue: item.functions),
      ending: item.isPending ? .done : nil)
    channels.start(read(0, item.isValid ? 0x100 : 0x999, tag: 1))
    // What the request's own mask leaves out, as a search for missing interrupts has it.
    channels.activity.slots[0].excludedPaths = ~mask(item.own)
    let ended = channels.takeCompletions(upTo: 0)
    let after = channels.activity.subchannels[0]
    let isStarted = after.word.request != nil
    let code =
      switch (ended.first?.status, isStarted) {
      case (.notOperational?, _): 3
      case (_, true): 0
      default: refusal(item, channels)
      }
    return Outcome(
      code: code,
      path: isStarted
        ? channels.activity.slots[0].selected.flatMap { installed.firstIndex(of: $0) } : nil,
      operational: bits(~after.inoperative, count),
      notOperational: bits(after.notOperational, count))
  }

  /// The condition code of a request that waits.
  private func refusal(_ item: Case, _ channels: ChannelSubsystem) -> Int {
    guard channels.activity.subchannels[0].waiting == [0] else { return -1 }
    let mask = mask(item.available) & mask(item.logical)
    let code = channels.activity.subchannels[0].word.startCode(
      isEnabled: item.isEnabled, mask: mask)
    // A path that is allowed and does not work: the start was accepted, and its deferred code is 3.
    return code == .accepted ? 3 : Int(code.rawValue)
  }

  private func forEachMask(_ count: Int, _ body: ([[Bool]]) -> Void) {
    for number in 0..<1 << (5 * count) {
      body(
        (0..<5).map { mask in
          (0..<count).map { path in number >> (mask * count + path) & 1 == 1 }
        })
    }
  }

  private func compare(_ paths: Int, states: [(Bool, Bool, Bool, UInt8)]) throws {
    let channels = try subsystem(paths: paths)
    let fresh = channels.activity
    var (count, wrong) = (0, 0)
    for (isValid, isEnabled, isPending, functions) in states {
      forEachMask(paths) { masks in
        let item = Case(
          isValid: isValid, isEnabled: isEnabled, isPending: isPending, functions: functions,
          available: masks[0], logical: masks[1], own: masks[2], operational: masks[3],
          works: masks[4])
        channels.activity = fresh
        channels.recount()
        let (was, wanted) = (outcome(item, channels), expected(item))
        count += 1
        guard was != wanted else { return }
        wrong += 1
        if wrong < 5 { Issue.record("\(item): \(was), not \(wanted)") }
      }
    }
    #expect(wrong == 0 && count == states.count << (5 * paths))
  }

  private static let all: [(Bool, Bool, Bool, UInt8)] = [true, false].flatMap { isValid in
    [true, false].flatMap { isEnabled in
      [true, false].flatMap { isPending in
        (0..<8 as Range<UInt8>).map { (isValid, isEnabled, isPending, $0) }
      }
    }
  }

  @Test("one and two paths: all states, all masks", arguments: [1, 2])
  func allStates(paths: Int) throws { try compare(paths, states: Self.all) }

  @Test("three paths: all masks of a subchannel that is idle")
  func threePaths() throws { try compare(3, states: [(true, true, false, 0)]) }

  private static func bools(_ number: UInt64, _ count: Int) -> [Bool] {
    (0..<count).map { number >> UInt64($0) & 1 == 1 }
  }

  /// Masks of up to eight paths.
  private static func randomCase(_ number: UInt64, _ count: Int) -> Case {
    var sequence = RandomSequence(seed: number)
    let bits = sequence.next()
    return Case(
      available: bools(bits, count), logical: bools(bits >> 8, count),
      own: bools(bits >> 16, count), operational: bools(bits >> 24, count),
      works: bools(bits >> 32, count))
  }

  @Test("four to eight paths: masks at random", arguments: 4...8)
  func manyPaths(paths: Int) throws {
    let channels = try subsystem(paths: paths)
    let fresh = channels.activity
    for number in 0..<10_000 as Range<UInt64> {
      let item = Self.randomCase(number, paths)
      channels.activity = fresh
      channels.recount()
      try #require(outcome(item, channels) == expected(item), "\(item)")
    }
  }

  @Test("every set of installed paths of eight: the others are as if they were not there")
  func installedPaths() throws {
    for set in 1..<256 as Range<UInt64> {
      let installed = (0..<8).filter { set >> UInt64($0) & 1 == 1 }
      let channels = try subsystem(paths: 8, installed: installed)
      let fresh = channels.activity
      #expect(fresh.subchannels[0].paths == installed)
      for number in 0..<64 as Range<UInt64> {
        let item = Self.randomCase(set << 8 | number, installed.count)
        channels.activity = fresh
        channels.recount()
        try #require(
          outcome(item, channels, installed: installed) == expected(item), "\(installed): \(item)")
      }
    }
  }

  /// Oracle: prsm.md 3.2, "Others".
  @Test("halt, clear and test, by every state")
  func otherFunctions() {
    for (isValid, isEnabled, isPending, functions) in Self.all where isValid {
      let word = StatusWord(
        functions: StatusWord.Functions(rawValue: functions), ending: isPending ? .done : nil)
      let isHalting = functions & 2 != 0 || functions & 1 != 0
      #expect(
        word.haltCode(isEnabled: isEnabled).rawValue
          == (!isEnabled ? 3 : isPending ? 1 : isHalting ? 2 : 0))
      #expect(word.clearCode(isEnabled: isEnabled).rawValue == (isEnabled ? 0 : 3))
      #expect(
        word.testCode(isEnabled: isEnabled).rawValue == (!isEnabled ? 3 : isPending ? 0 : 1))
    }
  }
}
