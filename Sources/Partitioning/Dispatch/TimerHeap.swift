import Channels

/// Wake-up times of a fixed set of slots, at most one a slot, taken in (time, slot) order.
///
/// Storage is allocated once. Owner thread only.
struct TimerHeap: ~Copyable {
  /// A slot and its time.
  struct Entry: Equatable, Sendable, Codable {
    var slot: Int
    var time: SimulatedTime
  }

  private let times: UnsafeMutableBufferPointer<SimulatedTime>
  /// Slot numbers in heap order.
  private let heap: UnsafeMutableBufferPointer<Int>
  /// Place of each slot in `heap`, -1 when it has no time.
  private let places: UnsafeMutableBufferPointer<Int>
  private(set) var count = 0

  /// Creates an empty heap for slots `0..<capacity`.
  init(capacity: Int) {
    let none = Array(repeating: -1, count: max(0, capacity))
    times = UnsafeMutableBufferPointer(holding: none.map { _ in 0 })
    heap = UnsafeMutableBufferPointer(holding: none)
    places = UnsafeMutableBufferPointer(holding: none)
  }

  deinit {
    times.deallocate()
    heap.deallocate()
    places.deallocate()
  }

  /// The earliest time, if any slot has one.
  var earliest: SimulatedTime? { count == 0 ? nil : times[heap[0]] }

  /// Every slot that has a time, by number.
  var entries: [Entry] {
    places.indices.filter { places[$0] >= 0 }.map { Entry(slot: $0, time: times[$0]) }
  }

  /// Takes all times away and gives these; what names no slot is left out.
  mutating func reset(to entries: [Entry]) {
    for slot in places.indices { places[slot] = -1 }
    count = 0
    for entry in entries where places.indices.contains(entry.slot) { set(entry.slot, entry.time) }
  }

  /// A slot's time.
  func time(of slot: Int) -> SimulatedTime? { places[slot] < 0 ? nil : times[slot] }

  /// Gives a slot a time, in place of any it had.
  mutating func set(_ slot: Int, _ time: SimulatedTime) {
    if places[slot] < 0 {
      // It had no place, so there is one left.
      times[slot] = time
      heap[count] = slot
      places[slot] = count
      count &+= 1
      siftUp(places[slot])
    } else {
      let earlier = time < times[slot]
      times[slot] = time
      if earlier { siftUp(places[slot]) } else { siftDown(places[slot]) }
    }
  }

  /// Takes a slot's time away, if it had one.
  mutating func clear(_ slot: Int) {
    let place = places[slot]
    guard place >= 0 else { return }
    places[slot] = -1
    count &-= 1
    guard place < count else { return }
    heap[place] = heap[count]
    places[heap[place]] = place
    siftUp(place)
    siftDown(places[heap[place]])
  }

  /// Takes out the first slot whose time is before `end`.
  mutating func pop(before end: SimulatedTime) -> (slot: Int, time: SimulatedTime)? {
    guard count > 0 else { return nil }
    let slot = heap[0]
    guard times[slot] < end else { return nil }
    clear(slot)
    return (slot, times[slot])
  }

  private func precedes(_ one: Int, _ other: Int) -> Bool {
    times[one] == times[other] ? one < other : times[one] < times[other]
  }

  // Places are below the number of slots, so that twice one fits.

  private mutating func siftUp(_ start: Int) {
    var place = start
    let slot = heap[place]
    while place > 0 {
      let parent = (place &- 1) / 2
      guard precedes(slot, heap[parent]) else { break }
      heap[place] = heap[parent]
      places[heap[place]] = place
      place = parent
    }
    heap[place] = slot
    places[slot] = place
  }

  private mutating func siftDown(_ start: Int) {
    var place = start
    let slot = heap[place]
    while true {
      var child = 2 &* place &+ 1
      guard child < count else { break }
      if child &+ 1 < count, precedes(heap[child &+ 1], heap[child]) { child &+= 1 }
      guard precedes(heap[child], slot) else { break }
      heap[place] = heap[child]
      places[heap[place]] = place
      place = child
    }
    heap[place] = slot
    places[slot] = place
  }
}
