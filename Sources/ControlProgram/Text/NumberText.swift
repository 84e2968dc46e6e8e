import Quantities

// Columns as CP prints them, and measured numbers in them.

/// A text with blanks after it, up to a width.
package func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width.subtractingClamped(text.count)))
}

/// A text with blanks before it, up to a width.
package func rightAligned(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width.subtractingClamped(text.count))) + text
}

/// A line without the blanks at its end.
func withoutBlanksAtEnd(_ line: String) -> String {
  var text = Substring(line)
  while text.last == " " { text = text.dropLast() }
  return String(text)
}
