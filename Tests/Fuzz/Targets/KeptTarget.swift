import Foundation

@testable import Partitioning

/// What a machine left behind, with numbers and words changed: what can be read is put back, and
/// partitions are recovered, whatever they were.
///
/// Each three bytes of a case change one number or word of the kept text.
enum KeptTarget: FuzzTarget {
  static func run(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let lost = input.byte()
    var text = original
    while !input.isAtEnd { change(&text, &input) }
    guard
      var kept = try? JSONDecoder().decode(
        RunningConfiguration.self, from: Data(text.joined().utf8))
    else { return }
    for index in kept.partitions.indices where lost >> UInt8(index & 7) & 1 == 1 {
      kept.partitions[index].state.status = .operating
    }
    let machine = FuzzMachine()
    _ = machine.manager.restore(kept)
    for name in machine.manager.partitionNames { _ = try? machine.manager.perform(.recover(name)) }
    for name in machine.manager.partitionNames {
      _ = try? machine.manager.perform(.activate(name, load: true))
      _ = machine.console.execute("QUERY SHARE \(name)")
    }
    machine.run(epochs: 2)
    machine.check()
    _ = machine.manager.runningConfiguration
  }

  private static func change(_ text: inout [String], _ input: inout FuzzInput) {
    let place = Int(input.word(UInt16.self)) % places.count
    let edge = HypercallsTarget.edges[Int(input.byte()) % HypercallsTarget.edges.count]
    let old = text[places[place]]
    if old.hasPrefix("\"") {
      text[places[place]] = "\"\(edge)\""
    } else if Double(edge) != nil {
      text[places[place]] = edge
    }
  }

  /// The kept text in pieces: numbers and words one by one, and what is between them.
  private static let original: [String] = {
    let machine = FuzzMachine()
    machine.start(["ONE", "TWO", "FULL"])
    _ = machine.console.execute("SET SHARE ONE RELATIVE 20 ABSOLUTE 50% LIMITHARD")
    guard let data = try? JSONEncoder().encode(machine.manager.runningConfiguration) else {
      fail("the configuration could not be written")
    }
    var pieces: [String] = []
    var piece = ""
    var isNumber = false
    for character in String(decoding: data, as: UTF8.self) {
      let continuesNumber = character.isNumber || character == "." || character == "-"
      if continuesNumber != isNumber, !piece.hasPrefix("\"") {
        pieces.append(piece)
        piece = ""
        isNumber = continuesNumber
      }
      if character == "\"" && !piece.hasPrefix("\"") {
        pieces.append(piece)
        piece = "\""
        isNumber = false
      } else if character == "\"" {
        pieces.append(piece + "\"")
        piece = ""
      } else {
        piece.append(character)
      }
    }
    return pieces + [piece]
  }()

  /// Places of numbers and of words that are values.
  private static let places = original.indices.filter { index in
    let piece = original[index]
    guard let first = piece.first else { return false }
    if first == "\"" {
      return index + 1 >= original.count || !original[index + 1].hasPrefix(":")
    }
    return first.isNumber || first == "-"
  }

  static var seeds: [[UInt8]] {
    [[0], [0xFF], [7, 0, 0, 1]]
      + stride(from: 0, to: places.count, by: 7).map {
        [0xFF, UInt8($0 & 0xFF), UInt8($0 >> 8), 18]
      }
  }
}
