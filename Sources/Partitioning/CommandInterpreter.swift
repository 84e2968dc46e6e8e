// Whoever gives commands in CP's words, as the firmware knows it, and the partitions whose commands are being
// given.

/// The control program, as the firmware knows it: what gives commands in CP's words.
package protocol CommandInterpreter: AnyObject {
  /// Performs the commands in a text that a partition's guest gives.
  func answer(_ command: GuestCommand) -> GuestCommandAnswer
  /// Gives a command as the user of an active partition and shows what it answers.
  ///
  /// - Returns: Its error message; nil when it was done.
  func give(_ command: String, asUserOf partition: String) -> String?
  /// Has a copy of the machine tried, on which a copy of this gives the commands.
  func attend(
    _ copy: PartitionManager, _ body: () throws(ManagementError) -> Void
  ) throws(ManagementError)
}

/// A partition that is on its way up.
struct PartitionLoggingOn {
  /// Its name.
  var name: String
  /// Whether the whole of it was tried on a copy.
  var isTried: Bool
}
