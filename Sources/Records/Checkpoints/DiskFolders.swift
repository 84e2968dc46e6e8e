import Foundation
import Quantities

/// The folders of what is kept of disks, in the folder `disks` of a machine's state: one for each file, so that
/// another file at a device's number takes nothing from it.
struct DiskFolders: Sendable {
  private let path: String

  init(inStateFolder state: String) { path = state + "/disks" }

  /// The folders that there are, and the tree in each; nil when it has none that can be read.
  var all: [(folder: String, tree: DiskTree?)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.sorted().map { name in
      let tree = try? DiskTree.read(path + "/" + name + "/tree.json")
      return (path + "/" + name, tree ?? nil)
    }
  }

  /// Where what is kept of a device's file is, or is to be.
  func folder(of file: String, on device: UInt16) -> String {
    let all = all
    let host = DiskFile(file)
    func isKept(_ tree: DiskTree?) -> Bool {
      guard let tree, let host else { return false }
      return tree.file.isSame(as: host)
    }
    // One that was replaced is told of where what was kept of the former is found.
    let known = all.first { isKept($0.tree) }
    let former = all.first { $0.tree != nil && $0.tree?.file.path == host?.path }
    if let found = known ?? former { return found.folder }
    let taken = all.filter { $0.tree != nil }.map(\.folder)
    let own = path + "/" + hexDigits(device, 4)
    var (folder, number) = (own, 2)
    while taken.contains(folder) {
      folder = own + "-\(number)"
      number.addClamped(1)
    }
    return folder
  }

  /// The folder that has the point of a mark, and the tree there.
  func find(_ mark: DiskMark) -> (folder: String, tree: DiskTree)? {
    for case (let folder, let tree?) in all where tree.contains(mark) { return (folder, tree) }
    return nil
  }

  /// Where a checkpoint finds a file, and the folder that has it; nil when it is without it.
  func find(
    _ file: String, in checkpoint: CheckpointManifest
  ) -> (mark: DiskMark, folder: String)? {
    guard let host = DiskFile(file) else { return nil }
    for case (let folder, let tree?) in all where tree.file.isSame(as: host) {
      let mark = checkpoint.disks?.first { tree.contains($0) }
      if let mark { return (mark, folder) }
    }
    return nil
  }
}
