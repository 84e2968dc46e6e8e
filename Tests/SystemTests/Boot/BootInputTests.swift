import Foundation
import Testing

/// A wrong `boot` command, its message and exit status.
struct BadBoot: CustomTestStringConvertible {
  /// What the kernel's file holds; nil for no file.
  let kernel: Data?
  var arguments: [String] = []
  /// What standard error must say.
  let message: String
  var status: Int32 = 2
  var testDescription: String { message }

  /// A bzImage's setup part with a plausible header and nothing behind it.
  private static let header: Data = {
    var file = Data(count: 0x1000)
    file[0x1F1] = 7
    file[0x1FE] = 0x55
    file[0x1FF] = 0xAA
    file.replaceSubrange(0x202..<0x206, with: Data("HdrS".utf8))
    file[0x206] = 0x0F
    file[0x207] = 0x02
    file[0x236] = 1
    file[0x211] = 1
    file[0x201] = 0x6A
    file[0x1F4] = 0
    file[0x1F5] = 0x10
    return file
  }()

  private static func changed(_ offset: Int, _ byte: UInt8) -> Data {
    var file = header
    file[offset] = byte
    return file
  }

  static let all = [
    BadBoot(kernel: nil, message: "kernel: No such file or directory"),
    BadBoot(
      kernel: Data(), message: "kernel: the file ends inside setup header field boot_flag"),
    BadBoot(kernel: Data(count: 600), message: "the boot signature 0xAA55 (boot_flag) is missing"),
    BadBoot(
      kernel: changed(0x202, 0), message: "the mark \"HdrS\" (header) is missing"),
    BadBoot(kernel: changed(0x207, 1), message: "boot protocol 0x10F is too old: 0x20A or later"),
    BadBoot(
      kernel: changed(0x236, 0), arguments: ["--entry", "64"],
      message: "the kernel has no 64-bit entry"),
    BadBoot(kernel: changed(0x1F5, 0), message: "setup header field syssize holds 0x0"),
    BadBoot(kernel: header, message: "the file ends inside the protected-mode kernel"),
    BadBoot(
      kernel: header, arguments: ["--initrd", "/nowhere/initrd"],
      message: "/nowhere/initrd: No such file or directory"),
    BadBoot(
      kernel: header, arguments: ["--initrd", "/proc"],
      message: "/proc: it is a folder; a file is needed"),
    BadBoot(
      kernel: header, arguments: ["--memory", "100"],
      message: "--memory: whole megabytes are needed, 1M to 64G", status: 64),
    BadBoot(
      kernel: header, arguments: ["--memory", "lots"],
      message: "The value 'lots' is invalid for '--memory <size>'", status: 64),
    BadBoot(
      kernel: header, arguments: ["--multiboot", "/nowhere/image"],
      message: "one of --kernel, --multiboot and --firmware is needed", status: 64),
    BadBoot(
      kernel: header, arguments: ["--module", "/nowhere/module"],
      message: "--module belongs to --multiboot", status: 64),
    BadBoot(
      kernel: header, arguments: ["--entry", "16"],
      message: "The value '16' is invalid for '--entry <bits>'", status: 64),
    BadBoot(
      kernel: header, arguments: ["--debug-exit", "0x10000"],
      message: "The value '0x10000' is invalid for '--debug-exit <port>'", status: 64),
    BadBoot(
      kernel: header, arguments: ["--processors", "0"],
      message: "--processors 0: 1 to 64 are possible", status: 64),
    BadBoot(
      kernel: header, arguments: ["--processors", "65"],
      message: "--processors 65: 1 to 64 are possible", status: 64),
  ]
}

@Suite("A wrong boot command")
struct BootInputTests {
  @Test("is told in one line and starts nothing", arguments: BadBoot.all)
  func isTold(row: BadBoot) throws {
    let folder = try TemporaryFolder()
    var kernel = folder.path + "/kernel"
    if let contents = row.kernel { kernel = try folder.write("kernel", contents) }
    let run = try ProgramRun(["boot", "--kernel", kernel] + row.arguments)
    #expect(run.status == row.status)
    #expect(run.errors.contains(row.message), "\(run.errors)")
    #expect(run.output.isEmpty)
    if row.status == 2 { #expect(run.errors.split(separator: "\n").count == 1) }
  }

  @Test("names a kernel that is cut off", .enabled(if: Project.hasDebianGuest))
  func truncated() throws {
    let folder = try TemporaryFolder()
    let whole = try Data(
      contentsOf: URL(fileURLWithPath: Project.path("Partitions/demo/linux/vmlinuz")))
    let file = try folder.write("vmlinuz", Data(whole.prefix(whole.count / 2)))
    let run = try ProgramRun(["boot", "--kernel", file])
    #expect(run.status == 2)
    #expect(run.errors.contains("the file ends inside"), "\(run.errors)")
  }
}
