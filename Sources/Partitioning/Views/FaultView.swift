import Channels

/// What goes wrong on purpose.
package struct FaultsView: Sendable, Equatable {
  /// Channel paths that fail, by number.
  package var paths: [UInt8]
  /// Devices with which something is wrong, ascending.
  package var devices: [FaultyDevice]
}

extension PartitionManager {
  /// What goes wrong on purpose now.
  package var faultsOnPurpose: FaultsView {
    FaultsView(paths: channels.failedPaths.map(\.number), devices: channels.faultyDevices)
  }
}
