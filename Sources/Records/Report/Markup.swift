// HTML that is XML as well, written so that no text can become markup.

/// A piece of markup, complete in itself.
struct Markup {
  /// What is written to the file.
  private(set) var text = ""

  /// An element.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - attributes: Names, and values as plain text.
  ///   - content: What is inside; an element without content ends itself.
  /// - Returns: The element.
  static func element(
    _ name: String, _ attributes: [(String, String)] = [], _ content: Markup = Markup()
  ) -> Markup {
    var result = Markup()
    result.text = "<" + name
    for (name, value) in attributes { result.text += " \(name)=\"\(escaped(value))\"" }
    result.text += content.text.isEmpty ? "/>" : ">\(content.text)</\(name)>"
    return result
  }

  /// An element with text inside; it never ends itself, for HTML would read on.
  static func element(
    _ name: String, _ attributes: [(String, String)] = [], text content: String
  ) -> Markup {
    var result = Markup()
    result.text = "<" + name
    for (name, value) in attributes { result.text += " \(name)=\"\(escaped(value))\"" }
    result.text += ">\(escaped(content))</\(name)>"
    return result
  }

  /// Text, as text.
  static func text(_ text: String) -> Markup {
    var result = Markup()
    result.text = escaped(text)
    return result
  }

  /// Markup that this program has in its sources: a style sheet, a document type.
  static func literal(_ text: StaticString) -> Markup {
    var result = Markup()
    result.text = "\(text)"
    return result
  }

  /// Puts a piece after another.
  static func += (one: inout Markup, other: Markup) { one.text += other.text }

  /// Two pieces, one after the other.
  static func + (one: Markup, other: Markup) -> Markup {
    var result = one
    result += other
    return result
  }

  /// Puts pieces one after the other.
  static func all(_ pieces: [Markup]) -> Markup {
    var result = Markup()
    result.text = pieces.map(\.text).joined()
    return result
  }

  /// Text in which nothing is markup and everything is a character that XML 1.0 allows.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x26: result += "&amp;"
      case 0x3C: result += "&lt;"
      case 0x3E: result += "&gt;"
      case 0x22: result += "&quot;"
      case 0x27: result += "&#39;"
      case 0x09, 0x0A: result.unicodeScalars.append(scalar)
      // Controls, and what turns the direction of text around.
      case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF,
        0xFFFE...0xFFFF:
        result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
