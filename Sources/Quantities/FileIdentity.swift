import Foundation

/// What tells a file or folder of the host from others, by whatever name it is known.
package struct FileIdentity: Codable, Hashable, Sendable {
  /// The number of what it lies on.
  package let device: UInt64
  /// Its own number there.
  package let inode: UInt64

  /// Of what the host's system said of it.
  package init(_ status: stat) {
    device = UInt64(clamping: status.st_dev)
    inode = UInt64(clamping: status.st_ino)
  }

  /// Of what a path leads to, links followed; nil when it cannot be looked at.
  package init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }
}
