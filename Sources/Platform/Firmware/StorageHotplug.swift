// Storage that comes and goes in pieces, as a guest's operating system hears of it: ACPI memory devices (PNP0C80)
// in the DSDT, and registers at ports by which it tells them that storage came (Device Check), or is wanted back
// (Eject Request).

import Channels
import Quantities

/// The registers of storage that comes and goes, and the storage itself.
final class StorageHotplug: BusTarget, PluggingDevice {
  /// Registers by number.
  private enum Register {
    static let selector = 0
    static let flags = 4
    static let event = 8
    static let status = 12
    static let count: UInt64 = 16
  }

  /// What giving back a block of storage costs the processor that does it, in cycles.
  private static let blockCost: UInt64 = 1_000

  private(set) var state: StoragePieces
  /// Where each piece lies.
  private let ranges: Numbered<Range<UInt64>>
  /// Bytes of each piece.
  private let unit: UInt64
  private unowned(unsafe) let bus: SystemBus

  private init(_ ranges: [Range<UInt64>], of unit: UInt64, _ bus: SystemBus) {
    self.ranges = Numbered(ranges, absent: 0..<0)
    self.unit = max(1, unit)
    self.bus = bus
    state = StoragePieces(count: ranges.count)
  }

  static func devices(
    of configuration: ComputerConfiguration, on bus: SystemBus
  ) -> [StorageHotplug] {
    let ranges = configuration.memoryDevices
    guard !ranges.isEmpty, let unit = configuration.memoryDeviceByteCount else { return [] }
    return [StorageHotplug(ranges, of: unit, bus)]
  }

  var regions: [DeviceRegion] { [.ports(PCLayout.storageHotplug, count: Register.count)] }

  /// Returns to the state after power-on; what is there stays for the guest that is loaded.
  func reset() { state.reset() }

