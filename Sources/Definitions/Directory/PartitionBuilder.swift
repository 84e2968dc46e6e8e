import GuestPrograms
import Partitioning
import Quantities

/// Builds one partition from the statements of its profile and its entry, item by item.
struct PartitionBuilder {
  /// Most bytes in a PARM: what a Linux kernel accepts.
  static let parameterLimit = 2047
  /// Most bytes in a COMMAND: what CP accepts.
  static let commandLimit = 240

  /// Statements that belong to a partition whatever profile it is active with.
  static let partitionOnly = [
    "CONSOLE", "DEDICATE", "MDISK", "LINK", "NICDEF", "SPECIAL", "CLASS", "PASSWORD", "START",
    "COMMAND", "LOADABLE",
  ]

  var parsed: ParsedPartition
  let log: FindingLog
  /// Statements of the present entry, to find the second of two.
  var seen: [String: Place] = [:]
  var hasProcessors = false
  /// What SHARE statements say of all types of processors together, and of one.
  var commonShare: ShareDefinition?
  var typedShares: [ProcessorType: ShareDefinition] = [:]
  private let files: FolderFiles
  /// Name of the partition for which a further image profile is built.
  private let imageOf: String?

  /// Starts with the defaults.
  init(
    name: String, place: Place, files: FolderFiles, log: FindingLog, imageOf: String? = nil
  ) {
    parsed = ParsedPartition(definition: PartitionDefinition(name: name), place: place)
    self.files = files
    self.log = log
    self.imageOf = imageOf
  }

  /// Says that the profile's statements are applied and the entry's own begin.
  mutating func endProfile() { seen = [:] }

  /// Applies one statement.
  mutating func apply(_ statement: Statement) {
    var operands = OperandReader(statement, log: log)
    let verb = statement.verb.folded
    if let imageOf, Self.partitionOnly.contains(verb) {
      log.report(.notOfImage(verb, partition: imageOf), at: statement.verb.place)
      return
    }
    let single = [
      "STORAGE", "IPL", "CONSOLE", "CLASS", "PASSWORD", "START", "POLARITY", "DEFINEDCAP",
      "IOPRIORITY", "SECURITY",
    ]
    if single.contains(verb) {
      guard isFirst(verb, at: statement.verb.place) else { return }
      parsed.places[verb] = statement.verb.place
    }
    switch verb {
    case "PROCESSOR": processor(&operands)
    case "SHARE": share(&operands)
    case "STORAGE": storage(&operands)
    case "IPL": ipl(&operands)
    case "CONSOLE": console(&operands)
    case "SECUSER": consoleWatcher(.secondaryUser, &operands)
    case "OBSERVER": consoleWatcher(.observer, &operands)
    case "DEDICATE": dedicate(&operands)
    case "MDISK": minidisk(&operands)
    case "LINK": link(&operands)
    case "NICDEF": networkAdapter(&operands)
    case "OPTION": options(&operands)
    case "POLARITY": polarity(&operands)
    case "DEFINEDCAP": definedCapacity(&operands)
    case "IOPRIORITY": ioPriority(&operands)
    case "SECURITY": security(&operands)
    case "CLASS":
      guard let word = operands.word("privilege classes") else { return }
      if let classes = PrivilegeClasses.sorted(word.folded) {
        parsed.definition.classes = classes
      } else {
        log.report(.privilegeClasses(word.text), at: word.place)
      }
    case "PASSWORD":
      if let word = operands.word("a password") { parsed.definition.password = word.text }
    case "START": start(&operands)
    case "LOADABLE": loadable(&operands)
    case "COMMAND":
      command(statement)
      return
    default: virtualDevice(&operands)
    }
    operands.end()
  }

