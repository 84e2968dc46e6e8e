import Foundation

/// The host's text for a number of an error, that of the last failed system call unless said.
package func systemReason(_ number: Int32 = errno) -> String {
  let text: UnsafeMutablePointer<CChar>? = strerror(number)
  return text.map { String(cString: $0) } ?? "error \(number)"
}
