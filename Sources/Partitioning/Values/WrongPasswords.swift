import Quantities

// Wrong passwords of LINK, counted against the user who gave them: who has given too many may link no more until
// he is logged on again (CP: 115E).

/// How many wrong passwords users have given since they were logged on.
package struct WrongPasswords: Sendable, Equatable, Codable {
  /// One user's.
  private struct Count: Sendable, Equatable, Codable {
    var userid: String
    var count: Int
  }

  /// After so many a user may link no more.
  package static let limit = 10

  /// Users with any, by name.
  private var counts: [Count] = []

  /// Nobody has given any.
  package init() {}

  /// Whether a user has given too many.
  package func areTooMany(of userid: String) -> Bool {
    counts.contains { $0.userid == userid && $0.count >= Self.limit }
  }

  /// Counts one more of a user.
  mutating func count(_ userid: String) {
    let before = counts.first { $0.userid == userid }?.count ?? 0
    forget(userid)
    counts.append(Count(userid: userid, count: before.addingClamped(1)))
    counts.sort { $0.userid < $1.userid }
  }

  /// A user begins anew.
  mutating func forget(_ userid: String) { counts.removeAll { $0.userid == userid } }
}

extension WrongPasswords: Blank {
  /// What an earlier program kept counted none.
  package static var blank: WrongPasswords { WrongPasswords() }
}
