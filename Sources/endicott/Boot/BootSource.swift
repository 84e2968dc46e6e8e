import ArgumentParser
import Foundation
import Platform

/// What `endicott boot` starts: the options that name files, and how they are entered.
struct BootSource: ParsableArguments {
  @Option(help: ArgumentHelp("A Linux kernel, a bzImage.", valueName: "file"))
  var kernel: String?

  @Option(help: ArgumentHelp("The kernel's initial RAM disk.", valueName: "file"))
  var initrd: String?

  @Option(
    help: ArgumentHelp(
      "The kernel's boot protocol, 32 or 64; 64 where the kernel has it.", valueName: "bits"))
  var entry: LinuxEntry?

  @Option(help: ArgumentHelp("A Multiboot 1 image, instead of a kernel.", valueName: "file"))
  var multiboot: String?

  @Option(
    help: ArgumentHelp(
      "A module for the Multiboot image, with its text; may be repeated.", valueName: "file[=text]")
  )
  var module: [ModuleArgument] = []

  @Flag(
    help: ArgumentHelp(
      "Put the file's name before its text, for the image and each module.",
      discussion: "As GRUB Legacy and QEMU do; without it the text stands alone, as with GRUB 2."))
  var multibootName = false

  @Option(
    help: ArgumentHelp(
      "A firmware image, instead of a kernel: it ends at 4 GiB; whole pages, at most 16M.",
      valueName: "file"))
  var firmware: String?

  @Option(
    help: ArgumentHelp(
      "The command line (default for a kernel: console=ttyS0 panic=-1).", valueName: "text"))
  var append: String?

  private static let defaultCommandLine = "console=ttyS0 panic=-1"

  func validate() throws {
    guard [kernel, multiboot, firmware].count(where: { $0 != nil }) == 1 else {
      throw ValidationError("one of --kernel, --multiboot and --firmware is needed")
    }
    if firmware != nil, initrd != nil || entry != nil || !module.isEmpty || append != nil {
      throw ValidationError("--firmware is started alone, without a kernel's options")
    }
    if multiboot != nil, initrd != nil {
      throw ValidationError("--initrd belongs to --kernel; a Multiboot image has --module")
    }
    if multibootName, multiboot == nil {
      throw ValidationError("--multiboot-name belongs to --multiboot")
    }
    if multiboot != nil, entry != nil {
      throw ValidationError("--entry belongs to --kernel")
    }
    if kernel != nil, !module.isEmpty {
      throw ValidationError("--module belongs to --multiboot; a kernel has --initrd")
    }
  }

  /// The file that is started, for messages.
  var file: String { kernel ?? multiboot ?? firmware ?? "" }

  /// Reads the files, none of which may be larger than the storage that it is for.
  ///
  /// - Parameter storage: Bytes of it.
  /// - Returns: What is started.
  /// - Throws: `HostFailure` that names the file.
  func image(for storage: UInt64) throws(HostFailure) -> BootImage {
    func readFile(_ path: String) throws(HostFailure) -> Data {
      try endicott.readFile(path, atMost: Int(clamping: storage))
    }
    if let firmware { return .firmware(try readFile(firmware)) }
    if let multiboot {
      var modules: [BootModule] = []
      let image = try readFile(multiboot)
      // Cannot trap: each element once.
      for argument in module {
        modules.append(
          BootModule(
            contents: try readFile(argument.file),
            commandLine: text(argument.text, of: argument.file)))
      }
      return .multiboot(
        image: image, modules: modules, commandLine: text(append ?? "", of: multiboot))
    }
    let contents = try readFile(file)
    var disk: Data?
    if let initrd { disk = try readFile(initrd) }
    return .linux(
      kernel: contents, initrd: disk, commandLine: append ?? Self.defaultCommandLine,
      entry: entry ?? .automatic)
  }

  /// The text of an image or module as it is handed over.
  private func text(_ text: String, of file: String) -> String {
    guard multibootName else { return text }
    return text.isEmpty ? file : "\(file) \(text)"
  }
}

/// A module as it is typed: a file, and after the first `=` the text that goes with it.
struct ModuleArgument: ExpressibleByArgument {
  let file: String
  let text: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, !first.isEmpty else { return nil }
    file = String(first)
    // Cannot trap: a slice is at most emptied.
    text = parts.dropFirst().first.map(String.init) ?? ""
  }
}

extension LinuxEntry: ExpressibleByArgument {
  /// 32 or 64; without the option it is automatic.
  public init?(argument: String) {
    switch argument {
    case "32": self = .bits32
    case "64": self = .bits64
    default: return nil
    }
  }
}
