import Foundation
import Partitioning
import Quantities

/// What `machine.config` says, and where.
struct ParsedMachine {
  var machine = MachineDefinition()
  /// The statements' places by verb, and by verb and type for processors, verb and name for users.
  var places: [String: Place] = [:]
  /// Whether STORAGE was read without a fault, so that partitions can be judged by it.
  var isStorageKnown = false
}

/// Reads `machine.config`.
struct MachineConfigurationReader {
  /// Name of the file that makes a folder a machine.
  static let fileName = "machine.config"
  static let verbs = [
    "MACHINE", "PROCESSOR", "STORAGE", "HOSTSTORAGE", "EPOCH", "PACE", "TOD", "TIMEZONE", "SEED",
    "USER", "PROFILE", "RUNNINGTIME", "WAITCOMPLETION", "IOPRIORITY", "MITIME", "ACTIVATE",
    "CHECKPOINT", "VSWITCH",
  ]
  /// Statements that may be given more than once.
  private static let repeated = ["PROCESSOR", "USER", "ACTIVATE", "VSWITCH"]
  /// Most physical processors of one type.
  static let processorLimit = 256
  /// Fastest simulated processor, MHz.
  static let megahertzLimit = 10_000
  /// Most checkpoints that are kept.
  static let keptCheckpointLimit = 1_000_000
  /// Greatest capacity of one processor, MSU.
  static let capacityLimit = 100_000
  /// Shortest and longest running time that can be set, milliseconds (PR/SM).
  static let runningTimeRange = 1...100
  /// Shortest and longest epoch, nanoseconds.
  static let epochRange: ClosedRange<UInt64> = 10_000...10_000_000
  /// Most storage: 16 TiB.
  static let storageLimit: UInt64 = 16 << 40
  /// Least and greatest storage increment.
  static let incrementRange: ClosedRange<UInt64> = 1 << 20...1 << 40

  let log: FindingLog
  var parsed = ParsedMachine()

  /// Reads the file.
  static func read(_ file: DefinitionFile, log: FindingLog) -> ParsedMachine {
    var reader = MachineConfigurationReader(log: log)
    for statement in DefinitionScanner.statements(of: file, log: log) { reader.read(statement) }
    let whole = Place(file: file.name, line: 0, column: 0)
    for verb in ["MACHINE", "PROCESSOR", "STORAGE"] where reader.parsed.places[verb] == nil {
      log.report(.missingStatement(verb), at: whole)
    }
    reader.parsed.machine.processors.sort { $0.type < $1.type }
    return reader.parsed
  }

  private init(log: FindingLog) { self.log = log }

  private mutating func read(_ statement: Statement) {
    var operands = OperandReader(statement, log: log)
    let verb = statement.verb
    guard Self.verbs.contains(verb.folded) else {
      log.report(
        .unknownStatement(verb.text, in: "machine.config", legal: Self.verbs), at: verb.place)
      return
    }
    if !Self.repeated.contains(verb.folded) {
      if let first = parsed.places[verb.folded] {
        log.report(.duplicateStatement(verb.folded, first: first), at: verb.place)
        return
      }
      parsed.places[verb.folded] = verb.place
    }
    switch verb.folded {
    case "MACHINE":
      if let name = operands.name("a machine name") { parsed.machine.name = name.folded }
    case "PROCESSOR": processor(&operands)
    case "STORAGE": storage(&operands)
    case "HOSTSTORAGE":
      if let bytes = size(&operands, "HOSTSTORAGE", 16 << 20...Self.storageLimit) {
        parsed.machine.hostStorageByteCount = bytes
      }
    case "EPOCH":
      if let length = operands.duration("EPOCH", in: Self.epochRange) {
        parsed.machine.epochNanoseconds = length
      }
    case "PACE": pace(&operands)
    case "TOD": timeOfDay(&operands)
    case "TIMEZONE": timeZone(&operands)
    case "SEED":
      if let seed = operands.number("SEED", in: 0...Int.max) {
        parsed.machine.seed = UInt64(clamping: seed)
      }
    case "USER": user(&operands)
    case "RUNNINGTIME": runningTime(&operands)
    case "WAITCOMPLETION": parsed.machine.waitCompletion = yesOrNo(&operands) ?? false
    case "IOPRIORITY": parsed.machine.ioPriorityQueuing = yesOrNo(&operands) ?? false
    case "MITIME": missingInterruptTime(&operands)
    case "ACTIVATE": activate(&operands)
    case "CHECKPOINT": checkpoint(&operands)
    case "VSWITCH": virtualSwitch(&operands)
    default:
      guard let word = operands.word("the name of a script") else { return }
      parsed.machine.profileScript = word.text
      parsed.places["PROFILE"] = word.place
    }
    operands.end()
  }

