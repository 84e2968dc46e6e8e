import Channels
import Partitioning
import Quantities

// The page: who used how much of what it was entitled to, over time. It is one file without scripts;
// what stands in a chart's tooltips stands in the CSV files too.

/// The page of a report.
struct ReportPage {
  /// Partitions of a pool that have a colour in its chart; the others are one area.
  static let stackedLimit = 8
  /// Partitions of a pool that have a chart of their own.
  private static let chartLimit = 24
  /// Rows of a table on the page.
  private static let rowLimit = 100

  let interval: RecordedInterval
  private let tables: [ReportTable]
  private let words: ReportWords
  private let pools: [PoolSeries]

  init(interval: RecordedInterval, tables: [ReportTable], words: ReportWords) {
    self.interval = interval
    self.tables = tables
    self.words = words
    pools = PoolSeries.pools(interval.samples)
  }

  /// The file's text.
  var text: String {
    let title = "\(interval.start.machine): use against entitlement"
    let head: [Markup] = [
      .element("meta", [("charset", "utf-8")]),
      .element("meta", [("name", "viewport"), ("content", "width=device-width")]),
      .element("title", text: title), .element("style", [], .literal(PageStyle.sheet)),
    ]
    let body: [Markup] =
      [.element("h1", text: title), facts] + pools.map(section) + resourceSections
      + tables.map(section)
    return "<!DOCTYPE html>\n"
      + Markup.element(
        "html", [("lang", "en"), ("xmlns", "http://www.w3.org/1999/xhtml")],
        .element("head", [], .all(head))
          + .element("body", [], .element("main", [], .all(body)))
      ).text + "\n"
  }

  // MARK: Head

  private var facts: Markup {
    let start = interval.start
    let ending =
      switch start.ending {
      case nil: "it runs, or it was lost and not started since"
      case .clean: "in good order"
      case .lost: "lost: the process ended without a word"
      }
    let first = interval.samples.first?.time ?? 0
    let last = interval.samples.last?.time ?? 0
    let facts: [(String, String)] = [
      ("Interval", "\(label(first)) to \(label(last)), the machine's time of day"),
      (
        "Length",
        Fraction(Int128(last.subtractingClamped(first)), 1_000_000_000).text(places: 3)
          + " s, \(interval.times.count) samples"
      ),
      ("IPL", "\(start.id), on the host at \(timestamp(milliseconds: start.wall)) UTC"),
      ("Ended", ending),
      ("Changes", "\(interval.changes.count), marked on the time axes"),
    ]
    return .element(
      "dl", [],
      .all(facts.map { .element("dt", text: $0.0) + .element("dd", text: $0.1) }))
  }

  private func label(_ time: SimulatedTime) -> String {
    instantText(time, interval.start.timeOfDay)
  }

  var times: [SimulatedTime] { interval.samples.map(\.time) }

  /// On an axis the date is said once, above.
  func axisLabel(_ time: SimulatedTime) -> String { String(label(time).suffix(8)) }

  // MARK: Pools

  private func section(_ pool: PoolSeries) -> Markup {
    let users = pool.partitions.sorted { $0.weightedUse > $1.weightedUse }
    var chart = TimeChart(
      size: (width: 960, height: 300), title: "Processors of pool \(pool.type.rawValue) in use",
      times: times, label: axisLabel)
    chart.areas = ReportPage.areas(users.map { ($0.partition, $0.effective) })
    chart.areas.append(
      TimeChart.Area(name: "LPAR management", style: "management", values: pool.management))
    chart.lines = [
      TimeChart.Line(
        name: "processors on line", style: "entitlement", values: pool.online.map { $0 })
    ]
    chart.marks = marks(of: nil)
    let shown = users.prefix(ReportPage.chartLimit)
    var parts: [Markup] = [
      .element("h2", text: "Pool \(pool.type.rawValue)"), .element("h3", text: "Processors in use"),
      chart.svg, legend(chart), .element("h3", text: "Use against entitlement"),
      .element("p", [("class", "legend")], .all(ReportPage.partitionLegend)),
      .element("div", [("class", "charts")], .all(shown.map(figure))),
    ]
    if users.count > shown.count {
      parts.append(
        .element(
          "p", [("class", "note")],
          .text("The \(users.count - shown.count) partitions that used less are in ")
            + .element("a", [("href", "shares.csv")], text: "shares.csv") + .text(".")))
    }
    return .element("section", [], .all(parts))
  }

