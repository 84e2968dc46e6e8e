/// Things by number, from 0, for what refers to each other by number in an inner loop.
///
/// A number that names none reads as what is absent, and only such a number reads what was written to
/// it: a wrong number is never worse than that, where an array's subscript would end every partition.
///
/// Public, because the compiler makes no specialized copies of a `package` type's members in other
/// modules.
public struct Numbered<Element>: RandomAccessCollection, MutableCollection {
  /// The things, and what is absent after the last: there is always a place to point to.
  @usableFromInline var storage: [Element]

  /// Numbers things.
  ///
  /// - Parameters:
  ///   - elements: The things in the order of their numbers.
  ///   - absent: What a number that names none reads as.
  @inlinable
  public init(_ elements: [Element], absent: Element) { storage = elements + [absent] }

  /// Numbers so many things; what is absent is as the last was made.
  ///
  /// - Parameters:
  ///   - count: How many; there is always one.
  ///   - element: Makes the thing with a number.
  /// - Throws: What making one throws.
  @inlinable
  public init<Failure: Error>(
    count: Int, _ element: (Int) throws(Failure) -> Element
  ) throws(Failure) {
    var elements = [try element(0)]
    var number = 1
    while number < count {
      elements.append(try element(number))
      number &+= 1
    }
    storage = elements + elements.suffix(1)
  }

  /// Numbers so many things that are all the same; there is always one.
  @inlinable
  public init(repeating element: Element, count: Int) { self.init(count: count) { _ in element } }

  /// The number of the first.
  @inlinable public var startIndex: Int { 0 }
  /// The number after the last.
  @inlinable public var endIndex: Int { storage.count &- 1 }
  /// How many there are.
  @inlinable public var count: Int { endIndex }
  /// The numbers that name something.
  @inlinable public var indices: Range<Int> { Range(uncheckedBounds: (0, endIndex)) }

  /// The things in the order of their numbers.
  @inlinable public var elements: [Element] {
    get { Array(storage.dropLast()) }
    set { storage = newValue + storage.suffix(1) }
  }

  /// The things one after the other.
  @inlinable
  public func makeIterator() -> IndexingIterator<ArraySlice<Element>> {
    storage.dropLast().makeIterator()
  }

  /// The thing with a number.
  ///
  /// By address, as an array's own subscript: nothing is copied, and nothing is compared twice.
  @inlinable public subscript(number: Int) -> Element {
    @inline(__always) unsafeAddress {
      let place = place(of: number)
      return storage.withUnsafeBufferPointer {
        UnsafePointer($0.baseAddress.unsafelyUnwrapped + place)
      }
    }
    @inline(__always) unsafeMutableAddress {
      let place = place(of: number)
      return storage.withUnsafeMutableBufferPointer {
        $0.baseAddress.unsafelyUnwrapped + place
      }
    }
  }

  @inline(__always) @inlinable
  func place(of number: Int) -> Int {
    let count = storage.count &- 1
    return number >= 0 && number < count ? number : count
  }

  /// Adds one with the next number.
  @inlinable
  public mutating func append(_ element: Element) {
    let number = endIndex
    storage.append(self[number])
    self[number] = element
  }
}

extension Numbered: Sendable where Element: Sendable {}

extension Numbered: Equatable where Element: Equatable {}

extension Numbered: Codable where Element: Codable {
  private enum CodingKeys: CodingKey { case elements, absent }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try container.decode([Element].self, forKey: .elements),
      absent: try container.decode(Element.self, forKey: .absent))
  }

  /// Writes the things in the order of their numbers, and what is absent.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(elements, forKey: .elements)
    try container.encode(self[endIndex], forKey: .absent)
  }
}
