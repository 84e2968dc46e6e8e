import Foundation
import Quantities

/// A Unix socket in the file system that waits for clients, which only its owner may be.
struct UnixListener {
  /// Bytes of a path that the system takes, its end not counted.
  static let pathLimit = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

  /// Its descriptor, which does not wait.
  let descriptor: Int32
  private let path: String
  /// The file that was made, so that no other is removed in its place.
  private let inode: ino_t

  /// Makes the socket; one that a killed process left is replaced.
  ///
  /// - Throws: `HostFailure` when something else is there, or the host refuses.
  init(at path: String) throws(HostFailure) {
    self.path = path
    func refusal(_ reason: String) -> HostFailure { HostFailure(subject: path, reason: reason) }
    guard let address = Self.address(path) else {
      throw refusal("a socket's path has at most \(Self.pathLimit) bytes; choose a shorter one")
    }
    let socket = Self.make()
    guard socket >= 0 else { throw refusal(systemReason()) }
    descriptor = socket
    // Before it is bound, so that the file has no other mode for a moment.
    _ = fchmod(socket, 0o600)
    var isBound = Self.bind(socket, to: address)
    if !isBound, errno == EADDRINUSE {
      if let obstacle = Self.obstacle(at: path, address) {
        close(socket)
        throw refusal(obstacle)
      }
      unlink(path)
      isBound = Self.bind(socket, to: address)
    }
    var status = stat()
    guard isBound, listen(socket, 8) == 0, lstat(path, &status) == 0 else {
      let reason = systemReason()
      close(socket)
      throw refusal(reason)
    }
    inode = status.st_ino
  }

  /// Takes a client who waits, by a descriptor that does not wait; nil when none does.
  func accept() -> Int32? {
    let client = Glibc.accept(descriptor, nil, nil)
    guard client >= 0 else { return nil }
    Self.prepare(client)
    return client
  }

  /// Ends it and removes its file, if that is still its own.
  func end() {
    var status = stat()
    if lstat(path, &status) == 0, status.st_ino == inode { unlink(path) }
    close(descriptor)
  }

  private static func make() -> Int32 {
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    if socket >= 0 { prepare(socket) }
    return socket
  }

  private static func prepare(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  private static func address(_ path: String) -> sockaddr_un? {
    let bytes = Array(path.utf8)
    guard !bytes.isEmpty, bytes.count <= pathLimit else { return nil }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return address
  }

  private static func bind(_ socket: Int32, to address: sockaddr_un) -> Bool {
    withSocketAddress(address) { Glibc.bind(socket, $0, $1) == 0 }
  }

  /// Why what has the path may not be replaced; nil for a socket that nobody listens at.
  private static func obstacle(at path: String, _ address: sockaddr_un) -> String? {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
      return "it is no socket, and not replaced; remove it, or name another folder"
    }
    let probe = make()
    guard probe >= 0 else { return systemReason() }
    defer { close(probe) }
    let isRefused = withSocketAddress(address) {
      connect(probe, $0, $1) != 0 && errno == ECONNREFUSED
    }
    return isRefused ? nil : "another process listens there; name another folder"
  }

  private static func withSocketAddress<Result>(
    _ address: sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var address = address
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