  /// Areas upon each other for those that come first; all others are one.
  static func areas(_ series: [(name: String, values: [Double])]) -> [TimeChart.Area] {
    let rest = Array(series.dropFirst(stackedLimit))
    let areas = series.prefix(stackedLimit).enumerated().map { place, series in
      TimeChart.Area(name: series.name, style: "s\(place &+ 1)", values: series.values)
    }
    guard !rest.isEmpty else { return areas }
    return areas + [
      TimeChart.Area(
        name: "\(rest.count) others", style: "rest", values: TimeChart.sums(rest.map(\.values)))
    ]
  }

  func legend(_ chart: TimeChart) -> Markup {
    .element(
      "p", [("class", "legend")],
      .all(
        chart.areas.map { ReportPage.key($0.style, $0.name) }
          + chart.lines.map { ReportPage.key($0.style, $0.name) }
          + [ReportPage.key("mark", "changes")]))
  }

  private static let partitionLegend = [
    key("s1", "effective use"), key("management", "LPAR management"),
    key("entitlement", "entitlement"), key("cap", "cap"), key("mark", "changes"),
  ]

  static func key(_ style: String, _ name: String) -> Markup {
    .element(
      "span", [], .element("i", [("class", "key " + style)], text: "") + .text(name))
  }

  private func figure(_ series: ShareSeries) -> Markup {
    var chart = TimeChart(
      size: (width: 320, height: 150),
      title: "\(series.partition): use of pool \(series.type.rawValue) against entitlement",
      times: times, label: axisLabel)
    chart.areas = [
      TimeChart.Area(name: "effective", style: "s1", values: series.effective),
      TimeChart.Area(
        name: "LPAR management", style: "management",
        values: zip(series.total, series.effective).map { max(0, $0 - $1) }),
    ]
    chart.lines = [
      TimeChart.Line(name: "entitlement", style: "entitlement", values: series.entitlement)
    ]
    if series.cap.contains(where: { $0 != nil }) {
      chart.lines.append(TimeChart.Line(name: "cap", style: "cap", values: series.cap))
    }
    chart.marks = marks(of: series.partition)
    return .element(
      "figure", [], .element("figcaption", text: caption(series)) + chart.svg)
  }

  private func caption(_ series: ShareSeries) -> String {
    let length = Double((times.last ?? 0).subtractingClamped(times.first ?? 0))
    let used = series.weightedUse / max(1, length)
    let entitlement = series.entitlement.last.flatMap { $0 }
    return "\(series.partition): \(decimal(used, 2)) used on average"
      + (entitlement.map { ", entitled to \(decimal($0, 2))" } ?? ", not active at the end")
  }

  /// Marks for the changes that changed something: of a partition, or of all and the machine.
  func marks(of partition: String?) -> [TimeChart.Mark] {
    interval.changes.compactMap { logged in
      let change = logged.change
      guard !change.differences.isEmpty,
        partition == nil || change.partition == nil || change.partition == partition
      else { return nil }
      let values = change.differences.prefix(3).map { "\($0.name) \($0.before) to \($0.after)" }
      return TimeChart.Mark(
        time: change.time,
        text: "\(axisLabel(change.time)) \(change.author.name): \(words.action(change.action))"
          + " (\(values.joined(separator: ", ")))")
    }
  }

  // MARK: Tables

  private func section(_ table: ReportTable) -> Markup {
    .element(
      "section", [],
      .element("h2", text: table.title)
        + (table.rows.isEmpty
          ? .element("p", [("class", "note")], text: "None in this interval.")
          : markup(of: table)))
  }

  /// Of many partitions the greatest users are shown, in their order, with the sums.
  private func markup(of table: ReportTable) -> Markup {
    guard table.name == "partitions", table.rows.count > ReportPage.rowLimit else {
      return table.markup(limit: ReportPage.rowLimit)
    }
    let users = pools.flatMap { pool in
      pool.partitions.map { (key: "\(pool.type.rawValue) \($0.partition)", use: $0.weightedUse) }
    }
    let greatest = Set(
      users.sorted { $0.use > $1.use }.prefix(ReportPage.rowLimit / 2).map(\.key))
    let shown = table.rows.filter { isShown($0, greatest) }
    var ordered = table
    ordered.rows = shown + table.rows.filter { !isShown($0, greatest) }
    return ordered.markup(limit: shown.count)
  }

  private func isShown(_ row: [ReportTable.Cell], _ greatest: Set<String>) -> Bool {
    guard case .text(let type)? = row.first, case .text(let name)? = row.dropFirst().first
    else { return false }
    return greatest.contains("\(type) \(name)") || name.hasPrefix("*") || name == "TOTAL"
  }
}
