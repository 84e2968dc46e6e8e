import Foundation

/// What an initial program load starts.
package enum BootImage: Sendable {
  /// A Linux kernel (bzImage) with an optional initial RAM disk and its command line.
  case linux(kernel: Data, initrd: Data?, commandLine: String, entry: LinuxEntry = .automatic)
  /// A Multiboot 1 image with its modules and command line.
  case multiboot(image: Data, modules: [BootModule], commandLine: String)
  /// A firmware image, which starts at its reset vector; the partition has the devices of a PC/AT.
  case firmware(Data)
  /// A program of flat bytes.
  case program(GuestProgramImage)
}

/// By which protocol a Linux kernel is entered (Documentation/arch/x86/boot.rst).
package enum LinuxEntry: Sendable {
  /// The 64-bit protocol where the kernel has it, else the 32-bit one.
  case automatic
  /// The 32-bit boot protocol.
  case bits32
  /// The 64-bit boot protocol.
  case bits64
}

/// A file that is loaded beside a Multiboot image.
package struct BootModule: Equatable, Sendable {
  /// What the file holds.
  package var contents: Data
  /// The text that the image finds beside it.
  package var commandLine: String

  /// A module and its text.
  package init(contents: Data, commandLine: String = "") {
    self.contents = contents
    self.commandLine = commandLine
  }
}

/// A program of flat bytes, started in 64-bit mode at privilege level 0.
///
/// Entry state: interrupts off, flat segments, storage and devices below 4 GiB mapped one to one by
/// page tables at 0x9000, RSP 0x8FF0, RDI = bytes of storage, RSI = processors present,
/// RDX = address of the first virtio register block or 0, RCX = address of the parameter text, which
/// ends with a zero byte; other registers zero.
package struct GuestProgramImage: Equatable, Sendable {
  /// The program.
  package var bytes: [UInt8]
  /// Guest-physical address of its first byte.
  package var origin: UInt64
  /// Guest-physical address of its first instruction.
  package var entry: UInt64
  /// Text handed to the program, at most 255 bytes.
  package var parameter: String

  /// A program that is loaded at an address, started at another, and handed a text.
  package init(
    bytes: [UInt8], origin: UInt64 = 0x10_0000, entry: UInt64? = nil, parameter: String = ""
  ) {
    self.bytes = bytes
    self.origin = origin
    self.entry = entry ?? origin
    self.parameter = parameter
  }
}
