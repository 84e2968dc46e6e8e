@testable import X86

/// Arbitrary code in arbitrary states of every mode; run at once and instruction by instruction it
/// must end in the same state.
enum ExecuteTarget: FuzzTarget {
  nonisolated(unsafe) static let cache = CodeCache()

  static func run(_ bytes: [UInt8]) {
    let whole = outcome(bytes, slice: .max)
    let pieces = outcome(bytes, slice: 1)
    guard whole.digest == pieces.digest, whole.exit == pieces.exit, whole.cycles == pieces.cycles
    else {
      explain(bytes, whole.cycles)
      fail("whole \(whole), in pieces \(pieces)")
    }
  }

  /// Tells the first cycle after which the two ways differ.
  private static func explain(_ bytes: [UInt8], _ cycles: Int) {
    for limit in 0...cycles {
      let whole = outcome(bytes, slice: .max, limit: limit)
      let pieces = outcome(bytes, slice: 1, limit: limit)
      print(limit, whole.place, pieces.place, whole.digest == pieces.digest)
      if whole.digest != pieces.digest { return }
    }
  }

  private struct Outcome {
    var digest: Int
    var exit: ProcessorExit
    var cycles: Int
    var place: String
  }

  private static func outcome(_ bytes: [UInt8], slice: Int, limit given: Int? = nil) -> Outcome {
    var input = FuzzInput(bytes)
    // A bit of the second byte gives the processor everything that it may have.
    let guest = FuzzGuest(features: bytes.count > 1 && bytes[1] & 64 != 0 ? .all : .baseline)
    let chosen = guest.prepare(&input)
    let limit = given ?? chosen
    guest.placeCode(input.rest())
    let processor = guest.processor
    processor.beginSlice(at: 1000, remainder: 0, megahertz: 1000)
    var used = 0
    var exit = ProcessorExit.cyclesSpent
    while used < limit {
      let budget = min(slice, limit - used)
      exit = processor.run(cycles: budget, cache: cache)
      guard processor.cyclesUsed >= 0, processor.cyclesUsed <= budget else {
        fail("\(processor.cyclesUsed) cycles of \(budget) used")
      }
      used += processor.cyclesUsed
      if exit != .cyclesSpent && exit != .yielded { break }
      if processor.cyclesUsed == 0 && exit == .cyclesSpent { break }
    }
    return Outcome(
      digest: guest.digest, exit: exit, cycles: used, place: guest.place)
  }

  /// In each mode, as system and as user: arithmetic, strings, the stack, transfers, floating point
  /// and system instructions, as bytes that mean something in every code width.
  static var seeds: [[UInt8]] {
    let bodies: [[UInt8]] = [
      [0x01, 0xD8, 0x11, 0xD9, 0x29, 0xC2, 0xF7, 0xE3, 0xC1, 0xE0, 0x05, 0x0F, 0xAF, 0xC3, 0xF4],
      [0xFC, 0xF3, 0xA4, 0xF3, 0xAB, 0xF2, 0xAE, 0xF3, 0xA6, 0xAD, 0x6C, 0x6E, 0xF4],
      [0x50, 0x53, 0x9C, 0x58, 0x9D, 0xC8, 0x10, 0x00, 0x01, 0xC9, 0xE8, 0, 0, 0, 0, 0xC3, 0xF4],
      [0xD9, 0xEB, 0xD9, 0xFE, 0xDC, 0xC1, 0xDB, 0x3D, 0xDF, 0xE0, 0x9B, 0xDD, 0xD8, 0xF4],
      [0x0F, 0x58, 0xC1, 0x66, 0x0F, 0xFE, 0xC2, 0x0F, 0x6F, 0xC1, 0x0F, 0xC6, 0xC1, 0x1B, 0xF4],
      [0x0F, 0x20, 0xC0, 0x0F, 0x22, 0xC0, 0x0F, 0x01, 0x00, 0x0F, 0x00, 0xC0, 0x0F, 0x31, 0xF4],
      [0xCD, 0x20, 0xCF, 0xCB, 0xEA, 0, 0, 0, 0, 0x08, 0, 0x0F, 0x05, 0x0F, 0x07, 0xF4],
      [0x8E, 0xD8, 0x8C, 0xC0, 0x0F, 0xB2, 0x00, 0x62, 0x00, 0xC4, 0x00, 0xD4, 0x0A, 0x27, 0xF4],
      [0xEB, 0xFE, 0xE2, 0xFC, 0x75, 0xFA, 0x0F, 0x84, 0, 0, 0, 0, 0xE3, 0xF0, 0xF4],
    ]
    return (0..<16 as Range<UInt8>).flatMap { mode in
      bodies.map { body in
        [mode, 0] + (0..<15).flatMap { _ in [UInt8(10), 0x40] } + [0, 0, 0, 0, 0, 60]
          + [UInt8](repeating: 0x5A, count: 512) + body
      }
    }
  }
}
