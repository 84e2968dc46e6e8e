import Partitioning
import Quantities

extension ManagementAction {
  /// The action in the words of the commands that ask for it, for the journal.
  package var commandText: String {
    switch self {
    case .activate(let name, let profile, let load, let force),
      .logOn(let name, let profile, let load, let force):
      commandWords(
        "ACTIVATE", name, profile.map { "PROFILE \($0)" }, load ? nil : "NOLOAD",
        force ? "FORCE" : nil)
    case .recover(let name): commandWords("RECOVER", name)
    case .deactivate(let name, let force): commandWords("DEACTIVATE", name, force ? "FORCE" : nil)
    case .load(let name, let image, let parameters, let clear, let force):
      commandWords(
        "LOAD", name, image?.directoryText, clear ? nil : "NOCLEAR", force ? "FORCE" : nil,
        parameters.map { "PARM \($0)" })
    case .stop(let name, let processor): commandWords("STOP", name, Self.processor(processor))
    case .start(let name, let processor): commandWords("START", name, Self.processor(processor))
    case .resetNormal(let name, let force):
      commandWords("RESET NORMAL", name, force ? "FORCE" : nil)
    case .resetClear(let name, let force): commandWords("RESET CLEAR", name, force ? "FORCE" : nil)
    case .restart(let name): commandWords("RESTART", name)
    case .signalShutdown(let name, let within, let thenForce):
      commandWords(thenForce ? "FORCE" : "SIGNAL SHUTDOWN", name, "WITHIN \(within)")
    case .signalAll(let within): commandWords("SIGNAL SHUTDOWN ALL WITHIN \(within)")
    case .shutDown(let within): commandWords("SHUTDOWN", within.map { "WITHIN \($0)" })
    case .cancelShutdown(let name): commandWords("FORCE", name, "CANCEL")
    case .set(let setting, let scope): setting.commandText + scope.commandText
    case .batch(let actions): Self.together(Self.pieces(of: actions))
    case .setNextProfile(let name, let profile): commandWords("SET PROFILE", name, profile)
    case .saveProfile(let name): commandWords("SAVE PROFILE", name)
    case .definePartition(let first, let last, let model):
      commandWords(
        "DEFINE PARTITION", first, last.map { "THRU \($0)" }, model.map { "LIKE \($0)" })
    case .deletePartition(let first, let last):
      commandWords("DELETE PARTITION", first, last.map { "THRU \($0)" })
    case .configureProcessor(let name, let number, let online, let insistence, let within):
      configuration(name, "CPU(\(hexDigits(number, 2)))", online, insistence, within)
    case .configureStorage(let name, let bytes, let online, let insistence, let within):
      configuration(name, "STOR(\(sizeText(bytes)))", online, insistence, within)
    case .configurePath(let name, let path, let online, let insistence):
      configuration(name, "CHP(\(hexDigits(path, 2)))", online, insistence, nil)
    case .varyDevicePath(let name, let device, let path, let online, let insistence):
      commandWords(
        "FOR \(name) CMD VARY", "PATH(\(hexDigits(device, 4)),\(hexDigits(path, 2)))",
        Self.lineState(online), insistence == .polite ? nil : insistence.rawValue)
    case .attachDevice(let name, let device, let virtual, let isReadOnly, let options, let within):
      commandWords(
        "ATTACH", hexDigits(device, 4), name,
        hexDigits(virtual, 4) + (isReadOnly ? " R/O" : "") + (options ?? []).text,
        within.map { "WITHIN \($0)" })
    case .detachDevice(let name, let device, let force, let within):
      commandWords(
        "FOR \(name) CMD DETACH", hexDigits(device, 4), force ? "FORCE" : nil,
        within.map { "WITHIN \($0)" })
    case .link(let name, let owner, let device, let virtual, let mode, let within):
      commandWords(
        "LINK", owner, hexDigits(device, 4), hexDigits(virtual, 4), mode.rawValue, "FOR \(name)",
        within.map { "WITHIN \($0)" })
    case .countWrongPassword(let userid): commandWords("COUNT WRONG PASSWORD", userid)
    case .varyDevice(let device, let online):
      commandWords("VARY", Self.lineState(online), hexDigits(device, 4))
    case .haltDevice(let device): commandWords("HALT", hexDigits(device, 4))
    case .releaseReservations(let device): commandWords("UNRESERVE", hexDigits(device, 4))
    case .releasePath(let name, let path):
      commandWords("RELEASE CHPID", hexDigits(path, 2), name)
    case .account(let name): commandWords("ACNT", name)
    case .cancelPending(let name, let kind): commandWords("CANCEL", name, kind.map(Self.kindText))
    case .varyProcessor(let number, let online):
      commandWords("VARY", Self.lineState(online), "PROCESSOR \(hexDigits(number, 2))")
    case .varyPath(let path, let online, let insistence):
      commandWords(
        "VARY", Self.lineState(online), "CHPID \(hexDigits(path, 2))",
        insistence == .polite ? nil : insistence.rawValue)
    case .activateDeck(let request, let force): request.commandText(force: force)
    case .moveManagedPath(let move):
      commandWords("DCM", move.path.text, "CNTLUNIT \(hexDigits(move.unit, 4))")
    case .inject(let change): change.commandText
    case .network(let change): change.commandText
    case .defineProcessor(let name, let number):
      commandWords("FOR \(name) CMD DEFINE CPU", hexDigits(number, 2))
    case .detachProcessor(let name, let number):
      commandWords("FOR \(name) CMD DETACH CPU", hexDigits(number, 2))
    case .defineStorage(let name, let bytes):
      commandWords("FOR \(name) CMD DEFINE STORAGE", sizeText(bytes))
    case .sendConsole(let name, let bytes): commandWords("SEND", name, "(\(bytes.count) bytes)")
    case .storeStorage(let name, let address, let bytes):
      commandWords("FOR \(name) CMD STORE", hexDigits(address, 8), "(\(bytes.count) bytes)")
    case .storeRegister(let name, let number, let register, let value):
      commandWords(
        "FOR \(name) CMD CPU", hexDigits(number, 2), "CMD STORE", register,
        hexDigits(value, 16))
    }
  }

  /// The commands of a batch: settings that are made together in one place are one command.
  private static func pieces(of actions: [ManagementAction]) -> [String] {
    var pieces: [String] = []
    var rest = actions[...]
    while let action = rest.popFirst() {
      guard case .set(let first, let scope) = action else {
        pieces.append(action.commandText)
        continue
      }
      var settings = [first]
      while case .set(let next, scope)? = rest.first, next.subject == first.subject {
        settings.append(next)
        rest.removeFirst()
      }
      pieces.append(together(settings.map(\.commandText)) + scope.commandText)
    }
    return pieces
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

  private func configuration(
    _ name: String, _ object: String, _ online: Bool, _ insistence: Insistence, _ within: Int?
  ) -> String {
    commandWords(
      "FOR \(name) CMD CONFIG", object, Self.lineState(online),
      insistence == .polite ? nil : insistence.rawValue, within.map { "WITHIN \($0)" })
  }

  private static func processor(_ number: Int?) -> String? {
    number.map { "CPU \(hexDigits($0, 2))" }
  }

  private static func lineState(_ online: Bool) -> String {
    online ? "ONLINE" : "OFFLINE"
  }

  private static func kindText(_ kind: PendingKind) -> String {
    switch kind {
    case .processor: "CPU"
    case .storage: "STORAGE"
    case .device: "DEVICE"
    case .path: "CHP"
    case .shutdown: "SHUTDOWN"
    }
  }
}
