import Definitions
import Partitioning

// SET and QUERY of who watches a guest's console: its secondary user or its observer.

private let target = "userid|pattern"

let setWatcherFormats = ConsoleRole.allCases.map { role in
  let on = role == .observer ? "ON | " : ""
  return CommandFormat(
    role.spelling, "[\(target)] {* | user | \(on)OFF | RESET} " + SettingScope.syntax,
    classes: "AC",
    role == .observer
      ? "Who is shown the lines of a guest's console; * is you."
      : "Who is shown the lines of a guest's console while nobody is connected to it; * is you.",
    operands: [.partition, .user], handler: setWatcher)
}

let queryWatcherFormats = ConsoleRole.allCases.flatMap { role in
  [
    CommandFormat(
      role.spelling, "[{* | ALL | \(target)}]", classes: "ABC",
      "Who watches guests' consoles as their \(role.title), and whether he is there.",
      operands: [.partition], handler: queryWatcher),
    CommandFormat(
      role.spelling, "[*]", classes: "G", "Who watches your console as its \(role.title).",
      operands: [.other], handler: queryWatcher),
  ]
}

private func setWatcher(_ call: Invocation) throws(CommandMessage) {
  let role = call.role
  let first = try call.operands.useridPattern()
  // One operand alone is the user who watches the issuer's own console.
  let isOwn = call.operands.isEmpty || call.operands.isAtScope
  let pattern = isOwn ? "*" : first
  let word = isOwn ? first : try call.operands.required()
  let scope = try call.operands.settingScope()
  let isSwitch = role == .observer && !isOwn && ["ON", "OFF"].contains(word)
  if isSwitch, pattern == "*" { return try call.observeAll(word == "ON", in: scope) }
  if word != "RESET", word != "OFF", !isSwitch { try call.requireUser(word) }
  try call.forEach(pattern, in: scope) { name throws(CommandMessage) in
    let userid: String? =
      switch word {
      case "*": call.issuer.userid
      case "ON" where isSwitch: call.issuer.userid
      case "OFF": nil
      case "RESET": call.profileWatcher(of: name, role)
      default: word
      }
    try call.perform(.set(.consoleWatcher(name, role, userid: userid), scope))
    call.replySetting(of: name, "\(role.rawValue) = \(userid ?? "NONE")", in: scope)
  }
}

private func queryWatcher(_ call: Invocation) throws(CommandMessage) {
  let role = call.role
  let mayAskForOthers = call.issuer.classes.permits(PrivilegeClasses(letters: "ABC"))
  if mayAskForOthers, call.operands.take("ALL") {
    try call.operands.end()
    let names = call.control.partitionNames.filter { call.system.watcher(of: $0)?.role == role }
    if names.isEmpty { call.reply("NO \(role.rawValue) IS DEFINED") }
    for name in names {
      call.reply("USER \(padded(name, 8)):  \(call.watcherText(of: name, role))")
    }
    return
  }
  let pattern = call.operands.isEmpty ? "*" : try call.operands.useridPattern()
  try call.operands.end()
  guard mayAskForOthers || pattern == "*" else { throw CommandMessage(.invalidOption, pattern) }
  for name in try call.partitions(pattern) {
    let isPattern = pattern.contains("*") && pattern != "*"
    call.reply(
      (isPattern ? "USER \(padded(name, 8)):  " : "") + call.watcherText(of: name, role))
  }
}

extension ConsoleRole {
  fileprivate var spelling: String { self == .observer ? "OBServer" : "SECUser" }
  fileprivate var title: String { self == .observer ? "observer" : "secondary user" }
}

extension Invocation {
  /// The role that the command's leading keyword names.
  fileprivate var role: ConsoleRole { lead.last == "OBSERVER" ? .observer : .secondaryUser }

  /// Watches every active partition's console, or those that the issuer watches no more.
  fileprivate func observeAll(_ isOn: Bool, in scope: SettingScope) throws(CommandMessage) {
    let own = issuer.userid
    for name in control.partitionNames where isActive(name) {
      let isWatched = system.watcher(of: name) == ConsoleWatcher(own, .observer)
      guard isWatched != isOn else { continue }
      try perform(.set(.consoleWatcher(name, .observer, userid: isOn ? own : nil), scope))
    }
    reply("Command complete")
  }

  /// Refuses a name that is no user's: 053E.
  fileprivate func requireUser(_ userid: String) throws(CommandMessage) {
    if userid == "*" { return }
    guard isUserid(userid) else { throw CommandMessage(.invalidUserid, userid) }
    guard control.isDefined(userid) else { throw CommandMessage(.notInDirectory, userid) }
  }

  /// Who the partition's profile names in a role.
  fileprivate func profileWatcher(of name: String, _ role: ConsoleRole) -> String? {
    let partition = system.partitionView(name)
    let profile = partition?.profiles.first { $0.name == partition?.profileName }
    let watcher = profile?.definition.consoleWatcher
    return watcher?.role == role ? watcher?.userid : nil
  }

  /// Source: z/VM CP Commands and Utilities Reference, QUERY OBSERVER, responses.
  fileprivate func watcherText(of name: String, _ role: ConsoleRole) -> String {
    guard let watcher = system.watcher(of: name), watcher.role == role else {
      return "\(role.rawValue) IS UNDEFINED"
    }
    let userid = watcher.userid
    let standing =
      if !control.isLoggedOn(userid) {
        "NOT LOGGED ON"
      } else {
        control.isDisconnected(userid) ? "DISCONNECTED" : "LOGGED ON"
      }
    return "\(role.rawValue) \(userid) IS \(standing)"
  }
}
