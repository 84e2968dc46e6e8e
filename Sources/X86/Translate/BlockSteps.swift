// The steps of a block.
extension Block {
  /// The steps of its instructions, decoded again from its page.
  func steps(_ bytes: UnsafeRawPointer, _ features: ProcessorFeatures) -> [Step] {
    var steps: [Step] = []
    let count = Int(cost)
    var operation = 1
    for number in Range(uncheckedBounds: (0, count)) {
      let offset = Int(boundary(number))
      guard
        let instruction = try? Decoder.decode(
          bytes + offset, available: 4096 &- offset, mode: mode, features: features)
      else { break }
      skipOperations(&operation, before: number)
      var step = Step.of(instruction, following: offset &+ Int(instruction.length))
      step.operation = operation
      let hasOperations =
        operation < operationCount && place(of: operation).number == number
      if !hasOperations { step.action = .nothing }
      if step.action == .leave { step.resumption = resumption(behind: operation, number) }
      steps.append(step)
    }
    if let last = steps.last, !last.ends { steps.append(end(after: last, steps.count)) }
    return steps
  }

  /// Goes on to the first operation of an instruction or of one behind it.
  private func skipOperations(_ operation: inout Int, before number: Int) {
    while operation < operationCount, place(of: operation).number < number {
      operation &+= 1
    }
    if isWayBack(operation) { operation &+= 1 }
  }

  /// Whether an operation is where the interpreter comes back.
  private func isWayBack(_ operation: Int) -> Bool {
    operation < operationCount && place(of: operation).length == 0
      && TranslationHandlers.isEntry(operations + operation &* Block.operationByteCount)
  }

  /// The operation behind an instruction, which begins at one, at which the interpreter comes back.
  private func resumption(behind operation: Int, _ number: Int) -> Int? {
    var next = operation
    while next < operationCount, place(of: next).number <= number { next &+= 1 }
    return isWayBack(next) ? next : nil
  }

  /// The end of a block without a jump is an operation that belongs to no instruction.
  private func end(after last: Step, _ count: Int) -> Step {
    var operation = last.operation
    skipOperations(&operation, before: count)
    var end = Step(.jump(Int(place(of: operation).offset)), last.instruction)
    end.operation = operation
    return end
  }
}
