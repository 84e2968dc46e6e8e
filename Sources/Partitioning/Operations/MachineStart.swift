// What comes up with the machine, and in what order.

extension PartitionManager {
  /// What comes up with the machine, in its order; whoever starts it performs each by the firmware's own right.
  ///
  /// Partitions that the last end of the machine took come first, as they were set. Then those that ACTIVATE names
  /// and those with START AUTO, which are loaded too. One that fails leaves the others as they are; what could not
  /// be recovered is left for RECOVER, as an activation would forget how it was set.
  package var startActions: [ManagementAction] {
    let lost = partitions.filter { $0.lost != nil }.map(\.name)
    let starting = definition.automaticStartOrder().compactMap {
      definition.partitions.element(at: $0)
    }
    return lost.map { .recover($0) }
      + starting.filter { !lost.contains($0.name) }.map {
        .logOn($0.name, load: $0.start != nil)
      }
  }
}
