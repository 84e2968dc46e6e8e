// Elements by numbers that come from outside: a bare subscript beyond the end ends every partition at once.

extension Collection {
  /// The element at an index, nil where there is none.
  @inlinable
  package func element(at index: Index) -> Element? {
    index >= startIndex && index < endIndex ? self[index] : nil
  }
}

extension Array {
  /// Changes the element at an index; nothing where there is none.
  @inlinable
  package mutating func change<Failure>(
    at index: Int, _ change: (inout Element) throws(Failure) -> Void
  ) throws(Failure) {
    guard index >= 0, index < count else { return }
    try withUnsafeMutableBufferPointer { buffer throws(Failure) in
      if let first = buffer.baseAddress { try change(&first[index]) }
    }
  }

  /// Changes every element in place.
  @inlinable
  package mutating func changeEach<Failure>(
    _ change: (inout Element) throws(Failure) -> Void
  ) throws(Failure) {
    for index in indices { try self.change(at: index, change) }
  }
}

extension String {
  /// The text with zeros before it where it is shorter than a width, as numbers of fixed width are written.
  package func zeroPadded(to width: Int) -> String {
    String(repeating: "0", count: max(0, width.subtractingClamped(count))) + self
  }
}
