import Foundation
import Quantities

// What a partition may load. The folder holds everybody's files: other partitions' disks, definitions
// with passwords. A guest, and a user who is a partition, loads only what is named for it: by one of
// its own image profiles, by a load profile as a whole, or by LOADABLE. An operator's choice is bound
// by the folder alone.

extension IPLDefinition {
  /// The files that it names.
  var files: [String] {
    switch self {
    case .kernel(let file, let disk, _): [file] + (disk.map { [$0] } ?? [])
    case .multiboot(let file, let modules, _): [file] + modules
    case .savedSystem, .program, .device: []
    }
  }
}

extension Life {
  /// Throws when a partition's author may not have these files loaded into a partition.
  func authorize(
    _ image: IPLDefinition, into partition: Partition, by author: String
  ) throws(ManagementError) {
    let files = image.files
    guard !files.isEmpty, !definition.loadProfiles.contains(where: { $0.ipl.files == files })
    else { return }
    let named =
      (partition.profiles.first?.definition.loadableFiles ?? [])
      + partition.profiles.flatMap { $0.definition.ipl?.files ?? [] }
    for file in files where !named.contains(file) {
      throw .fileNotPermitted(author, file: file)
    }
  }

  /// Reads a file of the folder that a partition loads.
  ///
  /// It is a regular file inside the folder, links followed, and no larger than the partition's
  /// storage can be.
  func contents(of file: String, _ partition: Partition) throws(ManagementError) -> Data {
    func refusal(_ reason: String) -> ManagementError {
      .loadFile(partition.name, path: file, reason: reason)
    }
    let path = definition.path(of: file)
    guard definition.folder.isEmpty || FolderBorder(folder: definition.folder).isInside(file) else {
      throw refusal("it is outside the machine's folder")
    }
    // An activation reads what it loads before the profile is in force.
    let profiles = partition.profiles.map(\.definition) + [partition.definition]
    let limit = profiles.reduce(UInt64(0)) {
      max($0, $1.storage.initialByteCount.addingClamped($1.storage.reservedByteCount))
    }
    do {
      let data = try HostFile.read(path, atMost: Int(clamping: limit))
      // Cannot trap: data's own bounds.
      state.bytesRead.addClamped(data.count)
      return data
    } catch {
      switch error {
      case .tooLarge: throw refusal("it is larger than the partition's storage")
      case .unsuitable: throw refusal("it is not a regular file")
      case .refused(systemReason(ENOENT)): throw refusal("there is no such file")
      case .refused: throw refusal("it cannot be read")
      }
    }
  }
}
