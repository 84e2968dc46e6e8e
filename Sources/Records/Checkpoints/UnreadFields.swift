import Foundation
import Quantities

// What stands in a payload and no part of this program has read. The compiler's own readers pass over
// names that they do not know; here the payload is held against the value as it would be written.

/// Finds what was not read of a payload.
enum UnreadFields {
  /// Paths of fields of a payload that are not in the value that was read from it, in order.
  static func paths(in payload: Data, readAs value: some Encodable) -> [String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let written = try? encoder.encode(value) else { return [] }
    // As this program writes it: nothing of it is unknown.
    if written == payload { return [] }
    guard let known = try? JSONSerialization.jsonObject(with: written, options: .fragmentsAllowed),
      let found = try? JSONSerialization.jsonObject(with: payload, options: .fragmentsAllowed)
    else { return [] }
    var paths: [String] = []
    compare(found, known, at: "", &paths)
    return paths.sorted()
  }

  private static func compare(_ found: Any, _ known: Any?, at path: String, _ paths: inout [String])
  {
    if let found = found as? [String: Any] {
      let known = known as? [String: Any] ?? [:]
      // Cannot trap: each field once.
      for (name, value) in found {
        let place = path.isEmpty ? name : path + "." + name
        // A value that is none is not written.
        if known[name] == nil, !(value is NSNull) {
          paths.append(place)
        } else {
          compare(value, known[name], at: place, &paths)
        }
      }
    } else if let found = found as? [Any] {
      let known = known as? [Any] ?? []
      for (index, value) in found.enumerated() where value is [String: Any] || value is [Any] {
        compare(value, known.element(at: index), at: path + ".\(index)", &paths)
      }
    }
  }
}
