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
    case .placesNotReserved(let images):
      "its RESOURCE has \(images.map(\.text).joined(separator: " ")), which the machine did not reserve "
        + "when it started"
    case .placeChanged(let image, let before):
      "\(image.partition) is \(before.text) and would be \(image.text); images are for good"
    case .partitionActive(let name):
      "\(name) is taken from RESOURCE and is active; DEACTIVATE it"
    case .deviceLimit(let subsystem, let count, let limit):
      "CSS(\(hexDigits(subsystem, 1))) would have \(count) devices; its MAXDEV is \(limit) since the "
        + "machine started"
    case .pathOnline(let path, let subsystem, let names, let cut):
      "CHPID \(PathReference(subsystem: subsystem, number: path).text) \(cut.text) and is on line to "
        + names.joined(separator: " ") + "; CONFIG CHP(\(hexDigits(path, 2))),OFFLINE or FORCE"
    case .wayInUse(let path, let device, let name):
      "CHPID \(hexDigits(path, 2)) leads to device \(hexDigits(device, 4)) of \(name) no more and is "
        + "on line there; CONFIG CHP(\(hexDigits(path, 2))),OFFLINE or FORCE"
    case .deviceInUse(let device, let name, let virtual, let cut):
      "device \(hexDigits(device, 4)) \(cut.text) and \(name) has it as \(hexDigits(virtual, 4)); "
        + "DETACH it"
    case .lastPath(let device, let name):
      "device \(hexDigits(device, 4)) of \(name) would have no path; DETACH it, or give it another"
    case .volumeInUse(let label, let device, let name, let virtual):
      "volume \(label) is taken from device \(hexDigits(device, 4)), of which \(name) has a minidisk as "
        + "\(hexDigits(virtual, 4)); DETACH it"
    case .file(let device, let path, let reason):
      "the file of device \(hexDigits(device, 4)), \(path), cannot be used: \(reason)"
    case .resources: "its RESOURCE is not that of the machine"
    case .diskOfFile(let device):
      "device \(hexDigits(device, 4)) writes through to a file, and would come or go"
    }
  }
}

extension ImageDefinition {
  /// `CSS(0) (LP3,3)`, as RESOURCE has it.
  fileprivate var text: String {
    "CSS(\(hexDigits(subsystem, 1))) (\(partition),\(hexDigits(image, 1)))"
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
