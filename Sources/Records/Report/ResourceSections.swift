import Partitioning
import Quantities

// Storage, I/O and channel paths on the page.

extension ReportPage {
  /// A section for storage and, when there are channel paths, one for I/O; none of samples that know neither.
  var resourceSections: [Markup] {
    let partitions = ResourceSeries.partitions(interval.samples)
    guard !partitions.isEmpty else { return [] }
    let storage = section(
      "Storage", "Storage on line, in GiB", partitions.map { ($0.partition, $0.storage) })
    let paths = PathSeries.paths(interval.samples)
    guard !paths.isEmpty else { return [storage] }
    let requests = section(
      "I/O", "Requests to devices, a second", partitions.map { ($0.partition, $0.requests) },
      and: busyPaths(paths))
    return [storage, requests]
  }

  /// A chart of what partitions have, the greatest first, with its legend.
  private func section(
    _ heading: String, _ title: String, _ series: [(name: String, values: [Double])],
    and more: [Markup] = []
  ) -> Markup {
    var chart = wideChart(title)
    chart.areas = ReportPage.areas(greatestFirst(series))
    return .element(
      "section", [],
      .all(
        [.element("h2", text: heading), .element("h3", text: title), chart.svg, legend(chart)]
          + more))
  }

  private func busyPaths(_ paths: [PathSeries]) -> [Markup] {
    let title = "Channel paths busy, in per cent"
    var chart = wideChart(title)
    let shown = greatestFirst(paths.map { ($0.name, $0.busy) }).prefix(ReportPage.stackedLimit)
    chart.lines = shown.enumerated().map { place, path in
      TimeChart.Line(name: path.name, style: "s\(place &+ 1)", values: path.values.map { $0 })
    }
    return [.element("h3", text: title), chart.svg, legend(chart)]
      + (paths.count > shown.count
        ? [
          .element(
            "p", [("class", "note")],
            .text("The \(paths.count - shown.count) paths that were less busy are in ")
              + .element("a", [("href", "paths.csv")], text: "paths.csv") + .text("."))
        ] : [])
  }

  private func wideChart(_ title: String) -> TimeChart {
    var chart = TimeChart(
      size: (width: 960, height: 220), title: title, times: times, label: axisLabel)
    chart.marks = marks(of: nil)
    return chart
  }

  /// By the sum over the intervals, each by its length; equal ones keep their order.
  private func greatestFirst(
    _ series: [(name: String, values: [Double])]
  ) -> [(name: String, values: [Double])] {
    let lengths = zip(times, times.dropFirst()).map { Double($1.subtractingClamped($0)) }
    let keyed = series.enumerated().map { place, series in
      (
        use: zip(series.values, lengths).reduce(0) { $0 + $1.0 * $1.1 }, place: place,
        series: series
      )
    }
    return keyed.sorted { ($1.use, $0.place) < ($0.use, $1.place) }.map(\.series)
  }
}