  /// Judges what only the whole entry shows.
  mutating func finish() {
    settleShares()
    judgeDefinedCapacity()
    judgeProcessorCount()
    for processors in parsed.definition.processors {
      let key = "PROCESSOR " + processors.type.rawValue
      let place = parsed.place(of: key + " WEIGHT", in: key)
      if let least = processors.minimumWeight, let greatest = processors.maximumWeight,
        least > greatest
      {
        log.report(.weightLimits(least, greatest), at: parsed.place(of: key + " MINWEIGHT"))
      } else if let weight = processors.share.weight,
        weight < processors.minimumWeight ?? 1 || weight > processors.maximumWeight ?? Int.max
      {
        log.report(
          .weightOutsideLimits(weight, processors.minimumWeight, processors.maximumWeight),
          at: place)
      }
    }
    let modes = parsed.definition.processors.map(\.mode)
    if modes.contains(.shared), modes.contains(.dedicated) {
      log.report(.mixedModes(parsed.definition.name), at: parsed.place)
    }
    if parsed.definition.processors.allSatisfy({ $0.initial == 0 }) {
      log.report(.noProcessors(parsed.definition.name), at: parsed.place)
    }
  }

  mutating func isFirst(_ key: String, at place: Place) -> Bool {
    if let first = seen[key] {
      log.report(.duplicateStatement(key, first: first), at: place)
      return false
    }
    seen[key] = place
    return true
  }

  // MARK: - Storage, IPL, devices

  private mutating func storage(_ operands: inout OperandReader) {
    guard operands.peek != nil else {
      _ = operands.word("INITIAL and a size")
      return
    }
    while operands.peek != nil,
      let word = operands.keyword(of: "STORAGE", from: ["INITIAL", "RESERVED", "ORIGIN", "BY"])
    {
      guard isFirst("STORAGE " + word.folded, at: word.place) else {
        _ = operands.word("")
        continue
      }
      let place = operands.place
      if word.folded == "BY" {
        let methods = StorageMethod.allCases.map(\.rawValue)
        let method = operands.keyword(of: "STORAGE BY", from: methods)
        parsed.definition.storage.method = method.flatMap { StorageMethod(rawValue: $0.folded) }
        continue
      }
      guard let bytes = operands.size("STORAGE " + word.folded) else { continue }
      parsed.places["STORAGE " + word.folded] = place
      switch word.folded {
      case "INITIAL": parsed.definition.storage.initialByteCount = bytes
      case "RESERVED": parsed.definition.storage.reservedByteCount = bytes
      default: parsed.definition.storage.origin = bytes
      }
    }
  }

  private mutating func ipl(_ operands: inout OperandReader) {
    guard let word = operands.word("KERNEL, PROGRAM, NSS, MULTIBOOT or a device number") else {
      return
    }
    let forms = ["KERNEL", "PROGRAM", "NSS", "MULTIBOOT"]
    switch word.folded {
    case "KERNEL":
      guard let kernel = file(&operands, "a kernel file", .prepared) else { return }
      var initialRamdisk: String?
      if operands.take("INITRD") {
        initialRamdisk = file(&operands, "an initrd file", .prepared)
      }
      parsed.definition.ipl = .kernel(
        file: kernel, initialRamdisk: initialRamdisk, parameters: parameters(&operands))
    case "PROGRAM":
      guard let name = operands.name("a program name") else { return }
      guard GuestProgramNames.all.contains(name.folded) else {
        log.report(
          .unknownName("program", name.folded, known: GuestProgramNames.all, isFixed: true),
          at: name.place)
        operands.skip()
        return
      }
      parsed.definition.ipl = .program(name: name.folded, parameters: parameters(&operands))
    case "NSS":
      guard let name = operands.name("the name of a saved system") else { return }
      parsed.definition.ipl = .savedSystem(name: name.folded, parameters: parameters(&operands))
    case "MULTIBOOT":
      guard let image = file(&operands, "a multiboot file", .needed) else { return }
      var modules: [String] = []
      while operands.take("MODULE") {
        if let module = file(&operands, "a module file", .needed) { modules.append(module) }
      }
      parsed.definition.ipl = .multiboot(
        file: image, modules: modules, parameters: parameters(&operands))
    default:
      guard let number = OperandReader.deviceNumber(word.text), !word.isQuoted else {
        log.report(.unknownOperand(word.text, of: "IPL", legal: forms), at: word.place)
        operands.skip()
        return
      }
      parsed.definition.ipl = .device(number: number, parameters: parameters(&operands))
    }
  }

