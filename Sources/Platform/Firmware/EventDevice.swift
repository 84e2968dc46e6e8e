// How a guest's operating system hears of the machine around it: the generic event device and the registers
// for processors that come and go (ACPI specification, "Generic Event Device"; QEMU documentation, "QEMU<->ACPI
// BIOS CPU hotplug interface"), at their ports and with their part of the DSDT.

import Channels
import Quantities

/// The registers of power button and processor events, and their wire.
final class EventDevice: BusTarget, Device {
  /// Registers by number.
  private enum Register {
    static let pending = 0
    static let selector = 16
    static let flags = 20
    static let status = 24
  }

  private(set) var state: GenericEvents
  private let line: InterruptLine
  private let pin: Int
  private unowned(unsafe) let bus: SystemBus

  private init(_ bus: SystemBus, hasBoard: Bool) {
    self.bus = bus
    pin = PCLayout.eventPin(hasBoard: hasBoard)
    line = bus.line(to: pin)
    let isPresent = bus.network.state.isPresent
    state = GenericEvents(maximumProcessors: isPresent.count)
    for (number, isThere) in isPresent.enumerated() { state.setPresent(number, isThere) }
  }

  static func devices(of configuration: ComputerConfiguration, on bus: SystemBus) -> [EventDevice] {
    [EventDevice(bus, hasBoard: configuration.hasLegacyDevices)]
  }

  var regions: [DeviceRegion] {
    [
      .ports(PCLayout.eventRegister, count: 4, register: Register.pending),
      .ports(PCLayout.processorHotplug, count: 12, register: Register.selector),
    ]
  }

  func reset() { state.reset() }

