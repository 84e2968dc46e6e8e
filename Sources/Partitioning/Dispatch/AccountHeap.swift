// A binary heap by (rank, virtual time, number) among a pool's accounts with work.

extension Dispatcher {
  /// Recomputes an account's virtual time from what is charged to it.
  func updateKey(_ account: Int32) {
    let index = Int(account)
    let share = accounts[index].queueShare
    guard share.numerator > 0 else { return }
    let charged = Int128(accounts[index].charged)
    accounts[index].key = accounts[index].base + charged * share.denominator / share.numerator
  }

  private func precedes(_ one: Int32, _ other: Int32) -> Bool {
    let left = Int(one)
    let right = Int(other)
    if accounts[left].rank != accounts[right].rank {
      return accounts[left].rank < accounts[right].rank
    }
    let (leftKey, rightKey) = (accounts[left].key, accounts[right].key)
    return leftKey == rightKey ? one < other : leftKey < rightKey
  }

  /// Puts an account into its pool's heap.
  func insertInHeap(_ account: Int32) {
    let pool = Int(accounts[Int(account)].pool)
    let group = Int(accounts[Int(account)].group)
    if group >= 0, accounts[Int(account)].rank <= 1 { joinGroup(group) }
    let place = pools[pool].heapCount
    pools[pool].heap[Int(place)] = account
    accounts[Int(account)].place = place
    pools[pool].heapCount += 1
    siftUp(account)
  }

  /// One more of a group's members waits for a place that its own limits allow.
  func joinGroup(_ group: Int) {
    groups[group].waiting += 1
    if groups[group].waiting == 1, groups[group].isWithin { keepUp(group) }
  }

  /// One of a group's members waits no more for a place that its own limits allow.
  func leaveGroup(_ group: Int) {
    groups[group].waiting -= 1
    if groups[group].waiting == 0, groups[group].isWithin { noteLag(group: group) }
  }

  /// Takes an account out of its pool's heap, if it is in it.
  func removeFromHeap(_ account: Int32) {
    let place = accounts[Int(account)].place
    guard place >= 0 else { return }
    let pool = Int(accounts[Int(account)].pool)
    accounts[Int(account)].place = -1
    let group = Int(accounts[Int(account)].group)
    if group >= 0, accounts[Int(account)].rank <= 1 { leaveGroup(group) }
    pools[pool].heapCount -= 1
    let count = pools[pool].heapCount
    guard place < count else { return }
    let moved = pools[pool].heap[Int(count)]
    pools[pool].heap[Int(place)] = moved
    accounts[Int(moved)].place = place
    restore(moved)
  }

  /// Restores the order around an account whose key changed.
  func restore(_ account: Int32) {
    siftUp(account)
    siftDown(account)
  }

  private func siftUp(_ account: Int32) {
    let heap = pools[Int(accounts[Int(account)].pool)].heap
    var place = Int(accounts[Int(account)].place)
    while place > 0 {
      let parent = (place - 1) / 2
      guard precedes(account, heap[parent]) else { break }
      heap[place] = heap[parent]
      accounts[Int(heap[place])].place = Int32(place)
      place = parent
    }
    heap[place] = account
    accounts[Int(account)].place = Int32(place)
  }

  private func siftDown(_ account: Int32) {
    let pool = Int(accounts[Int(account)].pool)
    let heap = pools[pool].heap
    let count = Int(pools[pool].heapCount)
    var place = Int(accounts[Int(account)].place)
    while true {
      var child = 2 * place + 1
      guard child < count else { break }
      if child + 1 < count, precedes(heap[child + 1], heap[child]) { child += 1 }
      guard precedes(heap[child], account) else { break }
      heap[place] = heap[child]
      accounts[Int(heap[place])].place = Int32(place)
      place = child
    }
    heap[place] = account
    accounts[Int(account)].place = Int32(place)
  }
}
