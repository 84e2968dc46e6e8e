import Quantities

/// What a partition may be called, and how many there may be.
package enum PartitionNames {
  /// Most partitions of a machine.
  package static let limit = 10_000
  /// Numbers of partitions are below this: the folder's, and as many defined beside them.
  package static let numberLimit = 20_000

  /// Whether a name has 1-8 characters A-Z 0-9 @ # $.
  package static func isWellFormed(_ name: String) -> Bool {
    (1...8).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 0x41...0x5A, 0x30...0x39, 0x40, 0x23, 0x24: true
        default: false
        }
      }
  }

  /// Whether CP keeps the name for itself: SYSTEM, SYSTEMMP, LOGNxxxx, LOGLxxxx, LOGVxxxx.
  package static func isReserved(_ name: String) -> Bool {
    if ["SYSTEM", "SYSTEMMP"].contains(name) { return true }
    return name.utf8.count == 8 && ["LOGN", "LOGL", "LOGV"].contains(String(name.prefix(4)))
  }

  /// The names of a numbered range, such as SPIN001 THRU SPIN008; nil when it is not one: of the same
  /// letters and as many digits, the last no lower than the first.
  package static func range(from first: String, to last: String) -> [String]? {
    let (one, other) = (parts(first), parts(last))
    guard one.stem == other.stem, one.digits.count == other.digits.count,
      let low = Int(one.digits), let high = Int(other.digits), low <= high,
      high.subtractingClamped(low) < limit
    else { return nil }
    return (low...high).map { one.stem + String($0).zeroPadded(to: one.digits.count) }
  }

  private static func parts(_ name: String) -> (stem: Substring, digits: Substring) {
    let digits = name.suffix(name.reversed().prefix { $0.isASCII && $0.isNumber }.count)
    return (name.dropLast(digits.count), digits)
  }
}
