// What comes for guests from outside: an input of the machine, below the actions that the journal has.

extension PartitionManager {
  /// Types bytes at an active partition's console: an input, but no action.
  ///
  /// - Parameters:
  ///   - bytes: The keys.
  ///   - name: The partition.
  ///   - author: Who types.
  /// - Throws: `.partitionNotFound`, `.wrongState`, and what an author has no right to; nothing was typed
  ///   then.
  package func type(
    _ bytes: [UInt8], at name: String, by author: Author
  ) throws(ManagementError) {
    let action = ManagementAction.sendConsole(name, bytes: bytes)
    try authorize(action, author)
    try sendConsole(partition(name), bytes)
    state.journal.inputCount.addClamped(1)
    state.journal.typed.publish(
      GuestInput(
        number: state.journal.inputCount, time: now, partition: name, bytes: bytes))
    // To the guest it is the same whoever sends it, and how.
    mix(action)
  }
}
