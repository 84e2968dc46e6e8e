// MOVS, STOS, LODS, SCAS and CMPS with and without REP (Intel SDM volume 2).
extension Processor {
  func moveString(_ fields: SystemFields) throws(GuestException) {
    let plan = stringPlan(fields)
    let source = stringSource(fields)
    let target = stringTarget(isWrite: true)
    var left = stringCount(plan)
    var paid = true
    while left > 0 {
      let most = affordable(left, paid: paid)
      guard most > 0 else { return cutString() }
      let from = try stringRun(source, plan, most: most)
      if from.host == nil { try probeRead(from.linear, plan.size) }
      let to = try stringRun(target, plan, most: from.count)
      let count = to.count
      if let input = from.host, let output = to.host {
        let bytes = count &* plan.size
        let low = plan.step > 0 ? output : output + (plan.size &- bytes)
        noteWrite(low, bytes)
        copyElements(input, output, plan, count)
      } else {
        let value = try readSized(from.linear, UInt8(truncatingIfNeeded: plan.size))
        try writeSized(to.linear, UInt8(truncatingIfNeeded: plan.size), value)
      }
      advance(source, plan, count)
      advance(target, plan, count)
      finishElements(count, plan, paid: &paid)
      left &-= UInt64(truncatingIfNeeded: count)
      if to.isFinal && left > 0 { return cutString() }
    }
  }

  /// Copies element by element in effect: an overlap repeats what was written before.
  private func copyElements(
    _ input: UnsafeMutableRawPointer, _ output: UnsafeMutableRawPointer, _ plan: StringPlan,
    _ count: Int
  ) {
    let bytes = count &* plan.size
    let distance = output - input
    if plan.step > 0 {
      if distance <= 0 || distance >= bytes {
        // Cannot trap: at least one element.
        output.copyMemory(from: input, byteCount: bytes)
        return
      }
    } else if distance >= 0 || 0 &- distance >= bytes {
      let back = plan.size &- bytes
      // Cannot trap: at least one element.
      (output + back).copyMemory(from: input + back, byteCount: bytes)
      return
    }
    for index in 0..<max(0, count) {
      let offset = index &* plan.step
      (output + offset).copyMemory(from: input + offset, byteCount: plan.size)
    }
  }

  func storeString(_ fields: SystemFields) throws(GuestException) {
    let plan = stringPlan(fields)
    let target = stringTarget(isWrite: true)
    let value = readGeneral(0, UInt8(truncatingIfNeeded: plan.size))
    var left = stringCount(plan)
    var paid = true
    while left > 0 {
      let most = affordable(left, paid: paid)
      guard most > 0 else { return cutString() }
      let to = try stringRun(target, plan, most: most)
      if let output = to.host {
        let bytes = to.count &* plan.size
        let low = plan.step > 0 ? output : output + (plan.size &- bytes)
        noteWrite(low, bytes)
        fill(low, plan.size, to.count, value)
      } else {
        try writeSized(to.linear, UInt8(truncatingIfNeeded: plan.size), value)
      }
      advance(target, plan, to.count)
      finishElements(to.count, plan, paid: &paid)
      left &-= UInt64(truncatingIfNeeded: to.count)
      if to.isFinal && left > 0 { return cutString() }
    }
  }

  private func fill(_ start: UnsafeMutableRawPointer, _ size: Int, _ count: Int, _ value: UInt64) {
    let byte = UInt8(truncatingIfNeeded: value)
    if value == (UInt64(byte) &* 0x0101_0101_0101_0101) & sizeMask(UInt8(truncatingIfNeeded: size))
    {
      // Cannot trap: at least one element.
      start.initializeMemory(as: UInt8.self, repeating: byte, count: size &* count)
      return
    }
    for index in 0..<max(0, count) {
      withUnsafeBytes(of: value) { bytes in
        guard let source = bytes.baseAddress else { return }
        (start + index &* size).copyMemory(from: source, byteCount: size)
      }
    }
  }

  func loadString(_ fields: SystemFields) throws(GuestException) {
    let plan = stringPlan(fields)
    let source = stringSource(fields)
    var left = stringCount(plan)
    var paid = true
    while left > 0 {
      let most = affordable(left, paid: paid)
      guard most > 0 else { return cutString() }
      let from = try stringRun(source, plan, most: most)
      let value: UInt64
      if let input = from.host {
        value = element(input, (from.count &- 1) &* plan.step, plan.size)
      } else {
        value = try readSized(from.linear, UInt8(truncatingIfNeeded: plan.size))
      }
      writeGeneral(0, UInt8(truncatingIfNeeded: plan.size), value)
      advance(source, plan, from.count)
      finishElements(from.count, plan, paid: &paid)
      left &-= UInt64(truncatingIfNeeded: from.count)
    }
  }

