import Foundation

/// Why a file of the host was not read.
package enum HostFileError: Error, Equatable {
  /// The host's system refuses it, in its words.
  case refused(String)
  /// It is a folder, or nothing that has an end, such as a pipe, where only a regular file will do.
  case unsuitable(String)
  /// It has more bytes than may be read.
  case tooLarge(limit: Int)

  /// The reason in a few words, for messages.
  package var reason: String {
    switch self {
    case .refused(let reason), .unsuitable(let reason): reason
    case .tooLarge(let limit): "it has more than \(limit) bytes"
    }
  }
}

/// Files of the host: reads whole ones, as many bytes as are permitted and no more, whatever the file is;
/// writes all of what it is given.
package enum HostFile {
  private static let firstRoom = 64 << 10

  /// What a path leads to, as S_IFREG and its like say it, links followed; nil, with the reason in errno,
  /// when it leads nowhere.
  package static func kind(of path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }

  /// Makes a folder, and those above it, unless they are there.
  ///
  /// Foundation's way of making folders does not tell the system's error.
  /// - Returns: What could not be made, with the system's error number; nil when the folder is there.
  package static func makeFolder(_ path: String) -> (path: String, number: Int32)? {
    if let kind = kind(of: path) { return kind == S_IFDIR ? nil : (path, ENOTDIR) }
    guard errno == ENOENT, !path.isEmpty else { return (path, errno) }
    let parent = (path as NSString).deletingLastPathComponent
    if !parent.isEmpty, parent != path, let failure = makeFolder(parent) { return failure }
    return mkdir(path, 0o777) == 0 || errno == EEXIST ? nil : (path, errno)
  }

  /// Writes all of some bytes, in as many pieces as the system takes.
  ///
  /// - Returns: The system's error number; nil when all is written.
  package static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32
  ) -> Int32? {
    var done = 0
    while done < bytes.count {
      let count = Foundation.write(
        descriptor, bytes.baseAddress.map { $0 + done }, bytes.count &- done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return errno }
      done.addClamped(count)
    }
    return nil
  }

  /// As `write`, from a place of the file on.
  package static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at place: UInt64
  ) -> Int32? {
    var done = 0
    while done < bytes.count {
      let count = pwrite(
        descriptor, bytes.baseAddress.map { $0 + done }, bytes.count &- done,
        off_t(clamping: place.addingClamped(UInt64(clamping: done))))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count < 0 ? errno : EIO }
      done.addClamped(count)
    }
    return nil
  }

  /// Reads from a place of a file on, as many bytes as there are and have room.
  ///
  /// - Returns: How many that were.
  package static func read(
    _ descriptor: Int32, into room: UnsafeMutableRawBufferPointer, at place: UInt64
  ) -> Int {
    var done = 0
    while done < room.count {
      let count = pread(
        descriptor, room.baseAddress.map { $0 + done }, room.count &- done,
        off_t(clamping: place.addingClamped(UInt64(clamping: done))))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      done.addClamped(count)
    }
    return done
  }

  /// The bytes of a file.
  ///
  /// They are read, not mapped: whoever cuts a mapped file short ends the program.
  ///
  /// - Parameters:
  ///   - path: The file, links followed.
  ///   - limit: Bytes that it may have.
  ///   - isRegular: Whether only a regular file will do: what waits for a writer is refused at once.
  /// - Returns: All its bytes.
  /// - Throws: `HostFileError`.
  package static func read(
    _ path: String, atMost limit: Int, regular isRegular: Bool = true
  ) throws(HostFileError) -> Data {
    let waits: Int32 = isRegular ? O_NONBLOCK : 0
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | waits)
    guard descriptor >= 0 else { throw .refused(systemReason()) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .refused(systemReason()) }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG || !isRegular else { throw .unsuitable("not a regular file") }
    guard kind != S_IFDIR else { throw .unsuitable("it is a folder; a file is needed") }
    guard kind != S_IFREG || Int(clamping: status.st_size) <= limit else {
      throw .tooLarge(limit: limit)
    }
    return try read(descriptor, expecting: Int(clamping: status.st_size), limit)
  }

  private static func read(
    _ descriptor: Int32, expecting size: Int, _ limit: Int
  ) throws(HostFileError) -> Data {
    // The host may have no memory; Data by itself would end the process then.
    var count = min(limit, max(size, firstRoom)).addingClamped(1)
    guard var room = malloc(count) else { throw .refused(systemReason(ENOMEM)) }
    var done = 0
    while true {
      let taken = Foundation.read(
        descriptor, room.advanced(by: done), count.subtractingClamped(done))
      if taken < 0, errno == EINTR { continue }
      guard taken >= 0 else {
        let reason = systemReason()
        free(room)
        throw .refused(reason)
      }
      if taken == 0 { return Data(bytesNoCopy: room, count: done, deallocator: .free) }
      done.addClamped(taken)
      guard done <= limit else {
        free(room)
        throw .tooLarge(limit: limit)
      }
      if done == count {
        count = min(limit.addingClamped(1), count.multipliedClamped(by: 2))
        guard let larger = realloc(room, count) else {
          free(room)
          throw .refused(systemReason(ENOMEM))
        }
        room = larger
      }
    }
  }
}
