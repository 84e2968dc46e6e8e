import Channels
import Partitioning
import Quantities

// CNTLUNIT statements: which paths lead to a control unit, where it is behind them, and its unit addresses.

extension DeckReader {
  /// Reads one CNTLUNIT statement.
  mutating func controlUnit(_ operands: DeckOperands) {
    guard let word = operands.neededAtom("CUNUMBR") else { return }
    guard let number = OperandReader.deviceNumber(word.text), number != 0xFFFF else {
      log.report(.deckControlUnitNumber(word.text), at: word.place)
      return
    }
    let key = "CNTLUNIT " + DeviceNumbers.text(number)
    if let first = deck.places[key] {
      log.report(.deckControlUnitTwice(number, first: first), at: word.place)
      return
    }
    deck.places[key] = word.place
    var unit = ControlUnitDefinition(number: number, paths: [])
    unit.type = operands.neededAtom("UNIT")?.folded ?? ""
    if let value = operands.needed("PATH") {
      unit.paths = paths(value, operands)
      unit.managedCounts = managedCounts(value, operands, beside: unit.paths)
    }
    let linkGroups = operands.value("LINK").map(operands.subsystemGroups) ?? []
    unit.links = linkGroups.flatMap(\.items).compactMap {
      if case .atom(let word) = $0 { word.folded } else { nil }
    }
    let links = links(linkGroups, operands)
    let logical = logicalAddress(operands)
    if let value = operands.value("UNITADD") { unit.unitAddresses = unitAddresses(value, unit) }
    for path in unit.paths {
      guard let definition = deck.path(path) else { continue }
      let spot = UnitSpot(path: path, link: links[path], logical: logical)
      let problems =
        [unitUse.add(unit: unit, path: path, type: definition.type)]
        + controlUnitUse.add(unit.number, at: spot, type: definition.type)
      for problem in problems.compactMap(\.self) { log.report(problem, at: word.place) }
    }
    deck.add(unit)
  }

  private mutating func paths(_ value: DeckValue, _ operands: DeckOperands) -> [PathReference] {
    var paths: [PathReference] = []
    for group in operands.subsystemGroups(value) {
      for subsystem in group.subsystems {
        for item in group.items {
          if case .atom(let word) = item, word.text == Self.managedPath { continue }
          guard case .atom(let word) = item,
            let number = hexadecimal(word.text, digits: 2, as: UInt8.self)
          else {
            log.report(.deckPath, at: item.place)
            continue
          }
          let path = PathReference(subsystem: subsystem, number: number)
          if paths.contains(path) {
            log.report(.deckPathRepeated(path.number, subsystem: subsystem), at: word.place)
          } else if deck.path(path) == nil {
            log.report(
              .deckPathUndefined(
                path.number, subsystem: subsystem,
                known: deck.configuration.paths.filter { $0.subsystem == subsystem }.map(\.number)),
              at: word.place)
          } else if deck.path(path)?.cluster != nil {
            log.report(
              .deckManagedPathNamed(path.number, subsystem: subsystem), at: word.place)
          } else {
            paths.append(path)
          }
        }
        if paths.filter({ $0.subsystem == subsystem }).count > ChannelDefaults.pathsPerDevice {
          log.report(
            .deckControlUnitPaths(subsystem: subsystem), at: value.place)
        }
      }
    }
    return paths
  }

  /// The link address of each path that has one: LINK names one for each that PATH does, in the same order.
  private func links(
    _ groups: [DeckOperands.SubsystemGroup], _ operands: DeckOperands
  ) -> [PathReference: String] {
    guard !groups.isEmpty, let paths = operands.value("PATH") else { return [:] }
    var links: [PathReference: String] = [:]
    for group in operands.subsystemGroups(paths) {
      for subsystem in group.subsystems {
        let own = groups.first { $0.subsystems.contains(subsystem) }?.items ?? []
        for (path, link) in zip(group.items, own) {
          guard case .atom(let path) = path, case .atom(let link) = link,
            let number = hexadecimal(path.text, digits: 2, as: UInt8.self),
            // ** and **** say that there is none.
            !link.text.isEmpty, !link.text.hasPrefix("*")
          else { continue }
          links[PathReference(subsystem: subsystem, number: number)] = link.folded
        }
      }
    }
    return links
  }

  /// Which of several behind one link a control unit is (CUADD); nil when it does not say.
  private func logicalAddress(_ operands: DeckOperands) -> UInt8? {
    guard let word = operands.atom("CUADD") else { return nil }
    guard let number = hexadecimal(word.text, digits: 2, as: UInt8.self) else {
      log.report(.hexadecimal(word.text, what: "CUADD", digits: 2), at: word.place)
      return nil
    }
    return number
  }

  private func unitAddresses(_ value: DeckValue, _ unit: ControlUnitDefinition)
    -> [UnitAddressRange]
  {
    guard case .list(let items, _) = value else {
      log.report(.deckUnitAddress, at: value.place)
      return unit.unitAddresses
    }
    var ranges: [UnitAddressRange] = []
    var used = Set<UInt8>()
    for item in items {
      guard case .list(let parts, _) = item, parts.count <= 2, case .atom(let first)? = parts.first,
        let start = hexadecimal(first.text, digits: 2, as: UInt8.self)
      else {
        log.report(.deckUnitAddress, at: item.place)
        continue
      }
      var count = 1
      if case .atom(let word)? = parts.dropFirst().first {
        guard let said = decimal(word.text, as: Int.self), (1...256).contains(said) else {
          log.report(.deckUnitCount(word.text), at: word.place)
          continue
        }
        count = said
      }
      let range = UnitAddressRange(first: start, count: count)
      guard range.isWithinUnit, used.isDisjoint(with: range.addresses) else {
        log.report(.deckUnitOverlap(first.folded, count: count), at: first.place)
        continue
      }
      used.formUnion(range.addresses)
      ranges.append(range)
    }
    return ranges.isEmpty ? unit.unitAddresses : ranges
  }
}
