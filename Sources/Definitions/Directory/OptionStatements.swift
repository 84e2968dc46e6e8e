// SECURITY, OPTION and START of an entry.

import Partitioning

extension PartitionBuilder {
  /// `SECURITY [NO]GLOBALPERF [NO]IOCONFIG [NO]CROSSPARTITION [NO]ISOLATED`.
  mutating func security(_ operands: inout OperandReader) {
    guard operands.peek != nil else {
      _ = operands.word("a switch such as " + SecuritySwitch.globalPerformanceData.rawValue)
      return
    }
    let choices = SecuritySwitch.choices.split(separator: "|").map { "\($0)|NO\($0)" }
    while operands.peek != nil,
      let word = operands.choice(of: "SECURITY", choices.joined(separator: "|"))
    {
      let isOn = !word.name.hasPrefix("NO")
      guard let name = SecuritySwitch(rawValue: String(word.name.dropFirst(isOn ? 0 : 2))),
        isFirst("SECURITY " + name.rawValue, at: word.place)
      else { continue }
      parsed.definition.security[name] = isOn
    }
  }

  mutating func options(_ operands: inout OperandReader) {
    let isolated = SecuritySwitch.isolation.rawValue
    let legal = PartitionOption.allCases.map(\.rawValue) + [isolated]
    guard operands.peek != nil else {
      _ = operands.word("an option")
      return
    }
    while let next = operands.peek {
      if operands.take("WAITCOMPLETION") {
        log.report(.waitCompletionOfPartition, at: next.place)
        continue
      }
      guard let word = operands.keyword(of: "OPTION", from: legal) else { break }
      if word.folded == isolated { parsed.definition.security.isIsolated = true }
      guard let option = PartitionOption(rawValue: word.folded),
        !parsed.definition.options.contains(option)
      else { continue }
      parsed.definition.options.append(option)
      parsed.definition.options.sort()
    }
  }

  mutating func start(_ operands: inout OperandReader) {
    guard operands.peek != nil else {
      _ = operands.word("AUTO")
      return
    }
    guard operands.keyword(of: "START", from: ["AUTO"]) != nil else { return }
    var start = StartDefinition()
    if operands.peek != nil, operands.keyword(of: "START", from: ["AFTER"]) != nil {
      repeat {
        guard let name = operands.name("the name of a partition") else { break }
        parsed.places["START AFTER " + name.folded] = name.place
        if !start.after.contains(name.folded) { start.after.append(name.folded) }
      } while operands.peek != nil
    }
    parsed.definition.start = start
  }
}
