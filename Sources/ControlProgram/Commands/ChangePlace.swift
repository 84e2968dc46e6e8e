import Partitioning

/// Where a SET is made: PR/SM's three commit verbs.
enum ChangePlace {
  /// Change running system.
  case running
  /// Save to profiles.
  case profile
  /// Save and change.
  case both

  /// As the reference prints it.
  static let syntax = "[RUNNing|PROFile|BOTH]"
  /// For completion and for reading.
  static let words = "RUNNing|PROFile|BOTH"

  /// Whether what runs is changed.
  var isRunning: Bool { self != .profile }

  /// A setting as the action that makes it here.
  func action(_ setting: ManagementAction) -> ManagementAction {
    switch self {
    case .running: setting
    case .profile: .inProfile(setting)
    case .both: .inBoth(setting)
    }
  }
}

extension Operands {
  /// Whether the next operand is a place of a change.
  var isAtPlace: Bool {
    guard let word = peek else { return false }
    return keywordChoices(ChangePlace.words).contains { $0.accepts(word) }
  }

  /// The place of a change at the end of the command; RUNNING when none is said.
  mutating func changePlace() throws(CommandMessage) -> ChangePlace {
    let place: ChangePlace =
      switch take(anyOf: ChangePlace.words) {
      case "PROFILE": .profile
      case "BOTH": .both
      default: .running
      }
    try end()
    return place
  }
}

extension Invocation {
  /// Has the firmware make a setting.
  func set(_ setting: ManagementAction, in place: ChangePlace) throws(CommandMessage) {
    try perform(place.action(setting))
  }

  /// Does something to the settings of each partition of a pattern, as `forEach`.
  ///
  /// What is not active has no running values: a pattern passes over it, a name is 045E with what
  /// would change its profile.
  func forEach(
    _ pattern: String, in place: ChangePlace, _ body: (String) throws(CommandMessage) -> Void
  ) throws(CommandMessage) {
    let isPattern = pattern != "*" && pattern.contains("*")
    if isPattern, place == .running, !(try partitions(pattern)).contains(where: isActive) {
      reply(CommandMessage(.notLoggedOn, pattern))
      return reply(CommandMessage(.profileOnly, pattern))
    }
    try forEach(pattern) { name throws(CommandMessage) in
      if isPattern, place == .running, !isActive(name) { return }
      do throws(CommandMessage) {
        try body(name)
      } catch {
        guard place.isRunning, error.id == .notLoggedOn else { throw error }
        reply(error)
        reply(CommandMessage(.profileOnly, name))
      }
    }
  }

  /// Names the profile that was changed too, or instead.
  func replyProfileChange(of name: String, in place: ChangePlace) {
    guard place != .running, let partition = system.partitionView(name) else { return }
    reply(
      "USER \(padded(name, 8)):  PROFILE \(partition.profileName) CHANGED"
        + (place == .profile && partition.isActive ? "; what runs did not" : ""))
  }
}
