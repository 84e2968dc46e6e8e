import Partitioning

extension ManagementAction {
  /// The action in the words of the commands that ask for it, for the journal.
  package var commandText: String {
    switch self {
    case .activate(let name, let profile, let load, let force):
      words(
        "ACTIVATE", name, profile.map { "PROFILE \($0)" }, load ? nil : "NOLOAD",
        force ? "FORCE" : nil)
    case .recover(let name): words("RECOVER", name)
    case .deactivate(let name, let force): words("DEACTIVATE", name, force ? "FORCE" : nil)
    case .load(let name, let image, let parameters, let clear, let force):
      words(
        "LOAD", name, image?.directoryText, clear ? nil : "NOCLEAR", force ? "FORCE" : nil,
        parameters.map { "PARM \($0)" })
    case .stop(let name, let processor): words("STOP", name, Self.processor(processor))
    case .start(let name, let processor): words("START", name, Self.processor(processor))
    case .resetNormal(let name, let force): words("RESET NORMAL", name, force ? "FORCE" : nil)
    case .resetClear(let name, let force): words("RESET CLEAR", name, force ? "FORCE" : nil)
    case .restart(let name): words("RESTART", name)
    case .signalShutdown(let name, let within, let thenForce):
      words(thenForce ? "FORCE" : "SIGNAL SHUTDOWN", name, "WITHIN \(within)")
    case .cancelShutdown(let name): words("FORCE", name, "CANCEL")
    case .setWeight(let name, let type, let weight):
      words("SET WEIGHT", name, Self.type(type), "\(weight)")
    case .setShare(let name, let type, let amount, let limit):
      words(
        "SET SHARE", name, Self.type(type), amount?.directoryText, limit.map(limitText))
    case .setInitialShare(let name, let type):
      words("SET SHARE", name, Self.type(type), "INITIAL")
    case .setCap(let name, let type, .ownShare(let isOn)):
      words("SET CAP", name, Self.type(type), isOn ? "ON" : "OFF")
    case .setCap(let name, let type, .absolute(let hundredths)):
      words("SET CAP", name, Self.type(type), "ABSOLUTE \(Self.cap(hundredths))")
    case .setWeightRange(let name, let type, let minimum, let maximum):
      words(
        "SET WEIGHT", name, Self.type(type), "MINIMUM \(Self.number(minimum))",
        "MAXIMUM \(Self.number(maximum))")
    case .setGroup(let name, let type, let group):
      words("SET GROUP", name, Self.type(type), group ?? "NONE")
    case .setDefinedCapacity(let name, let units): words("SET DEFCAP", name, Self.number(units))
    case .setPolarity(let name, let polarity): words("SET POLARITY", name, polarity.rawValue)
    case .setGroupCap(let group, let type, let hundredths):
      words("SET GROUPCAP", group, Self.type(type), Self.cap(hundredths))
    case .setGroupCapacity(let group, let units): words("SET GROUPMSU", group, Self.number(units))
    case .setRunningTime(let nanoseconds):
      words(
        "SET RUNTIME", nanoseconds.map { fixedPointText(Int(clamping: $0), places: 6) } ?? "DYNAMIC"
      )
    case .setWaitCompletion(let isOn): words("SET WAITCOMP", isOn ? "ON" : "OFF")
    case .setSecurity(let name, let permission, let isOn):
      words("SET SECURITY", name, permission.rawValue, isOn ? "ON" : "OFF")
    case .setNextProfile(let name, let profile): words("SET PROFILE", name, profile)
    case .saveProfile(let name): words("SAVE PROFILE", name)
    case .inProfile(let change): change.commandText + " PROFILE"
    case .inBoth(let change): change.commandText + " BOTH"
    case .batch(let actions): Self.together(actions.map(\.commandText))
    case .configureProcessor(let name, let number, let online, let insistence, let within):
      configuration(name, "CPU(\(hexDigits(number, 2)))", online, insistence, within)
    case .configureStorage(let name, let bytes, let online, let insistence, let within):
      configuration(name, "STOR(\(sizeText(bytes)))", online, insistence, within)
    case .configurePath(let name, let path, let online, let insistence):
      configuration(name, "CHP(\(hexDigits(path, 2)))", online, insistence, nil)
    case .releasePath(let name, let path):
      words("RELEASE CHPID", hexDigits(path, 2), name)
    case .cancelPending(let name, let kind): words("CANCEL", name, kind.map(Self.kindText))
    case .varyProcessor(let number, let online):
      words("VARY", Self.lineState(online), "PROCESSOR \(hexDigits(number, 2))")
    case .varyPath(let path, let online, let insistence):
      words(
        "VARY", Self.lineState(online), "CHPID \(hexDigits(path, 2))",
        insistence == .polite ? nil : insistence.rawValue)
    case .defineProcessor(let name, let number):
      words("FOR \(name) CMD DEFINE CPU", hexDigits(number, 2))
    case .detachProcessor(let name, let number):
      words("FOR \(name) CMD DETACH CPU", hexDigits(number, 2))
    case .defineStorage(let name, let bytes):
      words("FOR \(name) CMD DEFINE STORAGE", sizeText(bytes))
    case .sendConsole(let name, let bytes): words("SEND", name, "(\(bytes.count) bytes)")
    case .storeStorage(let name, let address, let bytes):
      words("FOR \(name) CMD STORE", hexDigits(address, 8), "(\(bytes.count) bytes)")
    case .storeRegister(let name, let number, let register, let value):
      words(
        "FOR \(name) CMD CPU", hexDigits(number, 2), "CMD STORE", register,
        hexDigits(value, 16))
    }
  }

  /// Several commands that begin alike as one: `FOR A CMD DETACH CPU 01 02`; others with # between.
  private static func together(_ commands: [String]) -> String {
    let lines = commands.map { $0.split(separator: " ") }
    guard let first = lines.first else { return "" }
    // What all of them begin with.
    let lead = lines.reduce(first) { lead, line in
      zip(lead, line).prefix { $0 == $1 }.map(\.0)
    }
    let rests = lines.map { Array($0.dropFirst(lead.count)) }
    guard rests.allSatisfy({ !$0.isEmpty }), rests.dropLast().allSatisfy({ $0.count == 1 }) else {
      return commands.joined(separator: " # ")
    }
    return (lead + rests.joined()).joined(separator: " ")
  }

  /// Words of a command; those that are not there leave no gap.
  private func words(_ words: String?...) -> String {
    words.compactMap { $0 }.joined(separator: " ")
  }

  private func configuration(
    _ name: String, _ object: String, _ online: Bool, _ insistence: Insistence, _ within: Int?
  ) -> String {
    words(
      "FOR \(name) CMD CONFIG", object, Self.lineState(online),
      insistence == .polite ? nil : insistence.rawValue, within.map { "WITHIN \($0)" })
  }

  private static func processor(_ number: Int?) -> String? {
    number.map { "CPU \(hexDigits($0, 2))" }
  }

  private static func type(_ type: ProcessorType?) -> String? {
    type.map { "TYPE \($0.rawValue)" }
  }

  private static func cap(_ hundredths: Int?) -> String {
    hundredths.map { fixedPointText($0, places: 2, padded: true) } ?? "OFF"
  }

  private static func number(_ value: Int?) -> String {
    value.map { "\($0)" } ?? "OFF"
  }

  private static func lineState(_ online: Bool) -> String {
    online ? "ONLINE" : "OFFLINE"
  }

  private static func kindText(_ kind: PendingKind) -> String {
    switch kind {
    case .processor: "CPU"
    case .storage: "STORAGE"
    case .shutdown: "SHUTDOWN"
    }
  }
}
