import Quantities

// A binary heap by (rank, virtual time, number) among a pool's accounts with work.
//
// Virtual time is processor time over a share. A share's terms stay below 2^40: weights come to 10^8 at
// most, each in hundredths of a percent. All processor time that there can be stays below 2^70 ns, 62
// processors for 584 years; so virtual times stay below 2^110, and 128 bits hold what is added to them.

extension Fraction {
  /// The virtual time of so much processor time, with this as the share; none for no share.
  func virtualTime(of nanoseconds: Int64) -> Int128 {
    // Less than 2^64 times less than 2^40.
    numerator > 0 ? Int128(nanoseconds) &* denominator / numerator : 0
  }
}

extension Dispatcher {
  /// Recomputes an account's virtual time from what is charged to it.
  func updateKey(_ account: Int) {
    let share = accounts[account].queueShare
    guard share.numerator > 0 else { return }
    accounts[account].key =
      accounts[account].base &+ share.virtualTime(of: accounts[account].charged)
  }

  private func precedes(_ one: Int, _ other: Int) -> Bool {
    if accounts[one].rank != accounts[other].rank {
      return accounts[one].rank < accounts[other].rank
    }
    let (oneKey, otherKey) = (accounts[one].key, accounts[other].key)
    return oneKey == otherKey ? one < other : oneKey < otherKey
  }

  /// Puts an account into its pool's heap, unless it is in it.
  func insertInHeap(_ account: Int) {
    guard accounts[account].place < 0 else { return }
    let pool = accounts[account].pool
    let group = accounts[account].group
    if group >= 0, accounts[account].rank <= 1 { joinGroup(group) }
    // There is a place for every account, and none has two.
    let place = pools[pool].heapCount
    heaps[pool][place] = account
    accounts[account].place = place
    pools[pool].heapCount = place &+ 1
    siftUp(account)
  }

  /// One more of a group's members waits for a place that its own limits allow.
  func joinGroup(_ group: Int) {
    groups[group].waiting &+= 1
    if groups[group].waiting == 1, groups[group].isWithin { keepUp(group) }
  }

  /// One of a group's members waits no more for a place that its own limits allow.
  func leaveGroup(_ group: Int) {
    groups[group].waiting &-= 1
    if groups[group].waiting == 0, groups[group].isWithin { noteLag(group: group) }
  }

  /// Takes an account out of its pool's heap, if it is in it.
  func removeFromHeap(_ account: Int) {
    let place = accounts[account].place
    guard place >= 0 else { return }
    let pool = accounts[account].pool
    accounts[account].place = -1
    let group = accounts[account].group
    if group >= 0, accounts[account].rank <= 1 { leaveGroup(group) }
    // It was in it, so there is a last one.
    let count = pools[pool].heapCount &- 1
    pools[pool].heapCount = count
    guard place < count else { return }
    let moved = heaps[pool][count]
    heaps[pool][place] = moved
    accounts[moved].place = place
    restore(moved)
  }

  /// Restores the order around an account whose key changed.
  func restore(_ account: Int) {
    siftUp(account)
    siftDown(account)
  }

  // Places are below the number of accounts, so that twice one fits.

  private func siftUp(_ account: Int) {
    let heap = heaps[accounts[account].pool]
    var place = accounts[account].place
    while place > 0 {
      let parent = (place &- 1) / 2
      guard precedes(account, heap[parent]) else { break }
      heap[place] = heap[parent]
      accounts[heap[place]].place = place
      place = parent
    }
    heap[place] = account
    accounts[account].place = place
  }

  private func siftDown(_ account: Int) {
    let pool = accounts[account].pool
    let heap = heaps[pool]
    let count = pools[pool].heapCount
    var place = accounts[account].place
    while true {
      var child = 2 &* place &+ 1
      guard child < count else { break }
      if child &+ 1 < count, precedes(heap[child &+ 1], heap[child]) { child &+= 1 }
      guard precedes(heap[child], account) else { break }
      heap[place] = heap[child]
      accounts[heap[place]].place = place
      place = child
    }
    heap[place] = account
    accounts[account].place = place
  }
}
