/// Why translated code is left.
enum TranslationExit {
  /// The interpreter carries an instruction out that the translator does not know: its map and opcode.
  case instruction(UInt8, UInt8)
  /// No fast path leads to storage.
  case storage
  /// Flags from before the block are of another kind than they were.
  case flags
  /// An operand that is rare: a count of none, an address that is not canonical, vectors that may not be
  /// used.
  case other
  /// The next block is not translated.
  case untranslated
  /// The run loop has to find the next block.
  case block
  /// The budget does not cover the next block.
  case budget

  static func of(_ instruction: Instruction) -> TranslationExit {
    .instruction(min(instruction.map, 3), instruction.opcode)
  }

  /// Reasons that are no instructions.
  fileprivate static let plain: [TranslationExit] = [
    .storage, .flags, .other, .untranslated, .block, .budget,
  ]

  fileprivate var index: Int {
    switch self {
    case .storage: 0
    case .flags: 1
    case .other: 2
    case .untranslated: 3
    case .block: 4
    case .budget: 5
    case .instruction(let map, let opcode): 8 &+ Int(map) &* 256 &+ Int(opcode)
    }
  }

  /// As it is told to those who profile.
  fileprivate var name: String {
    switch self {
    case .storage: return "storage"
    case .flags: return "flags"
    case .other: return "operand"
    case .untranslated: return "untranslated block"
    case .block: return "block to be found"
    case .budget: return "budget"
    case .instruction(let map, let opcode):
      let prefix = map == 0 ? "" : map == 1 ? "0F " : map == 2 ? "0F 38 " : "0F 3A "
      let digits = String(opcode, radix: 16, uppercase: true)
      return "opcode \(prefix)\(digits.count < 2 ? "0" : "")\(digits)"
    }
  }
}

/// Counts of exits, which translated code adds to.
final class TranslationExits {
  private static let counterCount = 8 + 4 * 256
  private let counters = UnsafeMutablePointer<UInt64>.allocate(capacity: counterCount)

  init() { counters.initialize(repeating: 0, count: Self.counterCount) }

  deinit { counters.deallocate() }

  func place(_ exit: TranslationExit) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(counters + exit.index)
  }

  /// What was counted, the most frequent first.
  var counts: [TranslationExitCount] {
    let opcodes = (UInt8(0)...3).flatMap { map in
      (UInt8(0)...255).map { TranslationExit.instruction(map, $0) }
    }
    return (TranslationExit.plain + opcodes)
      .map { TranslationExitCount(reason: $0.name, count: counters[$0.index]) }
      .filter { $0.count > 0 }
      .sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
  }
}
