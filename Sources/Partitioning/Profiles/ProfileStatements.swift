import Quantities

// What an image profile says, statement by statement: the one list from which it is written as text
// and compared with another.

/// One operand of a statement, and what it says.
package struct ProfileOperand: Equatable {
  /// Its keyword; empty when the value stands alone.
  package var name: String
  /// Its value as people read it.
  package var value: String
  /// How it is written; nil for what holds without a word.
  package var written: String?

  /// A keyword with its value, and how it is written.
  package init(_ name: String, _ value: String, written: String?) {
    self.name = name
    self.value = value
    self.written = written
  }

  /// A keyword with its value.
  package init(_ name: String, _ value: String) {
    self.init(name, value, written: name.isEmpty ? value : name + " " + value)
  }
}

/// One statement of an entry.
package struct ProfileStatement: Equatable {
  /// The statement's verb, with a processor type or the like that tells it from its neighbours.
  package var verb: String
  /// What the verb stands for when two profiles are compared; more exact than the verb.
  package var key: String
  /// Its operands, in the order in which they are written.
  package var operands: [ProfileOperand]

  /// The statement with its operands.
  package init(_ verb: String, key: String? = nil, _ operands: [ProfileOperand]) {
    self.verb = verb
    self.key = key ?? verb
    self.operands = operands
  }

  /// The statement with a value alone.
  package init(_ verb: String, key: String? = nil, _ value: String) {
    self.init(verb, key: key, [ProfileOperand("", value)])
  }

  /// Whether an item is a password, its partition's or a minidisk's.
  package static func isSecret(_ field: String) -> Bool {
    field == "PASSWORD" || field.hasPrefix("MDISK ") && field.hasSuffix(" PASSWORDS")
  }

  /// The statement without passwords.
  package var withoutSecrets: ProfileStatement {
    var shown = self
    shown.operands.removeAll {
      Self.isSecret($0.name.isEmpty ? key : key + " " + $0.name)
    }
    return shown
  }

  /// The line; nil when everything in it holds without a word.
  package var line: String? {
    let words = operands.compactMap(\.written)
    return words.isEmpty ? nil : ([verb] + words).joined(separator: " ")
  }
}

extension PartitionDefinition {
  /// What the profile says, in the order of `Docs/Definitions.md`.
  package var statements: [ProfileStatement] { profileStatements + identityStatements }

  /// What may differ between the image profiles of a partition.
  package var profileStatements: [ProfileStatement] {
    var statements = processors.map(statement) + shareStatements
    statements.append(
      ProfileStatement(
        "POLARITY",
        [
          ProfileOperand(
            "", polarity.rawValue, written: polarity == .horizontal ? nil : polarity.rawValue)
        ]))
    if let definedCapacity {
      statements.append(ProfileStatement("DEFINEDCAP", "\(definedCapacity)"))
    }
    if ioPriority > 0 { statements.append(ProfileStatement("IOPRIORITY", "\(ioPriority)")) }
    if let consoleWatcher {
      statements.append(ProfileStatement(consoleWatcher.role.rawValue, consoleWatcher.userid))
    }
    statements.append(storageStatement)
    if let ipl { statements.append(ProfileStatement("IPL", ipl.directoryText)) }
    statements.append(
      ProfileStatement(
        "OPTION", options.map { ProfileOperand($0.rawValue, "YES", written: $0.rawValue) }))
    statements.append(ProfileStatement("SECURITY", security.operands))
    return statements
  }

  /// What belongs to the partition whatever its profile.
  private var identityStatements: [ProfileStatement] {
    var statements: [ProfileStatement] = []
    if let console { statements.append(ProfileStatement("CONSOLE", DeviceNumbers.text(console))) }
    for device in devices {
      statements.append(
        ProfileStatement(
          "DEDICATE " + DeviceNumbers.text(device.virtualDevice),
          device.operandText))
    }
    statements += networkAdapters.map { ProfileStatement($0.statement, $0.operandText) }
    statements += minidisks.map(\.directoryStatement)
    statements += links.compactMap { link in
      // Its own at the number of its entry is what MDISK says.
      minidisks.contains { MinidiskLink(to: $0).isDefined(as: link) }
        ? nil : link.directoryStatement
    }
    statements += virtualDevices.map(\.directoryStatement)
    statements.append(
      ProfileStatement(
        "CLASS", [ProfileOperand("", classes, written: classes == "G" ? nil : classes)]))
    if let password { statements.append(ProfileStatement("PASSWORD", DirectoryWord.of(password))) }
    if let start {
      let after = start.after.isEmpty ? [] : ["AFTER"] + start.after
      statements.append(ProfileStatement("START", (["AUTO"] + after).joined(separator: " ")))
    }
    if let loadableFiles {
      statements.append(
        ProfileStatement("LOADABLE", loadableFiles.map(DirectoryWord.of).joined(separator: " ")))
    }
    for (index, command) in commands.enumerated() {
      statements.append(ProfileStatement("COMMAND", key: "COMMAND \(index + 1)", command))
    }
    return statements
  }