  func restore(_ state: StoragePieces) throws(StateRefusal) {
    let isThere = ranges.indices.allSatisfy {
      bus.memory.isStorage(ranges[$0]) == state.isPresent($0)
    }
    guard self.state.fits(state), isThere else {
      throw .inconsistent(kind: StoragePieces.kind, what: "its pieces, or which of them are there")
    }
    self.state = state
  }

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    switch (register, access.size) {
    case (Register.selector, 4): UInt64(state.selector)
    case (Register.flags, 1): UInt64(state.readFlags())
    case (Register.event, 4), (Register.status, 4): 0
    default: nil
    }
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    let word = UInt32(truncatingIfNeeded: value)
    switch (register, access.size) {
    case (Register.selector, 4): state.select(word)
    case (Register.flags, 1):
      follow(state.writeFlags(UInt8(truncatingIfNeeded: value)), access)
    case (Register.event, 4): state.note(event: word)
    case (Register.status, 4): follow(state.writeStatus(word), access)
    default: return false
    }
    return true
  }

  /// Does what follows from what the guest wrote.
  private func follow(_ outcome: StoragePieces.Outcome, _ access: DeviceAccess) {
    apply(outcome)
    if !outcome.detached.isEmpty {
      let cycles = (unit / PCLayout.pluggableBlock).multipliedClamped(by: Self.blockCost)
      bus.owner?.charge(Int(clamping: cycles), to: access.processor)
    }
    for answer in outcome.answers {
      let kind: ComputerEvent.Kind =
        switch answer {
        case .plugged(let count): .storagePlugged(byteCount: byteCount(of: count))
        case .refused(let count): .storageRefused(byteCount: byteCount(of: count))
        case .kept: .storageKept
        case .givenBack: .storageGivenBack(byteCount: unit)
        }
      bus.owner?.emit(kind, at: access.time)
    }
  }

  private func apply(_ outcome: StoragePieces.Outcome) {
    for number in outcome.detached { bus.memory.detach(ranges[number]) }
    if !outcome.detached.isEmpty { bus.forgetTranslations() }
    for number in outcome.attached { bus.memory.attach(ranges[number]) }
    if outcome.isNews { bus.first(EventDevice.self)?.tellStorage() }
  }

  private func byteCount(of pieces: Int) -> UInt64 {
    UInt64(clamping: pieces).multipliedClamped(by: unit)
  }

  // MARK: What the firmware wants

  /// Whether the guest takes the interrupt by which it is told.
  var isServed: Bool { bus.first(EventDevice.self)?.isHeard ?? false }

  var pluggedByteCount: UInt64 { byteCount(of: state.heldCount) }

  func offer(_ byteCount: UInt64, keeping most: UInt64) {
    func pieces(_ byteCount: UInt64) -> Int { Int(clamping: byteCount.divided(by: unit) ?? 0) }
    apply(state.offer(pieces(byteCount), keeping: pieces(most), isHeard: isServed))
  }

  func askAgain() { apply(StoragePieces.Outcome(isNews: state.askAgain())) }

  // MARK: Tables

  /// The method that tells the memory devices what is to be seen at the registers.
  static let scanMethod = "\\_SB_.MSCN"

  func description() -> [MachineLanguage.Term] {
    typealias AML = MachineLanguage
    let select = AML.path("MSEL")
    var scan: [AML.Term] = []
    for number in ranges.indices {
      scan.append(AML.store(AML.integer(UInt64(clamping: number)), select))
      for (flag, event) in [("MINS", 1), ("MRMV", 3)] as [(String, UInt64)] {
        scan.append(
          AML.condition(
            AML.path(flag),
            [
              AML.store(AML.integer(1), AML.path(flag)),
              AML.notify(Self.name(of: number), event),
            ]))
      }
    }
    return [
      AML.portRegion("MREG", PCLayout.storageHotplug, Register.count),
      // DWordAcc and ByteAcc, WriteAsZeros: setting one flag must not write the others back.
      AML.field("MREG", flags: 0x43, [("MSEL", 32), ("", 32), ("MEVT", 32), ("MSTS", 32)]),
      AML.field(
        "MREG", flags: 0x41, [("", 32), ("MPRS", 1), ("MINS", 1), ("MRMV", 1), ("MEJT", 1)]),
      AML.method(
        "MSTA", arguments: 1,
        [
          AML.store(AML.argument(0), select),
          AML.condition(AML.path("MPRS"), [AML.result(AML.integer(0x0F))]),
          AML.result(AML.integer(0)),
        ]),
      AML.method(
        "MEJ0", arguments: 1,
        [AML.store(AML.argument(0), select), AML.store(AML.integer(1), AML.path("MEJT"))]),
      AML.method(
        "MOST", arguments: 3,
        [
          AML.store(AML.argument(0), select), AML.store(AML.argument(1), AML.path("MEVT")),
          AML.store(AML.argument(2), AML.path("MSTS")),
        ]),
    ] + ranges.indices.map { deviceTerm($0) } + [AML.method("MSCN", arguments: 0, scan)]
  }

  /// The memory device of a piece.
  private func deviceTerm(_ number: Int) -> MachineLanguage.Term {
    typealias AML = MachineLanguage
    let index = AML.integer(UInt64(clamping: number))
    let first = ranges[number].lowerBound
    let last = max(first, ranges[number].upperBound.subtractingClamped(1))
    return AML.device(
      Self.name(of: number),
      [
        AML.name("_HID", AML.compressedIdentifier("PNP0C80")), AML.name("_UID", index),
        AML.name("_CRS", AML.resources([AML.storageResource(first...last)])),
        AML.method("_STA", arguments: 0, [AML.result(AML.path("MSTA") + index)]),
        AML.method("_EJ0", arguments: 1, [AML.path("MEJ0") + index]),
        AML.method(
          "_OST", arguments: 3,
          [AML.path("MOST") + index + AML.argument(0) + AML.argument(1)]),
      ])
  }

  private static func name(of number: Int) -> String { "M" + hexDigits(number, 3) }
}

extension StorageHotplug: StateHolder {
  static let roles = PropertyRoles(state: ["state"], wiring: ["ranges", "unit", "bus"])
}
