import Quantities

// The text screen of a VGA in words: what would be seen, a line a row.
extension Computer {
  /// The rows of the text screen without trailing blanks; nil where there is no video subsystem.
  package func screenText() -> [String]? {
    guard let video,
      let memory = bytes(at: PCLayout.textMemory, count: PCLayout.textByteCount)
    else { return nil }
    return Computer.rows(
      memory, columns: video.state.columns, rows: video.state.rows,
      start: video.state.startOffset)
  }

  /// Reads characters (every second byte is an attribute) row by row; they wrap at the memory's end.
  static func rows(_ memory: [UInt8], columns: Int, rows: Int, start: Int) -> [String] {
    guard !memory.isEmpty else { return [] }
    var place = max(0, start).addingClamped(max(0, start))
    while place >= memory.count { place &-= memory.count }
    return (0..<max(0, rows)).map { _ in
      var line = ""
      for _ in 0..<max(0, columns) {
        line.append(TextCharacters.character(memory.element(at: place) ?? 0))
        place &+= 2
        if place >= memory.count { place &-= memory.count }
      }
      // Cannot trap: it has a last character.
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}

/// The characters of code page 437, as a VGA's own font shows them.
enum TextCharacters {
  // Cannot trap: a constant.
  private static let control = Array(" ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼")
  // Cannot trap: a constant.
  private static let upper = Array(
    // Cannot trap: a constant.
    "⌂ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀"
      + "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ")

  /// The character of a code.
  static func character(_ code: UInt8) -> Character {
    switch code {
    case 0..<32: control.element(at: Int(code)) ?? " "
    case 32..<127: Character(UnicodeScalar(code))
    default: upper.element(at: Int(code) &- 127) ?? " "
    }
  }
}
