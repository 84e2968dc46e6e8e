import Channels
import Foundation
import FoundationXML
import Partitioning
import Records
import Testing

@Suite struct ReportOfAnInterval {
  private let folder: StateFolders
  private let words = ReportWords(
    action: { "\($0)" }, refusal: { "\($0)" })

  init() throws { folder = try StateFolders() }

  /// Writes a report of what was sampled and changed.
  private func report(
    _ samples: [MeasurementSample], _ format: ReportFormat, hostile text: String? = nil
  ) throws -> String {
    let store = try RecordStore(folder: folder.path)
    let start = try store.begin(
      machine: text ?? "SMALL", timeOfDay: 1_767_225_600, seed: 1, historyVersion: 2, wall: 5)
    for sample in samples { try store.write(sample, start: start, wall: 5) }
    if let text {
      try store.write(
        [
          ChangeRecord(
            time: 5, author: .user(text), action: .sendConsole(text, bytes: []), partition: text,
            differences: [ValueDifference(name: text, before: text, after: text)],
            refusal: .partitionNotFound(text))
        ], start: start, wall: 5)
    }
    try store.close()
    let reader = try RecordReader(folder: folder.path)
    let interval = try RecordedInterval(reader)
    _ = try ReportFiles(reader, interval, words).write(to: folder.path + "/out", as: format)
    return folder.path + "/out/"
  }

  @Test(
    "a report that cannot be written whole leaves what was there", arguments: ["index.html", ""])
  func unfinishedReports(folderInTheWay: String) throws {
    let out = folder.path + "/out"
    if folderInTheWay.isEmpty {
      try Data().write(to: URL(fileURLWithPath: out))
    } else {
      try FileManager.default.createDirectory(
        atPath: out + "/" + folderInTheWay, withIntermediateDirectories: true)
    }
    let path = folderInTheWay.isEmpty ? out : out + "/" + folderInTheWay
    let number = folderInTheWay.isEmpty ? ENOTDIR : EISDIR
    let error = #expect(throws: ReportFileError.self) { _ = try report(example, .html) }
    #expect(error?.path == path)
    #expect(error?.number == number)
    if !folderInTheWay.isEmpty {
      #expect(try FileManager.default.contentsOfDirectory(atPath: out) == [folderInTheWay])
    }
  }

  private func text(_ file: String) throws -> String {
    try String(contentsOfFile: file, encoding: .utf8)
  }

  /// prsm.md, derived example D10: INT 900 s, six processors.
  private var example: [MeasurementSample] {
    [UInt64(0), 900].map { seconds in
      let part = seconds == 0 ? UInt64(0) : 1
      func logicals(_ online: UInt64, _ effective: UInt64, _ total: UInt64)
        -> MeasurementSample
        .Logicals
      {
        var counters = ProcessorCounters()
        counters.online = online * seconds * 1_000_000_000
        counters.effective = effective * part * 1_000_000_000
        counters.dispatched = total * part * 1_000_000_000
        return MeasurementSample.Logicals(
          type: .cp, defined: Int(online), online: Int(online), weight: 10,
          entitlement: Fraction(3), counters: counters)
      }
      return MeasurementSample(
        time: seconds * 1_000_000_000,
        processors: (0..<6).map { number in
          var counters = PhysicalCounters()
          counters.effective = 585 * part * 1_000_000_000
          counters.management = 12 * part * 1_000_000_000
          counters.idle = (900 - 597) * part * 1_000_000_000
          return MeasurementSample.Processor(
            number: number, type: .cp, isOnline: true, counters: counters)
        },
        partitions: [
          MeasurementSample.PartitionSample(
            name: "LP3", number: 0, isActive: true, activated: 0,
            logicals: [logicals(3, 1350, 1368)]),
          MeasurementSample.PartitionSample(
            name: "LP6", number: 1, isActive: true, activated: 0,
            logicals: [logicals(6, 2160, 2214)]),
        ])
    }
  }

  /// The example with devices: LP3's do 5 requests of 4 KiB a second over a path that is busy a quarter of the time.
  private var withResources: [MeasurementSample] {
    example.map { sample in
      let seconds = sample.time / 1_000_000_000
      var path = PathMeasurement()
      path.requestCount = seconds * 5
      path.byteCount = seconds * 5 * 4096
      path.busyNanoseconds = sample.time / 4
      var inputOutput = InputOutputMeasurement()
      inputOutput.requestCount = path.requestCount
      inputOutput.byteCount = path.byteCount
      var sample = sample
      sample.paths = [
        PathSample(subsystem: 0, number: 0x20, isUsable: true, counters: path),
        PathSample(subsystem: 1, number: 0xFF, isUsable: false, counters: PathMeasurement()),
      ]
      sample.partitions[0].resources = MeasurementSample.Resources(
        storageByteCount: 3 << 30, availableByteCount: 1 << 30, inputOutput: inputOutput)
      sample.partitions[1].resources = MeasurementSample.Resources(storageByteCount: 0)
      return sample
    }
  }

  private static let percentages = [
    "logicalEffectivePercent", "logicalTotalPercent", "managementPercent", "effectivePercent",
    "totalPercent",
  ]

