// What can be asked of the machine's I/O configuration (ACTIVATE IODF), and what stands against it.

/// An I/O configuration that is asked for.
package enum DeckRequest: Sendable, Equatable, Codable {
  /// This one. `.deckRefused`.
  case activate(IODeck)
  /// That of a side of the last activation. `.deckRefused`, `.noDeckActivated`.
  case recover(DeckSide)
}

/// What a configuration would do to something that is in use.
package enum DeckCut: String, Sendable, Equatable, Codable {
  /// It is in the configuration no more.
  case deleted
  /// It is another kind of thing.
  case changed
  /// The partition is in its list no more.
  case denied
}

/// A reason why an I/O configuration is not activated.
package enum DeckObstacle: Sendable, Equatable, Codable {
  /// RESOURCE has places that the machine's start did not reserve: storage for them was laid out then.
  case placesNotReserved([ImageDefinition])
  /// A partition would have another place: the numbers of images are for good.
  case placeChanged(ImageDefinition, before: ImageDefinition)
  /// A partition that would have no place is active.
  case partitionActive(String)
  /// A channel subsystem would have more devices than MAXDEV reserved at the machine's start.
  case deviceLimit(subsystem: UInt8, count: Int, limit: Int)
  /// A path that would go is on line to partitions.
  case pathOnline(UInt8, subsystem: UInt8, to: [String], DeckCut)
  /// A path to a device that a partition has would lead there no more.
  case wayInUse(path: UInt8, device: UInt16, of: String)
  /// A partition has a device that would go.
  case deviceInUse(UInt16, by: String, as: UInt16, DeckCut)
  /// A partition's device would have no path.
  case lastPath(device: UInt16, of: String)
  /// A partition has a minidisk on a device of which a volume's label would be taken.
  case volumeInUse(String, device: UInt16, by: String, as: UInt16)
  /// A file cannot be used.
  case file(UInt16, path: String, reason: String)
  /// RESOURCE says something else. Only in records of an earlier program, which refused any change there.
  case resources
  /// A disk that writes through to its file would come or go. Only in records of an earlier program.
  case diskOfFile(UInt16)

  /// Whether FORCE would take it away.
  package var yieldsToForce: Bool {
    switch self {
    case .pathOnline, .wayInUse: true
    case .placesNotReserved, .placeChanged, .partitionActive, .deviceLimit, .deviceInUse, .lastPath,
      .volumeInUse, .file, .resources, .diskOfFile:
      false
    }
  }
}
