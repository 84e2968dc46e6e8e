import Channels
import Partitioning
import Quantities

/// Draws the changes of `stress`: every operation there is, with operands that are mostly right.
struct StressChanges {
  let machine: StressMachine
  var numbers: SeededNumbers

  private static let switches = Numbered(SecuritySwitch.allCases, absent: .isolation)

  private mutating func draw(_ range: ClosedRange<Int>) -> Int { numbers.draw(range) }
  private mutating func flip() -> Bool { draw(0...1) == 1 }
  /// True once in so many times.
  private mutating func seldom(_ times: Int) -> Bool { draw(1...times) == 1 }

  /// The next change, given what a partition is doing now.
  mutating func next(_ isActive: (String) -> Bool) -> ManagementAction {
    let guest = machine.guests[numbers.draw(below: machine.guests.count)]
    if seldom(12) { return machineChange() }
    if seldom(20) { return roster(guest) }
    guard isActive(guest.name) || seldom(4) else {
      return .activate(guest.name, load: !seldom(10), force: false)
    }
    switch draw(0...9) {
    case 0...2: return .set(setting(guest))
    case 3: return scoped(guest)
    case 4, 5: return reconfiguration(guest)
    case 6: return flip() ? reconfiguration(guest) : inputOutput(guest)
    default: return operation(guest)
    }
  }

  private mutating func type() -> ProcessorType? { seldom(4) ? (flip() ? .cp : .ifl) : nil }

  /// Values of a partition.
  private mutating func setting(_ guest: StressMachine.Guest) -> Setting {
    let name = guest.name
    switch draw(0...9) {
    case 0: return .weight(name, type: type(), weight: draw(seldom(20) ? 0...1001 : 1...999))
    case 1: return .cap(name, type: type(), .ownShare(flip()))
    case 2:
      let hundredths = seldom(4) ? nil : draw(seldom(20) ? 0...26_000 : 1...300)
      return .cap(name, type: type(), .absolute(hundredths: hundredths))
    case 3:
      let amount: ShareAmount =
        flip() ? .relative(draw(1...10_000)) : .absolute(hundredthsOfPercent: draw(10...400))
      return .share(name, type: type(), amount: amount, limit: limit())
    case 4: return .initialShare(name, type: type())
    case 5:
      let least = draw(1...200)
      return .weightRange(
        name, type: type(), minimum: flip() ? nil : least,
        maximum: flip() ? nil : draw(min(least, 999)...999))
    case 6:
      return .group(
        name, type: type(),
        group: seldom(3) ? nil : seldom(20) ? "NOGROUP" : StressMachine.groups[draw(0...1)])
    case 7: return .definedCapacity(name, units: seldom(3) ? nil : draw(1...100))
    case 8: return .polarity(name, flip() ? .vertical : .horizontal)
    default:
      return .security(name, StressChanges.switches[draw(0...3)], flip())
    }
  }

  private mutating func limit() -> ShareLimit? {
    switch draw(0...4) {
    case 0: return nil
    case 1: return ShareLimit.none
    case 2: return .hard(nil)
    case 3: return .hard(.absolute(hundredthsOfPercent: draw(10...2000)))
    default: return .soft(nil)
    }
  }

  /// The same in the profile, or what concerns profiles.
  private mutating func scoped(_ guest: StressMachine.Guest) -> ManagementAction {
    switch draw(0...4) {
    case 0: return .set(setting(guest), .profile)
    case 1: return .set(setting(guest), .both)
    case 2: return .saveProfile(guest.name)
    case 3:
      return .setNextProfile(guest.name, profile: flip() ? guest.name : StressMachine.profile)
    default: return .set(.initialShare(guest.name, type: nil), .profile)
    }
  }

  private mutating func insistence() -> Insistence {
    seldom(3) ? .force : seldom(3) ? .unconditional : .polite
  }

  /// Processors, storage and channel paths.
  private mutating func reconfiguration(_ guest: StressMachine.Guest) -> ManagementAction {
    let name = guest.name
    let increment = StressMachine.increment
    switch draw(0...8) {
    case 0, 1:
      return .configureProcessor(
        name, processor: draw(seldom(10) ? 0...9 : 1...2), online: flip(),
        insistence: insistence(), within: 1)
    case 2, 3:
      let bytes = seldom(20) ? increment / 2 : numbers.count(1...3) &* increment
      return .configureStorage(
        name, byteCount: bytes, online: flip(), insistence: insistence(), within: 1)
    case 4:
      let path = seldom(20) ? 0x77 : StressMachine.paths[draw(0...1)]
      if seldom(3) {
        let device: UInt16 = seldom(10) ? 0x777 : 0x100
        return .varyDevicePath(
          name, device: device, path: path, online: !seldom(3), insistence: insistence())
      }
      return .configurePath(name, path: path, online: flip(), insistence: insistence())
    case 5: return .cancelPending(name, kind: nil)
    case 6: return .defineProcessor(name, processor: draw(1...2))
    case 7: return seldom(4) ? .detachProcessor(name, processor: draw(1...2)) : .recover(name)
    default:
      return seldom(4)
        ? .defineStorage(name, byteCount: numbers.count(1...4) &* increment)
        : .releasePath(name, path: StressMachine.paths[draw(0...1)])
    }
  }

