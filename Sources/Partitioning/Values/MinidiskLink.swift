// Links: which minidisks a partition has, and in which mode, by CP's rules for those who share one (CP: LINK).

/// How a link to a minidisk is wanted: the first letter, and what else will do.
package enum LinkMode: String, Sendable, Equatable, Codable, CaseIterable {
  /// To read, unless somebody writes.
  case read = "R"
  /// To read, whoever writes.
  case readAlways = "RR"
  /// To write, alone.
  case write = "W"
  /// To write, alone; beside others to read.
  case writeOrRead = "WR"
  /// To write, beside those who read.
  case multiple = "M"
  /// To write, beside those who read; beside one who writes to read.
  case multipleOrRead = "MR"
  /// To write, whoever writes.
  case multipleWrite = "MW"

  /// What others do with the same blocks.
  package struct Others: Sendable, Equatable {
    /// Whether one reads.
    package var read: Bool
    /// Whether one writes.
    package var write: Bool

    /// Creates it.
    package init(read: Bool, write: Bool) {
      self.read = read
      self.write = write
    }
  }

  /// Whether a link in this mode is for reading only beside what others do; nil when it is not given.
  ///
  /// Source: z/VM CP Commands and Utilities Reference, LINK, the table of access modes.
  package func isReadOnly(beside others: Others) -> Bool? {
    switch self {
    case .read: others.write ? nil : true
    case .readAlways: true
    case .write: others.read || others.write ? nil : false
    case .writeOrRead: others.read || others.write
    case .multiple: others.write ? nil : false
    case .multipleOrRead: others.write
    case .multipleWrite: false
    }
  }

  /// Whether it is wanted to write.
  package var isToWrite: Bool { self != .read && self != .readAlways }

  /// Which of a minidisk's passwords it needs: the read, the write or the multiple-write password.
  var passwordPlace: Int {
    switch self {
    case .read, .readAlways: 0
    case .write, .writeOrRead: 1
    case .multiple, .multipleOrRead, .multipleWrite: 2
    }
  }
}

/// A partition's link to a minidisk, its own or another's.
package struct MinidiskLink: Sendable, Equatable, Codable {
  /// The number the partition knows it by.
  package var virtualDevice: UInt16
  /// Whose minidisk it is; nil for the partition's own.
  package var owner: String?
  /// The number by which its owner's entry defines it.
  package var ownerDevice: UInt16
  /// How it is wanted.
  package var mode: LinkMode
  /// Whether it is for reading only, in an active partition.
  package var isReadOnly: Bool

  /// Creates a link.
  package init(
    virtualDevice: UInt16, owner: String?, ownerDevice: UInt16, mode: LinkMode = .readAlways
  ) {
    self.virtualDevice = virtualDevice
    self.owner = owner
    self.ownerDevice = ownerDevice
    self.mode = mode
    isReadOnly = !mode.isToWrite
  }

  /// Whether a definition says the same of both.
  package func isDefined(as other: MinidiskLink) -> Bool {
    virtualDevice == other.virtualDevice && owner == other.owner
      && ownerDevice == other.ownerDevice && mode == other.mode
  }

  /// The same link as a partition gets it back that had it: to read, whoever writes, or to write, whoever reads.
  var recovered: MinidiskLink {
    let writing = mode == .write || mode == .writeOrRead ? .multiple : mode
    return MinidiskLink(
      virtualDevice: virtualDevice, owner: owner, ownerDevice: ownerDevice,
      mode: isReadOnly ? .readAlways : writing)
  }

  /// A partition's link to its own minidisk, which it has from its activation on.
  package init(to minidisk: MinidiskDefinition) {
    self.init(
      virtualDevice: minidisk.virtualDevice, owner: nil, ownerDevice: minidisk.virtualDevice,
      mode: minidisk.mode)
  }
}
