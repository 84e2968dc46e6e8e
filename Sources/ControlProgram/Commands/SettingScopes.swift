import Definitions
import Partitioning

extension SettingScope {
  /// As the reference prints it.
  static let syntax = "[RUNNing|PROFile|BOTH]"
  /// For completion and for reading.
  static let words = "RUNNing|PROFile|BOTH"
}

extension Operands {
  /// Whether the next operand says where a setting is made.
  var isAtScope: Bool {
    guard let word = peek else { return false }
    return keywordChoices(SettingScope.words).contains { $0.accepts(word) }
  }

  /// Where a setting is made, at the end of the command; RUNNING when it is not said.
  mutating func settingScope() throws(CommandMessage) -> SettingScope {
    let scope: SettingScope =
      switch take(anyOf: SettingScope.words) {
      case "PROFILE": .profile
      case "BOTH": .both
      default: .running
      }
    try end()
    return scope
  }
}

extension Invocation {
  /// Does something to the settings of each partition of a pattern, as `forEach`.
  ///
  /// What is not active has no running values: a pattern passes over it, a name is 045E with what
  /// would change its profile.
  func forEach(
    _ pattern: String, in scope: SettingScope, _ body: (String) throws(CommandMessage) -> Void
  ) throws(CommandMessage) {
    let isPattern = pattern != "*" && pattern.contains("*")
    if isPattern, scope == .running, !(try partitions(pattern)).contains(where: isActive) {
      reply(CommandMessage(.notLoggedOn, pattern))
      return reply(CommandMessage(.profileOnly, pattern))
    }
    try forEach(pattern) { name throws(CommandMessage) in
      if isPattern, scope == .running, !isActive(name) { return }
      do throws(CommandMessage) {
        try body(name)
      } catch {
        guard scope.isRunning, error.id == .notLoggedOn else { throw error }
        reply(error)
        reply(CommandMessage(.profileOnly, name))
      }
    }
  }

  /// Names the profile that was changed too, or instead.
  func replyProfileChange(of name: String, in scope: SettingScope) {
    guard scope != .running, let partition = system.partitionView(name) else { return }
    reply(
      "USER \(padded(name, 8)):  PROFILE \(partition.profileName) CHANGED"
        + (scope == .profile && partition.isActive ? "; what runs did not" : ""))
  }
}
