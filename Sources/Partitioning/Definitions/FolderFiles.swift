import Foundation

/// Judges files that definitions name: they are inside the machine's folder and can be read.
struct FolderFiles {
  /// What it means when a file is not there.
  enum Need {
    /// The definition is wrong.
    case needed
    /// A warning: it may come before it is loaded, and an IPL before that refuses.
    case prepared
  }

  /// The folder with every link followed, nil in tests of text alone.
  private let root: String?

  /// Starts with a folder that exists; without one, only the form of names is judged.
  init(folder: String?) {
    root = folder.flatMap(Self.resolved)
  }

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
    guard isInside(name) else {
      log.report(.outsideFolder(name), at: word.place)
      return nil
    }
    guard let root else { return nil }
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

  /// Whether a name stays inside the folder, by its form and by where links lead.
  func isInside(_ name: String) -> Bool {
    guard !name.hasPrefix("/"), !name.hasPrefix("~") else { return false }
    var depth = 0
    for part in name.split(separator: "/") where part != "." {
      depth &+= part == ".." ? -1 : 1
      if depth < 0 { return false }
    }
    guard let root else { return true }
    var existing = name
    while !existing.isEmpty {
      if let path = Self.resolved(root + "/" + existing) {
        return path == root || path.hasPrefix(root + "/")
      }
      existing = existing.lastIndex(of: "/").map { String(existing[..<$0]) } ?? ""
    }
    return true
  }

  /// A path with every link followed; nil when it does not exist.
  static func resolved(_ path: String) -> String? {
    guard let pointer = realpath(path, nil) else { return nil }
    defer { free(pointer) }
    return String(cString: pointer)
  }
}
