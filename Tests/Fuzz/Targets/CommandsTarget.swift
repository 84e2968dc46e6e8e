import ControlProgram
import Foundation

@testable import Partitioning

/// Lines of operators and of guests: raw text, or words of the command table with operands at the
/// edges of what numbers, times and names can be.
///
/// A case is lines. A line's first byte says whose it is and whether it is text; of the others two
/// bytes make a word.
enum CommandsTarget: FuzzTarget {
  static func run(_ bytes: [UInt8]) {
    let machine = FuzzMachine()
    machine.start(["ONE", "TWO"])
    for line in bytes.split(separator: 0x0A).prefix(16) {
      guard let kind = line.first else { continue }
      let text = kind & 2 == 0 ? String(decoding: line.dropFirst(), as: UTF8.self) : words(line)
      let result =
        kind & 1 == 0
        ? machine.console.execute(text) : machine.control.guestCommand(text, from: "ONE")
      guard result.returnCode == 0 || !result.errorLines.isEmpty else {
        fail("return code \(result.returnCode) without a message: \(text)")
      }
      machine.control.collectEvents()
      if machine.control.isShutDown || machine.console.isEnded { break }
    }
    machine.check()
  }

  private static func words(_ line: ArraySlice<UInt8>) -> String {
    var words: [String] = []
    var rest = line.dropFirst()
    while let high = rest.popFirst() {
      let low = rest.popFirst() ?? 0
      words.append(vocabulary[(Int(high) << 8 | Int(low)) % vocabulary.count])
    }
    return words.joined(separator: " ")
  }

  /// Every keyword of the table, every word of its syntax, names, and operands at edges.
  static let vocabulary: [String] = {
    var words: Set<String> = [
      "ONE", "TWO", "FULL", "IDLE", "NOSUCH", "*", "ON*", "OPERATOR", "#CP",
    ]
    for command in CommandTable.standard.commands {
      words.insert(command.keyword.name)
      for format in command.formats {
        for choices in format.lead { for keyword in choices { words.insert(keyword.name) } }
        let parts = format.syntax.uppercased().split { !$0.isLetter }
        for part in parts where part.count > 1 { words.insert(String(part)) }
      }
    }
    for edge in HypercallsTarget.edges where !edge.isEmpty {
      words.insert(edge)
      for pattern in [
        "STOR(#M),ONLINE", "CPU(#),OFFLINE", "CHP(#),ONLINE", "#M", "#S", "#.#", "T#.#",
      ] {
        words.insert(pattern.replacingOccurrences(of: "#", with: edge))
      }
    }
    return words.sorted()
  }()

  static var seeds: [[UInt8]] {
    var seeds: [[UInt8]] = []
    for command in CommandTable.standard.commands {
      var text: [UInt8] = []
      for format in command.formats {
        let lead = format.lead.compactMap { $0.first?.name }.joined(separator: " ")
        for start in [0x30, 0x31] as [UInt8] {
          text += [start] + Array("\(command.keyword.name) \(lead) ONE 1\n".utf8)
        }
      }
      seeds.append(text)
    }
    return seeds
  }
}
