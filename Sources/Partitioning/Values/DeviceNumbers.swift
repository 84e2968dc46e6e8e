import Quantities

/// How device numbers are written.
package enum DeviceNumbers {
  /// Four hexadecimal digits, upper case.
  package static func text(_ number: UInt16) -> String {
    hexDigits(number, 4)
  }

  /// Two hexadecimal digits, upper case: how channel paths are written.
  package static func path(_ number: UInt8) -> String {
    hexDigits(number, 2)
  }
}
