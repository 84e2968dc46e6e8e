// Who may do what, judged here whatever front end asks: a user by his privilege classes, as the command table
// has them; a partition's guest and its own user by the partition's permissions; the firmware may do all.
// Logical partition isolation is judged where a channel path goes on line.

extension ManagementAction {
  /// The privilege classes of which a user needs one; those of each action are judged in a batch.
  package var neededClasses: PrivilegeClasses {
    switch self {
    case .activate, .logOn, .recover, .load, .releasePath: PrivilegeClasses(letters: "AB")
    case .signalShutdown(_, _, thenForce: false), .signalAll, .set(.consoleWatcher, _):
      PrivilegeClasses(letters: "AC")
    case .set(.missingInterruptTime, _), .set(.pathManagement, _): PrivilegeClasses(letters: "AB")
    case .deactivate, .stop, .start, .resetNormal, .resetClear, .restart, .cancelShutdown,
      .cancelPending, .set, .setNextProfile, .saveProfile, .signalShutdown(_, _, thenForce: true),
      .shutDown, .account, .haltDevice:
      PrivilegeClasses(letters: "A")
    // The firmware does it.
    case .countWrongPassword: PrivilegeClasses(letters: "A")
    case .definePartition, .deletePartition, .varyProcessor, .varyPath, .varyDevice, .attachDevice,
      .releaseReservations, .activateDeck, .moveManagedPath, .inject:
      PrivilegeClasses(letters: "B")
    // Typed at a console that is connected to the guest, or sent.
    case .sendConsole: PrivilegeClasses(letters: "ABC")
    // What a partition's user does for himself, another does for him (FOR).
    case .configureProcessor, .configureStorage, .configurePath, .varyDevicePath, .defineProcessor,
      .detachProcessor, .defineStorage, .storeStorage, .storeRegister:
      PrivilegeClasses(letters: "C")
    case .detachDevice, .link: PrivilegeClasses(letters: "BC")
    case .network(.defineAdapter), .network(.detachAdapter): PrivilegeClasses(letters: "BC")
    case .network(let change): PrivilegeClasses(letters: change.partition == nil ? "B" : "C")
    case .batch: .any
    }
  }

  /// Whether it changes the I/O configuration.
  private var isOfInputOutput: Bool {
    switch self {
    case .varyPath, .configurePath, .varyDevicePath, .releasePath, .varyDevice, .attachDevice,
      .detachDevice, .haltDevice, .releaseReservations, .link, .activateDeck, .moveManagedPath,
      .inject:
      true
    default: false
    }
  }

  /// The permissions that a partition needs to have it performed.
  fileprivate func neededPermissions(of partition: String) -> [SecuritySwitch] {
    let isItsOwn = self.partition == partition && !isOfRoster
    return (isOfInputOutput ? [.inputOutputControl] : [])
      + (isItsOwn ? [] : [.crossPartitionAuthority])
  }

  /// Whether partitions come or go by it, which is the machine's affair whoever they are.
  private var isOfRoster: Bool {
    switch self {
    case .definePartition, .deletePartition: true
    default: false
    }
  }
}

extension PartitionManager {
  /// Refuses what an author has no right to.
  func authorize(_ action: ManagementAction, _ author: Author) throws(ManagementError) {
    if case .batch(let actions) = action {
      for (position, action) in actions.enumerated() {
        do throws(ManagementError) {
          try authorize(action, author)
        } catch {
          throw .inBatch(position: position, error)
        }
      }
      return
    }
    if isWatcherTyping(action, author) { return }
    switch author {
    case .firmware: return
    case .user(let name, let classes):
      guard classes.permits(action.neededClasses) else {
        throw .classNeeded(name, needs: action.neededClasses)
      }
    case .partition(let name): try authorize(action, partition: name)
    }
  }

  /// Whether somebody types at a console that he was set to watch.
  private func isWatcherTyping(_ action: ManagementAction, _ author: Author) -> Bool {
    guard case .sendConsole(let name, _) = action, let partition = try? partition(name) else {
      return false
    }
    return partition.definition.consoleWatcher?.userid == author.name
  }

  private func authorize(
    _ action: ManagementAction, partition name: String
  ) throws(ManagementError) {
    if case .load(let target, let image?, _, _, _) = action {
      try firmware.life.authorize(image, into: partition(target), by: name)
    }
    let security = try partition(name).definition.security
    for permission in action.neededPermissions(of: name) where !security[permission] {
      throw .notAuthorized(name, needs: permission)
    }
  }

  /// Whether an author may learn of the use that others make of the machine.
  package func seesOthers(_ author: Author) -> Bool {
    guard case .partition(let name) = author else { return true }
    return (try? partition(name))?.definition.security.globalPerformanceData ?? false
  }

  /// Whether a user has given so many wrong passwords that he may link no more.
  package func isLinkLocked(for userid: String) -> Bool {
    firmware.life.wrongPasswords.areTooMany(of: userid)
  }

  /// Refuses an author who has no right to give commands as the user of a partition.
  package func authorizeCommands(
    of partition: String, by author: Author
  ) throws(ManagementError) {
    guard case .partition(let name) = author, name != partition else { return }
    let permission = SecuritySwitch.crossPartitionAuthority
    guard try self.partition(name).definition.security[permission] else {
      throw .notAuthorized(name, needs: permission)
    }
  }
}
