import Channels
import Foundation
import Platform
import X86

/// A loop that keeps one kind of a computer's devices busy, and what that costs the host.
///
/// Processor 0 of 64 runs it; the others wait to be started, as after a start of the partition.
struct DeviceLoop {
  let name: String
  /// Written once before the loop.
  var prepare: (inout Assembler) -> Void = { _ in }
  /// The loop's body.
  let body: (inout Assembler) -> Void

  init(
    _ name: String, prepare: @escaping (inout Assembler) -> Void = { _ in },
    body: @escaping (inout Assembler) -> Void
  ) {
    self.name = name
    self.prepare = prepare
    self.body = body
  }

  /// Where a loop may keep what devices read.
  static let data: Int32 = 0x20_0000
  private static let storage: UInt64 = 64 << 20
  private static let megahertz: UInt32 = 1000

  /// Measures host time; the least of a few rounds counts, because what else the host does only adds.
  ///
  /// - Parameters:
  ///   - epochs: Epochs of 0.1 ms in a round.
  ///   - rounds: How many rounds.
  /// - Returns: Host nanoseconds for each simulated cycle; nil when the computer stops.
  /// - Throws: What making the computer or loading the loop throws.
  func nanosecondsPerCycle(epochs: Int, rounds: Int = 3) throws -> Double? {
    let computer = try loaded()
    let cache = CodeCache()
    var now: SimulatedTime = 0
    guard run(computer, cache, epochs, from: &now) != nil else { return nil }
    var least = Double.infinity
    for _ in 0..<rounds {
      let begin = HostUse.threadNanoseconds
      guard let cycles = run(computer, cache, epochs, from: &now) else { return nil }
      least = min(least, Double(HostUse.threadNanoseconds - begin) / Double(cycles))
    }
    return least
  }

  private func loaded() throws -> Computer {
    let computer = try Computer(
      ComputerConfiguration(
        name: "LOOP", partitionNumber: 0, maximumProcessors: 64, initialProcessors: 64,
        initialStorage: Self.storage, maximumStorage: Self.storage,
        blockDevices: [BlockDeviceConfiguration(deviceNumber: 0x200, blockCount: 4096)],
        hasLegacyDevices: true, entropySeed: 1))
    var code = Assembler(origin: 0x10_0000)
    prepare(&code)
    let loop = code.placedLabel()
    body(&code)
    code.jmp(loop)
    try computer.load(.program(GuestProgramImage(bytes: code.finish())))
    return computer
  }

  private func run(
    _ computer: Computer, _ cache: CodeCache, _ epochs: Int, from now: inout SimulatedTime
  ) -> UInt64? {
    var cycles: UInt64 = 0
    for _ in 0..<epochs {
      let end = now + 100_000
      var placement = Placement(
        processor: 0, start: now, limit: end, megahertz: Self.megahertz)
      withUnsafeMutablePointer(to: &placement) {
        computer.run(UnsafeMutableBufferPointer(start: $0, count: 1), until: end, cache: cache)
      }
      guard computer.ending == nil, placement.cyclesUsed > 0 else { return nil }
      cycles += placement.cyclesUsed
      computer.clearOutbox()
      now = end
    }
    return cycles
  }
}

extension DeviceLoop {
  static var all: [DeviceLoop] { ports + controllers + registers + block + calls + changing }

  private static func read(_ name: String, _ port: Int64, wide: Bool = false) -> DeviceLoop {
    DeviceLoop(name) {
      $0.mov(.edx, .immediate(port))
      $0.in(wide ? .eax : .al, .dx)
    }
  }

  private static func write(
    _ name: String, _ port: Int64, _ value: Int64, wide: Bool = false
  ) -> DeviceLoop {
    DeviceLoop(name) {
      $0.mov(.edx, .immediate(port))
      $0.mov(.eax, .immediate(value))
      $0.out(.dx, wide ? .eax : .al)
    }
  }

