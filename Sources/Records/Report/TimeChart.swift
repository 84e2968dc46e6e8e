import Channels
import Quantities

// A chart over time as inline SVG. Every value holds for one interval between two instants, so lines
// are steps. Colours are classes of the page's style sheet, so that light and dark are its matter.

/// A chart of values over the intervals between instants.
struct TimeChart {
  /// Values that lie upon each other as areas.
  struct Area {
    var name: String
    /// Class of the style sheet that colours it.
    var style: String
    /// One for each interval.
    var values: [Double]
  }

  /// Values drawn as a line; nil where there are none.
  struct Line {
    var name: String
    /// Class of the style sheet that colours it.
    var style: String
    /// One for each interval.
    var values: [Double?]
  }

  /// Something that happened.
  struct Mark {
    var time: SimulatedTime
    var text: String
  }

  /// Width and height of the drawing, in its own units, which are about pixels.
  var size: (width: Double, height: Double)
  /// What it shows, for those who do not see it.
  var title: String
  /// Ends of the intervals, ascending; one more than there are intervals.
  var times: [SimulatedTime]
  var areas: [Area] = []
  var lines: [Line] = []
  var marks: [Mark] = []
  /// What an instant is called on the axis.
  var label: (SimulatedTime) -> String

  private static let margin = (left: 46.0, right: 8.0, top: 8.0, bottom: 22.0)

  /// The drawing.
  var svg: Markup {
    let parts = [
      Markup.element("title", text: title), grid, Markup.all(areaShapes),
      Markup.all(lines.map(shape)), Markup.all(columns), Markup.all(markShapes),
    ]
    return .element(
      "svg",
      [
        ("xmlns", "http://www.w3.org/2000/svg"), ("role", "img"),
        ("viewBox", "0 0 \(text(size.width)) \(text(size.height))"),
      ], .all(parts))
  }

  // MARK: Scales

  private var bottom: Double { size.height - TimeChart.margin.bottom }
  private var right: Double { size.width - TimeChart.margin.right }

  private func x(_ time: SimulatedTime) -> Double {
    guard let first = times.first, let last = times.last, last > first else {
      return TimeChart.margin.left
    }
    let part =
      Double(min(time, last).subtractingClamped(first)) / Double(last.subtractingClamped(first))
    return TimeChart.margin.left + part * (right - TimeChart.margin.left)
  }

  private func y(_ value: Double, _ top: Double) -> Double {
    bottom - min(value, top) / top * (bottom - TimeChart.margin.top)
  }

  /// The value at the upper end: the greatest shown, taken up to what has round quarters.
  var top: Double {
    let stacked = TimeChart.sums(areas.map(\.values))
    let drawn = lines.flatMap { $0.values.compactMap { $0 } }
    let most = max(stacked.max() ?? 0, drawn.max() ?? 0)
    var step = 0.01
    while step < 1e15 {
      for factor in [1.0, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8] where step * factor >= most * 1.02 {
        return step * factor
      }
      step *= 10
    }
    return step
  }

  /// Values of several things, of each one for each interval, added up.
  static func sums(_ values: [[Double]]) -> [Double] {
    guard let first = values.first else { return [] }
    return values.dropFirst().reduce(first) { sums, values in zip(sums, values).map(+) }
  }

  /// An interval's ends, and where they are drawn.
  private struct Interval {
    var start: SimulatedTime
    var end: SimulatedTime
    var left: Double
    var right: Double
  }

  private var intervals: [Interval] {
    zip(times, times.dropFirst()).map { start, end in
      Interval(start: start, end: end, left: x(start), right: x(end))
    }
  }

  // MARK: Parts

  private var grid: Markup {
    let top = top
    var parts: [Markup] = []
    for quarter in 0...4 {
      let value = top * Double(quarter) / 4
      let height = text(y(value, top))
      parts.append(
        .element(
          "line",
          [
            ("class", "grid"), ("x1", text(TimeChart.margin.left)), ("x2", text(right)),
            ("y1", height), ("y2", height),
          ]))
      parts.append(
        .element(
          "text",
          [
            ("class", "tick"), ("x", text(TimeChart.margin.left - 5)), ("y", height),
            ("text-anchor", "end"), ("dominant-baseline", "middle"),
          ], text: decimal(value, top < 0.1 ? 3 : 2)))
    }
    return .all(parts + timeLabels)
  }

