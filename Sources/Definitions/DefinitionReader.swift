import Foundation
import Partitioning
import Quantities

extension SystemDefinition {
  /// Reads and judges a machine's folder; nothing is changed and nothing is started.
  ///
  /// - Parameters:
  ///   - folder: Path of the folder.
  ///   - deck: Name of the I/O configuration to read in place of `*.iocp`: that of a file `name.iodf`. With it
  ///     goes `name.iomedia` in place of `*.media`, when there is one.
  /// - Returns: The definition, nil when a finding is an error, and every finding: by file in the
  ///   order machine.config, *.direct, *.iocp, *.media, then by line and column.
  package static func read(
    folder: String, deck: String? = nil
  ) -> (SystemDefinition?, [Finding]) {
    let log = FindingLog()
    guard let root = FolderBorder.resolved(folder) else {
      return refused(folder, .noFolder(reason: systemReason()))
    }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: root).sorted()
    } catch {
      let isFolder =
        (try? FileManager.default.attributesOfItem(atPath: root))?[.type] as? FileAttributeType
        == .typeDirectory
      return refused(
        folder, .noFolder(reason: isFolder ? "permission denied" : "it is not a folder"))
    }
    // In any case: USER.DIRECT is what comes from a mainframe.
    let configurations = names.filter { $0.lowercased() == MachineConfigurationReader.fileName }
    guard let configuration = configurations.first else { return refused(folder, .noConfiguration) }
    guard configurations.count == 1 else {
      return refused(folder, .twoConfigurations(configuration))
    }
    func named(_ suffix: String) -> [String] {
      names.filter { $0.lowercased().hasSuffix(suffix) && !$0.hasPrefix(".") }
    }
    func named(_ deck: String, _ suffix: String) -> [String] {
      names.filter { $0.lowercased() == deck.lowercased() + suffix }
    }
    var decks = named(".iocp")
    var media = named(".media")
    if let deck {
      decks = named(deck, ".iodf")
      if decks.isEmpty {
        let file = deck.lowercased() + ".iodf"
        return refused(file, .fileMissing(file))
      }
      let own = named(deck, ".iomedia")
      if !own.isEmpty { media = own }
    }
    let order = [configuration] + named(".direct") + decks + media
    let files = FolderFiles(folder: root)
    func open(_ names: [String]) -> [DefinitionFile] {
      names.compactMap { DefinitionFile(name: $0, folder: root, log: log) }
    }
    let sources = DefinitionSources(
      machine: open([configuration]).first,
      directories: open(named(".direct")),
      decks: open(decks), media: open(media))
    var definition = sources.definition(files: files, log: log)
    definition.folder = root
    return (log.hasErrors ? nil : definition, log.sorted(fileOrder: order))
  }

  private static func refused(_ folder: String, _ problem: Problem) -> (
    SystemDefinition?, [Finding]
  ) {
    let log = FindingLog()
    log.report(problem, at: Place(file: folder, line: 0, column: 0))
    return (nil, log.findings)
  }
}

/// A machine's definition files, read but not yet understood.
struct DefinitionSources {
  var machine: DefinitionFile?
  var directories: [DefinitionFile] = []
  var decks: [DefinitionFile] = []
  var media: [DefinitionFile] = []

  /// Understands and judges them.
  func definition(files: FolderFiles, log: FindingLog) -> SystemDefinition {
    let machine = machine.map { MachineConfigurationReader.read($0, log: log) } ?? ParsedMachine()
    let directory = DirectoryReader.read(directories, files: files, log: log)
    let deck = MediaReader.read(
      media, into: DeckReader.read(decks, log: log), files: files, log: log)
    if let name = machine.machine.profileScript, let place = machine.places["PROFILE"] {
      files.judge(
        Word(text: name, folded: name.uppercased(), place: place, endColumn: place.column),
        need: .needed, log: log)
    }
    if directory.partitions.isEmpty, !log.hasErrors {
      log.report(
        .noPartitions(),
        at: Place(file: MachineConfigurationReader.fileName, line: 0, column: 0))
    }
    if self.machine != nil {
      DefinitionJudgement(machine: machine, directory: directory, deck: deck, log: log).judge()
    }
    return SystemDefinition(
      machine: machine.machine, partitions: directory.partitions.map(\.definition),
      groups: directory.groups,
      imageProfiles: directory.images.map {
        ImageProfile(
          name: $0.name, partition: $0.entry.definition.name, definition: $0.entry.definition)
      }, loadProfiles: directory.loads, templates: directory.templates,
      inputOutput: deck.configuration)
  }
}
