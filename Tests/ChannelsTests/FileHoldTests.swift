import Foundation
import Testing

@testable import Channels

// Oracle: flock(2), by which a file that is opened once more stands for another program: what one of the two has,
// the other is refused.

@Suite("Files of disks are kept from other programs")
struct FileHoldTests {
  private let file = TemporaryFile()
  private static let written =
    "another program writes to it; end that program, or name another file"
  private static let read =
    "another program reads it as a base; end that program, or leave out WRITABLE"

  /// A file, gone when the test is over.
  private final class TemporaryFile {
    let path = NSTemporaryDirectory() + "endicott-\(UUID().uuidString).img"
    init() { _ = FileManager.default.createFile(atPath: path, contents: Data(count: 4096)) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  /// Another program with a lock on the file; nil when it is refused.
  private final class Other {
    private let descriptor: Int32
    init?(_ path: String, _ lock: Int32) {
      descriptor = open(path, O_RDWR | O_CLOEXEC)
      guard flock(descriptor, lock | LOCK_NB) == 0 else { return nil }
    }
    deinit { close(descriptor) }
  }

  private func other(_ lock: Int32) -> Other? { Other(file.path, lock) }

  private func disk(writable: Bool) throws -> DiskDevice {
    try DiskDevice(
      .file(path: file.path, writable: writable), device: 0x200,
      memory: DiskMemory(partitionCount: 1, byteLimit: 1 << 20))
  }

  private func refusal(_ reason: String) -> ChannelError {
    .fileUnusable(device: 0x200, path: file.path, reason: reason)
  }

  @Test("a writer beside nobody, a reader beside readers")
  func others() throws {
    var holder = other(LOCK_EX)
    #expect(throws: refusal(Self.written)) { try disk(writable: true) }
    #expect(throws: refusal(Self.written)) { try disk(writable: false) }
    holder = nil
    holder = other(LOCK_SH)
    #expect(throws: refusal(Self.read)) { try disk(writable: true) }
    let reader = try disk(writable: false)
    holder = nil
    #expect(other(LOCK_EX) == nil && other(LOCK_SH) != nil)
    withExtendedLifetime((holder, reader)) {}
  }

  @Test("machines of one process count together, by what the file is")
  func machines() throws {
    let name = file.path + ".link"
    #expect(link(file.path, name) == 0)
    defer { unlink(name) }
    var first: ChannelSubsystem? = try subsystem(file: file.path, isWritable: true)
    var second: ChannelSubsystem? = try subsystem(file: name, isWritable: true)
    #expect(other(LOCK_SH) == nil)
    first = nil
    #expect(other(LOCK_SH) == nil)
    second = nil
    #expect(other(LOCK_EX) != nil)
    withExtendedLifetime((first, second)) {}
  }

  @Test("who reads and who writes in one process: others see the stricter of what there is")
  func bothKinds() throws {
    var reader: DiskDevice? = try disk(writable: false)
    #expect(other(LOCK_SH) != nil)
    var writer: DiskDevice? = try disk(writable: true)
    #expect(other(LOCK_SH) == nil)
    writer = nil
    #expect(other(LOCK_SH) != nil && other(LOCK_EX) == nil)
    // A refusal takes nothing from who reads.
    var holder = other(LOCK_SH)
    #expect(throws: refusal(Self.read)) { try disk(writable: true) }
    holder = nil
    #expect(other(LOCK_EX) == nil)
    reader = nil
    #expect(other(LOCK_EX) != nil)
    withExtendedLifetime((reader, writer, holder)) {}
  }

  @Test("a machine that is only looked at holds nothing, and works beside others")
  func looking() throws {
    let holder = other(LOCK_EX)
    for isWritable in [true, false] {
      let looking = try ChannelSubsystem(
        ChannelConfiguration(
          partitionCount: 1,
          devices: [
            ChannelConfiguration.Device(
              number: 0x200, paths: [], medium: .file(path: file.path, writable: isWritable))
          ]), sparingFiles: true)
      #expect(looking.hardware.disks[0].blockCount == 8)
    }
    withExtendedLifetime(holder) {}
  }

  @Test("a file that the host does not let lock is used without")
  func unlockable() throws {
    // Of what is opened by its path alone (O_PATH) flock says EBADF, as file systems without locks say ENOLCK.
    let pathAlone: Int32 = 0o10_000_000
    let descriptor = open(file.path, pathAlone | O_CLOEXEC)
    defer { close(descriptor) }
    let hold = try FileHold(of: descriptor, writing: true)
    #expect(other(LOCK_EX) != nil)
    withExtendedLifetime(hold) {}
    #expect(throws: FileHoldRefusal.host(number: EBADF)) { try FileHold(of: -1, writing: true) }
  }
}
