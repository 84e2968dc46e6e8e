import Foundation
import Testing

// Other people's firmware, diagnostic program and systems, through `endicott boot`. Oracle: what they
// say on QEMU (qemu-system-x86_64 of Debian 12). Tests/Payloads/fetch gets the files.

/// A payload, what it is started with, and the text by which it shows that it has come through.
struct Payload: CustomTestStringConvertible, Sendable {
  let name: String
  let files: [String]
  let arguments: [String]
  let text: String
  /// What is typed once the guest listens.
  var input = ""
  var testDescription: String { name }

  /// Whether its files are there.
  var isPrepared: Bool {
    files.allSatisfy { FileManager.default.fileExists(atPath: Payload.path($0)) }
  }

  /// The path of a file that Tests/Payloads/fetch makes.
  static func path(_ name: String) -> String { Project.path(".build-payloads/" + name) }

  static func seaBIOS(_ arguments: [String] = []) -> Payload {
    Payload(
      name: "SeaBIOS", files: ["seabios/bios.bin"],
      arguments: [
        "--firmware", path("seabios/bios.bin"), "--memory", "64M", "--debug-console", "-",
      ] + arguments, text: "No bootable device.")
  }

  static let short = [seaBIOS(), seaBIOS(["--processors", "4"])]

  /// Minutes of a processor each.
  static let long = [
    // Its screen is repainted once a second: a short test's number may never show, the last one's does.
    Payload(
      name: "memtest86+ to its last test", files: ["memtest/memtest86+x64.bin"],
      arguments: [
        "--kernel", path("memtest/memtest86+x64.bin"), "--append", "console=ttyS0,115200",
        "--memory", "64M",
      ], text: "#10 "),
    Payload(
      name: "the Debian installer's shell", files: ["installer/linux", "installer/initrd.gz"],
      arguments: [
        "--kernel", path("installer/linux"), "--initrd", path("installer/initrd.gz"),
        "--memory", "512M", "--append", "console=ttyS0 rdinit=/bin/sh",
      ], text: "~ # "),
  ]

  /// Other people's systems on the devices of a PC/AT.
  ///
  /// Oracle: they do the same on QEMU.
  static let systems =
    [
      Payload(
        name: "Xen with Debian's kernel as dom0",
        files: ["xen/xen", "generic/vmlinuz", "generic/initrd.gz"],
        arguments: [
          "--multiboot", path("xen/xen"), "--multiboot-name", "--module",
          path("generic/vmlinuz") + "=console=hvc0 panic=-1", "--module", path("generic/initrd.gz"),
          "--append", "com1=115200,8n1 console=com1 noreboot dom0_mem=512M",
          "--legacy", "--features", "all", "--memory", "1G",
        ], text: "USER SPACE on 1 processors")
    ] + ["qemu-x86", "qemu-x86_64"].map(uBoot)
    + ["nolapic", "noapic", "nosmp", "pci=noacpi", ""].map { linux($0, processors: 1) }
    // Without ACPI the second processor is in the MP table alone.
    + [linux("acpi=off", processors: 2), linux("", processors: 2)]

  /// xv6, its file system in memory, to its shell, which counts what it is given.
  ///
  /// Debian does not have it: `make kernelmemfs` of its sources makes the file.
  static let xv6 = Payload(
    name: "xv6 with two processors", files: ["xv6/kernelmemfs"],
    arguments: [
      "--multiboot", path("xv6/kernelmemfs"), "--legacy", "--processors", "2", "--memory", "256M",
    ], text: "1 2 4", input: "echo x y | wc\r")

  private static func uBoot(_ name: String) -> Payload {
    Payload(
      name: "U-Boot \(name) to its prompt", files: ["u-boot/\(name).rom"],
      arguments: [
        "--firmware", path("u-boot/\(name).rom"), "--memory", "256M", "--features", "all",
      ], text: "=> ", input: "\r")
  }

