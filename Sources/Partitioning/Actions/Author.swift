/// Who has an action performed, and by what right.
package enum Author: Sendable, Equatable, Codable {
  /// Somebody at a console, a script or a program, by userid, with his privilege classes. A record that
  /// is read back says only who it was: its classes are all.
  case user(String, classes: PrivilegeClasses = .all)
  /// A partition's guest or its own user; its permissions bind it.
  case partition(String)
  /// The firmware itself, which may do everything.
  case firmware

  /// As it is told: a userid, or a partition's name.
  package var name: String {
    switch self {
    case .user(let name, _), .partition(let name): name
    case .firmware: "FIRMWARE"
    }
  }
}
