import Channels
import Foundation
import X86

// Firmware is not loaded but placed: it is the read-only memory that ends at 4 GiB, and processor 0
// starts in it at its reset vector (Intel SDM volume 3, "First Instruction Executed").
extension Machine {
  private static let pageByteCount = 4096

  /// Places a firmware image and makes processor 0 ready at its reset vector.
  ///
  /// - Throws: `LoadError.invalidFirmware`; the partition is then unchanged.
  func loadFirmware(_ image: Data, _ time: SimulatedTime?) throws(LoadError) {
    guard let board else { throw .noFirmwareHardware }
    guard !image.isEmpty else { throw .invalidFirmware(field: "size", value: 0) }
    guard image.count <= PCLayout.firmwareLimit, image.count % Machine.pageByteCount == 0 else {
      throw .invalidFirmware(field: "size", value: UInt64(image.count))
    }
    reset(clear: false)
    startTime(at: time ?? currentTime)
    image.withUnsafeBytes { memory.setReadOnly($0) }
    board.bridge = HostBridgeChip()
    applyShadows(board)
  }

  /// Leaves the interrupt controllers connected as firmware does ("virtual wire mode").
  ///
  /// Source: Intel MultiProcessor Specification 1.4, section 3.6.2.2.
  func connectControllers() {
    guard board != nil else { return }
    let registers: [(UInt32, UInt32)] = [(0x0F0, 0x1FF), (0x350, 0x700), (0x360, 0x400)]
    for (offset, value) in registers {
      _ = network.writeLocal(0, offset, value, now: currentTime)
    }
  }
}
