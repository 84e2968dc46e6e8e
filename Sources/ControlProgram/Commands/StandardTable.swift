// The control program's own table: every family of commands, in order of precedence.

extension CommandTable {
  /// The table of the control program.
  package static let standard = CommandTable(
    commands: queryCommands + indicateCommands + setCommands + configurationCommands
      + deviceCommands + linkCommands + haltCommands + reservationCommands
      + pathManagementCommands + faultCommands + provisioningCommands
      + networkCommands
      + saveCommands
      + partitionOperations + operationCommands
      + storageCommands + consoleCommands + spoolCommands
      + planCommands + validateCommands + recordCommands + checkpointCommands + waitCommands
      + terminalCommands)
}