  func restore(_ state: GenericEvents) throws(StateRefusal) {
    guard state.processorCount == self.state.processorCount else {
      throw .inconsistent(kind: GenericEvents.kind, what: "it is of other processors")
    }
    self.state = state
  }

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    switch (register, access.size) {
    case (Register.pending, 4): return UInt64(state.takePending())
    case (Register.selector, 4): return UInt64(state.selector)
    case (Register.flags, 1): return UInt64(state.flags())
    default: return nil
    }
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    switch (register, access.size) {
    case (Register.selector, 4): state.select(UInt32(truncatingIfNeeded: value))
    case (Register.flags, 1):
      if let ejected = state.writeFlags(UInt8(truncatingIfNeeded: value)) {
        bus.owner?.emit(.processorEjected(ejected), at: access.time)
      }
    case (Register.status, 4):
      if let kept = state.writeStatus(UInt32(truncatingIfNeeded: value)) {
        bus.owner?.emit(.processorRefused(kept), at: access.time)
      }
    default: return false
    }
    return true
  }

  // MARK: What the firmware tells

  /// Whether the guest takes the interrupt.
  var isHeard: Bool { bus.network.state.ioAPIC.isUnmasked(pin: pin) }

  /// Sets whether a processor is there.
  func setPresent(_ number: Int, _ value: Bool) { state.setPresent(number, value) }

  /// Tells that a processor came.
  func tellInsertion(of number: Int) {
    state.insert(number)
    tell(GenericEvents.processors)
  }

  /// Tells that a processor is wanted back.
  func tellRemoval(of number: Int) {
    state.remove(number)
    tell(GenericEvents.processors)
  }

  /// Tells that the power button was pressed.
  func tellPowerButton() { tell(GenericEvents.powerButton) }

  /// Tells that there is something to see at the devices' registers.
  func tellDevices() { tell(GenericEvents.devices) }

  /// Tells that there is something to see at the storage's registers.
  func tellStorage() { tell(GenericEvents.storage) }

  private func tell(_ events: UInt32) {
    state.raise(events)
    line.pulse()
  }

  // MARK: Tables

  private var hasBoard: Bool { bus.configuration.hasLegacyDevices }

  private var takesDevices: Bool { bus.configuration.takesDevices }

  private var takesStorage: Bool { !bus.configuration.memoryDevices.isEmpty }

  private var hasReserve: Bool { bus.network.state.isPresent.contains(false) }

  func description() -> [MachineLanguage.Term] {
    // Fixed hardware has a power button of its own.
    (hasReserve ? [processorsTerm()] : [])
      + (hasReserve || takesDevices || takesStorage || !hasBoard ? [eventTerm()] : [])
  }

  /// The generic event device: reads which events are pending and tells their objects.
  private func eventTerm() -> MachineLanguage.Term {
    typealias AML = MachineLanguage
    var handling = [AML.store(AML.path("EVTS"), AML.local(0))]
    if !hasBoard {
      handling.append(
        AML.condition(
          AML.and(AML.local(0), AML.integer(UInt64(GenericEvents.powerButton))),
          [AML.notify("\\_SB_.PWRB", 0x80)]))
    }
    if hasReserve {
      handling.append(
        AML.condition(
          AML.and(AML.local(0), AML.integer(UInt64(GenericEvents.processors))),
          [AML.path("\\_SB_.CPUS.CSCN")]))
    }
    if takesDevices {
      handling.append(
        AML.condition(
          AML.and(AML.local(0), AML.integer(UInt64(GenericEvents.devices))),
          [AML.path(DeviceHotplug.scanMethod)]))
    }
    if takesStorage {
      handling.append(
        AML.condition(
          AML.and(AML.local(0), AML.integer(UInt64(GenericEvents.storage))),
          [AML.path(StorageHotplug.scanMethod)]))
    }
    return AML.device(
      "GED_",
      [
        AML.name("_HID", AML.string("ACPI0013")), AML.name("_UID", AML.integer(0)),
        AML.name(
          "_CRS",
          AML.resources([
            AML.interruptResource(
              UInt32(PCLayout.eventPin(hasBoard: hasBoard)), isLevel: false)
          ])),
        AML.portRegion("EREG", PCLayout.eventRegister, 4),
        AML.field("EREG", flags: 0x03, [("EVTS", 32)]),
        AML.method("_EVT", arguments: 1, handling),
      ])
  }

  /// The processors and the registers that say which of them came or are wanted back.
  private func processorsTerm() -> MachineLanguage.Term {
    typealias AML = MachineLanguage
    let select = AML.path("CSEL")
    var body: [[UInt8]] = [
      AML.name("_HID", AML.string("ACPI0010")),
      AML.name("_CID", AML.compressedIdentifier("PNP0A05")),
      AML.portRegion("PRST", PCLayout.processorHotplug, 12),
      // DWordAcc and ByteAcc, WriteAsZeros: setting one flag must not write the others back.
      AML.field("PRST", flags: 0x43, [("CSEL", 32), ("", 32), ("COST", 32)]),
      AML.field(
        "PRST", flags: 0x41, [("", 32), ("CPEN", 1), ("CINS", 1), ("CRMV", 1), ("CEJ0", 1)]),
      AML.method(
        "CSTA", arguments: 1,
        [
          AML.store(AML.argument(0), select),
          AML.condition(AML.path("CPEN"), [AML.result(AML.integer(0x0F))]),
          AML.result(AML.integer(0)),
        ]),
      AML.method(
        "CEJM", arguments: 1,
        [AML.store(AML.argument(0), select), AML.store(AML.integer(1), AML.path("CEJ0"))]),
      AML.method(
        "COSM", arguments: 3,
        [
          // Only of an eject request (3); that a processor came is judged by its being started.
          AML.condition(
            AML.equal(AML.argument(1), AML.integer(3)),
            [
              AML.store(AML.argument(0), select), AML.store(AML.argument(2), AML.path("COST")),
            ])
        ]),
    ]
    var scan: [[UInt8]] = []
    for number in 0..<state.processorCount {
      let name = Self.processorName(number)
      let index = AML.integer(UInt64(clamping: number))
      body.append(processorTerm(number))
      scan.append(AML.store(index, select))
      scan.append(
        AML.condition(
          AML.path("CINS"),
          [AML.store(AML.integer(1), AML.path("CINS")), AML.notify(name, 1)]))
      scan.append(
        AML.condition(
          AML.path("CRMV"),
          [AML.store(AML.integer(1), AML.path("CRMV")), AML.notify(name, 3)]))
    }
    body.append(AML.method("CSCN", arguments: 0, scan))
    return AML.device("CPUS", body)
  }

  private func processorTerm(_ number: Int) -> MachineLanguage.Term {
    typealias AML = MachineLanguage
    let index = AML.integer(UInt64(clamping: number))
    var body = [
      AML.name("_HID", AML.string("ACPI0007")), AML.name("_UID", index),
      AML.method("_STA", arguments: 0, [AML.result(AML.path("CSTA") + index)]),
      AML.name("_MAT", AML.buffer(ACPITables.processorEntry(number, isEnabled: true))),
    ]
    // Processor 0 starts the system: it is never given back.
    if number > 0 {
      body.append(AML.method("_EJ0", arguments: 1, [AML.path("CEJM") + index]))
      body.append(
        AML.method(
          "_OST", arguments: 3, [AML.path("COSM") + index + AML.argument(0) + AML.argument(1)]))
    }
    return AML.device(Self.processorName(number), body)
  }

  private static func processorName(_ number: Int) -> String {
    "C" + hexDigits(number, 3)
  }
}

extension EventDevice: StateHolder {
  static let roles = PropertyRoles(state: ["state"], wiring: ["line", "pin", "bus"])
}
