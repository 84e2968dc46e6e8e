import Foundation
import Partitioning

/// Judges files that definitions name: they are inside the machine's folder and can be read.
struct FolderFiles {
  /// What it means when a file is not there.
  enum Need {
    /// The definition is wrong.
    case needed
    /// A warning: it may come before it is loaded, and an IPL before that refuses.
    case prepared
  }

  private let border: FolderBorder

  /// What tells a file from others, by whatever name it is known: its numbers on the host; its name when it is
  /// not there.
  func identity(of name: String) -> String {
    var status = stat()
    guard let root = border.root, stat(root + "/" + name, &status) == 0 else { return name }
    return "\(status.st_dev):\(status.st_ino)"
  }

  /// Starts with a folder that exists; without one, only the form of names is judged.
  init(folder: String?) { border = FolderBorder(folder: folder) }

  /// Reports a name that leads outside, and a file that is not there or not a file.
  ///
  /// - Returns: The file's length in bytes when it is there.
  @discardableResult
  func judge(_ word: Word, need: Need, log: FindingLog) -> UInt64? {
    let name = word.text
    guard !name.isEmpty, !name.contains("\0") else {
      log.report(.emptyFileName, at: word.place)
      return nil
    }
    guard border.isInside(name) else {
      log.report(.outsideFolder(name), at: word.place)
      return nil
    }
    guard let root = border.root else { return nil }
    var status = stat()
    guard stat(root + "/" + name, &status) == 0 else {
      switch need {
      case .needed: log.report(.fileMissing(name), at: word.place)
      case .prepared: log.report(.filePrepared(name), at: word.place)
      }
      return nil
    }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      log.report(.fileIsFolder(name), at: word.place)
      return nil
    }
    guard status.st_mode & S_IFMT == S_IFREG, access(root + "/" + name, R_OK) == 0 else {
      log.report(.fileUnreadable(name), at: word.place)
      return nil
    }
    return UInt64(clamping: status.st_size)
  }
}
