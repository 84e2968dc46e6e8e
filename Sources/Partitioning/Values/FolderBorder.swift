import Foundation

/// The border of a machine's folder: definitions and loads name no file beyond it.
package struct FolderBorder {
  /// The folder with every link followed, nil in tests of text alone.
  package let root: String?

  /// The border of a folder that exists; without one, only the form of names is judged.
  package init(folder: String?) {
    root = folder.flatMap(Self.resolved)
  }

  /// Whether a name stays inside the folder, by its form and by where links lead.
  package func isInside(_ name: String) -> Bool {
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
  package static func resolved(_ path: String) -> String? {
    guard let pointer = realpath(path, nil) else { return nil }
    defer { free(pointer) }
    return String(cString: pointer)
  }
}
