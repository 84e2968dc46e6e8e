import Quantities

// What the firmware tells: one owner publishes, any number of readers read, each from where it stands. A
// reader is a value that the owner is given; it holds nothing up, and so much is kept and no more.

/// A reader's place in what is published; a new one stands at the beginning.
package struct ReaderPosition: Sendable, Equatable, Codable {
  /// How many things were published before the next that it reads.
  fileprivate(set) package var count: UInt64 = 0

  /// The beginning.
  package init() {}
}

/// What a reader had not read yet.
package struct Reading<Element> {
  /// In the order in which they were published.
  package var elements: [Element]
  /// How many older ones it has missed because more was published than is kept.
  package var lostCount: UInt64
}

/// A thing that is published.
package protocol Published: Sendable {
  /// Bytes that it holds beside itself: a guest may have written them.
  var heldByteCount: Int { get }
}

extension Published {
  /// Nothing worth counting, unless it says so.
  package var heldByteCount: Int { 0 }
}

extension FirmwareEvent: Published {
  /// What a guest wrote.
  package var heldByteCount: Int {
    if case .console(let bytes) = kind { bytes.count } else { 0 }
  }
}

extension ChangeRecord: Published {
  /// What was stored or typed.
  package var heldByteCount: Int { action.heldByteCount }
}

extension AccountingRecord: Published {}

extension ManagementAction {
  fileprivate var heldByteCount: Int {
    switch self {
    case .sendConsole(_, let bytes), .storeStorage(_, _, let bytes): bytes.count
    case .activateDeck(.activate(let deck), _): deck.configuration.heldByteCount
    case .batch(let actions): actions.reduce(0) { $0.addingClamped($1.heldByteCount) }
    default: 0
    }
  }
}

extension IOConfiguration {
  /// About what its objects take.
  fileprivate var heldByteCount: Int {
    paths.count.addingClamped(controlUnits.count).addingClamped(devices.count)
      .multipliedClamped(by: 256)
  }
}

/// Things that are published in order.
package struct Publication<Element: Published> {
  /// Bytes that what is kept may hold beside itself.
  package static var byteLimit: Int { 8 << 20 }

  /// How many are kept at most; when there are more, or they hold too much, the older half goes.
  private let limit: Int
  private var kept: [Element] = []
  private var heldByteCount = 0
  /// How many were published before the first that is kept.
  private var droppedCount: UInt64 = 0

  /// Nothing is published yet.
  package init(keeping limit: Int) {
    self.limit = max(1, limit)
  }

  /// Publishes a thing.
  package mutating func publish(_ element: Element) {
    if kept.count >= limit { drop((limit &+ 1) / 2) }
    kept.append(element)
    heldByteCount.addClamped(element.heldByteCount)
    while heldByteCount > Self.byteLimit, kept.count > 1 { drop(kept.count / 2) }
  }

  private mutating func drop(_ count: Int) {
    kept = Array(kept.dropFirst(max(1, count)))
    droppedCount.addClamped(UInt64(clamping: max(1, count)))
    heldByteCount = kept.reduce(0) { $0.addingClamped($1.heldByteCount) }
  }

  /// Gives a reader what it has not read, and moves it to the end.
  package func read(_ position: inout ReaderPosition) -> Reading<Element> {
    let lost = droppedCount.subtractingClamped(position.count)
    let start = position.count.subtractingClamped(droppedCount)
    position.count = droppedCount.addingClamped(UInt64(clamping: kept.count))
    return Reading(elements: Array(kept.dropFirst(Int(clamping: start))), lostCount: lost)
  }
}

extension Publication: Blank where Element: Codable {
  /// Nothing was published.
  package static var blank: Publication { Publication(keeping: 1 << 14) }
}

extension Publication: Sendable {}
extension Publication: Equatable where Element: Equatable {}
extension Publication: Codable where Element: Codable {}
