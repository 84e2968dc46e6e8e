import Channels
import Partitioning
import Quantities

/// Reads `*.media`: rates, latencies and files of the paths and devices that the deck defines.
struct MediaReader {
  static let verbs = ["CHPID", "DEVICE"]
  /// Longest latency: 10 s.
  static let latencyRange: ClosedRange<UInt64> = 0...10_000_000_000
  /// Largest scratch device.
  static let scratchLimit: UInt64 = 1 << 40
  /// How much may be kept of what a file had.
  static let keptRange: ClosedRange<UInt64> = 1 << 20...1 << 40

  private let files: FolderFiles
  private let log: FindingLog
  private var deck: ParsedDeck
  /// Places of statements by subject.
  private var places: [String: Place] = [:]
  /// Where files are named that are written to, and those that are only read, by what they are.
  private var writtenFiles: [String: Place] = [:]
  private var readFiles: [String: Place] = [:]

  /// Reads the files, in the order given, into the deck's configuration.
  static func read(
    _ sources: [DefinitionFile], into deck: ParsedDeck, files: FolderFiles, log: FindingLog
  ) -> ParsedDeck {
    var reader = MediaReader(files: files, log: log, deck: deck)
    for source in sources {
      for statement in DefinitionScanner.statements(of: source, log: log) {
        reader.read(statement)
      }
    }
    return reader.deck
  }

  private init(files: FolderFiles, log: FindingLog, deck: ParsedDeck) {
    self.files = files
    self.log = log
    self.deck = deck
  }

  private mutating func read(_ statement: Statement) {
    var operands = OperandReader(statement, log: log)
    switch statement.verb.folded {
    case "CHPID": path(&operands)
    case "DEVICE": device(&operands)
    default:
      log.report(
        .unknownStatement(statement.verb.text, in: "*.media", legal: Self.verbs),
        at: statement.verb.place)
      return
    }
    operands.end()
  }

  /// Takes `RATE r` or `LATENCY t`; false for another keyword.
  private func timing(
    _ keyword: String, _ operands: inout OperandReader, rate: inout UInt64?, latency: inout UInt64?
  ) -> Bool {
    switch keyword {
    case "RATE":
      if let value = operands.rate("RATE") { rate = value }
    case "LATENCY":
      if let value = operands.duration("LATENCY", in: Self.latencyRange) { latency = value }
    default: return false
    }
    return true
  }

  private mutating func path(_ operands: inout OperandReader) {
    guard let word = operands.word("a CHPID") else { return }
    let parts = word.folded.split(separator: ".", omittingEmptySubsequences: false)
    let number = parts.last.flatMap { hexadecimal($0, digits: 2, as: UInt8.self) }
    let subsystem =
      parts.count == 2 ? parts.first.flatMap { hexadecimal($0, digits: 2, as: UInt8.self) } : nil
    guard let number, parts.count == 1 || (parts.count == 2 && subsystem != nil) else {
      log.report(.hexadecimal(word.text, what: "CHPID", digits: 2), at: word.place)
      return
    }
    if let first = places["CHPID " + word.folded] {
      log.report(.duplicateStatement("CHPID " + word.folded, first: first), at: word.place)
      return
    }
    places["CHPID " + word.folded] = word.place
    var rate: UInt64?
    var latency: UInt64?
    while operands.peek != nil,
      let keyword = operands.keyword(of: "CHPID", from: ["RATE", "LATENCY"])
    { _ = timing(keyword.folded, &operands, rate: &rate, latency: &latency) }
    let matching = deck.configuration.paths.enumerated().filter { _, path in
      path.number == number && (subsystem == nil || path.subsystem == subsystem)
    }.map(\.offset)
    if matching.isEmpty {
      log.report(
        .unknownName(
          "channel path", word.folded,
          known: deck.configuration.paths.map { DeviceNumbers.path($0.number) }), at: word.place)
    }
    for index in matching {
      deck.configuration.paths.change(at: index) {
        if let rate { $0.bytesPerSecond = rate }
        if let latency { $0.latencyNanoseconds = latency }
      }
    }
  }

