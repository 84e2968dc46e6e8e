import Partitioning
import Quantities

extension DeckReader {
  /// Reads one IODEVICE statement: a device or a range of them.
  mutating func device(_ operands: DeckOperands) {
    guard let (first, count, place) = addressRange(operands) else { return }
    let type = operands.neededAtom("UNIT")?.folded ?? ""
    guard let unitsValue = operands.needed("CUNUMBR") else { return }
    let units = controlUnits(unitsValue)
    let candidates = deviceCandidates(operands)
    var unitAddress = UInt8(truncatingIfNeeded: first)
    if let word = operands.atom("UNITADD") {
      guard let said = hexadecimal(word.text, digits: 2, as: UInt8.self) else {
        log.report(.hexadecimal(word.text, what: "UNITADD", digits: 2), at: word.place)
        return
      }
      unitAddress = said
    }
    let addresses = UnitAddressRange(first: unitAddress, count: count)
    guard addresses.isWithinUnit else {
      log.report(.deckUnitBeyond(unitAddress, count: count), at: place)
      return
    }
    let check = DeviceCheck(deck: deck, units: units, first: first, place: place)
    let preferred = preferredPath(operands, check: check)
    for (problem, place) in check.problems(addresses: addresses, candidates: candidates) {
      log.report(problem, at: place)
    }
    for unit in units {
      if let problem = unitUse.addDevices(unit: unit, first: first, addresses: addresses) {
        log.report(problem, at: place)
      }
    }
    let set = subchannelSet(operands)
    for number in (first...UInt16.max).prefix(count) {
      let text = DeviceNumbers.text(number)
      if let earlier = deck.places["IODEVICE \(text) IN SET \(set)"] {
        log.report(.deckDeviceTwice(number, first: earlier), at: place)
        break
      }
      deck.places["IODEVICE \(text) IN SET \(set)"] = place
      let device = DeviceDefinition(
        number: number, controlUnits: units.map(\.number), type: type,
        candidateList: candidates?.names, preferredPath: preferred)
      add(device, set: set, at: place)
    }
  }

  /// Adds a device; of those with one number in several subchannel sets, that of the lowest set.
  private mutating func add(_ device: DeviceDefinition, set: Int, at place: Place) {
    let key = "IODEVICE " + DeviceNumbers.text(device.number)
    guard let other = setOfDevice[device.number] else {
      setOfDevice[device.number] = set
      deck.places[key] = place
      deck.configuration.devices.append(device)
      return
    }
    if !hasOtherSets { log.report(.deckOtherSet(device.number, set: max(set, other)), at: place) }
    hasOtherSets = true
    guard set < other,
      let index = deck.configuration.devices.firstIndex(where: { $0.number == device.number })
    else { return }
    setOfDevice[device.number] = set
    deck.places[key] = place
    deck.configuration.devices.change(at: index) { $0 = device }
  }

  /// The subchannel set of an IODEVICE statement: `1` or `((CSS(0),1),(CSS(1),0))`; 0 when it says
  /// none.
  private func subchannelSet(_ operands: DeckOperands) -> Int {
    guard let value = operands.value("SCHSET") else { return 0 }
    for item in operands.subsystemGroups(value).flatMap(\.items) {
      guard case .atom(let word) = item, let set = decimal(word.text, as: Int.self),
        (0..<DeviceLimits.setCount).contains(set)
      else {
        log.report(.deckSubchannelSet, at: item.place)
        return 0
      }
      return set
    }
    return 0
  }

  private func addressRange(_ operands: DeckOperands) -> (UInt16, Int, Place)? {
    guard let value = operands.needed("ADDRESS") else { return nil }
    var atoms: [Word] = []
    switch value {
    case .atom(let word): atoms = [word]
    case .list(let items, _):
      for case .atom(let word) in items { atoms.append(word) }
    case .call: break
    }
    guard atoms.count <= 2, let firstWord = atoms.first,
      let first = OperandReader.deviceNumber(firstWord.text)
    else {
      log.report(.deckAddress(atoms.first?.text ?? "("), at: value.place)
      return nil
    }
    guard let countWord = atoms.dropFirst().first else { return (first, 1, firstWord.place) }
    guard let count = decimal(countWord.text, as: Int.self), (1...256).contains(count),
      count <= 0x10000 &- Int(first)
    else {
      log.report(.deckDeviceCount(countWord.text), at: countWord.place)
      return nil
    }
    return (first, count, firstWord.place)
  }

  private func controlUnits(_ value: DeckValue) -> [ControlUnitDefinition] {
    var items = [value]
    if case .list(let list, _) = value { items = list }
    var units: [ControlUnitDefinition] = []
    for item in items {
      guard case .atom(let word) = item, let number = OperandReader.deviceNumber(word.text) else {
        log.report(.deckControlUnitNumber("("), at: item.place)
        continue
      }
      if units.contains(where: { $0.number == number }) {
        log.report(.deckControlUnitRepeated(number), at: word.place)
      } else if let unit = deck.controlUnit(number) {
        units.append(unit)
      } else {
        log.report(
          .deckControlUnitUndefined(
            number, known: deck.configuration.controlUnits.map(\.number)), at: word.place)
      }
    }
    return units
  }

  private func preferredPath(_ operands: DeckOperands, check: DeviceCheck) -> UInt8? {
    guard let value = operands.value("PATH") else { return nil }
    for group in operands.subsystemGroups(value) {
      guard let subsystem = group.subsystems.first, case .atom(let word)? = group.items.first,
        let number = hexadecimal(word.text, digits: 2, as: UInt8.self)
      else {
        log.report(.deckPath, at: value.place)
        return nil
      }
      let path = PathReference(subsystem: subsystem, number: number)
      guard check.paths.contains(path) else {
        log.report(.deckNoPath(path.number, subsystem: subsystem), at: word.place)
        return nil
      }
      return path.number
    }
    return nil
  }
}
