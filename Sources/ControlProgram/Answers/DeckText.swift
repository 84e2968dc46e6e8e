// Activations of I/O configurations in the words of their command, and what stands against them.

import Partitioning
import Quantities

extension DeckRequest {
  /// The request in the words of its command: `ACTIVATE IODF=NEXT,FORCE`.
  func commandText(force: Bool) -> String {
    let what =
      switch self {
      case .activate(let deck): "IODF=\(deck.name)"
      case .recover(let side): "RECOVER=\(side.rawValue)"
      }
    return commandWords("ACTIVATE", what + (force ? ",FORCE" : ""))
  }
}

extension DeckObstacle {
  /// The reason in a line.
  package var text: String {
    switch self {
    case .resources: "its RESOURCE is not that of the machine, which is for good"
    case .pathOnline(let path, let subsystem, let names, let cut):
      "CHPID \(hexDigits(subsystem, 1)).\(hexDigits(path, 2)) \(cut.text) and is on line to "
        + names.joined(separator: " ") + "; CONFIG CHP(\(hexDigits(path, 2))),OFFLINE or FORCE"
    case .wayInUse(let path, let device, let name):
      "CHPID \(hexDigits(path, 2)) leads to device \(hexDigits(device, 4)) of \(name) no more and is "
        + "on line there; CONFIG CHP(\(hexDigits(path, 2))),OFFLINE or FORCE"
    case .deviceInUse(let device, let name, let virtual, let cut):
      "device \(hexDigits(device, 4)) \(cut.text) and \(name) has it as \(hexDigits(virtual, 4)); "
        + "DETACH it"
    case .lastPath(let device, let name):
      "device \(hexDigits(device, 4)) of \(name) would have no path; DETACH it, or give it another"
    case .diskOfFile(let device):
      "device \(hexDigits(device, 4)) writes through to a file; such disks come and go with the machine"
    case .file(let device, let path, let reason):
      "the file of device \(hexDigits(device, 4)), \(path), cannot be used: \(reason)"
    }
  }
}

extension DeckCut {
  fileprivate var text: String {
    switch self {
    case .deleted: "is deleted"
    case .changed: "is changed"
    case .denied: "is taken from the partition's list"
    }
  }
}

extension [DeckObstacle] {
  /// The first, and how many more there are.
  var summary: String {
    let rest = count.subtractingClamped(1)
    return (first?.text ?? "") + (rest > 0 ? " (and \(rest) more)" : "")
  }
}
