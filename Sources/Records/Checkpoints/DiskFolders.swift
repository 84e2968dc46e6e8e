import Foundation
import Quantities

/// The folders of what is kept of disks, in the folder `disks` of a machine's state.
///
/// There is one for each file, so that another file at a device's number takes nothing from it. Beside them
/// stands where all disks are on their way to.
struct DiskFolders: Sendable {
  private let path: String

  init(inStateFolder state: String) { path = state + "/disks" }

  /// Which folder of the host it is; nil while there is none.
  var identity: FileIdentity? { FileIdentity(path) }

  /// The folders that there are, and the tree in each; nil when it has none that can be read.
  var all: [(folder: String, tree: DiskTree?)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.sorted().map { path + "/" + $0 }.filter { HostFile.kind(of: $0) == S_IFDIR }
      .map { folder in
        let tree = try? DiskTree.read(folder + "/tree.json")
        return (folder, tree ?? nil)
      }
  }

  /// Where what is kept of a device's file is, or is to be.
  func folder(of file: String, on device: UInt16) -> String {
    let kept = all.filter { $0.tree != nil }
    let name = DiskFile.path(file)
    if let known = kept.first(where: { $0.tree?.file.path == name }) { return known.folder }
    let own = path + "/" + hexDigits(device, 4)
    var (folder, number) = (own, 2)
    while kept.contains(where: { $0.folder == folder }) {
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
    let name = DiskFile.path(file)
    for case (let folder, let tree?) in all where tree.file.path == name {
      let mark = checkpoint.disks?.first { tree.contains($0) }
      if let mark { return (mark, folder) }
    }
    return nil
  }

  /// Removes what is kept of a file.
  static func remove(_ folder: String) {
    // The tree first: without it the rest is nothing.
    unlink(folder + "/tree.json")
    try? CheckpointFile.keepNames(of: folder)
    try? FileManager.default.removeItem(atPath: folder)
  }

  // MARK: The way of all disks

  private var goingPath: String { path + "/going.json" }

  /// Where all disks are on their way to; nil when they are where they are.
  func going() -> [DiskMark]? {
    guard HostFile.kind(of: goingPath) != nil,
      let text = try? HostFile.read(goingPath, atMost: 1 << 24)
    else { return nil }
    return try? JSONDecoder().decode([DiskMark].self, from: text)
  }

  /// Says that all disks are where they were going.
  func endGoing() {
    unlink(goingPath)
    // What the host forgot to forget would be gone to once more.
    try? CheckpointFile.keepNames(of: path)
  }

  /// Says where all disks are on their way to, before the first of them goes.
  func setGoing(_ marks: [DiskMark]) throws(CheckpointError) {
    if let failure = HostFile.makeFolder(path) {
      throw .host(file: failure.path, number: failure.number)
    }
    try CheckpointFile.replace(goingPath, by: marks)
  }
}
