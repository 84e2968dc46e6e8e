/// Which of a device's paths a partition tries first.
///
/// Source: IOCP User's Guide, "Using the preferred path".
package enum PathSelection {
  /// The preferred path of a partition: the named one, or else the first of its own in the rotation
  /// from there on.
  ///
  /// - Parameters:
  ///   - named: The path that the device's definition prefers.
  ///   - rotation: The control unit's paths in rotation order.
  ///   - owns: Whether the partition has a path.
  /// - Returns: A path of the rotation; nil when the named one is not in it or the partition has none.
  package static func preferredPath<Path: Equatable>(
    named: Path, rotation: [Path], owns: (Path) -> Bool
  ) -> Path? {
    guard let start = rotation.firstIndex(of: named) else { return nil }
    return (rotation[start...] + rotation[..<start]).first(where: owns)
  }
}
