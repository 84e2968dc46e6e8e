// The order in which partitions come up, from ACTIVATE and START AUTO AFTER.

extension SystemDefinition {
  /// Numbers of the partitions that are activated with the machine, in their order: those that
  /// ACTIVATE names, then the others with START AUTO; each after those that its START names.
  package func automaticStartOrder() -> [Int] {
    let named = Set(machine.activationOrder)
    return activationOrder().filter {
      partitions[$0].start != nil || named.contains(partitions[$0].name)
    }
  }

  /// Numbers of all partitions as they would be activated: those that are activated with the
  /// machine in their order, then the others; otherwise in definition order.
  package func activationOrder() -> [Int] {
    let index = Dictionary(
      partitions.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { one, _ in one })
    let named = machine.activationOrder.compactMap { index[$0] }
    let isFirst = Set(named)
    let starting = partitions.indices.filter { partitions[$0].start != nil }
    var order: [Int] = []
    var state = [UInt8](repeating: 0, count: partitions.count)
    // A stack instead of recursion: a chain of AFTER may be as long as the machine has partitions.
    for start in named + starting {
      var stack = [start]
      while let top = stack.last {
        if state[top] == 0 {
          state[top] = 1
          let before = (partitions[top].start?.after ?? []).compactMap { index[$0] }
          stack += before.reversed().filter {
            state[$0] == 0 && (partitions[$0].start != nil || isFirst.contains($0))
          }
        } else {
          stack.removeLast()
          if state[top] == 1 {
            state[top] = 2
            order.append(top)
          }
        }
      }
    }
    return order + partitions.indices.filter { state[$0] == 0 }
  }

  /// Numbers of partitions that start after each other in a circle of two or more.
  func startCircle() -> [Int]? {
    let index = Dictionary(
      partitions.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { one, _ in one })
    let before = partitions.indices.map { number in
      (partitions[number].start?.after ?? []).compactMap { index[$0] }.filter { $0 != number }
    }
    // Takes away again and again what waits for nothing; what is left waits in circles.
    var waits = before.map(\.count)
    var followers = [[Int]](repeating: [], count: partitions.count)
    for (number, others) in before.enumerated() {
      for other in others { followers[other].append(number) }
    }
    var free = partitions.indices.filter { waits[$0] == 0 }
    while let number = free.popLast() {
      for follower in followers[number] {
        waits[follower] -= 1
        if waits[follower] == 0 { free.append(follower) }
      }
    }
    guard let first = waits.firstIndex(where: { $0 > 0 }) else { return nil }
    var path: [Int] = []
    var number = first
    while !path.contains(number) {
      path.append(number)
      guard let next = before[number].first(where: { waits[$0] > 0 }) else { return nil }
      number = next
    }
    return Array(path[(path.firstIndex(of: number) ?? 0)...])
  }
}