  func scanString(_ fields: SystemFields) throws(GuestException) {
    let plan = stringPlan(fields)
    let target = stringTarget(isWrite: false)
    let wanted = readGeneral(0, UInt8(truncatingIfNeeded: plan.size))
    var left = stringCount(plan)
    var paid = true
    while left > 0 {
      let most = affordable(left, paid: paid)
      guard most > 0 else { return cutString() }
      let from = try stringRun(target, plan, most: most)
      var done = 0
      var value: UInt64 = 0
      var isOver = false
      if let input = from.host {
        while done < from.count && !isOver {
          value = element(input, done &* plan.step, plan.size)
          done &+= 1
          isOver = endsRepeat(fields, isEqual: value == wanted)
        }
      } else {
        value = try readSized(from.linear, UInt8(truncatingIfNeeded: plan.size))
        done = 1
        isOver = endsRepeat(fields, isEqual: value == wanted)
      }
      setComparison(wanted, value, plan.size)
      advance(target, plan, done)
      finishElements(done, plan, paid: &paid)
      left &-= UInt64(truncatingIfNeeded: done)
      if isOver { return }
    }
  }

  func compareString(_ fields: SystemFields) throws(GuestException) {
    let plan = stringPlan(fields)
    let source = stringSource(fields)
    let target = stringTarget(isWrite: false)
    var left = stringCount(plan)
    var paid = true
    while left > 0 {
      let most = affordable(left, paid: paid)
      guard most > 0 else { return cutString() }
      // Without a repeat prefix AMD's processors read the element at ES:rDI first.
      if !plan.repeats {
        try probeRead(try stringRun(target, plan, most: 1).linear, plan.size)
      }
      let from = try stringRun(source, plan, most: most)
      if from.host == nil { try probeRead(from.linear, plan.size) }
      let to = try stringRun(target, plan, most: from.count)
      var done = 0
      var first: UInt64 = 0
      var second: UInt64 = 0
      var isOver = false
      if let left = from.host, let right = to.host {
        while done < to.count && !isOver {
          first = element(left, done &* plan.step, plan.size)
          second = element(right, done &* plan.step, plan.size)
          done &+= 1
          isOver = endsRepeat(fields, isEqual: first == second)
        }
      } else {
        first = try readSized(from.linear, UInt8(truncatingIfNeeded: plan.size))
        second = try readSized(to.linear, UInt8(truncatingIfNeeded: plan.size))
        done = 1
        isOver = endsRepeat(fields, isEqual: first == second)
      }
      setComparison(first, second, plan.size)
      advance(source, plan, done)
      advance(target, plan, done)
      finishElements(done, plan, paid: &paid)
      left &-= UInt64(truncatingIfNeeded: done)
      if isOver { return }
    }
  }

  /// REPNE ends at equality, REPE at inequality.
  @inline(__always)
  private func endsRepeat(_ fields: SystemFields, isEqual: Bool) -> Bool {
    isEqual == (fields.repeatPrefix == 0xF2)
  }

  /// The flags of `left` - `right`.
  private func setComparison(_ left: UInt64, _ right: UInt64, _ size: Int) {
    switch size {
    case 1: setComparison(UInt8(truncatingIfNeeded: left), UInt8(truncatingIfNeeded: right))
    case 2: setComparison(UInt16(truncatingIfNeeded: left), UInt16(truncatingIfNeeded: right))
    case 4: setComparison(UInt32(truncatingIfNeeded: left), UInt32(truncatingIfNeeded: right))
    default: setComparison(left, right)
    }
  }

  private func setComparison<W: FixedWidthInteger & UnsignedInteger>(_ left: W, _ right: W) {
    state.setFlags(FlagsKind.sub, operand: left, result: left &- right)
  }

  @inline(__always)
  private func element(_ start: UnsafeMutableRawPointer, _ offset: Int, _ size: Int) -> UInt64 {
    let place = start + offset
    return switch size {
    case 1: UInt64(place.load(as: UInt8.self))
    case 2: UInt64(place.loadUnaligned(as: UInt16.self))
    case 4: UInt64(place.loadUnaligned(as: UInt32.self))
    default: place.loadUnaligned(as: UInt64.self)
    }
  }

  // MARK: Ports

  /// INS: the destination is checked before the port is read.
  func stringPortIn(_ fields: SystemFields) throws(GuestException) {
    let plan = stringPlan(fields)
    let target = stringTarget(isWrite: true)
    let port = UInt16(truncatingIfNeeded: self[.rdx])
    let size = UInt8(truncatingIfNeeded: plan.size)
    try checkPort(port, size)
    var left = stringCount(plan)
    var paid = true
    while left > 0 {
      guard affordable(left, paid: paid) > 0 else { return cutString() }
      let to = try stringRun(target, plan, most: 1)
      try probeWrite(to.linear, plan.size)
      try writeSized(to.linear, size, readPort(port, size))
      advance(target, plan, 1)
      finishElements(1, plan, paid: &paid)
      left -= 1
      if left > 0 && (state.attention != 0 || to.isFinal) { return cutString() }
    }
  }

  /// OUTS.
  func stringPortOut(_ fields: SystemFields) throws(GuestException) {
    let plan = stringPlan(fields)
    let source = stringSource(fields)
    let port = UInt16(truncatingIfNeeded: self[.rdx])
    let size = UInt8(truncatingIfNeeded: plan.size)
    try checkPort(port, size)
    var left = stringCount(plan)
    var paid = true
    while left > 0 {
      guard affordable(left, paid: paid) > 0 else { return cutString() }
      let from = try stringRun(source, plan, most: 1)
      writePort(port, size, try readSized(from.linear, size))
      advance(source, plan, 1)
      finishElements(1, plan, paid: &paid)
      left -= 1
      if left > 0 && state.attention != 0 { return cutString() }
    }
  }
}
