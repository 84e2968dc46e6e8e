import Channels
import Quantities

// An I/O configuration item by item: PLAN shows each object that would come, change or go, and the event log each
// that did.

extension IOConfiguration {
  /// Its objects, in the order of the configuration.
  package var objects: [MachineItems] {
    paths.map { path in
      MachineItems(
        subject: "CHPID \(Self.text(path.subsystem, path.number))", items: path.deckItems)
    }
      + controlUnits.map { unit in
        MachineItems(
          subject: "CNTLUNIT \(DeviceNumbers.text(unit.number))", items: unit.deckItems)
      } + deviceObjects
  }

  /// Its objects for the event log, each in a line.
  var objectItems: [MachineItem] {
    objects.map { object in
      MachineItem(
        object.subject, object.items.map { "\($0.name) \($0.text)" }.joined(separator: ", "),
        for: .log)
    }
  }

  private var deviceObjects: [MachineItems] {
    var counts: [UInt16: Int] = [:]
    for device in devices { counts[device.number, default: 0].addClamped(1) }
    return devices.map { device in
      let owners = counts[device.number] == 1 ? nil : device.candidateList
      return MachineItems(
        subject: (["IODEVICE", DeviceNumbers.text(device.number)] + (owners ?? []))
          .joined(separator: " "), items: device.deckItems)
    }
  }

  /// `0.10`: a path with its channel subsystem.
  fileprivate static func text(_ subsystem: UInt8, _ number: UInt8) -> String {
    "\(hexDigits(subsystem, 1)).\(DeviceNumbers.path(number))"
  }
}

private func item(_ name: String, _ text: String) -> MachineItem {
  MachineItem(name, text, for: .plan)
}

/// A list of names, as it stands in a table.
private func list(_ names: [String]) -> String {
  names.isEmpty ? "NONE" : names.joined(separator: " ")
}

private func timing(_ bytesPerSecond: UInt64, _ latency: UInt64) -> [MachineItem] {
  [item("RATE", sizeText(bytesPerSecond)), item("LATENCY", durationText(latency))]
}

extension ChannelPathDefinition {
  fileprivate var deckItems: [MachineItem] {
    [item("TYPE", type), item("SHARING", sharing.rawValue)]
      + (physicalChannel.map { [item("PCHID", hexDigits($0, 3))] } ?? [])
      + (switchNumber.map { [item("SWITCH", hexDigits($0, 2))] } ?? [])
      + (cluster.map { [item("IOCLUSTER", $0)] } ?? [])
      + [item("ACCESS LIST", list(accessList)), item("CANDIDATE LIST", list(candidateList))]
      + timing(bytesPerSecond, latencyNanoseconds)
  }
}

extension ControlUnitDefinition {
  fileprivate var deckItems: [MachineItem] {
    [
      item("PATHS", list(paths.map { IOConfiguration.text($0.subsystem, $0.number) })),
      item(
        "UNIT ADDRESSES",
        list(unitAddresses.map { "(\(hexDigits($0.first, 2)),\($0.count))" })),
      item("TYPE", type.isEmpty ? "NONE" : type),
    ] + (links.isEmpty ? [] : [item("LINKS", list(links))])
      + managedCounts.map {
        item("MANAGED PATHS CSS(\(hexDigits($0.subsystem, 1)))", "\($0.count)")
      }
  }
}

extension DeviceDefinition {
  fileprivate var deckItems: [MachineItem] {
    [item("CONTROL UNITS", list(controlUnits.map { DeviceNumbers.text($0) })), item("TYPE", type)]
      + (candidateList.map { [item("CANDIDATE LIST", list($0))] } ?? [])
      + (preferredPath.map { [item("PREFERRED PATH", DeviceNumbers.path($0))] } ?? [])
      + [item("MEDIUM", media.deckText)] + (volume.map { [item("VOLUME", $0)] } ?? [])
      + timing(bytesPerSecond, latencyNanoseconds)
  }
}

extension MediaDefinition {
  fileprivate var deckText: String {
    switch self {
    case .none: "NONE"
    case .scratch(let byteCount): "SCRATCH \(sizeText(byteCount))"
    case .file(let path, let writable): "FILE \(path)" + (writable ? " WRITABLE" : "")
    }
  }
}
