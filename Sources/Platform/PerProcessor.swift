/// One value for each processor of a partition, by number.
///
/// Numbers of guests and of the firmware are judged where they enter; here every number means a
/// processor, and one that none has means the last. So no number can trap.
package struct PerProcessor<Value>: RandomAccessCollection, MutableCollection {
  /// Never empty.
  private var values: [Value]

  /// The values of `count` processors, 1 or more.
  init<Failure: Error>(
    count: Int, _ value: (Int) throws(Failure) -> Value
  ) throws(Failure) {
    values = [try value(0)]
    var number = 1
    while number < count {
      values.append(try value(number))
      number &+= 1
    }
  }

  /// The same value for each of `count` processors, 1 or more.
  init(repeating value: Value, count: Int) { self.init(count: count) { _ in value } }

  package var startIndex: Int { 0 }
  package var endIndex: Int { values.count }
  package var indices: Range<Int> { Range(uncheckedBounds: (0, values.count)) }
  package func index(after number: Int) -> Int { number &+ 1 }
  package func index(before number: Int) -> Int { number &- 1 }

  package subscript(number: Int) -> Value {
    // Cannot trap: there is one at the place of every number.
    get { values[place(of: number)] }
    // Cannot trap: the same.
    _modify { yield &values[place(of: number)] }
  }

  private func place(of number: Int) -> Int {
    let last = UInt(bitPattern: values.count &- 1)
    return Int(bitPattern: Swift.min(UInt(bitPattern: number), last))
  }
}

extension PerProcessor: Sendable where Value: Sendable {}
