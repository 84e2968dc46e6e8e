import Foundation
import Partitioning

// Partitions as an older program wrote them. Until a share was stored once it stood in four places: a
// partition's SHARE, a type's own, its weight and its CAPPED. Such JSON is brought to the present form before
// it is read, in rows and in checkpoints.

enum FormerShares {
  /// A name that partitions have no more.
  private static let mark = "isCapped"

  /// JSON in the present form.
  static func renewed(_ json: Data) -> Data {
    FormerJSON.renewed(json, mark: mark) { object in
      guard let processors = object["processors"] as? [[String: Any]],
        processors.contains(where: { $0[mark] != nil })
      else { return nil }
      var object = object
      let common = object.removeValue(forKey: "share") as? [String: Any]
      object["processors"] = processors.map { renewed($0, common) }
      return object
    }
  }

  /// A type's processors with their share in one place.
  private static func renewed(
    _ processors: [String: Any], _ common: [String: Any]?
  ) -> [String: Any] {
    var processors = processors
    let isShared = processors["mode"] as? String == ProcessorMode.shared.rawValue
    let weight = processors.removeValue(forKey: "weight") ?? ShareDefinition.usualWeight
    var share = processors["share"] as? [String: Any] ?? (isShared ? common : nil) ?? [:]
    share["amount"] = share["amount"] ?? ["relative": ["_0": weight]]
    share["limit"] = share["limit"] ?? ["none": [String: Any]()]
    if processors.removeValue(forKey: mark) as? Bool == true {
      share["limit"] = ["hard": [String: Any]()]
    }
    share["absoluteCapHundredths"] = processors.removeValue(forKey: "absoluteCapHundredths")
    processors["share"] = share
    return processors
  }
}
