/// What is still to be read of a line or an operand field; it never passes the end.
struct Cursor<Element> {
  private var rest: ArraySlice<Element>

  /// Stands in a column, from 1; after the last where the elements end before it.
  ///
  /// - Parameters:
  ///   - elements: All of them, numbered from 0.
  ///   - column: The column.
  init(_ elements: ArraySlice<Element>, column: Int = 1) {
    rest = elements.dropFirst(max(0, column &- 1))
  }

  /// How many elements are before it.
  var position: Int { rest.startIndex }
  /// Where it stands, from 1.
  var column: Int { rest.startIndex &+ 1 }
  /// Whether nothing is left.
  var isEmpty: Bool { rest.isEmpty }
  /// The next element, without taking it.
  var first: Element? { rest.first }
  /// The element after the next.
  var second: Element? { rest.dropFirst().first }

  /// Takes the next element.
  @discardableResult
  mutating func take() -> Element? { rest.popFirst() }

  /// Takes the elements that are next and satisfy a condition.
  @discardableResult
  mutating func take(while isTaken: (Element) -> Bool) -> ArraySlice<Element> {
    let taken = rest.prefix(while: isTaken)
    rest = rest.drop(while: isTaken)
    return taken
  }

  /// Takes everything.
  mutating func takeAll() { rest = rest.suffix(0) }
}