  private mutating func processor(_ operands: inout OperandReader) {
    let types = ProcessorType.allCases.map(\.rawValue)
    parsed.places["PROCESSOR"] = parsed.places["PROCESSOR"] ?? operands.verb.place
    guard let word = operands.keyword(of: "PROCESSOR", from: types),
      let type = ProcessorType(rawValue: word.folded)
    else {
      if operands.peek == nil, operands.verb.endColumn == operands.place.column {
        _ = operands.word("a processor type (CP, IFL or ZIIP)")
      }
      return
    }
    let key = "PROCESSOR " + type.rawValue
    if let first = parsed.places[key] {
      log.report(.duplicateStatement(key, first: first), at: operands.verb.place)
      operands.skip()
      return
    }
    parsed.places[key] = operands.verb.place
    let count = operands.number("the number of processors", in: 1...Self.processorLimit)
    guard operands.keyword(of: "PROCESSOR", from: ["MHZ"]) != nil else {
      if operands.peek == nil { _ = operands.word("MHZ and a rate") }
      return
    }
    let rate = operands.number("MHZ", in: 1...Self.megahertzLimit)
    guard let units = capacity(of: type, &operands), let count, let rate else { return }
    parsed.machine.processors.append(
      ProcessorPoolDefinition(
        type: type, count: count, megahertz: UInt32(clamping: rate), capacityUnits: units))
  }

  /// Takes `MSU n`, the capacity of one processor, if it comes.
  ///
  /// - Returns: nil when it is wrong.
  private func capacity(of type: ProcessorType, _ operands: inout OperandReader) -> Int?? {
    guard operands.peek != nil else { return .some(nil) }
    guard let word = operands.keyword(of: "PROCESSOR", from: ["MSU"]),
      let units = operands.number("MSU", in: 1...Self.capacityLimit)
    else { return nil }
    if type != .cp { log.report(.capacityUnitsOfType(type), at: word.place) }
    return units
  }

  /// `RUNNINGTIME {DYNAMIC | n [MS]}`.
  private mutating func missingInterruptTime(_ operands: inout OperandReader) {
    guard let word = operands.word("mm:ss or OFF") else { return }
    if word.folded == "OFF" {
      parsed.machine.missingInterrupts = MissingInterruptTimes(disks: nil)
    } else if let seconds = MissingInterruptTimes.seconds(word.folded),
      MissingInterruptTimes.range.contains(seconds)
    {
      parsed.machine.missingInterrupts = MissingInterruptTimes(
        disks: MissingInterruptTimes.rounded(seconds))
    } else {
      log.report(
        .value(word.text, what: "MITIME", remedy: "write mm:ss, 00:01 to 99:59, or OFF"),
        at: word.place)
    }
  }

  private mutating func runningTime(_ operands: inout OperandReader) {
    guard let word = operands.word("DYNAMIC or a number of milliseconds") else { return }
    guard word.folded != "DYNAMIC" else { return }
    let digits = word.folded.hasSuffix("MS") ? word.folded.dropLast(2) : word.folded[...]
    guard let count = decimal(digits, as: Int.self), Self.runningTimeRange.contains(count) else {
      let range = "\(Self.runningTimeRange.lowerBound)-\(Self.runningTimeRange.upperBound)"
      log.report(
        .value(
          word.text, what: "RUNNINGTIME",
          remedy: "write DYNAMIC or a number of milliseconds \(range)"), at: word.place)
      operands.skip()
      return
    }
    if digits.count == word.folded.count { _ = operands.take("MS") }
    parsed.machine.runningTime = UInt64(count) * 1_000_000
  }

