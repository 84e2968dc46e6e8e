// One 8259A as a value (Intel 8259A datasheet, "Programmable Interrupt Controller"), in 8086 mode.
// Requests are levels or edges by the board's ELCR register (Intel 82371SB datasheet); an edge that
// falls before it was acknowledged is forgotten, as the datasheet says, and reads as a spurious
// request 7.

/// Registers of one interrupt controller.
struct InterruptControllerChip: Codable, Equatable, Sendable {
  /// What the next write to the data port is.
  private enum Initialization: UInt8, Codable { case none, vector, cascade, mode }

  /// Levels of the eight request lines.
  private(set) var lines: UInt8 = 0
  /// Requests that are not yet acknowledged (IRR), edges only.
  private(set) var latched: UInt8 = 0
  /// Requests that are being served (ISR).
  private(set) var inService: UInt8 = 0
  /// Masked requests (IMR).
  private(set) var mask: UInt8 = 0
  /// Lines that request by level (ELCR).
  private(set) var levels: UInt8 = 0
  /// Lines at which slaves interrupt, as ICW3 says it.
  private(set) var cascade: UInt8 = 0
  private(set) var vectorBase: UInt8 = 0
  /// The request of lowest priority.
  private(set) var lowest: UInt8 = 7
  private(set) var isReady = false
  private(set) var isSpecialMask = false
  private(set) var isSpecialNested = false
  private(set) var endsAutomatically = false
  private(set) var rotatesAutomatically = false
  private(set) var readsInService = false
  private(set) var isPolled = false
  private var step = Initialization.none
  private var isSingle = false
  private var needsMode = false

  /// Requests by edge or level, masked ones included (IRR as it is read).
  var requests: UInt8 { latched & ~levels | lines & levels }

  /// The request that the INT output stands for; nil while it is low.
  var pending: UInt8? {
    guard isReady else { return nil }
    let wanted = requests & ~mask
    // Cannot trap: eight constants.
    for offset in 1...8 {
      let number = (lowest &+ UInt8(truncatingIfNeeded: offset)) & 7
      let bit: UInt8 = 1 << number
      let isServed = inService & bit != 0
      // A slave that is being served may interrupt again for a higher request of its own.
      let mayNest = isSpecialNested && cascade & bit != 0
      if wanted & bit != 0, !isServed || mayNest { return number }
      if isServed, !isSpecialMask || mask & bit == 0, !mayNest { return nil }
    }
    return nil
  }

  /// Sets the level of a request line, 0...7.
  mutating func setLine(_ number: Int, high: Bool) {
    let bit: UInt8 = 1 << UInt8(number & 7)
    if high {
      if lines & bit == 0 { latched |= bit }
      lines |= bit
    } else {
      latched &= ~bit
      lines &= ~bit
    }
  }

  /// Chooses which lines request by level.
  mutating func setLevels(_ value: UInt8) { levels = value }

  /// The processor acknowledges (INTA); returns the request, 7 when there is none any more.
  ///
  /// The vector is `vectorBase` plus the request.
  mutating func acknowledge() -> UInt8 {
    guard let number = pending else { return 7 }
    let bit: UInt8 = 1 << number
    latched &= ~bit
    if endsAutomatically {
      if rotatesAutomatically { lowest = number }
    } else {
      inService |= bit
    }
    return number
  }

  // MARK: Registers

  /// Reads register 0 (requests, service or poll) or 1 (mask).
  mutating func read(_ register: Int) -> UInt8 {
    if isPolled {
      isPolled = false
      guard pending != nil else { return 0 }
      return 0x80 | acknowledge()
    }
    if register & 1 == 1 { return mask }
    return readsInService ? inService : requests
  }

  /// Writes register 0 (ICW1, OCW2, OCW3) or 1 (ICW2 to ICW4, OCW1).
  mutating func write(_ register: Int, _ value: UInt8) {
    if register & 1 == 1 {
      writeData(value)
    } else if value & 0x10 != 0 {
      initialize(value)
    } else if value & 0x08 != 0 {
      operate(value)
    } else {
      end(value)
    }
  }

  /// ICW1: what was requested by edge, masked or served is forgotten.
  private mutating func initialize(_ value: UInt8) {
    isSingle = value & 2 != 0
    needsMode = value & 1 != 0
    latched = 0
    inService = 0
    mask = 0
    lowest = 7
    isReady = false
    isSpecialMask = false
    isSpecialNested = false
    endsAutomatically = false
    rotatesAutomatically = false
    readsInService = false
    isPolled = false
    step = .vector
  }

  private mutating func writeData(_ value: UInt8) {
    switch step {
    case .none: mask = value
    case .vector:
      vectorBase = value & 0xF8
      step = isSingle ? (needsMode ? .mode : .none) : .cascade
    case .cascade:
      cascade = value
      step = needsMode ? .mode : .none
    case .mode:
      isSpecialNested = value & 0x10 != 0
      endsAutomatically = value & 2 != 0
      step = .none
    }
    if step == .none { isReady = true }
  }

  /// OCW3.
  private mutating func operate(_ value: UInt8) {
    if value & 0x40 != 0 { isSpecialMask = value & 0x20 != 0 }
    if value & 4 != 0 {
      isPolled = true
    } else if value & 2 != 0 {
      readsInService = value & 1 != 0
    }
  }

  /// OCW2: ends of interrupt and rotations.
  private mutating func end(_ value: UInt8) {
    let number = value & 7
    switch value >> 5 {
    case 0: rotatesAutomatically = false
    case 1: endHighest(rotating: false)
    case 3: inService &= ~(1 << number)
    case 4: rotatesAutomatically = true
    case 5: endHighest(rotating: true)
    case 6: lowest = number
    case 7:
      inService &= ~(1 << number)
      lowest = number
    default: break
    }
  }

  /// Ends the served request of highest priority, those behind a special mask excepted.
  private mutating func endHighest(rotating: Bool) {
    for offset in 1...8 {
      let number = (lowest &+ UInt8(offset)) & 7
      let bit: UInt8 = 1 << number
      guard inService & bit != 0, !isSpecialMask || mask & bit == 0 else { continue }
      inService &= ~bit
      if rotating { lowest = number }
      return
    }
  }
}
