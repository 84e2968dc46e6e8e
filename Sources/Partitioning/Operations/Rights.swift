// Who may do what.

extension PartitionManager {
  /// Refuses what a partition's author is not permitted.
  func authorize(
    _ action: ManagementAction, _ author: Author
  ) throws(ManagementError) {
    guard case .partition(let name) = author else { return }
    if case .batch(let actions) = action {
      for action in actions { try authorize(action, author) }
      return
    }
    let security = try partition(name).definition.security
    switch action {
    case .load(let target, let image?, _, _, _):
      try authorize(image, into: partition(target), by: name)
    case .varyPath, .configurePath, .releasePath:
      guard security.inputOutputControl else {
        throw .notAuthorized(name, needs: .inputOutputControl)
      }
    default: break
    }
    guard action.partition == name || security.crossPartitionAuthority else {
      throw .notAuthorized(name, needs: .crossPartitionAuthority)
    }
  }
}
