import Channels

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

  private static let margin = (left: 40.0, right: 8.0, top: 8.0, bottom: 22.0)

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
    let part = Double(min(max(time, first), last) - first) / Double(last - first)
    return TimeChart.margin.left + part * (right - TimeChart.margin.left)
  }

  private func y(_ value: Double, _ top: Double) -> Double {
    bottom - min(value, top) / top * (bottom - TimeChart.margin.top)
  }

  /// The value at the upper end: the greatest shown, taken up to what has round quarters.
  var top: Double {
    let stacked = intervals.map { index in areas.reduce(0) { $0 + $1.values[index] } }
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

  private var intervals: Range<Int> { 0..<max(0, times.count - 1) }

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
      let time = first + (last - first) / UInt64(count) * UInt64(index)
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
    var floor = [Double](repeating: 0, count: intervals.count)
    return areas.map { area in
      var path = ""
      for index in intervals {
        let height = text(y(floor[index] + area.values[index], top))
        path += "\(path.isEmpty ? "M" : "L")\(text(x(times[index]))) \(height)"
        path += "L\(text(x(times[index + 1]))) \(height)"
      }
      for index in intervals.reversed() {
        let height = text(y(floor[index], top))
        path += "L\(text(x(times[index + 1]))) \(height)L\(text(x(times[index]))) \(height)"
      }
      for index in intervals { floor[index] += area.values[index] }
      return .element("path", [("class", "area " + area.style), ("d", path + "Z")])
    }
  }

  private func shape(_ line: Line) -> Markup {
    let top = top
    var path = ""
    var isDown = false
    for index in intervals {
      guard let value = line.values[index] else {
        isDown = false
        continue
      }
      let height = text(y(value, top))
      path += "\(isDown ? "L" : "M")\(text(x(times[index]))) \(height)"
      path += "L\(text(x(times[index + 1]))) \(height)"
      isDown = true
    }
    return .element("path", [("class", "line " + line.style), ("d", path.isEmpty ? "M0 0" : path)])
  }

  /// Invisible columns that tell an interval's values to a pointer that rests there.
  private var columns: [Markup] {
    intervals.map { index in
      var lines = ["\(label(times[index])) to \(label(times[index + 1]))"]
      for line in self.lines {
        lines.append("\(line.name): \(line.values[index].map { decimal($0, 3) } ?? "none")")
      }
      for area in areas.reversed() where area.values[index] >= 0.0005 {
        lines.append("\(area.name): \(decimal(area.values[index], 3))")
      }
      let left = x(times[index])
      return .element(
        "rect",
        [
          ("class", "column"), ("x", text(left)), ("y", text(TimeChart.margin.top)),
          ("width", text(max(0.1, x(times[index + 1]) - left))),
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
      if let last = groups.last, place - last.place < 2 {
        groups[groups.count - 1].texts.append(mark.text)
      } else {
        groups.append((place, [mark.text]))
      }
    }
    return groups.map { group in
      var texts = Array(group.texts.prefix(TimeChart.tellingLimit))
      let more = group.texts.count - texts.count
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
  var unit: Int64 = 1
  for _ in 0..<places { unit *= 10 }
  // What is too great for a picture is its greatest number; what is no number is none.
  let scaled = Int64(exactly: min(max(0, number) * Double(unit), 9e15).rounded()) ?? 0
  guard places > 0 else { return "\(scaled)" }
  let rest = String(scaled % unit)
  return "\(scaled / unit)." + String(repeating: "0", count: places - rest.count) + rest
}
