import Quantities

/// Fixed addresses, ports and interrupt numbers of the PC that a partition sees.
package enum PCLayout {
  /// End of the low part of storage; the rest begins at `highStorageBase`.
  package static let lowStorageLimit: UInt64 = 0xC000_0000
  /// Guest-physical start of storage beyond the low part.
  package static let highStorageBase: UInt64 = 0x1_0000_0000
  /// Unit in which storage is attached: 1 MiB.
  package static let storageUnit: UInt64 = 0x10_0000
  /// Unit in which a guest plugs storage by virtio, and the boundary that it lies on: 2 MiB.
  package static let pluggableBlock: UInt64 = 0x20_0000

  /// Local APIC page, 4 KiB (Intel SDM 3A, "Advanced Programmable Interrupt Controller").
  static let localAPICBase: UInt64 = 0xFEE0_0000
  /// I/O APIC registers (Intel 82093AA datasheet).
  static let ioAPICBase: UInt64 = 0xFEC0_0000
  /// Bytes decoded at `ioAPICBase`.
  static let ioAPICByteCount: UInt64 = 0x1000
  /// First virtio-mmio register block.
  package static let virtioBase: UInt64 = 0xFEB0_0000
  /// Bytes of one virtio-mmio register block.
  package static let virtioByteCount: UInt64 = 0x200
  /// Most virtio devices of a partition: one I/O APIC pin each.
  package static let virtioLimit = 8

  /// Most ACPI memory devices of a partition: what the firmware tables have room for.
  static let memoryDeviceLimit: UInt64 = 256

  /// First I/O port of serial line 1 (PC/AT convention), eight ports.
  static let serialPort: UInt64 = 0x3F8
  /// Ports of the interval timer 8254: three counters and a control word.
  static let intervalTimer: UInt64 = 0x40
  /// System control port B: gate and output of counter 2.
  static let systemControl: UInt64 = 0x61
  /// Keyboard controller's command port; 0xFE pulses the reset line.
  static let keyboardCommand: UInt64 = 0x64
  /// CMOS index port; data follow at the next port.
  static let clockIndex: UInt64 = 0x70
  /// ACPI sleep control register, one byte; status follows.
  static let sleepControl: UInt64 = 0x600
  /// ACPI sleep status register, one byte.
  static let sleepStatus: UInt64 = 0x601
  /// Where a processor starts after a reset, F000:FFF0 in real mode.
  static let resetVector: UInt64 = 0xF_FFF0
  /// ACPI reset register, one byte.
  static let resetRegister: UInt64 = 0x602
  /// What a write to `resetRegister` must carry.
  static let resetValue: UInt8 = 0x01
  /// ACPI power management timer, 3.579545 MHz, 32 bits.
  static let powerTimer: UInt64 = 0x608
  /// Generic event register: 32 bits, cleared by reading.
  static let eventRegister: UInt64 = 0x610
  /// Processor hot-plug registers: selector (32 bits), flags (8 bits), and at 8 the status that the guest
  /// says a request ended with (32 bits).
  static let processorHotplug: UInt64 = 0x620
  /// Device hot-plug registers: selector (32 bits), flags (8 bits), an event and its status (32 bits each).
  static let deviceHotplug: UInt64 = 0x630
  /// Storage hot-plug registers: selector (32 bits), flags (8 bits), an event and its status (32 bits each).
  static let storageHotplug: UInt64 = 0x640

  /// The test device's register of 32 bits; there only when asked for.
  static let testScratch: Range<UInt64> = 0xE0..<0xE4
  /// The test device: a write of a guest-physical address flushes what is kept of its page.
  static let testFlushPage: UInt64 = 0xE4
  /// The test device: port `testInterruptLines` + n is the level of interrupt line n.
  static let testInterruptLines: UInt64 = 0x2000

  /// Interrupt controllers 8259A: the master's two registers, and the slave's.
  static let interruptControllers: (master: UInt64, slave: UInt64) = (0x20, 0xA0)
  /// ELCR of the master; the slave's is at the next port.
  static let interruptLevels: UInt64 = 0x4D0
  /// Keyboard controller's data port.
  static let keyboardData: UInt64 = 0x60
  /// Diagnostic port of power-on self tests.
  static let diagnostic: UInt64 = 0x80
  /// System control port A: A20 gate in bit 1, reset in bit 0.
  static let systemControlA: UInt64 = 0x92
  /// Advanced power management: control; a byte of status follows.
  static let powerControl: UInt64 = 0xB2
  /// First port of the PIIX4's power management, where the loader puts it; firmware chooses its own.
  static let powerManagement: UInt64 = 0xB000
  /// First port of the video subsystem, 0x30 ports.
  static let video: UInt64 = 0x3B0
  /// Where firmware writes its messages; a read says that somebody listens.
  static let debugConsole: UInt64 = 0x402
  /// What a read of `debugConsole` gives.
  static let debugConsoleMark: UInt8 = 0xE9
  /// Firmware configuration: selector, 16 bits; data at the next port.
  static let firmwareConfiguration: UInt64 = 0x510
  /// Firmware configuration by direct memory access: address, 64 bits, highest byte first.
  static let firmwareConfigurationAddress: UInt64 = 0x514
  /// PCI configuration address (32 bits); data follow at 0xCFC.
  static let configurationAddress: UInt64 = 0xCF8
  /// Reset control register of the ISA bridge.
  static let resetControl: UInt64 = 0xCF9
  /// PCI configuration data, four ports.
  static let configurationData: UInt64 = 0xCFC

  /// Text memory of the video subsystem, 32 KiB.
  static let textMemory: UInt64 = 0xB_8000
  /// Bytes of text memory.
  static let textByteCount = 0x8000
  /// Most bytes of a firmware image.
  package static let firmwareLimit = 16 << 20

  /// I/O APIC pin of the interval timer, which is request 0 of the interrupt controllers.
  static let timerPin = 2
  /// I/O APIC pin and request of the keyboard.
  static let keyboardPin = 1
  /// I/O APIC pin and request of the clock.
  static let clockPin = 8
  /// I/O APIC pin and request of the auxiliary device of the keyboard controller.
  static let auxiliaryPin = 12
  /// I/O APIC pin of serial line 1.
  static let serialPin = 4
  /// IRQ 13: an x87 exception with CR0.NE clear (FERR#).
  static let coprocessorPin = 13
  /// A write clears the coprocessor's interrupt and asserts IGNNE#, as on a PC/AT.
  static let coprocessorError: UInt64 = 0xF0
  /// I/O APIC pin of the generic event device; the power management of a board has pin 9.
  static func eventPin(hasBoard: Bool) -> Int { hasBoard ? 10 : 9 }
  /// I/O APIC pin and request of the system control interrupt.
  static let systemControlPin = 9
  /// I/O APIC pin of the first virtio device.
  static let virtioPin = 16

  /// Where the interrupt vectors of real mode lead (F000:FF00).
  static let biosServices: UInt64 = 0xF_FF00
  /// The BIOS data area (40:0).
  static let biosData: UInt64 = 0x400
  /// The extended BIOS data area, 1 KiB, where conventional storage ends.
  static let extendedBIOSData = conventionalLimit
  /// The Multiprocessor Specification's table, in the segment where it is looked for.
  static let multiprocessorTable: UInt64 = 0xF_0000
  /// Lowest address of what a Multiboot loader tells an image.
  static let multibootInformation: UInt64 = 0x9000
  /// Global descriptor table of the boot state.
  static let bootDescriptorTable: UInt64 = 0x6000
  /// Linux "zero page" (Documentation/arch/x86/boot.rst).
  static let zeroPage: UInt64 = 0x7000
  /// Parameter text of a guest program; such a program has no zero page.
  static let programParameter: UInt64 = 0x7000
  /// Stack pointer of the boot state.
  static let bootStack: UInt64 = 0x8FF0
  /// PML4 of the boot state; the PDPT and four page directories follow.
  static let bootPageTable: UInt64 = 0x9000
  /// Kernel command line.
  static let commandLine: UInt64 = 0x2_0000
  /// End of conventional storage as told to Linux (below the extended BIOS data area).
  static let conventionalLimit: UInt64 = 0x9_FC00
  /// ACPI tables, inside the BIOS area that Linux does not use as storage.
  static let firmwareTables: UInt64 = 0xE_0000
  /// Bytes available for ACPI tables: up to the Multiprocessor Specification's, or the BIOS services.
  static func firmwareTableLimit(hasBoard: Bool) -> Int {
    Int((hasBoard ? multiprocessorTable : biosServices) - firmwareTables)
  }
  /// Where storage continues above the BIOS area.
  static let extendedBase: UInt64 = 0x10_0000
  /// Preferred address of a Linux kernel.
  static let kernelBase: UInt64 = 0x100_0000

  /// Guest-physical ranges that hold `byteCount` bytes of storage, ascending.
  package static func storageRanges(byteCount: UInt64) -> [Range<UInt64>] {
    guard byteCount > lowStorageLimit else { return byteCount == 0 ? [] : [0..<byteCount] }
    let end = highStorageBase.addingClamped(byteCount &- lowStorageLimit)
    return [0..<lowStorageLimit, Range(uncheckedBounds: (highStorageBase, end))]
  }

  /// A memory block of Linux' in a system that begins with so much storage: the least that it adds or removes.
  private static func memoryBlock(initial: UInt64) -> UInt64 {
    // 128 MiB, and up to 2 GiB in a system that begins with 64 GiB.
    initial < 64 << 30 ? 128 << 20 : 2 << 30
  }

  /// Bytes of each ACPI memory device of a partition: whole memory blocks of Linux' and whole increments, and
  /// no more devices than `memoryDeviceLimit`.
  package static func memoryDeviceByteCount(
    initial: UInt64, reserved: UInt64, increment: UInt64
  ) -> UInt64 {
    var byteCount = max(memoryBlock(initial: initial), increment)
    while byteCount.multipliedClamped(by: memoryDeviceLimit) < reserved {
      byteCount = byteCount.multipliedClamped(by: 2)
    }
    return byteCount
  }

  /// Where storage lies that a guest plugs: after the initial, in whole memory blocks of Linux'
  /// and on their boundary, and not on both sides of the gap.
  static func pluggableRegion(initial: UInt64, byteCount: UInt64) -> Range<UInt64> {
    let block = memoryBlock(initial: initial)
    func whole(_ bytes: UInt64) -> UInt64 { bytes.addingClamped(block &- 1) / block &* block }
    let size = whole(byteCount)
    var start = whole(storageRanges(byteCount: initial).last?.upperBound ?? 0)
    if start.addingClamped(size) > lowStorageLimit { start = max(start, highStorageBase) }
    return start..<max(start, start.addingClamped(size))
  }

  /// Bytes of storage that end at an address, when all addresses of storage below it are.
  static func byteCount(endingAt address: UInt64) -> UInt64 {
    address <= lowStorageLimit ? address : address &- (highStorageBase &- lowStorageLimit)
  }
}