  private static func linux(_ options: String, processors: Int) -> Payload {
    Payload(
      name: "Linux \(options) with \(processors) processors",
      files: ["generic/vmlinuz", "generic/initrd.gz"],
      arguments: [
        "--kernel", path("generic/vmlinuz"), "--initrd", path("generic/initrd.gz"), "--legacy",
        "--memory", "512M", "--processors", "\(processors)", "--append",
        "console=ttyS0 panic=-1 \(options)",
      ], text: "USER SPACE on \(processors) processors")
  }
}

@Suite("Payloads") struct PayloadTests {
  private static let missing = Comment(
    rawValue: "payloads are not prepared: run Tests/Payloads/fetch")
  private static let isLong = ProcessInfo.processInfo.environment["ENDICOTT_LONG_PAYLOADS"] == "1"

  private func run(_ payload: Payload) throws {
    let run = try ProgramRun(
      ["boot"] + payload.arguments + ["--until", payload.text], input: payload.input)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains(payload.text), "\(run.output.suffix(2000))")
    // memtest86+ counts them on its screen.
    let counts = run.output.components(separatedBy: "Errors: ").dropFirst().compactMap(\.first)
    #expect(counts.allSatisfy { $0 == "0" })
  }

  @Test(
    "come through", .enabled(if: Payload.short.allSatisfy(\.isPrepared), missing),
    arguments: Payload.short)
  func short(payload: Payload) throws { try run(payload) }

  @Test(
    "come through in the long run",
    .enabled(
      if: isLong && Payload.long.allSatisfy(\.isPrepared),
      "set ENDICOTT_LONG_PAYLOADS=1 after Tests/Payloads/fetch"),
    arguments: Payload.long)
  func long(payload: Payload) throws { try run(payload) }

  @Test(
    "come through on a PC/AT",
    .enabled(
      if: isLong && Payload.systems.allSatisfy(\.isPrepared),
      "set ENDICOTT_LONG_PAYLOADS=1 after Tests/Payloads/fetch"),
    arguments: Payload.systems)
  func systems(payload: Payload) throws { try run(payload) }

  @Test(
    "come through on two processors",
    .enabled(
      if: Payload.xv6.isPrepared, "put xv6's kernelmemfs into .build-payloads/xv6"),
    arguments: [Payload.xv6])
  func xv6(payload: Payload) throws { try run(payload) }
}

/// What `endicott boot` says of firmware and options that cannot be right.
@Suite("Firmware on the command line") struct FirmwareCommandTests {
  @Test("an image of a wrong size names the field", arguments: [0, 1000, 0x1_0001])
  func wrongSize(byteCount: Int) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("bios.bin", Data(count: byteCount))
    let run = try ProgramRun(["boot", "--firmware", file])
    #expect(run.status == 2)
    #expect(run.errors.contains("bios.bin") && run.errors.contains("size is \(byteCount) bytes"))
  }

  @Test(
    "options that do not go together",
    arguments: [
      (["--firmware", "a", "--kernel", "b"], "one of --kernel, --multiboot and --firmware"),
      (["--firmware", "a", "--append", "b"], "started alone"),
      (["--kernel", "a", "--screen"], "need --firmware or --legacy"),
      (["--kernel", "a", "--debug-console", "-"], "need --firmware or --legacy"),
    ])
  func wrongOptions(arguments: [String], message: String) throws {
    let run = try ProgramRun(["boot"] + arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains(message), "\(run.errors)")
  }

  @Test("firmware's messages go to a file, and the screen is printed at the end")
  func outputs() throws {
    // At F000:FFF0: MOV DX, 402h; MOV AL, 'K'; OUT DX, AL; HLT.
    var image = [UInt8](repeating: 0xF4, count: 0x1_0000)
    image.replaceSubrange(0xFFF0..<0xFFF7, with: [0xBA, 0x02, 0x04, 0xB0, 0x4B, 0xEE, 0xF4])
    let folder = try TemporaryFolder()
    let file = try folder.write("bios.bin", Data(image))
    let log = folder.path + "/log"
    let run = try ProgramRun([
      "boot", "--firmware", file, "--memory", "2M", "--debug-console", log, "--screen",
    ])
    #expect(run.status == 4)
    #expect(try String(contentsOfFile: log, encoding: .utf8) == "K")
    #expect(run.output.filter(\.isNewline).count == 25)
  }
}
