// Storage that comes and goes in pieces, each an ACPI memory device, as a value: which of them the guest has, what
// it is to look at, and what it answers. What it writes to the registers is its own: no more than giving back what
// it has follows from it.

import Quantities

/// The registers that the DSDT reads and writes for the pieces of a partition's storage, each by its number.
struct StoragePieces: SavedState {
  static let kind = "storage pieces"
  static let version = 1

  /// What a guest has said or done.
  enum Answer: Equatable {
    /// It has so many pieces now, as it was offered them or they were wanted back.
    case plugged(Int)
    /// It could not take so many of those that it was offered, and has answered of all.
    case refused(Int)
    /// It gives back none of those that are still wanted.
    case kept
    /// It has given a piece back unasked.
    case givenBack
  }

  /// What becomes of pieces.
  struct Outcome: Equatable {
    /// Those that are storage now.
    var attached: [Int] = []
    /// Those that are storage no more.
    var detached: [Int] = []
    /// Whether the guest is to look.
    var isNews = false
    /// What the firmware is told.
    var answers: [Answer] = []
  }

  /// How far a piece has come.
  private enum Standing: String, Codable {
    case absent
    /// There, and the guest has not looked.
    case offered
    /// The guest has seen it, and may use it.
    case seen
    /// The guest has said that it uses it.
    case taken
  }

  private struct Piece: Codable, Equatable, Sendable {
    var standing = Standing.absent
    /// The guest is to look at it: it came.
    var isInserting = false
    /// The guest is to look at it: it is wanted back.
    var isRemoving = false
    /// An answer is awaited to the wish for it.
    var isWanted = false
    /// The guest has refused to give it, and was not asked again.
    var isKept = false

    var isPresent: Bool { standing != .absent }
    var isHeld: Bool { standing == .seen || standing == .taken }
    var isAnswered: Bool { standing == .absent || standing == .taken }
  }

  /// Bits of the flags register; EJECT is written only.
  private enum Flag {
    static let present: UInt8 = 1
    static let inserting: UInt8 = 2
    static let removing: UInt8 = 4
    static let eject: UInt8 = 8
  }

  /// Notifications and status codes of `_OST` (ACPI specification, "_OST (OSPM Status Indication)").
  private enum Status {
    static let deviceCheck: UInt32 = 1
    static let ejectRequest: UInt32 = 3
    static let success: UInt32 = 0
    static let insertionInProgress: UInt32 = 0x80
    static let ejectionInProgress: UInt32 = 0x84
  }

  private(set) var selector: UInt32 = 0
  /// The notification of which the guest is about to say what became of it.
  private var event: UInt32 = 0
  /// How many pieces the guest is to have.
  private(set) var requestedCount = 0
  /// How many of those that were offered it could not take, while others are not answered.
  private var refusedCount = 0
  private var pieces: Numbered<Piece>

  /// So many pieces, of which none is there.
  init(count: Int) { pieces = Numbered(repeating: Piece(), count: count) }

  /// How many pieces there may be.
  var count: Int { pieces.count }

  /// How many are there.
  var presentCount: Int { pieces.count(where: \.isPresent) }

  /// How many the guest uses, or may be about to.
  var heldCount: Int { pieces.count(where: \.isHeld) }

  /// Whether pieces are still wanted back.
  private var isWantedBack: Bool { presentCount > requestedCount }

  /// Whether a piece is there.
  func isPresent(_ number: Int) -> Bool { pieces.element(at: number)?.isPresent ?? false }

  /// Whether it is a state of as many pieces, with numbers that can be.
  func fits(_ other: StoragePieces) -> Bool {
    other.count == count && other.requestedCount >= 0 && other.requestedCount <= count
      && other.refusedCount >= 0 && other.refusedCount <= count
  }

  /// Forgets all events; the pieces that are there stay, and the guest that is loaded has not looked at them.
  mutating func reset() {
    let before = self
    self = StoragePieces(count: count)
    requestedCount = before.requestedCount
    for number in pieces.indices where before.isPresent(number) {
      pieces[number].standing = .offered
    }
  }

  // MARK: What the firmware wants

  /// Sets how many pieces the guest is to have, and how many it may keep.
  ///
  /// - Parameters:
  ///   - wanted: How many it is to have.
  ///   - most: How many it may keep; what is beyond that goes at once.
  ///   - isHeard: Whether the guest hears of what comes; else it finds it by itself.
  /// - Returns: What becomes of the pieces.
  mutating func offer(_ wanted: Int, keeping most: Int, isHeard: Bool) -> Outcome {
    requestedCount = min(max(0, min(wanted, most)), count)
    var outcome = Outcome()
    outcome.detached = limit(to: most)
    // What the firmware has itself taken of what was refused is not told any more.
    refusedCount = min(refusedCount, max(0, most).subtractingClamped(presentCount))
    let missing = requestedCount.subtractingClamped(presentCount)
    if missing > 0 {
      // What the guest saw earlier is its own: of that no answer is awaited any more.
      for number in pieces.indices where pieces[number].standing == .seen {
        pieces[number].standing = .taken
      }
      refusedCount = 0
      let absent = pieces.indices.filter { !pieces[$0].isPresent }
      outcome.attached = Array(absent.prefix(missing))
      for number in outcome.attached { pieces[number] = Piece(standing: .offered) }
    }
    if isHeard {
      for number in pieces.indices where pieces[number].standing == .offered {
        outcome.isNews = outcome.isNews || !pieces[number].isInserting
        pieces[number].isInserting = true
      }
    }
    if recall() { outcome.isNews = true }
    return outcome
  }