  private static var ports: [DeviceLoop] {
    [
      write("a byte to the serial line", 0x3F8, 0x41),
      read("the serial line's status", 0x3FD),
      read("the interval timer's count", 0x40),
      write("the interval timer's mode", 0x43, 0x34),
      read("the calendar clock", 0x71),
      read("the power management timer", 0x608, wide: true),
      read("a port where nothing is", 0x1234, wide: true),
      read("PCI configuration space", 0xCFC, wide: true),
      read("the keyboard controller", 0x60),
      read("the interrupt controller", 0x20),
      write("the interrupt controller", 0x20, 0x20),
      write("a register of the screen", 0x3D5, 0x0E),
      write("a byte to the debug console", 0x402, 0x41),
      read("firmware configuration", 0x511),
      write("selection of an item of firmware configuration", 0x510, 0x19),
      DeviceLoop(
        "firmware configuration to 1 MiB of storage",
        prepare: { code in
          // Control: select 19h, read; 1 MiB; to 3 MiB. Highest byte first.
          code.mov(.absolute(data, .dword), .immediate(0x0A00_1900))
          code.mov(.absolute(data + 4, .dword), .immediate(0x0000_1000))
          code.mov(.absolute(data + 8, .dword), .immediate(0))
          code.mov(.absolute(data + 12, .dword), .immediate(0x0000_3000))
        }
      ) { code in
        code.mov(.absolute(data, .dword), .immediate(0x0A00_1900))
        code.mov(.edx, .immediate(0x518))
        code.mov(.eax, .immediate(0x0000_2000))
        code.out(.dx, .eax)
      },
    ]
  }

  /// The command register of the local APIC.
  private static func send(_ name: String, _ command: Int64) -> DeviceLoop {
    DeviceLoop(
      name,
      prepare: { code in
        code.mov(.rbx, .bits(0xFEE0_0000))
        code.mov(.at(.rbx, 0xF0, .dword), .immediate(0x1FF))
      }
    ) { code in
      code.mov(.at(.rbx, 0x300, .dword), .immediate(command))
    }
  }

  private static func device(_ name: String, _ base: UInt64, _ offset: Int32) -> [DeviceLoop] {
    [
      DeviceLoop("read of " + name, prepare: { $0.mov(.rbx, .bits(base)) }) {
        $0.mov(.eax, .at(.rbx, offset, .dword))
      },
      DeviceLoop("write of " + name, prepare: { $0.mov(.rbx, .bits(base)) }) {
        $0.mov(.at(.rbx, offset, .dword), .immediate(0x1_0000))
      },
    ]
  }

  private static var controllers: [DeviceLoop] {
    [
      send("an interrupt to all others", 0xC_4080),
      send("an interrupt to itself", 0x4_4080),
      send("a lowest-priority interrupt to all", 0x8_4180),
      send("NMI to all others", 0xC_4400),
      send("INIT to all others", 0xC_4500),
      send("start-up of all others, and INIT", 0xC_4608),
    ] + device("the local APIC's end of interrupt", 0xFEE0_0000, 0xB0)
      + device("the local APIC's timer", 0xFEE0_0000, 0x380)
      + device("the local APIC's task priority", 0xFEE0_0000, 0x80)
      + device("the I/O APIC's window", 0xFEC0_0000, 0x10)
  }

  private static func register(_ name: String, _ number: Int64, _ value: Int64) -> DeviceLoop {
    DeviceLoop(name) { code in
      code.mov(.ecx, .immediate(number))
      code.mov(.eax, .immediate(value))
      code.xor(.edx, .edx)
      code.wrmsr()
    }
  }

  private static var registers: [DeviceLoop] {
    [
      register("the time stamp's deadline", 0x6E0, 0x7FFF_FFFF),
      register("the paravirtual clock", 0x4B56_4D01, Int64(data) | 1),
      register("the wall clock", 0x4B56_4D00, Int64(data)),
      register("stolen time", 0x4B56_4D03, Int64(data) | 1),
      register("the APIC's base", 0x1B, 0xFEE0_0900),
    ]
  }

