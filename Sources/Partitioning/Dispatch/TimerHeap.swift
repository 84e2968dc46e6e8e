import Channels

/// Wake-up times of a fixed set of slots, at most one a slot, taken in (time, slot) order.
///
/// Storage is allocated once. Owner thread only.
struct TimerHeap: ~Copyable {
  private let capacity: Int
  private let times: UnsafeMutablePointer<SimulatedTime>
  /// Slot numbers in heap order.
  private let heap: UnsafeMutablePointer<Int32>
  /// Place of each slot in `heap`, -1 when it has no time.
  private let places: UnsafeMutablePointer<Int32>
  private(set) var count = 0

  /// Creates an empty heap for slots `0..<capacity`.
  init(capacity: Int) {
    self.capacity = capacity
    times = .allocate(capacity: max(capacity, 1))
    heap = .allocate(capacity: max(capacity, 1))
    places = .allocate(capacity: max(capacity, 1))
    times.initialize(repeating: 0, count: capacity)
    heap.initialize(repeating: -1, count: capacity)
    places.initialize(repeating: -1, count: capacity)
  }

  deinit {
    times.deallocate()
    heap.deallocate()
    places.deallocate()
  }

  /// The earliest time, if any slot has one.
  var earliest: SimulatedTime? { count == 0 ? nil : times[Int(heap[0])] }

  /// A slot's time.
  func time(of slot: Int) -> SimulatedTime? { places[slot] < 0 ? nil : times[slot] }

  /// Gives a slot a time, in place of any it had.
  mutating func set(_ slot: Int, _ time: SimulatedTime) {
    if places[slot] < 0 {
      times[slot] = time
      heap[count] = Int32(slot)
      places[slot] = Int32(count)
      count += 1
      siftUp(count - 1)
    } else {
      let earlier = time < times[slot]
      times[slot] = time
      if earlier { siftUp(Int(places[slot])) } else { siftDown(Int(places[slot])) }
    }
  }

  /// Takes a slot's time away, if it had one.
  mutating func clear(_ slot: Int) {
    let place = Int(places[slot])
    guard place >= 0 else { return }
    places[slot] = -1
    count -= 1
    guard place < count else { return }
    heap[place] = heap[count]
    places[Int(heap[place])] = Int32(place)
    siftUp(place)
    siftDown(Int(places[Int(heap[place])]))
  }

  /// Takes out the first slot whose time is before `end`.
  mutating func pop(before end: SimulatedTime) -> (slot: Int, time: SimulatedTime)? {
    guard count > 0 else { return nil }
    let slot = Int(heap[0])
    guard times[slot] < end else { return nil }
    clear(slot)
    return (slot, times[slot])
  }

  private func precedes(_ one: Int32, _ other: Int32) -> Bool {
    let left = times[Int(one)]
    let right = times[Int(other)]
    return left == right ? one < other : left < right
  }

  private mutating func siftUp(_ start: Int) {
    var place = start
    let slot = heap[place]
    while place > 0 {
      let parent = (place - 1) / 2
      guard precedes(slot, heap[parent]) else { break }
      heap[place] = heap[parent]
      places[Int(heap[place])] = Int32(place)
      place = parent
    }
    heap[place] = slot
    places[Int(slot)] = Int32(place)
  }

  private mutating func siftDown(_ start: Int) {
    var place = start
    let slot = heap[place]
    while true {
      var child = 2 * place + 1
      guard child < count else { break }
      if child + 1 < count, precedes(heap[child + 1], heap[child]) { child += 1 }
      guard precedes(heap[child], slot) else { break }
      heap[place] = heap[child]
      places[Int(heap[place])] = Int32(place)
      place = child
    }
    heap[place] = slot
    places[Int(slot)] = Int32(place)
  }
}
