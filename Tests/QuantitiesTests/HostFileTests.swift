import Foundation
import Testing

@testable import Quantities

// Oracle: what stat and read of the host say of the same files.
@Suite("Files of the host")
struct HostFileTests {
  private func failure(
    _ path: String, atMost limit: Int = 100, regular: Bool = true
  ) -> HostFileError? {
    do {
      _ = try HostFile.read(path, atMost: limit, regular: regular)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "a file is read whole up to its limit, and not a byte beyond it", arguments: [0, 1, 70_000])
  func limits(count: Int) throws {
    let path = NSTemporaryDirectory() + "endicott-host-file-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let bytes = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) })
    try bytes.write(to: URL(fileURLWithPath: path))
    #expect(try HostFile.read(path, atMost: count) == bytes)
    #expect(try HostFile.read(path, atMost: .max) == bytes)
    #expect(count == 0 || failure(path, atMost: count - 1) == .tooLarge(limit: count - 1))
  }

  @Test("a sparse file larger than the host's memory, and a device without an end, are refused")
  func withoutEnd() throws {
    let path = NSTemporaryDirectory() + "endicott-host-file-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    #expect(truncate(path, 1 << 42) == 0)
    #expect(failure(path, atMost: 1 << 30) == .tooLarge(limit: 1 << 30))
    #expect(failure("/dev/zero", atMost: 1 << 20, regular: false) == .tooLarge(limit: 1 << 20))
  }

  @Test("what is no file, or none that will do, is named")
  func unsuitable() {
    #expect(failure("/nonexistent/file") == .refused("No such file or directory"))
    #expect(failure("/") == .unsuitable("not a regular file"))
    #expect(failure("/", regular: false) == .unsuitable("it is a folder; a file is needed"))
    #expect(failure("/dev/null") == .unsuitable("not a regular file"))
    #expect(failure("/dev/null", regular: false) == nil)
  }
}
