// What a definition asks of a host that does not have it.

import Partitioning

extension SystemDefinition {
  /// What is wrong with the definition on a host, none of which keeps the machine from starting.
  ///
  /// - Parameter hostByteCount: The host's memory in bytes.
  /// - Returns: Warnings about `machine.config`.
  package func findings(onHostWith hostByteCount: UInt64) -> [Finding] {
    guard machine.hostStorageByteCount > hostByteCount else { return [] }
    return [
      Finding(
        file: "machine.config", line: 0, column: 0, severity: .warning, id: "HCPDEF116W",
        text: "HOSTSTORAGE lets guests write \(machine.hostStorageByteCount >> 20) MB, and this "
          + "host has \(hostByteCount >> 20) MB",
        remedy: "lower it, so that a guest stops before the host's memory is used up")
    ]
  }
}
