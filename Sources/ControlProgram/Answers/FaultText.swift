// Faults on purpose in the words of their command.

import Partitioning
import Quantities

extension FaultChange {
  /// The change in the words of its command.
  var commandText: String {
    switch self {
    case .path(let path, let fails):
      commandWords("INJECT CHPID", hexDigits(path, 2), fails ? "FAIL" : "OFF")
    case .device(let device, let fault):
      commandWords("INJECT DASD", hexDigits(device, 4), fault?.text ?? "OFF")
    }
  }
}