  @Test func hasTheNumbersOfD10AsCSV() throws {
    let out = try report(example, .csv)
    let lines = try text(out + "partitions.csv").split(separator: "\r\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let columns = try Self.percentages.map { try #require(lines[0].firstIndex(of: $0)) }
    let rows = Dictionary(
      uniqueKeysWithValues: lines.dropFirst().map { line in (line[1], columns.map { line[$0] }) })
    #expect(rows["LP3"] == ["50.00", "50.67", "0.33", "25.00", "25.33"])
    #expect(rows["LP6"] == ["40.00", "41.00", "1.00", "40.00", "41.00"])
    #expect(rows["*PHYSICAL*"] == ["", "", "0.00", "0.00", "0.00"])
    #expect(rows["TOTAL"] == ["", "", "1.33", "65.00", "66.33"])
  }

  /// The oracle is what the samples say: so many requests, bytes and busy nanoseconds a second.
  @Test func tellsStorageAndPathsOverTime() throws {
    let out = try report(withResources, .csv)
    func rows(_ name: String) throws -> [[String]] {
      try text(out + name).split(separator: "\r\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
    }
    let head = ["time", "timeOfDay", "seconds"]
    let resources = try rows("resources.csv")
    #expect(resources[0] == head + ["partition", "storage", "available", "requests", "bytes"])
    #expect(
      resources.dropFirst().map { Array($0.dropFirst(3)) } == [
        ["LP3", "3221225472", "1073741824", "4500", "18432000"], ["LP6", "0", "", "0", "0"],
      ])
    let paths = try rows("paths.csv")
    #expect(paths[0] == head + ["path", "usable", "busyPercent", "requests", "bytes"])
    #expect(
      paths.dropFirst().map { Array($0.dropFirst(3)) } == [
        ["0.20", "YES", "25.00", "4500", "18432000"], ["1.FF", "NO", "0.00", "0", "0"],
      ])
  }

  @Test func drawsStorageRequestsAndPaths() throws {
    let out = try report(withResources, .html)
    let page = try text(out + "index.html")
    for title in [
      "Storage on line, in GiB", "Requests to devices, a second", "Channel paths busy, in per cent",
    ] {
      #expect(page.contains("<title>\(title)</title>"))
    }
    // As a column's tooltip has them.
    #expect(page.contains("LP3: 3.000") && page.contains("0.20: 25.000"))
  }

  @Test func hasTheNumbersOfD10AsJSONLines() throws {
    let out = try report(example, .json)
    let rows = try text(out + "partitions.jsonl").split(separator: "\n").map {
      try #require(
        try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    let row = try #require(rows.first { $0["partition"] as? String == "LP3" })
    #expect(Self.percentages.map { row[$0] as? Double } == [50, 50.67, 0.33, 25, 25.33])
    #expect(row["effectiveSeconds"] as? Double == 1350)
  }

  @Test(.enabled(if: SQLiteShell.isThere, "sqlite3 is not installed: apt-get install sqlite3"))
  func isReadAsCSVByAnotherProgram() throws {
    let hostile = "a,\"b\"\r\n'c' \u{7}"
    let out = try report(example, .csv, hostile: hostile)
    let query = "SELECT count(*), hex(max(partition)), hex(max(before)) FROM t"
    let hex = hostile.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
      .joined().uppercased()
    let process = out + "changes.csv"
    #expect(
      try SQLiteShell.answer(":memory:", ".import --csv \(process) t", query)
        == "1|\(hex)|\(hex)")
  }

  @Test(arguments: [
    "A", "<script>alert(1)</script>", "a&b\"c'd]]>", "\u{1}\u{1B}[2J\u{202E}x\u{FFFE}",
    "</title></svg><img src=x onerror=y>",
  ])
  func isAPageThatIsXML(text hostile: String) throws {
    let out = try report(example, .html, hostile: hostile)
    let page = try #require(FileManager.default.contents(atPath: out + "index.html"))
    let reader = PageReader()
    let parser = XMLParser(data: page)
    parser.delegate = reader
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    let counts = reader.counts
    #expect(counts["script"] == nil && counts["img"] == nil)
    // A chart for the pool, one for each partition.
    #expect(counts["svg"] == 3)
    #expect(counts["table"] == 3)
    #expect(!page.contains(0x1B))
  }

  @Test func isOfTheIntervalAskedFor() throws {
    let store = try RecordStore(folder: folder.path)
    let start = try store.begin(
      machine: "SMALL", timeOfDay: 1_000, seed: 1, historyVersion: 2, wall: 5)
    let second: UInt64 = 1_000_000_000
    for time in 0...10 {
      try store.write(Samples.sample(at: UInt64(time) * second), start: start, wall: 5)
    }
    func ends(_ from: ReportInstant?, _ to: ReportInstant?) throws -> [UInt64] {
      let samples = try RecordedInterval(store, from: from, to: to).samples
      return try [#require(samples.first).time / second, #require(samples.last).time / second]
    }
    #expect(try ends(nil, nil) == [0, 10])
    #expect(try ends(.sinceIPL(3 * second), .sinceIPL(7 * second)) == [3, 7])
    // Taken to the samples outside.
    #expect(try ends(.sinceIPL(3 * second + 1), .sinceIPL(7 * second + 1)) == [3, 8])
    #expect(try ends(.timeOfDay(1_002), .timeOfDay(1_004)) == [2, 4])
    #expect(try ends(.timeOfDay(0), .timeOfDay(1_004)) == [0, 4])
    #expect(
      throws: ReportRefusal.outside(measured: 0...10 * second, timeOfDay: 1_000)
    ) { _ = try ends(.timeOfDay(2_000), .timeOfDay(2_004)) }
    #expect(throws: ReportRefusal.startNotFound(9, known: 1...1)) {
      _ = try RecordedInterval(store, start: 9)
    }
  }
}

/// Counts a page's elements.
private final class PageReader: NSObject, XMLParserDelegate {
  private(set) var counts: [String: Int] = [:]

  func parser(
    _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    counts[elementName, default: 0] += 1
  }
}
