import Partitioning
import Quantities

extension SettingScope {
  /// What a command that is not for what runs alone ends with.
  var commandText: String { self == .running ? "" : " " + rawValue }
}

extension Setting {
  /// The setting in the words of the command that asks for it.
  var commandText: String {
    switch self {
    case .weight(let name, let type, let weight):
      commandWords("SET WEIGHT", name, typeText(type), "\(weight)")
    case .share(let name, let type, let amount, let limit):
      commandWords(
        "SET SHARE", name, typeText(type), amount?.directoryText, limit.map(limitText))
    case .initialShare(let name, let type):
      commandWords("SET SHARE", name, typeText(type), "INITIAL")
    case .cap(let name, let type, .ownShare(let isOn)):
      commandWords("SET CAP", name, typeText(type), isOn ? "ON" : "OFF")
    case .cap(let name, let type, .absolute(let hundredths)):
      commandWords("SET CAP", name, typeText(type), "ABSOLUTE \(capText(hundredths))")
    case .weightRange(let name, let type, let minimum, let maximum):
      commandWords(
        "SET WEIGHT", name, typeText(type), "MINIMUM \(numberText(minimum))",
        "MAXIMUM \(numberText(maximum))")
    case .group(let name, let type, let group):
      commandWords("SET GROUP", name, typeText(type), group ?? "NONE")
    case .definedCapacity(let name, let units): commandWords("SET DEFCAP", name, numberText(units))
    case .polarity(let name, let polarity): commandWords("SET POLARITY", name, polarity.rawValue)
    case .groupCap(let group, let type, let hundredths):
      commandWords("SET GROUPCAP", group, typeText(type), capText(hundredths))
    case .groupCapacity(let group, let units):
      commandWords("SET GROUPMSU", group, numberText(units))
    case .runningTime(let nanoseconds):
      commandWords(
        "SET RUNTIME", nanoseconds.map { fixedPointText(Int(clamping: $0), places: 6) } ?? "DYNAMIC"
      )
    case .waitCompletion(let isOn): commandWords("SET WAITCOMP", isOn ? "ON" : "OFF")
    case .ioPriority(let name, let priority): commandWords("SET IOPRIORITY", name, "\(priority)")
    case .consoleWatcher(let name, let role, let userid):
      commandWords("SET \(role.rawValue)", name, userid ?? "OFF")
    case .pathManagement(let isOn): commandWords("SETIOS", "DCM=" + (isOn ? "ON" : "OFF"))
    case .ioPriorityQueuing(let isOn): commandWords("SET IOPRIORITY", isOn ? "ON" : "OFF")
    case .missingInterruptTime(let subject, let seconds):
      commandWords(
        "SET MITIME", subject == .all ? nil : subject.text, MissingInterruptTimes.text(seconds))
    case .security(let name, let permission, let isOn):
      commandWords("SET SECURITY", name, permission.rawValue, isOn ? "ON" : "OFF")
    case .weightChange(let name, let type, let change):
      commandWords(
        "SET WEIGHT", name, typeText(type), change.weight.map { "\($0)" },
        change.minimum.map { "MINIMUM \(numberText($0.weight))" },
        change.maximum.map { "MAXIMUM \(numberText($0.weight))" })
    }
  }
}

/// Words of a command; those that are not there leave no gap.
func commandWords(_ words: String?...) -> String {
  words.compactMap { $0 }.joined(separator: " ")
}

private func typeText(_ type: ProcessorType?) -> String? {
  type.map { "TYPE \($0.rawValue)" }
}

private func capText(_ hundredths: Int?) -> String {
  hundredths.map { hundredthsText($0) } ?? "OFF"
}

private func numberText(_ value: Int?) -> String {
  value.map { "\($0)" } ?? "OFF"
}