  /// Devices and what is wrong with them, priorities, adapters and the network.
  private mutating func inputOutput(_ guest: StressMachine.Guest) -> ManagementAction {
    let name = guest.name
    let spare = StressMachine.spares[draw(0...3)]
    switch draw(0...12) {
    case 0, 1:
      return .attachDevice(name, device: spare, as: 0x101, isReadOnly: flip(), within: 1)
    case 2, 3:
      return .detachDevice(name, device: seldom(5) ? 0x100 : 0x101, force: seldom(3), within: 1)
    case 4: return .varyDevice(spare, online: flip())
    case 5: return .haltDevice(0x200 | UInt16(clamping: draw(0...16)))
    case 6: return .inject(.path(StressMachine.paths[draw(0...1)], fails: seldom(3)))
    case 7: return .inject(.device(0x200 | UInt16(clamping: draw(0...16)), fault()))
    case 8: return .set(.ioPriority(name, draw(seldom(10) ? 0...16 : 0...15)))
    case 9: return .set(.ioPriorityQueuing(flip()))
    case 10:
      return .set(.missingInterruptTime(.disks, seconds: seldom(3) ? nil : draw(1...20)))
    default: return .network(network(name))
    }
  }

  private mutating func fault() -> DeviceFault? {
    switch draw(0...3) {
    case 0: DeviceFault(delayNanoseconds: numbers.count(1...50) &* 1_000_000)
    case 1: DeviceFault(errorPercent: draw(1...50))
    case 2: DeviceFault(isFull: true)
    default: nil
    }
  }

  private mutating func network(_ name: String) -> NetworkChange {
    let network = StressMachine.network
    switch draw(0...7) {
    case 0, 1:
      return .defineAdapter(
        name, NetworkAdapterDefinition(virtualDevice: 0x600, switchName: flip() ? network : nil),
        within: 1)
    case 2: return .detachAdapter(name, device: 0x600, force: seldom(3), within: 1)
    case 3: return .connect(name, device: 0x600, to: network)
    case 4: return .disconnect(name, device: 0x600)
    case 5: return .isolate(network, flip())
    case 6: return .grant(network, partition: name, vlan: nil)
    default: return .revoke(network, partition: name)
    }
  }

  /// The life of a partition.
  private mutating func operation(_ guest: StressMachine.Guest) -> ManagementAction {
    let name = guest.name
    switch draw(0...12) {
    case 0, 1: return .deactivate(name, force: !seldom(4))
    case 2: return .stop(name, processor: flip() ? nil : draw(0...2))
    case 3, 4: return .start(name, processor: flip() ? nil : draw(0...2))
    case 5: return .resetNormal(name, force: flip())
    case 6: return .resetClear(name, force: flip())
    case 7, 8:
      return .load(name, image: nil, parameters: nil, clear: !seldom(4), force: !seldom(4))
    case 9: return .restart(name)
    case 10:
      return seldom(3)
        ? .cancelShutdown(name) : .signalShutdown(name, within: draw(1...2), thenForce: flip())
    case 11: return .activate(name, load: true, force: flip())
    default: return .sendConsole(name, bytes: Array("help\r".utf8))
    }
  }

  /// Partitions that come and go: a guest itself, or some like it.
  private mutating func roster(_ guest: StressMachine.Guest) -> ManagementAction {
    let (first, last) = StressMachine.copies
    switch draw(0...5) {
    case 0: return .definePartition(guest.name)
    case 1: return .deletePartition(guest.name)
    case 2: return .definePartition(first, through: last, like: guest.name)
    case 3: return .deletePartition(first, through: last)
    case 4: return .activate(flip() ? first : last, load: true)
    default: return .deactivate(flip() ? first : last, force: true)
    }
  }

  /// The machine, its groups and its physical processors.
  private mutating func machineChange() -> ManagementAction {
    switch draw(0...8) {
    case 0, 1: return .varyProcessor(draw(0...StressMachine.processorCount), online: flip())
    case 2:
      return .varyPath(
        StressMachine.paths[draw(0...1)], online: seldom(4) ? false : true,
        insistence: insistence())
    case 3:
      return .set(
        .runningTime(
          nanoseconds: seldom(3) ? nil : numbers.count(seldom(10) ? 0...200 : 1...100) &* 1_000_000)
      )
    case 4: return .set(.waitCompletion(seldom(3)))
    case 5:
      return .set(
        .groupCap(
          StressMachine.groups[draw(0...1)], type: .cp,
          hundredths: seldom(3) ? nil : draw(10...600)))
    case 6:
      return .set(
        .groupCapacity(
          StressMachine.groups[draw(0...1)], units: seldom(3) ? nil : draw(5...200)))
    case 7:
      return .activateDeck(
        seldom(3) ? .recover(flip() ? .source : .target) : .activate(machine.deck(isWide: flip())),
        force: flip())
    default: return .set(.waitCompletion(false), .both)
    }
  }
}
