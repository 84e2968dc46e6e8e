// GROUP name [ABSCAP type n.nn] [MSU n]: a group profile, in as many statements as it has caps.

import Partitioning
import Quantities

extension DirectoryReader {
  mutating func group(_ statement: Statement) {
    var operands = OperandReader(statement, log: log)
    guard let name = operands.name("a group name") else { return }
    guard operands.peek != nil else {
      _ = operands.word("ABSCAP, a processor type and a cap, or MSU and a limit")
      return
    }
    while operands.peek != nil, let word = operands.keyword(of: "GROUP", from: ["ABSCAP", "MSU"]) {
      if word.folded == "MSU" {
        capacity(of: name, at: word.place, &operands)
      } else {
        cap(of: name, &operands)
      }
    }
  }

  private mutating func cap(of name: Word, _ operands: inout OperandReader) {
    let types = ProcessorType.allCases.map(\.rawValue)
    guard operands.peek != nil else {
      _ = operands.word("a processor type (CP, IFL or ZIIP)")
      return
    }
    guard let word = operands.keyword(of: "GROUP", from: types),
      let type = ProcessorType(rawValue: word.folded),
      let hundredths = operands.hundredths("ABSCAP", in: ShareDefinition.absoluteCaps),
      isFirst("GROUP \(name.folded) \(type.rawValue)", at: name.place)
    else { return }
    change(name.folded) { group in
      group.absoluteCaps.append(GroupCap(type: type, hundredths: hundredths))
      group.absoluteCaps.sort { $0.type < $1.type }
    }
  }

  private mutating func capacity(
    of name: Word, at place: Place, _ operands: inout OperandReader
  ) {
    guard let units = operands.number("MSU", in: 1...PartitionBuilder.capacityLimit),
      isFirst("GROUP \(name.folded) MSU", at: place)
    else { return }
    change(name.folded) { $0.capacityUnits = units }
  }

  private mutating func isFirst(_ key: String, at place: Place) -> Bool {
    if let first = directory.places[key] {
      log.report(.duplicateStatement(key, first: first), at: place)
      return false
    }
    directory.places[key] = place
    return true
  }

  private mutating func change(_ name: String, _ body: (inout GroupDefinition) -> Void) {
    if let index = groupIndices[name] {
      directory.groups.change(at: index, body)
    } else {
      var group = GroupDefinition(name: name)
      body(&group)
      groupIndices[name] = directory.groups.count
      directory.groups.append(group)
    }
  }
}

extension Problem {
  static func groupWithoutMembers(_ name: String) -> Problem {
    warning(
      "106", "no partition is in group \(name), so that it limits nothing",
      "add GROUP \(name) to a PROCESSOR statement, or remove it")
  }

  static func groupWithoutLimit(_ name: String, _ type: ProcessorType) -> Problem {
    warning(
      "107", "group \(name) limits no \(type.rawValue) processors",
      "add GROUP \(name) ABSCAP \(type.rawValue) and a cap, or leave the group out here")
  }
}
