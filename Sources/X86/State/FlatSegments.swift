/// Segments whose limits cannot bind: 4 GiB, upward.
extension ProcessorState {
  /// What tells apart what a segment is.
  static let segmentKind =
    SegmentAttribute.present | SegmentAttribute.isSegment | SegmentAttribute.code
    | SegmentAttribute.direction | SegmentAttribute.writable
  /// Of these: data that may be written, upward.
  static let dataSegment =
    SegmentAttribute.present | SegmentAttribute.isSegment | SegmentAttribute.writable

  /// A segment (by its number) begins at 0 and is data that may be written, up to 4 GiB.
  @inline(__always) private func isDataFlat(
    _ number: Int, mask: UInt16 = ProcessorState.segmentKind,
    wanted: UInt16 = ProcessorState.dataSegment
  ) -> Bool {
    let attributes = self.get(StateLayout.segmentAttributes &+ number &* 2, as: UInt16.self)
    return self.get(StateLayout.segmentBases &+ number &* 8, as: UInt64.self) == 0
      && self.get(StateLayout.segmentLimits &+ number &* 4, as: UInt32.self) == .max
      && attributes & mask == wanted
  }

  /// SS is flat, and its pointer is ESP.
  @inline(__always) var isStackFlat: Bool {
    isDataFlat(
      2, mask: Self.segmentKind | SegmentAttribute.big,
      wanted: Self.dataSegment | SegmentAttribute.big)
  }

  /// CS reaches up to 4 GiB.
  @inline(__always) var isCodeFlat: Bool {
    self.get(StateLayout.segmentLimits &+ 4, as: UInt32.self) == .max
  }

  /// CS, SS, DS and ES are flat: what translations of 32-bit code expect.
  @inline(__always) var areSegmentsFlat: Bool {
    isCodeFlat && self.get(StateLayout.segmentBases &+ 8, as: UInt64.self) == 0 && isStackFlat
      && isDataFlat(3) && isDataFlat(0)
  }
}
