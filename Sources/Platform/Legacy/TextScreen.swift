// The text screen of a VGA in words: what would be seen, a line a row.
extension Machine {
  /// The rows of the text screen without trailing blanks; nil where there is no video subsystem.
  package func screenText() -> [String]? {
    guard let board,
      let memory = bytes(at: PCLayout.textMemory, count: PCLayout.textByteCount)
    else { return nil }
    return Machine.rows(
      memory, columns: board.video.columns, rows: board.video.rows,
      start: board.video.startOffset)
  }

  /// Reads characters (every second byte is an attribute) row by row; they wrap at the memory's end.
  static func rows(_ memory: [UInt8], columns: Int, rows: Int, start: Int) -> [String] {
    (0..<rows).map { row in
      let line = (0..<columns).map { column in
        let place = (start + row * columns + column) * 2 % memory.count
        return TextCharacters.character(memory[place])
      }
      let end = line.lastIndex { $0 != " " }.map { $0 + 1 } ?? 0
      return String(line[..<end])
    }
  }
}

/// The characters of code page 437, as a VGA's own font shows them.
enum TextCharacters {
  private static let control = Array(" ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼")
  private static let upper = Array(
    "⌂ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀"
      + "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ")

  /// The character of a code.
  static func character(_ code: UInt8) -> Character {
    switch code {
    case 0..<32: control[Int(code)]
    case 32..<127: Character(UnicodeScalar(code))
    default: upper[Int(code) - 127]
    }
  }
}
