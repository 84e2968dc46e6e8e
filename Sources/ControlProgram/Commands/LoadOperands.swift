import Definitions
import Partitioning

/// What IPL and LOAD say is loaded, and how.
struct LoadOperands {
  /// nil for what was loaded last, at first what the profile says.
  private(set) var image: IPLDefinition?
  private(set) var parameters: String?
  private(set) var clears = true
  private(set) var isForced = false

  /// Reads the operands to their end.
  ///
  /// - Parameters:
  ///   - operands: what is left of the command.
  ///   - profiles: load profiles to choose from; nil for IPL, which has CP's operands only.
  /// - Throws: a message that names the operand in error.
  init(
    _ operands: inout Operands, profiles: [LoadProfile]? = nil
  ) throws(CommandMessage) {
    var file: String?
    var ramdisk: String?
    while let word = operands.peek {
      if Keyword("PARM").accepts(word) {
        _ = operands.next()
        parameters = try Self.text(&operands)
      } else if operands.take("CLear") {
        continue
      } else if profiles != nil, operands.take("NOCLear") {
        clears = false
      } else if profiles != nil, word == "FORCE" {
        _ = operands.next()
        isForced = true
      } else if let profiles, operands.take("LOADPROFile") {
        let name = try operands.required()
        guard let profile = profiles.first(where: { $0.name == name }) else {
          throw CommandMessage(.loadProfileNotFound, name, knownText(profiles.map(\.name)))
        }
        if image != nil { throw CommandMessage(.conflictingOption, word) }
        image = profile.ipl
      } else if word == "KERNEL" || word == "INITRD" {
        _ = operands.next()
        let path = try Self.folderFile(&operands)
        if word == "KERNEL" { file = path } else { ramdisk = path }
      } else {
        if operands.take("PROGram"), operands.isEmpty { throw CommandMessage(.operandMissing) }
        guard image == nil, file == nil, let name = operands.next() else {
          throw CommandMessage(.extraOption, word)
        }
        image = .program(name: name, parameters: "")
      }
    }
    if ramdisk != nil, file == nil { throw CommandMessage(.conflictingOption, "INITRD") }
    guard let file else { return }
    if image != nil { throw CommandMessage(.conflictingOption, "KERNEL") }
    image = .kernel(file: file, initialRamdisk: ramdisk, parameters: parameters ?? "")
  }

  /// The action that loads a partition so.
  func action(on name: String, isForced: Bool) -> ManagementAction {
    .load(name, image: image, parameters: parameters, clear: clears, force: isForced)
  }

  /// The text of PARM: in quotes, or the rest of the line.
  private static func text(_ operands: inout Operands) throws(CommandMessage) -> String {
    if operands.isEmpty { throw CommandMessage(.operandMissing) }
    guard let text = operands.takeText() else {
      throw CommandMessage(.unbalanced, operands.remainder)
    }
    return operands.isEmpty ? text : text + " " + operands.takeRemainder()
  }

  /// A file name that stays inside the machine's folder.
  private static func folderFile(_ operands: inout Operands) throws(CommandMessage) -> String {
    guard let path = operands.takeText() else { throw CommandMessage(.operandMissing) }
    if path.hasPrefix("/") || path.split(separator: "/").contains("..") {
      throw CommandMessage(.outsideFolder, path)
    }
    return path
  }
}
