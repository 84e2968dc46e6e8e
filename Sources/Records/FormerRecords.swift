import Foundation
import Partitioning

// Partitions' records as an older program wrote them. Until a record held the partition's whole value it
// listed some of its values under names of its own.

enum FormerRecords {
  /// A name that only such a record has.
  private static let mark = "incrementCount"

  /// JSON in the present form.
  static func renewed(_ json: Data) -> Data {
    FormerJSON.renewed(json, mark: mark) { object in
      guard object[mark] != nil,
        let text = try? JSONSerialization.data(withJSONObject: object),
        let former = try? JSONDecoder().decode(FormerPartitionRecord.self, from: text),
        let present = try? JSONEncoder().encode(former.record)
      else { return nil }
      return (try? JSONSerialization.jsonObject(with: present)) as? [String: Any]
    }
  }
}
