import Quantities

/// The partitions that are defined, in the order of their numbers, found by number and by name.
///
/// A number is a partition's for as long as it is defined. Numbers that nobody has are left out.
struct PartitionRoster: Sequence {
  private let all: [Partition]
  /// Place of each number among them, nil for one that nobody has.
  private let places: [Int?]

  /// The partitions, ascending by number.
  init(_ partitions: [Partition]) {
    all = partitions
    var places: [Int?] = []
    for (place, partition) in partitions.enumerated() {
      while places.count < partition.number { places.append(nil) }
      places.append(place)
    }
    self.places = places
  }

  /// How many there are.
  var count: Int { all.count }

  func makeIterator() -> IndexingIterator<[Partition]> { all.makeIterator() }

  /// The partition with a number.
  subscript(number: Int) -> Partition? {
    guard let place = places.element(at: number) ?? nil else { return nil }
    return all.element(at: place)
  }
}
