// Disks that come and go, as a guest's operating system hears of them: registers at ports, by which the DSDT
// tells the container of a place that something came (Device Check), or is wanted back (Eject Request).

import Channels
import Quantities

/// The registers of disks that come and go.
final class DiskHotplug: BusTarget, Device {
  /// Registers by number.
  private enum Register {
    static let selector = 0
    static let flags = 4
    static let event = 8
    static let status = 12
    static let count: UInt64 = 16
  }

  private(set) var state: DiskEvents
  private unowned(unsafe) let bus: SystemBus

  private init(_ bus: SystemBus) {
    self.bus = bus
    state = DiskEvents(placeCount: PCLayout.virtioLimit)
  }

  static func devices(of configuration: ComputerConfiguration, on bus: SystemBus) -> [DiskHotplug] {
    configuration.takesDisks ? [DiskHotplug(bus)] : []
  }

  var regions: [DeviceRegion] { [.ports(PCLayout.diskHotplug, count: Register.count)] }

  func reset() { state.reset() }

  func restore(_ state: DiskEvents) throws(StateRefusal) {
    guard state.placeCount == self.state.placeCount else {
      throw .inconsistent(kind: DiskEvents.kind, what: "it is of other places")
    }
    self.state = state
  }

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    switch (register, access.size) {
    case (Register.selector, 4): UInt64(state.selector)
    case (Register.flags, 1): UInt64(state.flags(isPresent: selectedDisk != nil))
    case (Register.event, 4), (Register.status, 4): 0
    default: nil
    }
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    let word = UInt32(truncatingIfNeeded: value)
    var answer: DiskEvents.Answer?
    switch (register, access.size) {
    case (Register.selector, 4): state.select(word)
    case (Register.flags, 1):
      answer = state.writeFlags(UInt8(truncatingIfNeeded: value), isPresent: selectedDisk != nil)
    case (Register.event, 4): state.note(event: word)
    case (Register.status, 4): answer = state.writeStatus(word)
    default: return false
    }
    if let answer, let disk = selectedDisk { emit(answer, disk, at: access.time) }
    return true
  }

  private func emit(_ answer: DiskEvents.Answer, _ disk: UInt16, at time: SimulatedTime) {
    let kind: ComputerEvent.Kind =
      switch answer {
      case .notTaken: .diskAnswered(disk, isTaken: false)
      case .ejected: .diskEjected(disk)
      case .kept: .diskKept(disk)
      }
    bus.owner?.emit(kind, at: time)
  }

  /// The number of the disk that the partition has at the selected place.
  private var selectedDisk: UInt16? {
    for device in bus.devices {
      guard let device = device as? BlockDevice, device.slot == state.selected else { continue }
      return device.place.isTaken ? nil : device.place.disk?.deviceNumber
    }
    return nil
  }

  // MARK: What the firmware tells

  /// A disk came to a place.
  func offer(_ place: Int) { state.offer(place) }

  /// The disk of a place is wanted back.
  func recall(_ place: Int) { state.recall(place) }

  /// The disk of a place is not wanted back any more.
  func withdraw(_ place: Int) { state.withdraw(place) }

  /// The disk of a place is gone; the guest is to look, or knows it.
  func remove(_ place: Int, telling: Bool) { state.remove(place, telling: telling) }

  // MARK: Tables

  /// The method that tells the containers what is to be seen at the registers.
  static let scanMethod = "\\_SB_.DSCN"

  func description() -> [MachineLanguage.Term] {
    typealias AML = MachineLanguage
    let select = AML.path("DSEL")
    var scan: [[UInt8]] = []
    for device in bus.devices {
      guard let device = device as? BlockDevice else { continue }
      let name = "\\_SB_." + DiskContainer.name(of: device.slot)
      scan.append(AML.store(AML.integer(UInt64(clamping: device.slot)), select))
      for (flag, event) in [("DCHK", 1), ("DWNT", 3)] as [(String, UInt64)] {
        scan.append(
          AML.condition(
            AML.path(flag), [AML.store(AML.integer(1), AML.path(flag)), AML.notify(name, event)]))
      }
    }
    return [
      AML.portRegion("DREG", PCLayout.diskHotplug, Register.count),
      // DWordAcc and ByteAcc, WriteAsZeros: setting one flag must not write the others back.
      AML.field("DREG", flags: 0x43, [("DSEL", 32), ("", 32), ("DEVT", 32), ("DSTS", 32)]),
      AML.field(
        "DREG", flags: 0x41, [("", 32), ("DPRS", 1), ("DCHK", 1), ("DWNT", 1), ("DEJT", 1)]),
      AML.method(
        DiskContainer.presenceMethod, arguments: 1,
        [
          AML.store(AML.argument(0), select),
          AML.condition(AML.path("DPRS"), [AML.result(AML.integer(0x0F))]),
          AML.result(AML.integer(0)),
        ]),
      AML.method(
        DiskContainer.ejectionMethod, arguments: 1,
        [AML.store(AML.argument(0), select), AML.store(AML.integer(1), AML.path("DEJT"))]),
      AML.method(
        DiskContainer.answerMethod, arguments: 3,
        [
          AML.store(AML.argument(0), select), AML.store(AML.argument(1), AML.path("DEVT")),
          AML.store(AML.argument(2), AML.path("DSTS")),
        ]),
      AML.method("DSCN", arguments: 0, scan),
    ]
  }
}

extension DiskHotplug: StateHolder {
  static let roles = PropertyRoles(state: ["state"], wiring: ["bus"])
}
