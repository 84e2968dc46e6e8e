import Foundation
import Partitioning

// Rows that an older program wrote. Until settings became one kind of action each was one of its own, made in
// the profile by another around it: {"inProfile":{"_0":{"setWeight":{...}}}} is now
// {"set":{"_0":{"weight":{...}},"_1":"PROFILE"}}. Such JSON is brought to the present form before it is
// read, wherever in a row it stands: within a batch, or in the refusal of an action.

enum FormerActions {
  /// The settings, each of which was the action setWeight, setShare and so on.
  private static let settings = [
    "weight", "share", "initialShare", "cap", "weightRange", "group", "definedCapacity",
    "polarity", "security", "groupCap", "groupCapacity", "runningTime", "waitCompletion",
  ]

  /// The setting that an action was; nil for another action.
  private static func setting(_ action: String) -> String? {
    guard action.hasPrefix("set") else { return nil }
    let stem = action.dropFirst(3)
    let name = stem.prefix(1).lowercased() + stem.dropFirst()
    return settings.contains(name) ? name : nil
  }

  /// Where the setting was made that an action stood around; nil for another action.
  private static func scope(_ action: String) -> SettingScope? {
    switch action {
    case "inProfile": .profile
    case "inBoth": .both
    default: nil
    }
  }

  /// JSON of a row in the present form; nil when it is none, or has nothing to be brought there.
  static func renewed(_ json: Data) -> Data? {
    guard let value = try? JSONSerialization.jsonObject(with: json, options: .fragmentsAllowed)
    else { return nil }
    let present = renewed(value, .running, depth: 0)
    return try? JSONSerialization.data(withJSONObject: present, options: .fragmentsAllowed)
  }

  /// A value in the present form; a setting in it is made in the scope.
  private static func renewed(_ value: Any, _ scope: SettingScope, depth: Int) -> Any {
    guard depth < FormerJSON.depthLimit else { return value }
    if let elements = value as? [Any] {
      return elements.map { renewed($0, scope, depth: depth &+ 1) }
    }
    guard let object = value as? [String: Any] else { return value }
    if object.count == 1, let (key, payload) = object.first {
      if let setting = setting(key) {
        return ["set": ["_0": [setting: payload], "_1": scope.rawValue]]
      }
      // What was no setting was refused there; it is told as itself.
      if let scope = Self.scope(key), let inner = (payload as? [String: Any])?["_0"] {
        return renewed(inner, scope, depth: depth &+ 1)
      }
    }
    return object.mapValues { renewed($0, scope, depth: depth &+ 1) }
  }
}
