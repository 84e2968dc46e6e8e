/// The first instructions of a block, when the budget does not cover it all.
enum Prefix {
  /// Copies `count` instructions of a block into `target`, ending with a return.
  static func build(of block: Block, count: Int, in target: UnsafeMutableRawPointer) {
    var end = 0
    while end < block.operationCount, block.place(of: end).number < count { end &+= 1 }
    let cut = Block(target)
    target.copyMemory(
      from: block.base, byteCount: max(0, Block.headerByteCount &+ end &* Block.operationByteCount))
    cut.operationCount = end &+ 1
    cut.cost = Int64(count)
    for index in 0..<max(0, end) { cut.setPlace(of: index, block.place(of: index)) }
    let resume = block.boundary(count)
    cut.setPlace(of: end, InstructionPlace(offset: Int(resume), number: count, length: 1))
    let last = cut.operations + end &* Block.operationByteCount
    last.storeBytes(of: leavePrefix, as: Handler.self)
    last.storeBytes(of: Int32(truncatingIfNeeded: resume), toByteOffset: 12, as: Int32.self)
    guard end > 0 else { return }
    closeEntries(cut, end)
    markLastStart(cut, end)
  }

  /// No way leads from the cut block into the translation of the whole.
  private static func closeEntries(_ cut: Block, _ end: Int) {
    for index in 0..<max(0, end) where cut.place(of: index).length == 0 {
      let operation = cut.operations + index &* Block.operationByteCount
      if TranslationHandlers.isEntry(operation) {
        operation.storeBytes(of: TransferHandlers.nothing, as: Handler.self)
      }
    }
  }

  /// STI as the last instruction must leave with its shadow still to be honoured.
  private static func markLastStart(_ cut: Block, _ end: Int) {
    let number = Int(cut.cost) &- 1
    for index in 0..<max(0, end) where cut.place(of: index).number == number {
      let operation = cut.operations + index &* Block.operationByteCount
      if operation.load(as: UInt.self)
        == unsafeBitCast(startInterruptsHandler as Handler, to: UInt.self)
      {
        operation.storeBytes(of: 1, toByteOffset: 8, as: UInt8.self)
      }
    }
  }
}
