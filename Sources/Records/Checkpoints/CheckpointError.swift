import Channels
import Quantities

/// Why a checkpoint was not written, or cannot be gone on from.
package enum CheckpointError: Error, Equatable, Sendable {
  /// The host refuses a file; the system's error number.
  case host(file: String, number: Int32)
  /// Another program has a disk's file.
  case held(file: String, FileHoldRefusal)
  /// There is none of this name.
  case absent(name: String, folder: String)
  /// A section, or the manifest, is not what was written.
  case damaged(folder: String, section: String, reason: String)
  /// Another machine's, or a later program's, or of another history.
  case unfit(folder: String, reason: String)
  /// A disk was being put back to an instant, and another file has its name now.
  case halfway(folder: String, disk: String)
  /// No name that a checkpoint can have.
  case wrongName(String)
}

extension CheckpointError: CustomStringConvertible {
  /// One line: what is wrong, and what would be right.
  package var description: String { finding + (remedy.map { "; " + $0 } ?? "") }

  /// What is wrong.
  var finding: String {
    switch self {
    case .host(let file, let number): "\(file): \(systemReason(number))"
    case .held(let file, let refusal): "\(file): \(refusal.finding)"
    case .absent(let name, let folder): "\(folder): there is no checkpoint \(name)"
    case .damaged(let folder, let section, let reason):
      "\(folder): section \(section) is damaged (\(reason))"
    case .unfit(let folder, let reason): "\(folder): \(reason)"
    case .halfway(let folder, let disk):
      "\(folder): \(disk) is another file than the one that was being put back"
    case .wrongName(let name): "\(name): is no name of a checkpoint"
    }
  }

  private var remedy: String? {
    switch self {
    case .host: nil
    case .held: "end that program"
    case .absent: "QUERY CHECKPOINT lists what there is"
    case .damaged, .unfit: "go on from another checkpoint"
    case .halfway: "give that its name again, or remove the folder to go on with what is there"
    case .wrongName: "use 1-32 letters, digits, - and _"
    }
  }
}

extension CheckpointError {
  /// Why a disk's file cannot be held.
  init(_ refusal: FileHoldRefusal, of file: String) {
    if case .host(let number) = refusal {
      self = .host(file: file, number: number)
    } else {
      self = .held(file: file, refusal)
    }
  }
}