  private mutating func device(_ operands: inout OperandReader) {
    guard let word = operands.word("a device number or a range") else { return }
    let parts = word.folded.split(separator: "-", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { OperandReader.deviceNumber($0) }
    guard (1...2).contains(parts.count), numbers.count == parts.count,
      let first = numbers.first, let last = numbers.last, first <= last
    else {
      log.report(.deviceRange(word.text), at: word.place)
      operands.skip()
      return
    }
    var media: MediaDefinition?
    var rate: UInt64?
    var latency: UInt64?
    var file: Word?
    var kept: UInt64?
    var volume: Word?
    var length: UInt64?
    let legal = ["FILE", "SCRATCH", "WRITABLE", "KEEP", "NOKEEP", "VOLUME", "RATE", "LATENCY"]
    var given: [String: Word] = [:]
    while operands.peek != nil, let keyword = operands.keyword(of: "DEVICE", from: legal) {
      if let first = given.updateValue(keyword, forKey: Self.subject(of: keyword.folded)) {
        reportSecond(keyword, after: first)
      }
      if timing(keyword.folded, &operands, rate: &rate, latency: &latency) { continue }
      switch keyword.folded {
      case "KEEP", "NOKEEP":
        kept = keptBytes(keyword, of: media, &operands) ?? kept
      case "FILE":
        guard let name = operands.word("a file") else { continue }
        file = name
        length = files.judge(name, need: .needed, log: log)
        if let length, length % 512 != 0 || length == 0 {
          log.report(.fileLength(name.text, length), at: name.place)
        }
        media = .file(path: name.text, writable: false)
      case "SCRATCH":
        let sizeWord = operands.peek
        guard let bytes = operands.size("SCRATCH"), let sizeWord else { continue }
        if bytes == 0 || bytes % 512 != 0 || bytes > Self.scratchLimit {
          log.report(
            .sizeRange(sizeWord.text, what: "SCRATCH", range: 512...Self.scratchLimit),
            at: sizeWord.place)
        }
        media = .scratch(byteCount: bytes)
        length = bytes
      case "VOLUME": volume = volumeLabel(&operands, ofOne: first == last) ?? volume
      default:
        guard case .file(let path, _)? = media else {
          log.report(.writableWithoutFile, at: keyword.place)
          continue
        }
        media = .file(path: path, writable: true)
      }
    }
    if let file, case .file(_, let isWritten)? = media {
      use(file, isWritten: isWritten, byOne: first == last)
    }
    set(first...last, word) {
      if let media { $0.media = media }
      $0.keptByteCount = kept
      if let volume { $0.volume = volume.folded }
      if let rate { $0.bytesPerSecond = rate }
      if let latency { $0.latencyNanoseconds = latency }
    }
    if let length { for number in first...last { deck.mediaByteCounts[number] = length } }
  }

  /// Takes note of a file that a device has, or several: to what one writes no other does, nor reads it.
  private mutating func use(_ file: Word, isWritten: Bool, byOne isOne: Bool) {
    let own = files.identity(of: file.text)
    let writer = writtenFiles[own]
    if isWritten, !isOne || writer != nil {
      log.report(.writableTwice(file.text, first: writer), at: file.place)
    } else if let other = writer ?? (isWritten ? readFiles[own] : nil) {
      log.report(.writtenAndRead(file.text, first: other), at: file.place)
    }
    if isWritten { writtenFiles[own] = file.place } else { readFiles[own] = file.place }
  }

  /// Takes the label of the volume on one device, which no other has.
  private mutating func volumeLabel(
    _ operands: inout OperandReader, ofOne isOne: Bool
  ) -> Word? {
    guard let word = operands.word("the label of a volume") else { return nil }
    guard isUserid(word.folded), word.folded.utf8.count <= 6, !word.isQuoted else {
      log.report(.volumeLabel(word.text), at: word.place)
      return nil
    }
    guard isOne else {
      log.report(.volumeOfSeveral, at: word.place)
      return nil
    }
    let key = "VOLUME " + word.folded
    if let first = places[key] {
      log.report(.duplicateName("volume", word.folded, first: first), at: word.place)
      return nil
    }
    places[key] = word.place
    return word
  }

  /// What of a device an operand says: an operand, of those that say the same thing the first.
  private static func subject(of operand: String) -> String {
    switch operand {
    case "NOKEEP": "KEEP"
    case "SCRATCH": "FILE"
    default: operand
    }
  }

  /// Refuses an operand that says the same thing as one before it.
  private func reportSecond(_ keyword: Word, after first: Word) {
    log.report(
      keyword.folded == first.folded
        ? .duplicateStatement(keyword.folded, first: first.place)
        : .exclusive(first.folded, keyword.folded, first: first.place), at: keyword.place)
  }

  /// Takes what stands behind KEEP or NOKEEP; nil when that says nothing.
  private func keptBytes(
    _ keyword: Word, of media: MediaDefinition?, _ operands: inout OperandReader
  ) -> UInt64? {
    let size = operands.peek
    let bytes = keyword.folded == "KEEP" ? operands.size("KEEP") : 0
    guard case .file(_, writable: true)? = media else {
      log.report(.keepWithoutWritable(keyword.folded), at: keyword.place)
      return nil
    }
    guard let bytes, keyword.folded == "KEEP", let size, !Self.keptRange.contains(bytes) else {
      return bytes
    }
    log.report(.sizeRange(size.text, what: "KEEP", range: Self.keptRange), at: size.place)
    return nil
  }

  private mutating func set(
    _ range: ClosedRange<UInt16>, _ word: Word, _ change: (inout DeviceDefinition) -> Void
  ) {
    var missing: UInt16?
    var index = deck.configuration.devices.firstIndex { $0.number >= range.lowerBound } ?? 0
    for number in range {
      let key = "DEVICE " + DeviceNumbers.text(number)
      if let first = places[key] {
        log.report(.duplicateStatement(key, first: first), at: word.place)
        return
      }
      places[key] = word.place
      guard deck.configuration.devices.element(at: index)?.number == number else {
        missing = missing ?? number
        continue
      }
      deck.configuration.devices.change(at: index, change)
      deck.places["MEDIA " + DeviceNumbers.text(number)] = word.place
      index &+= 1
    }
    if let missing { log.report(.deviceNotInDeck(missing), at: word.place) }
  }
}