  /// Asks again for the pieces that the guest has refused to give.
  ///
  /// - Returns: Whether the guest is to look.
  mutating func askAgain() -> Bool {
    for number in pieces.indices { pieces[number].isKept = false }
    return recall()
  }

  /// Takes pieces away until there are no more than so many: first what the guest has not looked at.
  private mutating func limit(to most: Int) -> [Int] {
    var gone: [Int] = []
    for standing in [Standing.offered, .seen, .taken] {
      for number in pieces.indices.reversed() where pieces[number].standing == standing {
        guard presentCount > max(0, most) else { return gone }
        pieces[number] = Piece()
        gone.append(number)
      }
    }
    return gone
  }

  /// Wants a piece back while there are too many, the highest that the guest has not refused.
  ///
  /// One after the other, as guests give them: what they have heard of they do, whatever becomes of the wish.
  ///
  /// - Returns: Whether the guest is to look.
  private mutating func recall() -> Bool {
    guard isWantedBack else {
      for number in pieces.indices {
        pieces[number].isRemoving = false
        pieces[number].isWanted = false
        pieces[number].isKept = false
      }
      return false
    }
    guard !pieces.contains(where: \.isWanted),
      let next = pieces.lastIndex(where: { $0.isPresent && !$0.isKept })
    else { return false }
    pieces[next].isRemoving = true
    pieces[next].isWanted = true
    return true
  }

  // MARK: What the guest reads and writes

  /// Selects a piece.
  mutating func select(_ value: UInt32) { selector = value }

  /// Says of which notification the next status is.
  mutating func note(event value: UInt32) { event = value }

  /// The selected piece; nil for a number that none has.
  private var selected: Int? {
    guard let number = Int(exactly: selector), pieces.indices.contains(number) else { return nil }
    return number
  }

  /// Reads the flags of the selected piece: the guest has seen it then.
  mutating func readFlags() -> UInt8 {
    guard let selected else { return 0 }
    if pieces[selected].standing == .offered { pieces[selected].standing = .seen }
    let piece = pieces[selected]
    return (piece.isPresent ? Flag.present : 0) | (piece.isInserting ? Flag.inserting : 0)
      | (piece.isRemoving ? Flag.removing : 0)
  }

  /// Writes the flags of the selected piece.
  mutating func writeFlags(_ value: UInt8) -> Outcome {
    var outcome = Outcome()
    guard let selected else { return outcome }
    if value & Flag.inserting != 0 { pieces[selected].isInserting = false }
    if value & Flag.removing != 0 { pieces[selected].isRemoving = false }
    guard value & Flag.eject != 0, pieces[selected].isPresent else { return outcome }
    let isAsked = isWantedBack
    pieces[selected] = Piece()
    outcome.detached = [selected]
    outcome.answers = [isAsked ? .plugged(heldCount) : .givenBack]
    goOn(&outcome)
    return outcome
  }

  /// Takes what became of a notification at the selected piece; nothing follows when nobody waits for it, or it is
  /// not over.
  mutating func writeStatus(_ value: UInt32) -> Outcome {
    guard let selected else { return Outcome() }
    switch event {
    case Status.deviceCheck
    where !pieces[selected].isAnswered && value != Status.insertionInProgress:
      return answerOffer(of: selected, isTaken: value == Status.success)
    case Status.ejectRequest
    where pieces[selected].isWanted && value != Status.success
      && value != Status.ejectionInProgress:
      pieces[selected].isRemoving = false
      pieces[selected].isWanted = false
      pieces[selected].isKept = true
      var outcome = Outcome()
      goOn(&outcome)
      return outcome
    default: return Outcome()
    }
  }

  /// The guest has given a piece or refused one: the next is wanted, or it has refused all.
  private mutating func goOn(_ outcome: inout Outcome) {
    outcome.isNews = recall()
    guard isWantedBack, !pieces.contains(where: \.isWanted) else { return }
    outcome.answers.append(.kept)
  }

  /// The guest has taken a piece that it was offered, or could not, so that the piece goes.
  ///
  /// While pieces are wanted back, that is one of them; and one of which it has not answered is not given back yet.
  private mutating func answerOffer(of number: Int, isTaken: Bool) -> Outcome {
    let isAsked = isWantedBack
    var outcome = Outcome()
    if isTaken {
      pieces[number].standing = .taken
    } else {
      pieces[number] = Piece()
      outcome.detached = [number]
    }
    if isAsked {
      outcome.answers = [.plugged(heldCount)]
      if !isTaken { goOn(&outcome) }
    } else {
      conclude(isTaken: isTaken, &outcome)
    }
    return outcome
  }

  /// Tells what the guest has taken of an offer, and what it could not take when it has answered of all.
  private mutating func conclude(isTaken: Bool, _ outcome: inout Outcome) {
    if isTaken {
      outcome.answers = [.plugged(pieces.count { $0.standing == .taken })]
    } else {
      refusedCount.addClamped(1)
    }
    guard refusedCount > 0, pieces.allSatisfy(\.isAnswered) else { return }
    outcome.answers.append(.refused(refusedCount))
    refusedCount = 0
  }
}
