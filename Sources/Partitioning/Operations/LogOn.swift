import Quantities

// How a partition comes up as its definition says: it is activated, the COMMAND statements of its definition
// are given as its user, and it is loaded. One that fails takes it down again. What a failing command undoes
// could not be brought back, so that it is tried on a copy first. For its author it is one action, with one
// entry in the journal; into the history it goes step by step.

extension PartitionManager {
  /// Partitions whose COMMAND statements may lead one to the other.
  private static let logOnDepth = 8

  /// Activates a partition, gives the commands of its definition as its user, and loads it.
  func logOn(
    _ name: String, profile: String?, load: Bool, force: Bool, by author: Author
  ) throws(ManagementError) {
    let statements = commands(of: name, profile: profile)
    guard !loggingOn.contains(where: { $0.name == name }), loggingOn.count < Self.logOnDepth
    else { throw .activationNested(name, commandsOf: loggingOn.last?.name ?? name) }
    guard !statements.isEmpty else {
      _ = try carryOut(.activate(name, profile: profile, load: load, force: force))
      return
    }
    // What the firmware starts by itself has nothing to lose.
    var isTried = hardware.isRehearsal || loggingOn.contains(where: \.isTried)
    if !isTried, author != .firmware {
      let action = ManagementAction.logOn(name, profile: profile, load: load, force: force)
      try rehearsing(action) { copy throws(ManagementError) in _ = try copy.carryOut(action) }
      isTried = true
    }
    loggingOn.append(PartitionLoggingOn(name: name, isTried: isTried))
    defer { _ = loggingOn.popLast() }
    try step(.activate(name, profile: profile, load: false, force: force))
    do throws(ManagementError) {
      try give(statements, to: name)
      guard load, try partition(name).isActive else { return }
      try step(.load(name, image: nil, parameters: nil, force: true))
    } catch {
      // What was done is undone; that it was begun stays in the history.
      if try partition(name).isActive { try step(.deactivate(name, force: true)) }
      throw error
    }
  }

  /// The commands of an image profile of a partition, the one for its next activation when none is
  /// named; none when it is not defined.
  func commands(of name: String, profile: String?) -> [String] {
    guard let partition = try? partition(name) else { return [] }
    let wanted = profile ?? partition.nextProfile
    return partition.profiles.first { $0.name == wanted }?.definition.commands ?? []
  }

  /// Gives a partition's commands as its user, until one fails or ends it.
  private func give(_ statements: [String], to name: String) throws(ManagementError) {
    for statement in statements {
      guard try partition(name).isActive else { return }
      guard let interpreter else {
        throw .commandFailed(name, command: statement, answer: "no control program gives commands")
      }
      if let answer = interpreter.give(statement, asUserOf: name) {
        throw .commandFailed(name, command: statement, answer: answer)
      }
    }
  }

  /// Does a part of an action, which has its own place in the history.
  private func step(_ action: ManagementAction) throws(ManagementError) {
    _ = try carryOut(action)
    firmware.journal.mix(action)
  }

  /// Tries an action on a copy of the machine, on which commands are given too if it needs that.
  func rehearsing(
    _ action: ManagementAction, _ body: (PartitionManager) throws(ManagementError) -> Void
  ) throws(ManagementError) {
    let copy = rehearsal()
    guard action.givesCommands, let interpreter else { return try body(copy) }
    try interpreter.attend(copy) { () throws(ManagementError) in try body(copy) }
  }
}

extension ManagementAction {
  /// Whether it gives the COMMAND statements of definitions.
  var givesCommands: Bool {
    switch self {
    case .logOn: true
    case .batch(let actions): actions.contains(where: \.givesCommands)
    default: false
    }
  }
}