  /// `YES` or `NO`; nil when it is neither.
  private func yesOrNo(_ operands: inout OperandReader) -> Bool? {
    guard operands.peek != nil else {
      _ = operands.word("YES or NO")
      return nil
    }
    return operands.keyword(of: operands.verb.folded, from: ["YES", "NO"])
      .map { $0.folded == "YES" }
  }

  /// `CHECKPOINT [EVERY n [SEC|MIN] [KEEP n]] [SHUTDOWN]`.
  private mutating func checkpoint(_ operands: inout OperandReader) {
    guard operands.peek != nil else {
      _ = operands.word("EVERY or SHUTDOWN")
      return
    }
    if operands.take("EVERY") {
      guard let count = operands.number("EVERY", in: 1...86_400) else { return operands.skip() }
      let isMinutes = operands.take("MIN")
      if !isMinutes { _ = operands.take("SEC") }
      let seconds = UInt64(clamping: count).multipliedClamped(by: isMinutes ? 60 : 1)
      parsed.machine.checkpoints.interval = min(seconds, 86_400)
        .multipliedClamped(by: 1_000_000_000)
      if operands.take("KEEP") {
        guard let count = operands.number("KEEP", in: 1...Self.keptCheckpointLimit) else {
          return operands.skip()
        }
        parsed.machine.checkpoints.keptCount = count
      }
    }
    guard operands.peek != nil,
      operands.keyword(of: "CHECKPOINT", from: ["SHUTDOWN"]) != nil
    else { return operands.skip() }
    parsed.machine.checkpoints.isTakenAtShutdown = true
  }

  /// `ACTIVATE name ...`; several statements go on where the one before ended.
  private mutating func activate(_ operands: inout OperandReader) {
    repeat {
      guard let name = operands.name("the name of a partition") else { return operands.skip() }
      let key = "ACTIVATE " + name.folded
      if let first = parsed.places[key] {
        log.report(.duplicateStatement(key, first: first), at: name.place)
        continue
      }
      parsed.places[key] = name.place
      parsed.machine.activationOrder.append(name.folded)
    } while operands.peek != nil
  }

  private func size(
    _ operands: inout OperandReader, _ what: String, _ range: ClosedRange<UInt64>
  ) -> UInt64? {
    let word = operands.peek
    guard let bytes = operands.size(what) else { return nil }
    guard range.contains(bytes) else {
      if let word { log.report(.sizeRange(word.text, what: what, range: range), at: word.place) }
      return nil
    }
    return bytes
  }

  private mutating func storage(_ operands: inout OperandReader) {
    let amountWord = operands.peek
    let amount = size(&operands, "STORAGE", 1 << 20...Self.storageLimit)
    if operands.peek != nil, operands.keyword(of: "STORAGE", from: ["INCREMENT"]) != nil {
      let word = operands.peek
      guard let increment = size(&operands, "INCREMENT", Self.incrementRange), let word else {
        return
      }
      guard increment.nonzeroBitCount == 1 else {
        log.report(.powerOfTwo(word.text, what: "INCREMENT"), at: word.place)
        return
      }
      parsed.machine.incrementByteCount = increment
    }
    guard let amount, let amountWord else { return }
    parsed.machine.storageByteCount = amount
    let increment = parsed.machine.incrementByteCount
    if !amount.isMultiple(of: increment) {
      log.report(.multiple(amountWord.text, what: "STORAGE", of: increment), at: amountWord.place)
      return
    }
    parsed.isStorageKnown = true
  }

  private mutating func pace(_ operands: inout OperandReader) {
    guard let word = operands.word("REAL, FAST or a factor") else { return }
    switch word.folded {
    case "REAL": parsed.machine.pace = .real
    case "FAST": parsed.machine.pace = .fast
    default:
      guard let factor = decimal(word.text, as: Int.self), (1...1000).contains(factor) else {
        log.report(
          .value(word.text, what: "PACE", remedy: "write REAL, FAST or a factor 1-1000"),
          at: word.place)
        return
      }
      parsed.machine.pace = .factor(factor)
    }
  }