  private var timeLabels: [Markup] {
    guard let first = times.first, let last = times.last else { return [] }
    let count = size.width > 500 ? 4 : 2
    return (0...count).map { index in
      let part = last.subtractingClamped(first) / UInt64(count)
      let time = first.addingClamped(part.multipliedClamped(by: UInt64(index)))
      let anchor = index == 0 ? "start" : index == count ? "end" : "middle"
      return .element(
        "text",
        [
          ("class", "tick"), ("x", text(x(time))), ("y", text(size.height - 7)),
          ("text-anchor", anchor),
        ], text: label(time))
    }
  }

  private var areaShapes: [Markup] {
    let top = top
    let intervals = intervals
    var floor = [Double](repeating: 0, count: intervals.count)
    return areas.map { area in
      let ceiling = TimeChart.sums([floor, area.values])
      var path = ""
      for (interval, value) in zip(intervals, ceiling) {
        let height = text(y(value, top))
        path += "\(path.isEmpty ? "M" : "L")\(text(interval.left)) \(height)"
        path += "L\(text(interval.right)) \(height)"
      }
      for (interval, value) in zip(intervals, floor).reversed() {
        let height = text(y(value, top))
        path += "L\(text(interval.right)) \(height)L\(text(interval.left)) \(height)"
      }
      floor = ceiling
      return .element("path", [("class", "area " + area.style), ("d", path + "Z")])
    }
  }

  private func shape(_ line: Line) -> Markup {
    let top = top
    var path = ""
    var isDown = false
    for (interval, value) in zip(intervals, line.values) {
      guard let value else {
        isDown = false
        continue
      }
      let height = text(y(value, top))
      path += "\(isDown ? "L" : "M")\(text(interval.left)) \(height)"
      path += "L\(text(interval.right)) \(height)"
      isDown = true
    }
    return .element("path", [("class", "line " + line.style), ("d", path.isEmpty ? "M0 0" : path)])
  }

  /// Invisible columns that tell an interval's values to a pointer that rests there.
  private var columns: [Markup] {
    intervals.enumerated().map { index, interval in
      var lines = ["\(label(interval.start)) to \(label(interval.end))"]
      for line in self.lines {
        let value = line.values.element(at: index) ?? nil
        lines.append("\(line.name): \(value.map { decimal($0, 3) } ?? "none")")
      }
      for area in areas.reversed() {
        guard let value = area.values.element(at: index), value >= 0.0005 else { continue }
        lines.append("\(area.name): \(decimal(value, 3))")
      }
      return .element(
        "rect",
        [
          ("class", "column"), ("x", text(interval.left)), ("y", text(TimeChart.margin.top)),
          ("width", text(max(0.1, interval.right - interval.left))),
          ("height", text(bottom - TimeChart.margin.top)),
        ], .element("title", text: lines.joined(separator: "\n")))
    }
  }

  /// Most lines that a mark tells; the event log has all.
  private static let tellingLimit = 12

  /// Marks less than two units apart become one that tells them all.
  private var markShapes: [Markup] {
    var groups: [(place: Double, texts: [String])] = []
    for mark in marks.sorted(by: { $0.time < $1.time }) {
      let place = x(mark.time)
      if let last = groups.indices.last, let group = groups.last, place - group.place < 2 {
        groups.change(at: last) { $0.texts.append(mark.text) }
      } else {
        groups.append((place, [mark.text]))
      }
    }
    return groups.map { group in
      var texts = Array(group.texts.prefix(TimeChart.tellingLimit))
      let more = group.texts.count &- texts.count
      if more > 0 { texts.append("and \(more) more") }
      let place = text(group.place)
      let line = Markup.element(
        "line",
        [
          ("class", "mark"), ("x1", place), ("x2", place), ("y1", text(TimeChart.margin.top)),
          ("y2", text(bottom)),
        ])
      let knob = Markup.element(
        "circle",
        [
          ("class", "mark"), ("cx", place), ("cy", text(TimeChart.margin.top)), ("r", "3"),
        ])
      return .element(
        "g", [], .element("title", text: texts.joined(separator: "\n")) + line + knob)
    }
  }

  private func text(_ number: Double) -> String { decimal(number, 1) }
}

/// A number that is not negative, with so many decimals, rounded half up.
func decimal(_ number: Double, _ places: Int) -> String {
  let unit: Int64 = powerOfTen(places)
  // What is too great for a picture is its greatest number; what is no number is none.
  let scaled = Int64(exactly: min(max(0, number) * Double(unit), 9e15).rounded()) ?? 0
  return fixedPointText(scaled, places: places, padded: true)
}
