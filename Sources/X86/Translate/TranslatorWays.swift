// Where a block's code goes on: at its own beginning, in its page, or by the cache of jumps.
extension Translator {
  /// Goes to the block's own beginning, if that is where it leads: a loop of one block is not left, nor
  /// are its flags saved, as long as it goes round.
  func goesRound(to offset: Int) -> Bool {
    guard offset == Int(block.offset) else { return false }
    if flags.isInState {
      code.jump(to: linkedStart)
    } else if let round, round.flags.source == flags.source {
      code.jump(to: round.start)
    } else if round == nil, roundSites.first.map({ $0.flags.source == flags.source }) ?? true {
      roundSites.append((code.jump(), flags))
    } else {
      var place = flags
      saveFlags(&place)
      code.jump(to: linkedStart)
    }
    return true
  }

  /// Goes on at an offset of the page by the operation's link, its first (0) or its second (1).
  func follow(_ offset: Int, link: Int) {
    let site = (1 &+ operation) &* Block.operationByteCount &+ link &* 8
    let address = block.operations + site
    if let target = address.load(as: UnsafeMutableRawPointer?.self) {
      let linked = Block(target).linkedCode
      if linked != memory.routines.interpretLinked, let linked { return code.jump(to: linked) }
      waiting.append((target, code.cursor))
    }
    code.load(.first, address)
    code.load(3, .first, HostMemory(base: .first))
    code.emit(0x85, 3, .first, .first)
    exits.append(
      Exit(site: code.branch(4), kind: .unlinked(site: site, offset: offset), flags: FlagPlace()))
    code.jump(through: HostMemory(base: .first, displacement: Block.linkedCodeOffset))
  }

  /// Goes on at the instruction pointer in R13, by the cache of jumps; R14 is free.
  ///
  /// - Parameter goal: The same as an offset from the start of the page, if it is known.
  func jump(to goal: Int? = nil) {
    let key = HostMemory.state(isUpperHalf ? StateLayout.jumpKeyHigh : StateLayout.jumpKeyLow)
    let entry = code.jumpEntry()
    // A pointer of the other half is never found by this key (`updateJumpKeys`); the shared way finds it.
    code.emit(0x33, 3, .first, key)
    code.emit(0x3B, 3, .first, entry)
    let miss = code.branch(5)
    var found = entry
    found.displacement &+= 8
    code.load(3, .second, found)
    code.binary(7, 2, HostMemory(base: .second, displacement: Block.isLiveOffset), 0)
    let dead = code.branch(4)
    if let goal {
      let pages = UInt64(bitPattern: Int64(goal)) & ~0xFFF
      if pages != 0 { code.binary(0, 3, RegisterMap.place(PseudoRegister.page), pages) }
    } else {
      code.emit(0x33, 3, .first, key)
      // What stands behind the offset is 0: the block is not of one instruction alone.
      code.emit(0x2B, 3, .first, HostMemory(base: .second, displacement: Block.offsetOffset))
      code.store(3, RegisterMap.place(PseudoRegister.page), .first)
    }
    code.move(3, .first, .second)
    code.jump(through: HostMemory(base: .first, displacement: Block.linkedCodeOffset))
    code.land(miss)
    code.land(dead)
    code.emit(0x33, 3, .first, key)
    code.load(.second, block.base)
    code.store(3, .state(StateLayout.block), .second)
    code.jump(to: memory.routines.jump)
  }

  /// The same behind what the run loop would have done: the buffer is asked where the code is.
  func jumpAsking() {
    code.load(.second, block.base)
    code.store(3, .state(StateLayout.block), .second)
    code.jump(to: memory.routines.jumpAsking)
  }
}
