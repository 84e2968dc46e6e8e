import Platform
import Quantities
import X86

// What comes for guests from outside: an input of the machine, below the actions that the journal has.

extension PartitionManager {
  /// Types bytes at an active partition's console: an input, but no action.
  ///
  /// - Parameters:
  ///   - bytes: The keys.
  ///   - name: The partition.
  ///   - author: Who types.
  /// - Throws: `.partitionNotFound`, `.wrongState`, and what an author has no right to; nothing was typed
  ///   then.
  package func type(
    _ bytes: [UInt8], at name: String, by author: Author
  ) throws(ManagementError) {
    let action = ManagementAction.sendConsole(name, bytes: bytes)
    try authorize(action, author)
    let partition = try partition(name)
    try sendConsole(partition, bytes)
    firmware.journal.enter(typed: bytes, at: partition)
    // To the guest it is the same whoever sends it, and how.
    firmware.journal.mix(action)
  }

  /// Bytes that were typed at a partition's console and that its guest has not taken.
  package func waitingInput(at name: String) -> Int {
    (try? partition(name))?.computer?.waitingConsoleInput ?? 0
  }

  func sendConsole(_ partition: Partition, _ bytes: [UInt8]) throws(ManagementError) {
    try partition.requireActive()
    partition.computer?.type(bytes)
    hardware.findWork(of: partition)
  }

  func storeStorage(
    _ partition: Partition, _ address: UInt64, _ bytes: [UInt8]
  ) throws(ManagementError) {
    try partition.requireActive()
    let isStored =
      bytes.isEmpty
      || partition.computer.map { computer in
        bytes.withUnsafeBytes { computer.memory.write(address, from: $0) }
      } ?? has(partition, address, bytes.count)
    guard isStored else {
      throw .notStorage(partition.name, address: address, byteCount: bytes.count)
    }
    partition.isClean = false
    firmware.storage.countPages(of: partition)
  }

  /// Whether a partition has so much storage from an address on.
  private func has(_ partition: Partition, _ address: UInt64, _ byteCount: Int) -> Bool {
    firmware.storage.ranges(of: partition.places).contains {
      address >= $0.lowerBound && address < $0.upperBound
        && UInt64(clamping: byteCount) <= $0.upperBound &- address
    }
  }

  func storeRegister(
    _ partition: Partition, _ processor: Int, _ register: String, _ value: UInt64
  ) throws(ManagementError) {
    try partition.requireActive()
    try partition.requireOnline(processor)
    let target = partition.computer?.processors.element(at: processor)
    switch register.uppercased() {
    case "RIP": target?.instructionPointer = value
    case "RFLAGS": target?.flags = value
    case let name:
      guard let number = PartitionManager.generalRegisters.firstIndex(of: name),
        let general = GeneralRegister(rawValue: UInt8(number))
      else { throw .registerNotFound(register) }
      target?[general] = value
    }
  }

  /// Names of the general registers by number.
  package static let generalRegisters = [
    "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI", "R8", "R9", "R10", "R11", "R12", "R13",
    "R14", "R15",
  ]
}