  private func file(
    _ operands: inout OperandReader, _ what: String, _ need: FolderFiles.Need
  ) -> String? {
    guard let word = operands.word(what) else { return nil }
    files.judge(word, need: need, log: log)
    return word.text
  }

  /// `LOADABLE file ...`: files that the partition's guest and user may have loaded.
  private mutating func loadable(_ operands: inout OperandReader) {
    var files = parsed.definition.loadableFiles ?? []
    var known = Set(files)
    repeat {
      guard let name = file(&operands, "a file", .prepared) else { break }
      if known.insert(name).inserted { files.append(name) }
    } while operands.peek != nil
    parsed.definition.loadableFiles = files.isEmpty ? nil : files
  }

  /// Takes `PARM 'text'`, the last of an IPL's operands.
  private func parameters(_ operands: inout OperandReader) -> String {
    guard operands.peek != nil, operands.keyword(of: "IPL", from: ["PARM"]) != nil,
      let word = operands.word("the text of PARM")
    else { return "" }
    guard word.text.utf8.count <= Self.parameterLimit,
      word.text.unicodeScalars.allSatisfy({ (0x20...0x7E).contains($0.value) })
    else {
      log.report(.parameterText(limit: Self.parameterLimit), at: word.place)
      return ""
    }
    return word.text
  }

  private mutating func dedicate(_ operands: inout OperandReader) {
    let place = operands.place
    guard let virtual = operands.deviceNumber("a virtual device number") else { return }
    let realPlace = operands.place
    guard let real = operands.deviceNumber("a real device number") else { return }
    var isReadOnly = false
    var options: DeviceOptions = []
    while operands.peek != nil {
      let legal = ["R/O"] + DeviceOptions.words.map(\.word)
      guard let keyword = operands.keyword(of: "DEDICATE", from: legal) else { return }
      guard let option = DeviceOptions.words.first(where: { $0.word == keyword.folded }) else {
        isReadOnly = true
        continue
      }
      options.insert(option.option)
    }
    let key = "DEDICATE " + DeviceNumbers.text(virtual)
    guard isFirst(key, at: place) else { return }
    parsed.places[key] = realPlace
    parsed.definition.devices.removeAll { $0.virtualDevice == virtual }
    parsed.definition.devices.append(
      DeviceAssignment(
        virtualDevice: virtual, realDevice: real, isReadOnly: isReadOnly, options: options))
    parsed.definition.devices.sort { $0.virtualDevice < $1.virtualDevice }
  }

  /// SPECIAL of what is no channel, and MDISK of a temporary disk, are read and kept; nothing serves them, and that
  /// is said.
  mutating func virtualDevice(_ operands: inout OperandReader) {
    let verb = operands.verb
    var rest: [String] = []
    let place = operands.place
    guard let number = operands.deviceNumber("a virtual device number") else { return }
    if verb.folded == "SPECIAL", operands.take("CTCA") {
      return channelEnd(number, at: place, &operands)
    }
    while let word = operands.peek {
      rest.append(word.folded)
      _ = operands.word("")
    }
    if rest.isEmpty {
      _ = operands.word("what the device is")
      return
    }
    let key = verb.folded + " " + DeviceNumbers.text(number)
    guard isFirst(key, at: place) else { return }
    log.report(.keptOnly(verb.folded), at: verb.place)
    parsed.definition.virtualDevices.removeAll {
      $0.statement == verb.folded && $0.virtualDevice == number
    }
    parsed.definition.virtualDevices.append(
      VirtualDeviceDefinition(
        statement: verb.folded, virtualDevice: number, operands: rest))
  }

  private mutating func command(_ statement: Statement) {
    guard !statement.remainder.isEmpty else {
      log.report(.missingOperand("a CP command", after: "COMMAND"), at: statement.verb.end)
      return
    }
    guard statement.remainder.utf8.count <= Self.commandLimit else {
      log.report(.commandLength(limit: Self.commandLimit), at: statement.verb.place)
      return
    }
    parsed.definition.commands.append(statement.remainder)
  }
}

/// The package's own guest programs that IPL PROGRAM may name.
package enum GuestProgramNames {
  /// In alphabetical order.
  package static let all = GuestProgram.allCases.map(\.rawValue).sorted()
}
