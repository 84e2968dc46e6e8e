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

extension PartitionManager {
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
  /// storage can be. It is read, not mapped: whoever cuts a mapped file short ends the program.
  func contents(of file: String, _ partition: Partition) throws(ManagementError) -> Data {
    func refusal(_ reason: String) -> ManagementError {
      .loadFile(partition.name, path: file, reason: reason)
    }
    let path = definition.path(of: file)
    guard definition.folder.isEmpty || FolderFiles(folder: definition.folder).isInside(file) else {
      throw refusal("it is outside the machine's folder")
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else {
      throw refusal(errno == ENOENT ? "there is no such file" : "it cannot be read")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw refusal("it is not a regular file")
    }
    // An activation reads what it loads before the profile is in force.
    let profiles = partition.profiles.map(\.definition) + [partition.definition]
    let limit = profiles.reduce(UInt64(0)) {
      max($0, $1.storage.initialByteCount.addingClamped($1.storage.reservedByteCount))
    }
    guard let byteCount = Int(exactly: status.st_size), UInt64(clamping: byteCount) <= limit else {
      throw refusal("it is larger than the partition's storage")
    }
    guard let data = Self.read(descriptor, byteCount) else { throw refusal("it cannot be read") }
    return data
  }

  /// Reads a file's bytes from its beginning, fewer where it was cut short; nil when it cannot be read.
  private static func read(_ descriptor: Int32, _ byteCount: Int) -> Data? {
    // The host may have no memory for what a folder holds; Data by itself would end the process then.
    guard let room = malloc(max(1, byteCount)) else { return nil }
    var done = 0
    while done < byteCount {
      let count = Foundation.read(descriptor, room.advanced(by: done), byteCount &- done)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        free(room)
        return nil
      }
      guard count > 0 else { break }
      done.addClamped(count)
    }
    return Data(bytesNoCopy: room, count: done, deallocator: .free)
  }
}
