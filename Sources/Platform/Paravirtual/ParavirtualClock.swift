import Quantities
import X86

/// What one processor shares with the firmware by the interface of KVM (linux/asm/kvm_para.h).
struct ParavirtualClock: Codable, Equatable, Sendable {
  /// Model-specific registers of the interface.
  enum Register {
    static let oldWallClock: UInt64 = 0x11
    static let oldSystemTime: UInt64 = 0x12
    static let wallClock: UInt64 = 0x4B56_4D00
    static let systemTime: UInt64 = 0x4B56_4D01
    static let stealTime: UInt64 = 0x4B56_4D03
  }

  private static let enabled: UInt64 = 1
  private static let stableFlag: UInt8 = 1
  private static let stoppedFlag: UInt8 = 2
  /// Where the page of steal time says that the processor has work and does not run, and what else it says there:
  /// that a sibling wants its translations dropped before it runs again.
  private static let preemptedOffset: UInt64 = 16
  private static let preemptedFlag: UInt8 = 1
  private static let flushFlag: UInt8 = 2

  private(set) var systemTime: UInt64 = 0
  private(set) var stealTime: UInt64 = 0
  private(set) var stolenNanoseconds: UInt64 = 0
  /// The guest was told that the processor does not run.
  @Added private(set) var isPreempted = false

  /// Writes the wall-clock time at the origin of system time: version, seconds, nanoseconds.
  static func writeWallClock(
    at address: UInt64, nanosecondsSince1970: UInt64, _ memory: GuestMemory
  ) {
    let version = memory.load(address, as: UInt32.self) ?? 0
    _ = memory.store((version & ~1) &+ 2, at: address)
    _ = memory.store(
      UInt32(truncatingIfNeeded: nanosecondsSince1970 / 1_000_000_000), at: address &+ 4)
    _ = memory.store(UInt32(nanosecondsSince1970 % 1_000_000_000), at: address &+ 8)
  }

  /// Sets the system-time register and fills the page it names.
  ///
  /// The guest computes `elapsed + (((tsc - timestamp) << 1) * 2^31 >> 32)`: one nanosecond a tick.
  mutating func setSystemTime(
    _ value: UInt64, elapsed: UInt64, timestamp: UInt64, _ memory: GuestMemory
  ) {
    systemTime = value
    guard value & ParavirtualClock.enabled != 0 else { return }
    let page = value & ~1
    let version = memory.load(page, as: UInt32.self) ?? 0
    _ = memory.store((version & ~1) &+ 2, at: page)
    _ = memory.store(UInt32(0), at: page &+ 4)
    _ = memory.store(timestamp, at: page &+ 8)
    _ = memory.store(elapsed, at: page &+ 16)
    _ = memory.store(UInt32(0x8000_0000), at: page &+ 24)
    _ = memory.store(UInt32(1) | UInt32(ParavirtualClock.stableFlag) << 8, at: page &+ 28)
  }

  /// Tells the guest that it was stopped for a while, so that watchdogs stay quiet.
  func markStopped(_ memory: GuestMemory) {
    guard systemTime & ParavirtualClock.enabled != 0 else { return }
    let address = (systemTime & ~1) &+ 29
    let flags = memory.load(address, as: UInt8.self) ?? ParavirtualClock.stableFlag
    _ = memory.store(flags | ParavirtualClock.stoppedFlag, at: address)
  }

  /// Sets the steal-time register; false when the address is not a multiple of 64 bytes.
  mutating func setStealTime(_ value: UInt64, _ memory: GuestMemory) -> Bool {
    guard value & 0x3E == 0 else { return false }
    stealTime = value
    isPreempted = false
    writeSteal(memory)
    return true
  }

  /// Whether there is somebody to tell that the processor does not run, who was not told.
  var canBePreempted: Bool { !isPreempted && stealTime & ParavirtualClock.enabled != 0 }

  /// Tells the siblings that the processor has work and does not run, so that none spins for it or waits for it to
  /// drop translations.
  mutating func notePreempted(_ memory: GuestMemory) {
    guard canBePreempted else { return }
    isPreempted = true
    _ = memory.store(ParavirtualClock.preemptedFlag, at: preemptedAddress)
  }

  /// Tells the siblings that the processor runs again; true when one wants its translations dropped first.
  mutating func noteRunning(_ memory: GuestMemory) -> Bool {
    guard isPreempted else { return false }
    isPreempted = false
    let told = memory.load(preemptedAddress, as: UInt8.self) ?? 0
    _ = memory.store(UInt8(0), at: preemptedAddress)
    return told & ParavirtualClock.flushFlag != 0
  }

  private var preemptedAddress: UInt64 {
    (stealTime & ~0x3F) &+ ParavirtualClock.preemptedOffset
  }

  /// Adds time that the processor was ready and not running.
  mutating func addSteal(_ nanoseconds: UInt64, _ memory: GuestMemory) {
    stolenNanoseconds &+= nanoseconds
    writeSteal(memory)
  }

  private func writeSteal(_ memory: GuestMemory) {
    guard stealTime & ParavirtualClock.enabled != 0 else { return }
    let page = stealTime & ~0x3F
    let version = memory.load(page &+ 8, as: UInt32.self) ?? 0
    _ = memory.store(stolenNanoseconds, at: page)
    _ = memory.store((version & ~1) &+ 2, at: page &+ 8)
  }
}
