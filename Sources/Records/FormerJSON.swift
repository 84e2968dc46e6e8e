import Foundation

// JSON that an older program wrote, in rows and in checkpoints. It is brought to the present form before it is
// read: what was said otherwise is found wherever it stands, and a name that nobody knows is still refused by
// whoever reads the rest.

enum FormerJSON {
  /// How deep JSON is followed; nothing that was kept is deeper.
  static let depthLimit = 32

  /// JSON in the present form.
  static func present(_ json: Data) -> Data {
    FormerRecords.renewed(FormerShares.renewed(json))
  }

  /// JSON with its objects of a former form in the present one.
  ///
  /// - Parameters:
  ///   - json: JSON; what is none is returned as it is.
  ///   - mark: A name that only the former form has.
  ///   - present: An object in the present form; nil when it is of no former form.
  /// - Returns: The JSON.
  static func renewed(
    _ json: Data, mark: String, _ present: ([String: Any]) -> [String: Any]?
  ) -> Data {
    guard json.range(of: Data("\"\(mark)\"".utf8)) != nil,
      let value = try? JSONSerialization.jsonObject(with: json, options: .fragmentsAllowed)
    else { return json }
    var isFormer = false
    let renewed = renewed(value, depth: 0, &isFormer, present)
    guard isFormer else { return json }
    return (try? JSONSerialization.data(withJSONObject: renewed, options: .fragmentsAllowed))
      ?? json
  }

  private static func renewed(
    _ value: Any, depth: Int, _ isFormer: inout Bool,
    _ present: ([String: Any]) -> [String: Any]?
  ) -> Any {
    guard depth < depthLimit else { return value }
    if let elements = value as? [Any] {
      return elements.map { renewed($0, depth: depth &+ 1, &isFormer, present) }
    }
    guard let object = value as? [String: Any] else { return value }
    if let present = present(object) {
      isFormer = true
      return present
    }
    return object.mapValues { renewed($0, depth: depth &+ 1, &isFormer, present) }
  }
}
