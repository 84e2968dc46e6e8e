import Glibc

/// What the host's system says of an error number; of the last failed call unless told otherwise.
package func systemReason(_ number: Int32 = errno) -> String {
  strerror(number).map { String(cString: $0) } ?? "error \(number)"
}
