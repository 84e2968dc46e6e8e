import Foundation
import Quantities

/// Collects findings while the files are read.
final class FindingLog {
  /// Most findings that are kept; who gets so many mends these first.
  static let limit = 1_000

  /// What was found, each once, in the order of reporting.
  private(set) var findings: [Finding] = []
  /// How often something was found.
  private(set) var reportCount = 0
  /// Whether something was found that keeps the machine from starting.
  private(set) var hasErrors = false
  /// Errors that are kept are as many as there can be: nothing that is read on changes the result.
  var isExhausted: Bool { errorCount >= Self.limit }
  private var errorCount = 0
  private var warningCount = 0
  private var known: Set<Finding> = []
  private var dropped: FindingSeverity?
  /// A profile's statements are judged once, not again for every partition that includes them.
  var isMuted = false

  /// Adds a finding.
  func report(_ problem: Problem, at place: Place) {
    guard !isMuted else { return }
    reportCount &+= 1
    let isError = problem.severity == .error
    if isError { hasErrors = true }
    let finding = Finding(
      file: place.file, line: place.line, column: place.column, severity: problem.severity,
      id: problem.id, text: problem.text, remedy: problem.remedy)
    guard !known.contains(finding) else { return }
    guard (isError ? errorCount : warningCount) < Self.limit else {
      if dropped != .error { dropped = problem.severity }
      return
    }
    if isError { errorCount &+= 1 } else { warningCount &+= 1 }
    known.insert(finding)
    findings.append(finding)
  }

  /// The findings by file in the given order, then line and column; equal places keep their order.
  ///
  /// What many partitions of one range or profile have in common is said once.
  func sorted(fileOrder: [String]) -> [Finding] {
    func rank(_ finding: Finding) -> Int {
      fileOrder.firstIndex(of: finding.file) ?? fileOrder.count
    }
    let keyed = findings.enumerated().map { (rank($0.element), $0.offset, $0.element) }
    let ordered = keyed.sorted {
      ($0.0, $0.2.line, $0.2.column, $0.1) < ($1.0, $1.2.line, $1.2.column, $1.1)
    }.map(\.2)
    guard let dropped else { return ordered }
    return ordered + [
      Finding(
        file: fileOrder.first ?? "", line: 0, column: 0, severity: dropped,
        id: "HCPDEF063" + dropped.rawValue,
        text: "there is more to say than \(Self.limit) findings",
        remedy: "mend these first")
    ]
  }
}

/// A definition file's lines.
struct DefinitionFile {
  /// Most bytes that a definition file may have.
  static let byteLimit = 4 << 20

  /// Name relative to the folder.
  let name: String
  /// The lines without their ends, as characters that columns count.
  let lines: [[Unicode.Scalar]]

  /// Makes a file of text, as tests do.
  init(name: String, text: String) {
    self.name = name
    self.lines = Self.lines(of: text)
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - name: Its name, relative to the folder.
  ///   - folder: The folder.
  ///   - log: Where it is said that the file cannot be read, is too large or is not text.
  init?(name: String, folder: String, log: FindingLog) {
    let place = Place(file: name, line: 0, column: 0)
    do throws(HostFileError) {
      let bytes = try Array(HostFile.read(folder + "/" + name, atMost: Self.byteLimit))
      guard let text = String(validating: bytes, as: UTF8.self) else {
        log.report(.notUTF8, at: Self.firstInvalid(in: bytes, file: name))
        return nil
      }
      self.init(name: name, text: text)
    } catch {
      switch error {
      case .tooLarge(let limit): log.report(.tooLarge(limit: limit), at: place)
      case .refused(let reason), .unsuitable(let reason):
        log.report(.unreadable(reason: reason), at: place)
      }
      return nil
    }
  }

  private static func lines(of text: String) -> [[Unicode.Scalar]] {
    var lines: [[Unicode.Scalar]] = []
    var line: [Unicode.Scalar] = []
    var isFirst = true
    for scalar in text.unicodeScalars {
      defer { isFirst = false }
      if isFirst, scalar == "\u{FEFF}" { continue }
      if scalar == "\n" {
        lines.append(line.last == "\r" ? Array(line.dropLast()) : line)
        line.removeAll(keepingCapacity: true)
      } else {
        line.append(scalar)
      }
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }

  /// Line and column of the first byte that is not UTF-8.
  private static func firstInvalid(in bytes: [UInt8], file: String) -> Place {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var place = Place(file: file, line: 1, column: 1)
    // Cannot trap: the decoder takes only what it has put into its own buffer.
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      if scalar == "\n" {
        place.line &+= 1
        place.column = 1
      } else {
        place.column &+= 1
      }
    }
    return place
  }
}
