// The order in which partitions come up, from ACTIVATE and START AUTO AFTER.

import Quantities

extension SystemDefinition {
  /// Numbers of the partitions that are activated with the machine, in their order: those that
  /// ACTIVATE names, then the others with START AUTO; each after those that its START names.
  package func automaticStartOrder() -> [Int] {
    let named = Set(machine.activationOrder)
    return activationOrder().filter {
      guard let partition = partitions.element(at: $0) else { return false }
      return partition.start != nil || named.contains(partition.name)
    }
  }

  /// Numbers of all partitions as they would be activated: those that are activated with the
  /// machine in their order, then the others; otherwise in definition order.
  package func activationOrder() -> [Int] {
    let index = Dictionary(
      partitions.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { one, _ in one })
    let named = machine.activationOrder.compactMap { index[$0] }
    let starting = partitions.enumerated().filter { $0.element.start != nil }.map(\.offset)
    let isStarting = Set(named + starting)
    var order: [Int] = []
    var begun: Set<Int> = []
    var ordered: Set<Int> = []
    // A stack instead of recursion: a chain of AFTER may be as long as the machine has partitions.
    for start in named + starting {
      var stack = [start][...]
      while let top = stack.last {
        if begun.insert(top).inserted {
          let before = partitions.element(at: top)?.start?.after ?? []
          stack += before.compactMap { index[$0] }.reversed().filter {
            !begun.contains($0) && isStarting.contains($0)
          }
        } else {
          stack = stack.dropLast()
          if ordered.insert(top).inserted { order.append(top) }
        }
      }
    }
    return order + partitions.indices.filter { !begun.contains($0) }
  }

  /// Numbers of partitions that start after each other in a circle of two or more.
  package func startCircle() -> [Int]? {
    let index = Dictionary(
      partitions.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { one, _ in one })
    let before = partitions.enumerated().map { number, partition in
      (partition.start?.after ?? []).compactMap { index[$0] }.filter { $0 != number }
    }
    // Takes away again and again what waits for nothing; what is left waits in circles.
    var waits = before.map(\.count)
    var followers = [[Int]](repeating: [], count: partitions.count)
    for (number, others) in before.enumerated() {
      for other in others { followers.change(at: other) { $0.append(number) } }
    }
    var free = waits.enumerated().filter { $0.element == 0 }.map(\.offset)[...]
    while let number = free.last {
      free = free.dropLast()
      for follower in followers.element(at: number) ?? [] {
        waits.change(at: follower) { $0.subtractClamped(1) }
        if waits.element(at: follower) == 0 { free.append(follower) }
      }
    }
    let stuck = waits.enumerated().filter { $0.element > 0 }.map(\.offset)
    guard let first = stuck.first else { return nil }
    var path: [Int] = []
    var number = first
    while !path.contains(number) {
      path.append(number)
      // Cannot trap: `element(at:)` compares.
      guard let next = before.element(at: number)?.first(where: stuck.contains) else {
        return nil
      }
      number = next
    }
    return Array(path.drop { $0 != number })
  }
}
