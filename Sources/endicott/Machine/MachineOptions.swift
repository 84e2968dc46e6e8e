import ArgumentParser
import Partitioning
import X86

extension CachePolicy: ExpressibleByArgument {}
extension ExecutionEngine: ExpressibleByArgument {}

extension ExecutionEngine {
  /// What --engine says of itself.
  static let help = ArgumentHelp(
    """
    What runs guests' code: interpret, or translate, which makes host code of 64-bit code that is run \
    often; the history is the same.
    """, valueName: "engine")
}

/// What is chosen about a machine beside its definition.
struct MachineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("How time passes: fast, real, or so many times real.", valueName: "pace"))
  var pace: PaceArgument?

  @Option(help: ArgumentHelp("Host threads that run partitions, 1-64.", valueName: "n"))
  var threads: Int?

  @Option(help: ArgumentHelp("In place of the definition's SEED.", valueName: "n"))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      """
      For tests: decoded code is kept as is ordinary, tiny (a few blocks), or drop (none past a \
      slice); the history is the same.
      """, valueName: "caches"))
  var caches = CachePolicy.ordinary

  @Option(help: ExecutionEngine.help)
  var engine = ExecutionEngine.standard

  @Option(
    help: ArgumentHelp(
      """
      Make a socket in the folder for each guest's console, named as the partition, for programs such as \
      socat and screen.
      """, valueName: "folder"))
  var consoles: String?

  func validate() throws {
    if let threads, !(1...64).contains(threads) {
      throw ValidationError("--threads \(threads): 1 to 64 are possible")
    }
  }

  /// The sockets of guests' consoles, if they are wanted.
  ///
  /// - Throws: `HostFailure` when their folder cannot be used.
  func sockets() throws(HostFailure) -> ConsoleSockets? {
    try consoles.map { folder throws(HostFailure) in try ConsoleSockets(folder: folder) }
  }

  /// The firmware's options.
  ///
  /// - Parameter defaultPace: The pace when none was chosen; nil for the definition's.
  /// - Returns: Options for a machine on this host.
  func managerOptions(pace defaultPace: Pace?) -> ManagerOptions {
    ManagerOptions(
      threads: threads ?? min(Host.coreCount, 4), seed: seed, pace: pace?.pace ?? defaultPace,
      caches: caches, engine: engine)
  }
}

/// A pace as it is typed: `fast`, `real`, or a whole number from 1.
struct PaceArgument: ExpressibleByArgument {
  /// The pace.
  let pace: Pace

  init?(argument: String) {
    switch argument.lowercased() {
    case "fast": pace = .fast
    case "real": pace = .real
    default:
      // Cannot trap: what is no number gives nil.
      guard let factor = Int(argument), (1...1_000_000).contains(factor) else { return nil }
      pace = .factor(factor)
    }
  }
}