  private static let disk: UInt64 = 0xFEB0_0000

  private static var block: [DeviceLoop] {
    device("the disk's status", disk, 0x70) + device("the disk's configuration", disk, 0x100) + [
      DeviceLoop("a notice of an empty ring", prepare: { prepareRing(&$0) }) {
        $0.mov(.at(.rbx, 0x50, .dword), .immediate(0))
      },
      DeviceLoop(
        "a notice of 32 requests that are answered at once", prepare: { prepareRing(&$0) }
      ) {
        // The ring holds 64: every other one is a request whose kind nobody knows.
        $0.add(.absolute(data + 0x1002, .word), .immediate(32))
        $0.mov(.at(.rbx, 0x50, .dword), .immediate(0))
      },
      DeviceLoop("a notice of reads of a disk", prepare: { prepareRing(&$0, kind: 0) }) {
        $0.add(.absolute(data + 0x1002, .word), .immediate(32))
        $0.mov(.at(.rbx, 0x50, .dword), .immediate(0))
      },
      DeviceLoop(
        "a notice of 32 requests for 256 random bytes",
        prepare: { prepareRing(&$0, of: disk + 0x200, kind: 0) }
      ) {
        $0.add(.absolute(data + 0x1002, .word), .immediate(32))
        $0.mov(.at(.rbx, 0x50, .dword), .immediate(0))
      },
    ]
  }

  /// A driver's start, and a ring of 64 descriptors in 32 chains of a header and a status.
  ///
  /// Source: VIRTIO 1.2, "MMIO Device Register Layout" and "Split Virtqueues".
  private static func prepareRing(
    _ code: inout Assembler, of device: UInt64 = disk, kind: Int64 = 99
  ) {
    code.mov(.rbx, .bits(device))
    func write(_ register: Int32, _ value: Int64) {
      code.mov(.at(.rbx, register, .dword), .immediate(value))
    }
    for status in [Int64(0), 1, 3] { write(0x70, status) }
    write(0x24, 1)
    write(0x20, 1)
    write(0x70, 11)
    write(0x38, 64)
    for (register, address) in [(Int32(0x80), Int64(0)), (0x90, 0x1000), (0xA0, 0x2000)] {
      write(register, Int64(data) + address)
      write(register + 4, 0)
    }
    write(0x44, 1)
    write(0x70, 15)
    func store(_ offset: Int32, _ value: Int64) {
      code.mov(.absolute(data + offset, .dword), .immediate(value))
    }
    store(0x3000, kind)
    for chain in Int32(0)..<32 {
      let (header, status) = (32 * chain, 32 * chain + 16)
      store(header, Int64(data) + 0x3000)
      store(header + 8, 16)
      store(header + 12, Int64(2 * chain + 1) << 16 | 1)
      store(status, Int64(data) + 0x4000)
      store(status + 8, kind == 0 ? 513 : 1)
      store(status + 12, 2)
    }
    for entry in Int32(0)..<32 {
      // Two entries of the available ring in a word.
      let head = Int64(4 * entry % 64)
      store(0x1004 + 4 * entry, (head + 2) % 64 << 16 | head)
    }
  }

  private static func call(_ name: String, _ number: Int64) -> DeviceLoop {
    DeviceLoop(name) { code in
      code.mov(.eax, .immediate(number))
      code.vmmcall()
    }
  }

  private static var calls: [DeviceLoop] {
    [
      call("a call that nobody knows", 0x7777), call("KVM's yield", 11),
      call("KVM's kick of a processor", 5), call("DIAGNOSE 0C", 0x4449_000C),
      call("DIAGNOSE 60", 0x4449_0060), call("DIAGNOSE 610", 0x4449_0610),
    ]
  }
}
