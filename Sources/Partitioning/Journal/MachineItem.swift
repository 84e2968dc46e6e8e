import Quantities

// What is so in a machine, item by item: the one list of what an action may change. PLAN compares the items
// before and after a rehearsal, the event log those before and after an action; so what is added to a machine is
// one more line here, and neither forgets it.

/// One thing that is so of a machine or of a part of it at an instant.
package struct MachineItem: Sendable, Equatable {
  /// Who is told of it.
  package enum Audience: Sendable {
    /// PLAN, which shows what follows from what is set, and no number twice.
    case plan
    /// The event log, which has everything by itself, in the words that its rows had from the first.
    case log
    /// Both, in the same words.
    case all
  }

  /// What it is: `ENTITLED CP`.
  package let name: String
  /// As it is shown.
  package let text: String
  /// Ten-thousandths of its unit, when the difference is a number that says something.
  package var amount: Int?
  /// Who is told of it.
  package let audience: Audience

  /// An item without a number.
  init(_ name: String, _ text: String, for audience: Audience) {
    self.name = name
    self.text = text
    self.audience = audience
  }

  /// A count for PLAN, shown and subtracted as a whole number.
  init(_ name: String, count: Int) {
    self.init(name, "\(count)", for: .plan)
    amount = count.multipliedClamped(by: 10_000)
  }

  /// A number of processors for PLAN, shown with four decimals.
  init(_ name: String, processors: Double) {
    let value = rounded(max(processors, 0), by: 10_000)
    self.init(name, fixedPointText(value, places: 4, padded: true), for: .plan)
    amount = value
  }
}

/// The items of one partition, pool, or the machine.
package struct MachineItems: Sendable, Equatable {
  /// Whose: a partition's name, `POOL CP`, `MACHINE`.
  package let subject: String
  /// Its items; what it does not have is none.
  package let items: [MachineItem]
}

/// Numbers in hexadecimal, as processors and paths are named; NONE for none.
func numbers(_ numbers: [Int]) -> String {
  numbers.isEmpty ? "NONE" : hexNumbers(numbers)
}

/// Numbers in hexadecimal, as processors and paths are named.
func hexNumbers(_ numbers: [Int]) -> String {
  numbers.map { hexDigits($0, 2) }.joined(separator: " ")
}
