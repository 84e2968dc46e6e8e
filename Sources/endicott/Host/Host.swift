import Foundation

/// The computer that the simulator runs on.
enum Host {
  /// Processors that the process may use.
  static var coreCount: Int { ProcessInfo.processInfo.activeProcessorCount }
  /// Memory in bytes.
  static var byteCount: UInt64 { ProcessInfo.processInfo.physicalMemory }

  /// The time of day in Unix seconds.
  static var timeOfDay: Int64 { Int64(time(nil)) }

  /// The time of day in milliseconds since 1970.
  static var milliseconds: Int64 {
    Int64(exactly: (Date().timeIntervalSince1970 * 1000).rounded()) ?? 0
  }

  /// The program's own file: what the system says, or without /proc what it was started as.
  static var program: String {
    let linked = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    if FileManager.default.isExecutableFile(atPath: linked) { return linked }
    let started = CommandLine.arguments.first ?? "endicott"
    let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
    let candidates = started.contains("/") ? [started] : folders.map { "\($0)/\(started)" }
    let found = candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? started
    return URL(fileURLWithPath: found).resolvingSymlinksInPath().path
  }

  /// The demo's folder: in the current folder, or beside what this program was built in.
  static func demoFolder() -> String {
    let relative = "Partitions/demo"
    if FileManager.default.fileExists(atPath: relative) { return relative }
    var folder = URL(fileURLWithPath: program).deletingLastPathComponent()
    while folder.path != "/" {
      let candidate = folder.appendingPathComponent(relative).path
      if FileManager.default.fileExists(atPath: candidate) { return candidate }
      folder.deleteLastPathComponent()
    }
    return relative
  }
}
