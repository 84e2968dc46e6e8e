import Channels
import Foundation
import X86

// Firmware is not loaded but placed: it is the read-only memory that ends at 4 GiB, and processor 0
// starts in it at its reset vector (Intel SDM volume 3, "First Instruction Executed").
extension Computer {
  private static let pageByteCount = 4096

  /// Places a firmware image and makes processor 0 ready at its reset vector.
  ///
  /// - Throws: `LoadError.invalidFirmware`; the partition is then unchanged.
  func loadFirmware(_ image: Data, _ time: SimulatedTime?) throws(LoadError) {
    guard let bridge else { throw .noFirmwareHardware }
    guard !image.isEmpty else { throw .invalidFirmware(field: "size", value: 0) }
    // Cannot trap: the number of a file's bytes.
    let byteCount = image.count
    guard byteCount <= PCLayout.firmwareLimit, byteCount % Computer.pageByteCount == 0 else {
      throw .invalidFirmware(field: "size", value: UInt64(clamping: byteCount))
    }
    reset(clear: false)
    startTime(at: time ?? values.currentTime)
    // Cannot trap: the bytes of a file.
    image.withUnsafeBytes { memory.setReadOnly($0) }
    bridge.leaveToFirmware()
  }

  /// The tables of ACPI.
  var firmwareTables: ACPITables {
    ACPITables(
      isPresent: Array(network.state.isPresent),
      // Cannot trap: each element once.
      devices: bus.devices.flatMap { $0.description() },
      hardware: configuration.hasLegacyDevices ? .fixed : .reduced)
  }

  /// Stores what firmware leaves for a system that is loaded without one, and sets the board up for it.
  ///
  /// - Parameter needsData: Whether the image is of a kind that looks for the BIOS data area.
  func storeFirmwareTables(withBIOSData needsData: Bool) {
    let hasBoard = configuration.hasLegacyDevices
    let bytes = firmwareTables.bytes()
    // Cannot trap: the tables of the most processors that a machine takes are shorter.
    precondition(bytes.count <= PCLayout.firmwareTableLimit(hasBoard: hasBoard))
    _ = store(bytes, at: PCLayout.firmwareTables)
    guard needsData || hasBoard else { return }
    _ = store(BIOSServices.vectors, at: 0)
    _ = store(BIOSServices.code, at: PCLayout.biosServices)
    _ = store(BIOSData(hasBoard: hasBoard).bytes(), at: PCLayout.biosData)
    var extended = BIOSData.extended
    if let bridge {
      bridge.placePower(at: PCLayout.powerManagement)
      let processor = Identification(
        processorCount: configuration.maximumProcessors, processorNumber: 0,
        features: configuration.features
      ).leaf(1, 0)
      let table = MultiprocessorTable(
        isPresent: Array(network.state.isPresent), signature: (processor.eax, processor.edx))
      _ = store(table.bytes(), at: PCLayout.multiprocessorTable)
      extended += MultiprocessorTable.pointer
    }
    _ = store(extended, at: PCLayout.extendedBIOSData)
  }

  /// Leaves the interrupt controllers connected as firmware does ("virtual wire mode").
  ///
  /// Source: Intel MultiProcessor Specification 1.4, section 3.6.2.2.
  func connectControllers() {
    guard configuration.hasLegacyDevices else { return }
    let registers: [(UInt32, UInt32)] = [(0x0F0, 0x1FF), (0x350, 0x700), (0x360, 0x400)]
    for (offset, value) in registers {
      _ = network.writeLocal(0, offset, value, now: values.currentTime)
    }
  }
}
