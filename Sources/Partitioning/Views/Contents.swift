import Channels
import Platform
import Quantities
import X86

// The guest's console, storage and registers, for DISPLAY, STORE and SEND.

extension PartitionManager {
  /// Names of the registers that can be displayed.
  package static let registerNames =
    generalRegisters + ["RIP", "RFLAGS", "CR0", "CR2", "CR3", "CR4", "CR8", "EFER"]

  private func computer(of name: String) -> Computer? { (try? partition(name))?.computer }

  /// A piece of a partition's storage; nil when the partition is not active or a byte is not there.
  package func storage(of name: String, at address: UInt64, count: Int) -> [UInt8]? {
    guard let computer = computer(of: name), count >= 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    let isRead =
      count == 0 || bytes.withUnsafeMutableBytes { computer.memory.read(address, into: $0) }
    return isRead ? bytes : nil
  }

  /// A register of a partition's processor by name; nil when there is no such thing.
  package func register(_ name: String, of partition: String, processor: Int) -> UInt64? {
    guard let source = computer(of: partition)?.processors.element(at: processor) else {
      return nil
    }
    switch name.uppercased() {
    case "RIP": return source.instructionPointer
    case "RFLAGS": return source.flags
    case "CR0": return source.cr0
    case "CR2": return source.cr2
    case "CR3": return source.cr3
    case "CR4": return source.cr4
    case "CR8": return source.cr8
    case "EFER": return source.efer
    case let general:
      guard let index = PartitionManager.generalRegisters.firstIndex(of: general),
        let register = GeneralRegister(rawValue: UInt8(index))
      else { return nil }
      return source[register]
    }
  }

  /// The digest of the machine (nil) or of a partition, with the pages that were written.
  package func storageDigest(of name: String?) -> UInt64 {
    guard let name else {
      var digest = engine.progress.digest
      for partition in partitions where partition.isActive { mixPages(of: partition, &digest) }
      return digest.value
    }
    guard let number = number(of: name), let partition = partitions[number] else {
      return 0
    }
    var digest = engine.guests[number].digest
    mixPages(of: partition, &digest)
    return digest.value
  }

  private func mixPages(of partition: Partition, _ digest: inout HistoryDigest) {
    guard let computer = partition.computer else { return }
    digest.mix(UInt64(clamping: partition.number))
    computer.mix(into: &digest)
    computer.memory.forEachWrittenPage { address, page in
      digest.mix(address)
      digest.mix(bytes: UnsafeRawBufferPointer(start: page, count: 4096))
    }
  }
}
