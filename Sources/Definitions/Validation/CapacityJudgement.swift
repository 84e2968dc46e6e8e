// Groups, capacities in MSU and the order of activation: what one file says and another has to know.

import Partitioning
import Quantities

extension DefinitionJudgement {
  /// Capacity of all CP processors in MSU; nil when machine.config does not rate them.
  private var installedCapacity: Int? {
    pool(.cp).flatMap { pool in pool.capacityUnits.map { $0.multipliedClamped(by: pool.count) } }
  }

  /// Judges a defined capacity by what the machine has.
  func capacity(of profile: ParsedPartition) {
    guard let units = profile.definition.definedCapacity else { return }
    judge("DEFINEDCAP", units, at: profile.place(of: "DEFINEDCAP"))
  }

  /// Whether what machine.config says of a type was understood, if it says anything.
  private func isKnown(_ type: ProcessorType) -> Bool {
    pool(type) != nil || machine.places["PROCESSOR " + type.rawValue] == nil
  }

  private func judge(_ what: String, _ units: Int, at place: Place) {
    guard let installed = installedCapacity else {
      if isKnown(.cp) { log.report(.capacityUnrated(what), at: place) }
      return
    }
    if units > installed {
      log.report(.capacityNeverReached(what, units, installed: installed), at: place)
    }
  }

  /// Judges the groups by the machine and by who is in them.
  func groups() {
    let entries = directory.partitions + directory.images.map(\.entry)
    let members = Set(entries.flatMap { $0.definition.processors.compactMap(\.group) })
    for group in directory.groups {
      let statements = group.absoluteCaps.map { "GROUP \(group.name) \($0.type.rawValue)" }
      let places = (statements + ["GROUP \(group.name) MSU"]).compactMap { directory.places[$0] }
      for cap in group.absoluteCaps where pool(cap.type) == nil && isKnown(cap.type) {
        guard let place = directory.places["GROUP \(group.name) \(cap.type.rawValue)"] else {
          continue
        }
        log.report(
          .typeNotInstalled(cap.type, installed: machine.machine.processors.map(\.type)), at: place)
      }
      if let units = group.capacityUnits, let place = directory.places["GROUP \(group.name) MSU"] {
        judge("GROUP \(group.name) MSU", units, at: place)
      }
      if !members.contains(group.name), let place = places.first {
        log.report(.groupWithoutMembers(group.name), at: place)
      }
    }
  }

  /// Judges ACTIVATE by the partitions, and by the order in which START AFTER puts them.
  func activationOrder() {
    let order = machine.machine.activationOrder
    let names = directory.partitions.map(\.definition.name)
    let position = Dictionary(
      order.enumerated().map { ($1, $0) }, uniquingKeysWith: { one, _ in one })
    for (index, name) in order.enumerated() {
      guard let place = machine.places["ACTIVATE " + name] else { continue }
      guard let partition = partition(name) else {
        log.report(.unknownName("partition", name, known: names), at: place)
        continue
      }
      for other in partition.definition.start?.after ?? []
      where position[other] ?? index > index {
        log.report(.activationOrder(name, other), at: place)
      }
    }
  }
}