  private mutating func timeOfDay(_ operands: inout OperandReader) {
    guard let word = operands.word("a time of day or NOW") else { return }
    if word.folded == "NOW" {
      parsed.machine.timeOfDay = .now
    } else if let seconds = Self.unixSeconds(word.folded) {
      parsed.machine.timeOfDay = .fixed(seconds)
    } else {
      log.report(
        .value(word.text, what: "TOD", remedy: "write NOW or a time such as 2026-01-01T00:00:00Z"),
        at: word.place)
    }
  }

  private mutating func timeZone(_ operands: inout OperandReader) {
    guard let word = operands.word("UTC or an offset") else { return }
    let isOffset =
      word.folded.hasPrefix("UTC+") || word.folded.hasPrefix("UTC-")
    let offset = word.folded.dropFirst(4)
    let parts = offset.split(separator: ":", omittingEmptySubsequences: false)
    let isValid =
      word.folded == "UTC"
      || isOffset && offset.utf8.count == 5 && parts.count == 2
        && zip(parts, [14, 59]).allSatisfy { decimal($0, as: Int.self) ?? .max <= $1 }
    guard isValid else {
      log.report(
        .value(word.text, what: "TIMEZONE", remedy: "write UTC or an offset such as UTC+01:00"),
        at: word.place)
      return
    }
    parsed.machine.timeZone = word.folded
  }

  private mutating func user(_ operands: inout OperandReader) {
    guard let name = operands.name("a user name") else { return }
    guard operands.keyword(of: "USER", from: ["CLASS"]) != nil else {
      if operands.peek == nil { _ = operands.word("CLASS and privilege classes") }
      return
    }
    guard let word = operands.word("privilege classes") else { return }
    guard let classes = PrivilegeClasses.sorted(word.folded) else {
      log.report(.privilegeClasses(word.text), at: word.place)
      return
    }
    let key = "USER " + name.folded
    if let first = parsed.places[key] {
      log.report(.duplicateName("user", name.folded, first: first), at: name.place)
      return
    }
    // The first USER statement replaces the OPERATOR that a machine has when nobody is named.
    if !parsed.places.keys.contains(where: { $0.hasPrefix("USER ") }) { parsed.machine.users = [] }
    parsed.places[key] = name.place
    parsed.machine.users.append(UserDefinition(name: name.folded, classes: classes))
  }

  /// Seconds since 1970 of `yyyy-mm-ddThh:mm:ssZ`, 1970-2261; nil when it is not one.
  static func unixSeconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    let pattern = Array("0000-00-00T00:00:00Z".utf8)
    guard bytes.count == pattern.count else { return nil }
    for (byte, form) in zip(bytes, pattern) {
      guard form == 0x30 ? (0x30...0x39).contains(byte) : byte == form else { return nil }
    }
    // Digits were checked, at most four of them in a field: nothing of this can come near 64 bits.
    let fields = bytes.split { !(0x30...0x39).contains($0) }.map { digits in
      digits.reduce(Int64(0)) { $0 &* 10 &+ Int64($1 & 0xF) }
    }
    func field(_ index: Int) -> Int64 { fields.element(at: index) ?? 0 }
    let (year, month, day) = (field(0), field(1), field(2))
    let (hour, minute, second) = (field(3), field(4), field(5))
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let monthDays: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    let monthsBefore = Int(month &- 1)
    guard (1970...2261).contains(year), let daysOfMonth = monthDays.element(at: monthsBefore),
      day >= 1, day <= daysOfMonth, hour < 24, minute < 60, second < 60
    else { return nil }
    let before = year &- 1
    let leapDays = before / 4 &- before / 100 &+ before / 400 &- 477
    let days = monthDays.prefix(monthsBefore).reduce(
      (year &- 1970) &* 365 &+ leapDays &+ day &- 1, &+)
    return days &* 86_400 &+ hour &* 3600 &+ minute &* 60 &+ second
  }
}
