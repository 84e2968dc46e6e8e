import Quantities

/// How commands that give commands (FOR, CPU, SILENTLY, PLAN, COMMAND statements) are bounded.
///
/// Each level takes some of the stack, and a pattern multiplies the commands of the level below.
package struct CommandNesting: Equatable, Sendable {
  /// Most levels below the command that was typed.
  package static let depthLimit = 16
  /// Most commands that one that was typed comes to.
  package static let commandLimit = 100_000

  private var depth = 0
  private var count = 0

  package init() {}

  /// The nesting inside the next command; nil when there may be no more.
  func inner() -> CommandNesting? {
    guard depth <= Self.depthLimit, count < Self.commandLimit else { return nil }
    var inner = self
    inner.depth = depth.addingClamped(1)
    inner.count = count.addingClamped(1)
    return inner
  }

  /// Counts what was given to a rehearsal that began here.
  mutating func spend(as rehearsed: CommandNesting) {
    count = max(count, rehearsed.count)
  }

  /// The nesting after a command inside, whose commands count until the typed one is over.
  func after(_ inner: CommandNesting) -> CommandNesting {
    var outer = self
    outer.count = depth == 0 ? 0 : inner.count
    return outer
  }
}