  /// SHARE for what WEIGHT cannot say; once when all types are alike.
  private var shareStatements: [ProfileStatement] {
    let texts = processors.filter { $0.mode == .shared }.map(\.share.statement)
    if let common = texts.first ?? nil, texts.allSatisfy({ $0 == common }) {
      return [ProfileStatement("SHARE", common)]
    }
    return processors.compactMap { item in
      guard item.mode == .shared, let text = item.share.statement else { return nil }
      return ProfileStatement("SHARE TYPE " + item.type.rawValue, text)
    }
  }

  private func statement(of item: PartitionProcessors) -> ProfileStatement {
    var operands = [
      ProfileOperand("", item.mode.rawValue), ProfileOperand("INITIAL", "\(item.initial)"),
      ProfileOperand(
        "RESERVED", "\(item.reserved)",
        written: item.reserved == 0 ? nil : "RESERVED \(item.reserved)"),
    ]
    guard item.mode == .shared else {
      return ProfileStatement("PROCESSOR " + item.type.rawValue, operands)
    }
    if item.share.statement == nil, let weight = item.share.weight {
      operands.append(ProfileOperand("WEIGHT", "\(weight)"))
    }
    if let least = item.minimumWeight { operands.append(ProfileOperand("MINWEIGHT", "\(least)")) }
    if let most = item.maximumWeight { operands.append(ProfileOperand("MAXWEIGHT", "\(most)")) }
    operands.append(
      ProfileOperand(
        "CAPPED", item.share.isCapped ? "YES" : "NO",
        written: item.share.isCapped ? "CAPPED" : nil))
    if let cap = item.share.absoluteCapHundredths {
      operands.append(ProfileOperand("ABSCAP", hundredthsText(cap)))
    }
    if let group = item.group { operands.append(ProfileOperand("GROUP", group)) }
    return ProfileStatement("PROCESSOR " + item.type.rawValue, operands)
  }

  private var storageStatement: ProfileStatement {
    let reserved = sizeText(storage.reservedByteCount)
    var operands = [
      ProfileOperand("INITIAL", sizeText(storage.initialByteCount)),
      ProfileOperand(
        "RESERVED", reserved,
        written: storage.reservedByteCount == 0 ? nil : "RESERVED " + reserved),
    ]
    if let origin = storage.origin {
      operands.append(ProfileOperand("ORIGIN", sizeText(origin)))
    }
    if let method = storage.method { operands.append(ProfileOperand("BY", method.rawValue)) }
    return ProfileStatement("STORAGE", operands)
  }
}

extension SecuritySwitches {
  /// The switches as operands of SECURITY; those that are as PR/SM has them need no word.
  fileprivate var operands: [ProfileOperand] {
    SecuritySwitch.allCases.map { name in
      let isUsual = self[name] == SecuritySwitches()[name]
      let word = self[name] ? name.rawValue : "NO" + name.rawValue
      return ProfileOperand(name.rawValue, self[name] ? "YES" : "NO", written: isUsual ? nil : word)
    }
  }
}

extension MinidiskDefinition {
  /// The statement as the CP directory has it.
  fileprivate var directoryStatement: ProfileStatement {
    let number = DeviceNumbers.text(virtualDevice)
    let size = place.count.map { "\($0)" } ?? "END"
    let lies =
      switch place.volume {
      case .device(let device): "DEVNO \(DeviceNumbers.text(device))"
      case .label(let label): "\(place.start) \(size) \(label)"
      }
    var operands = [ProfileOperand("", "\(type) \(lies) \(mode.rawValue)")]
    if !passwords.isEmpty {
      let words = passwords.map(DirectoryWord.of).joined(separator: " ")
      operands.append(ProfileOperand("PASSWORDS", words, written: words))
    }
    return ProfileStatement("MDISK " + number, operands)
  }
}

extension MinidiskLink {
  /// The statement as the CP directory has it: the owner first.
  fileprivate var directoryStatement: ProfileStatement {
    let number = DeviceNumbers.text(virtualDevice)
    return ProfileStatement(
      "LINK", key: "LINK " + number,
      "\(owner ?? "*") \(DeviceNumbers.text(ownerDevice)) \(number) \(mode.rawValue)")
  }
}

extension VirtualDeviceDefinition {
  /// The statement as the CP directory has it: LINK names the disk's owner first.
  fileprivate var directoryStatement: ProfileStatement {
    let number = DeviceNumbers.text(virtualDevice)
    let words = operands.map(DirectoryWord.of)
    let leading = words.prefix(statement == "LINK" ? 1 : 0)
    let all = leading + [number] + words.dropFirst(leading.count)
    return ProfileStatement(
      statement, key: statement + " " + number, all.joined(separator: " "))
  }
}
