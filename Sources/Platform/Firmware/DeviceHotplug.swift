// Devices that come and go, as a guest's operating system hears of them: registers at ports, by which the DSDT
// tells the container of a place that something came (Device Check), or is wanted back (Eject Request).

import Channels
import Quantities

/// The registers of devices that come and go.
final class DeviceHotplug: BusTarget, Device {
  /// Registers by number.
  private enum Register {
    static let selector = 0
    static let flags = 4
    static let event = 8
    static let status = 12
    static let count: UInt64 = 16
  }

  private(set) var state: PlaceEvents
  private unowned(unsafe) let bus: SystemBus

  private init(_ bus: SystemBus) {
    self.bus = bus
    state = PlaceEvents(placeCount: PCLayout.virtioLimit)
  }

  static func devices(of configuration: ComputerConfiguration, on bus: SystemBus) -> [DeviceHotplug]
  {
    configuration.takesDevices ? [DeviceHotplug(bus)] : []
  }

  var regions: [DeviceRegion] { [.ports(PCLayout.deviceHotplug, count: Register.count)] }

  func reset() { state.reset() }

  func restore(_ state: PlaceEvents) throws(StateRefusal) {
    guard state.placeCount == self.state.placeCount else {
      throw .inconsistent(kind: PlaceEvents.kind, what: "it is of other places")
    }
    self.state = state
  }

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    switch (register, access.size) {
    case (Register.selector, 4): UInt64(state.selector)
    case (Register.flags, 1): UInt64(state.flags(isPresent: selectedDevice != nil))
    case (Register.event, 4), (Register.status, 4): 0
    default: nil
    }
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    let word = UInt32(truncatingIfNeeded: value)
    var answer: PlaceEvents.Answer?
    switch (register, access.size) {
    case (Register.selector, 4): state.select(word)
    case (Register.flags, 1):
      answer = state.writeFlags(UInt8(truncatingIfNeeded: value), isPresent: selectedDevice != nil)
    case (Register.event, 4): state.note(event: word)
    case (Register.status, 4): answer = state.writeStatus(word)
    default: return false
    }
    if let answer, let device = selectedDevice { emit(answer, device, at: access.time) }
    return true
  }

  private func emit(_ answer: PlaceEvents.Answer, _ device: UInt16, at time: SimulatedTime) {
    let kind: ComputerEvent.Kind =
      switch answer {
      case .notTaken: .deviceAnswered(device, isTaken: false)
      case .ejected: .deviceEjected(device)
      case .kept: .deviceKept(device)
      }
    bus.owner?.emit(kind, at: time)
  }

  /// The number of the device that the partition has at the selected place.
  private var selectedDevice: UInt16? {
    for place in bus.devices {
      guard let place = place as? DevicePlace, place.slot == state.selected else { continue }
      return place.deviceNumber
    }
    return nil
  }

  // MARK: What the firmware tells

  /// A device came to a place.
  func offer(_ place: Int) { state.offer(place) }

  /// The device of a place is wanted back.
  func recall(_ place: Int) { state.recall(place) }

  /// The device of a place is not wanted back any more.
  func withdraw(_ place: Int) { state.withdraw(place) }

  /// The device of a place is gone; the guest is to look, or knows it.
  func remove(_ place: Int, telling: Bool) { state.remove(place, telling: telling) }

  // MARK: Tables

  /// The method that tells the containers what is to be seen at the registers.
  static let scanMethod = "\\_SB_.DSCN"

  func description() -> [MachineLanguage.Term] {
    typealias AML = MachineLanguage
    let select = AML.path("DSEL")
    var scan: [[UInt8]] = []
    for place in bus.devices {
      guard let place = place as? DevicePlace else { continue }
      let name = "\\_SB_." + DeviceContainer.name(of: place.slot)
      scan.append(AML.store(AML.integer(UInt64(clamping: place.slot)), select))
      for (flag, event) in [("DCHK", 1), ("DWNT", 3)] as [(String, UInt64)] {
        scan.append(
          AML.condition(
            AML.path(flag), [AML.store(AML.integer(1), AML.path(flag)), AML.notify(name, event)]))
      }
    }
    return [
      AML.portRegion("DREG", PCLayout.deviceHotplug, Register.count),
      // DWordAcc and ByteAcc, WriteAsZeros: setting one flag must not write the others back.
      AML.field("DREG", flags: 0x43, [("DSEL", 32), ("", 32), ("DEVT", 32), ("DSTS", 32)]),
      AML.field(
        "DREG", flags: 0x41, [("", 32), ("DPRS", 1), ("DCHK", 1), ("DWNT", 1), ("DEJT", 1)]),
      AML.method(
        DeviceContainer.presenceMethod, arguments: 1,
        [
          AML.store(AML.argument(0), select),
          AML.condition(AML.path("DPRS"), [AML.result(AML.integer(0x0F))]),
          AML.result(AML.integer(0)),
        ]),
      AML.method(
        DeviceContainer.ejectionMethod, arguments: 1,
        [AML.store(AML.argument(0), select), AML.store(AML.integer(1), AML.path("DEJT"))]),
      AML.method(
        DeviceContainer.answerMethod, arguments: 3,
        [
          AML.store(AML.argument(0), select), AML.store(AML.argument(1), AML.path("DEVT")),
          AML.store(AML.argument(2), AML.path("DSTS")),
        ]),
      AML.method("DSCN", arguments: 0, scan),
    ]
  }
}

extension DeviceHotplug: StateHolder {
  static let roles = PropertyRoles(state: ["state"], wiring: ["bus"])
}
