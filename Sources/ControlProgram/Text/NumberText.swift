import Quantities

// Numbers, sizes and columns as CP prints them.

/// A number with leading zeros.
package func digits(_ value: some BinaryInteger, _ width: Int) -> String {
  String(value).zeroPadded(to: width)
}

/// A number in hexadecimal capitals with leading zeros.
package func hexDigits(_ value: some BinaryInteger, _ width: Int) -> String {
  String(value, radix: 16, uppercase: true).zeroPadded(to: width)
}

/// A text with blanks after it, up to a width.
package func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width.subtractingClamped(text.count)))
}

/// A text with blanks before it, up to a width.
package func rightAligned(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width.subtractingClamped(text.count))) + text
}

/// A size in the largest unit that divides it, as CP prints it: `512M`, `0`.
package func sizeText(_ byteCount: UInt64) -> String {
  if byteCount == 0 { return "0" }
  var value = byteCount
  var text = "\(value)"
  for unit in ["K", "M", "G", "T", "P", "E"] where value % 1024 == 0 {
    value /= 1024
    text = "\(value)\(unit)"
  }
  return text
}

/// 1, 10, 100, ...; the greatest number beyond what an Int holds.
func powerOfTen(_ exponent: Int) -> Int {
  var power = 1
  for _ in stride(from: 0, to: exponent, by: 1) { power = power.multipliedClamped(by: 10) }
  return power
}

/// A measured number times `scale` as a whole one; 0 for what is no number.
package func rounded(_ value: Double, by scale: Double = 1) -> Int {
  let scaled = (value * scale).rounded()
  return Int(exactly: scaled) ?? (scaled > 0 ? .max : 0)
}

/// A fixed-point number of `places` decimals as text; zeros at the end go unless `padded`.
package func fixedPointText(_ value: Int, places: Int, padded: Bool = false) -> String {
  let scale = UInt(clamping: powerOfTen(places))
  let (whole, part) = value.magnitude.quotientAndRemainder(dividingBy: max(scale, 1))
  var text = places == 0 ? "" : digits(part, places)
  if !padded {
    while text.last == "0" { text = String(text.dropLast()) }
  }
  let sign = value < 0 ? "-" : ""
  return text.isEmpty ? "\(sign)\(whole)" : "\(sign)\(whole).\(text)"
}

/// A line without the blanks at its end.
func withoutBlanksAtEnd(_ line: String) -> String {
  var text = Substring(line)
  while text.last == " " { text = text.dropLast() }
  return String(text)
}
