import ArgumentParser
import Foundation
import Platform
import Quantities
import X86

/// `endicott boot`: one partition alone, its serial line on standard output and input.
struct BootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "boot",
    abstract: "Boot a kernel or firmware in one partition, as fast as the host goes.",
    discussion: """
      The guest's serial line COM1 (console=ttyS0) is standard output and input. At a terminal \
      Ctrl-A X leaves and Ctrl-A Ctrl-A is a Ctrl-A for the guest. The same files and input give \
      the same run: the clock starts at 2026-01-01T00:00:00Z and follows the instructions executed.

      For kernels that test: --debug-exit ends the run at a write to a port; --test-device has a \
      32-bit register at ports 0xE0-0xE3, at 0xE4 takes the address of a page whose decoded code is \
      dropped, and at ports 0x2000+n raises (not 0) or lowers (0) interrupt line n.

      Firmware is placed below 4 GiB and starts at its reset vector, on a partition with the devices \
      of a PC/AT: --firmware bios.bin --debug-console - shows what SeaBIOS says.

      Exit status: 0 the guest switched itself off, Ctrl-A X, or the text of --until; (V << 1) | 1 in \
      eight bits, always odd, the guest wrote V to the debug exit port; 2 a file cannot be used; 4 a \
      triple fault, or the guest waits for something that cannot come; 64 the command line is wrong; \
      128+n ended by signal n, which is told.
      """)

  @OptionGroup var source: BootSource

  @OptionGroup var hardware: HardwareOptions

  @Option(help: ArgumentHelp("Storage, in bytes or with K, M, G.", valueName: "size"))
  var memory = ByteCount(256 << 20)

  @Option(help: ArgumentHelp("Logical processors, 1-64.", valueName: "n"))
  var processors = 1

  @OptionGroup
  var features: FeatureOptions

  @Option(
    help: ArgumentHelp(
      "A port: a write of V to it ends the run with status (V << 1) | 1.", valueName: "port"))
  var debugExit: PortNumber?

  @Flag(help: "Add the test device: ports 0xE0-0xE4 and 0x2000-0x2017.")
  var testDevice = false

  @Option(
    help: ArgumentHelp(
      "End with status 0 once the guest has written this text, on COM1 or the debug console.",
      valueName: "text"))
  var until: String?

  @Option(help: ExecutionEngine.help)
  var engine = ExecutionEngine.standard

  @Flag(help: "Say at the end, on standard error, what was executed.")
  var statistics = false

  func validate() throws {
    try hardware.validate(firmware: source.firmware)
    guard (1...64).contains(processors) else {
      throw ValidationError("--processors \(processors): 1 to 64 are possible")
    }
    let mebibytes = memory.value >> 20
    guard memory.value % (1 << 20) == 0, (1...65_536).contains(mebibytes) else {
      throw ValidationError("--memory: whole megabytes are needed, 1M to 64G")
    }
  }

  func run() throws {
    do {
      let driver = try BootDriver(
        image: try source.image(for: memory.value), file: source.file, byteCount: memory.value,
        processors: processors, features: try features.named(),
        testHardware: TestHardware(
          debugExitPort: debugExit?.value, hasTestDevice: testDevice),
        hasLegacyDevices: hardware.legacy || source.firmware != nil,
        outputs: try BootOutputs(debugConsole: hardware.debugConsole, awaited: until),
        engine: engine)
      let ending = driver.run()
      if hardware.screen { writeLines(driver.screen ?? []) }
      if statistics { writeError(driver.statistics) }
      if let message = ending.message { writeError("endicott: \(message)") }
      throw ExitCode(ending.status)
    } catch let failure as HostFailure {
      writeError(failure.line)
      throw ExitCode(failure.status)
    }
  }
}

/// A port's number as it is typed: decimal, or hexadecimal after 0x.
struct PortNumber: ExpressibleByArgument {
  /// The port.
  let value: UInt16

  init?(argument: String) {
    let text = argument.lowercased()
    // Cannot trap: a slice is at most emptied.
    let number = text.hasPrefix("0x") ? UInt16(text.dropFirst(2), radix: 16) : UInt16(text)
    guard let number else { return nil }
    value = number
  }
}

/// A size in bytes as it is typed: a number, with K, M, G or T for powers of 1024.
struct ByteCount: ExpressibleByArgument {
  /// The size in bytes.
  let value: UInt64

  init(_ value: UInt64) { self.value = value }

  init?(argument: String) {
    guard let number = byteCount(argument.uppercased()), number > 0 else { return nil }
    value = number
  }

  var defaultValueDescription: String { sizeText(value) }
}
