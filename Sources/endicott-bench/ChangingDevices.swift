import X86

// Loops that write another value to a register each time, and clocks and controllers in states that
// are there to cost much.
extension DeviceLoop {
  /// Writes a byte that changes to a port.
  private static func changing(
    _ name: String, _ port: Int64, prepare: @escaping (inout Assembler) -> Void = { _ in }
  ) -> DeviceLoop {
    DeviceLoop(
      name,
      prepare: {
        $0.xor(.rdi, .rdi)
        prepare(&$0)
      }
    ) { code in
      code.inc(.rdi)
      code.mov(.rax, .rdi)
      code.mov(.edx, .immediate(port))
      code.out(.dx, .al)
    }
  }

  private static func out(
    _ code: inout Assembler, _ port: Int64, _ value: Int64, wide: Bool = false
  ) {
    code.mov(.edx, .immediate(port))
    code.mov(.eax, .immediate(value))
    code.out(.dx, wide ? .eax : .al)
  }

  /// Selects a register of the host bridge.
  private static func bridge(_ register: Int64) -> (inout Assembler) -> Void {
    { out(&$0, 0xCF8, 0x8000_0000 | register, wide: true) }
  }

  /// An alarm that the clock's registers match once a day, or never, and its interrupt.
  private static func alarm(_ hour: Int64) -> (inout Assembler) -> Void {
    { code in
      for (register, value) in [(1, 0x59), (3, 0x59), (5, hour), (0x0B, 0x22), (0x0C, 0)] {
        out(&code, 0x70, Int64(register))
        if register != 0x0C { out(&code, 0x71, Int64(value)) }
      }
    }
  }

  static var changing: [DeviceLoop] {
    [
      DeviceLoop("the clock's causes, an alarm that never comes", prepare: alarm(0x77)) {
        $0.mov(.edx, .immediate(0x71))
        $0.in(.al, .dx)
      },
      changing("the clock's alarm, once a day", 0x71) { code in
        alarm(0x23)(&code)
        out(&code, 0x70, 0x01)
      },
      changing("the clock's modes", 0x71, prepare: { out(&$0, 0x70, 0x0B) }),
      changing("the clock's rate", 0x71, prepare: { out(&$0, 0x70, 0x0A) }),
      changing("which storage the chipset shows below 1 MiB", 0xCFE, prepare: bridge(0x58)),
      changing("a base address of PCI", 0xCFC, prepare: bridge(0x10)),
      changing("the interval timer's counter", 0x40, prepare: { out(&$0, 0x43, 0x34) }),
      changing("the interval timer's modes", 0x43),
      changing("the speaker's gate", 0x61), changing("the serial line's modem control", 0x3FC),
      changing("the serial line's interrupts", 0x3F9), changing("the serial line's speed", 0x3FB),
      changing("the serial line's queues", 0x3FA), changing("the interrupt mask", 0x21),
      changing("the interrupt controller's start", 0x20), changing("the keyboard's commands", 0x64),
      changing("the keyboard's data", 0x60),
      changing("a screen's register", 0x3D4), changing("power management's control", 0xB004),
      changing("the reset register", 0x602), changing("processors to be taken out", 0x624),
      DeviceLoop("a line of the I/O APIC", prepare: { $0.mov(.rbx, .bits(0xFEC0_0000)) }) {
        $0.mov(.at(.rbx, 0, .dword), .immediate(0x14))
        $0.inc(.rdi)
        $0.mov(.at(.rbx, 0x10, .dword), .edi)
      },
      DeviceLoop("the local APIC's mask", prepare: { $0.mov(.rbx, .bits(0xFEE0_0000)) }) {
        $0.inc(.rdi)
        $0.mov(.at(.rbx, 0xF0, .dword), .edi)
      },
      DeviceLoop("the disk's reset", prepare: { $0.mov(.rbx, .bits(0xFEB0_0000)) }) {
        $0.mov(.at(.rbx, 0x70, .dword), .immediate(0))
      },
    ]
  }
}
