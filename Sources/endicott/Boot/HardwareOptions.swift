import ArgumentParser

/// Options of `endicott boot` for the devices of a PC/AT.
struct HardwareOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Give a kernel the devices of a PC/AT too, as firmware has them.",
      discussion: "8259 interrupt controllers, 8254 with interrupts, 8042, PCI bridges, VGA text."))
  var legacy = false

  @Option(
    help: ArgumentHelp(
      "Where the bytes go that firmware writes to port 0x402; - for standard output.",
      valueName: "file"))
  var debugConsole: String?

  @Flag(help: "Print the VGA text screen at the end.")
  var screen = false

  /// Judges the options beside the firmware that is started, if it is.
  func validate(firmware: String?) throws {
    guard legacy || firmware != nil || (debugConsole == nil && !screen) else {
      throw ValidationError("--debug-console and --screen need --firmware or --legacy")
    }
  }
}
