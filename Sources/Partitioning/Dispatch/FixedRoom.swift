// Room that is made once: what the dispatcher goes through in every epoch costs what a pointer costs, and
// nothing is allocated or counted for it.

extension UnsafeMutableBufferPointer {
  /// Makes room and puts records there; whoever does deallocates it.
  init(holding records: [Element]) {
    // Cannot trap: what an array holds is no more than there is room for.
    let room = Self.allocate(capacity: records.count)
    records.withUnsafeBufferPointer { source in
      if let first = source.baseAddress {
        room.baseAddress?.initialize(from: first, count: source.count)
      }
    }
    self = room
  }

  /// Puts other records in the place of the first ones, as far as there are places for them.
  func replace(with records: [Element]) {
    records.withUnsafeBufferPointer { source in
      if let first = source.baseAddress {
        baseAddress?.update(from: first, count: Swift.min(count, source.count))
      }
    }
  }
}

/// Plain values in order, no more of them than there was room for when it was made.
///
/// Whoever makes it frees it with `deallocate`.
struct FixedList<Element> {
  private let room: UnsafeMutableBufferPointer<Element>
  /// How many there are.
  private(set) var count = 0
  /// How many there can be.
  var capacity: Int { room.count }

  /// Makes room.
  ///
  /// - Parameters:
  ///   - capacity: For how many.
  ///   - blank: What is there before something is.
  init(capacity: Int, blank: Element) {
    room = UnsafeMutableBufferPointer(
      holding: Array(repeating: blank, count: max(0, capacity)))
  }

  func deallocate() { room.deallocate() }

  /// Places of those that are in it now.
  var places: Range<Int> { Range(uncheckedBounds: (0, count)) }

  /// Those that are in it now, in their room.
  var elements: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(start: room.baseAddress, count: count)
  }

  /// The one at a place.
  subscript(place: Int) -> Element {
    get { room[place] }
    nonmutating set { room[place] = newValue }
  }

  /// Adds one after the last.
  mutating func append(_ element: Element) {
    guard count < room.count else { return assertionFailure("more than there is room for") }
    room[count] = element
    count &+= 1
  }

  /// Keeps the first ones only.
  mutating func keepFirst(_ kept: Int) { count = min(max(kept, 0), count) }

  mutating func removeAll() { count = 0 }

  /// What is in it; of more than there is room for, the first ones.
  var contents: [Element] {
    get { Array(elements) }
    set {
      room.replace(with: newValue)
      count = min(newValue.count, room.count)
    }
  }
}

extension FixedList where Element: Equatable {
  /// Takes one out, wherever it is.
  mutating func remove(_ element: Element) {
    var kept = 0
    for place in places where self[place] != element {
      self[kept] = self[place]
      kept &+= 1
    }
    keepFirst(kept)
  }
}
