// What becomes of a SCSI command: an answer, or a request to the channel subsystem.

import Channels
import Quantities

extension SCSIDevice {
  /// Says what becomes of a command.
  func outcome(
    of header: SCSIRequestHeader, _ chain: VirtQueue.Chain, now: SimulatedTime
  ) -> Outcome {
    guard let unit = header.address.unit, !isCutOff else {
      return .response(SCSIResponse(code: .badTarget))
    }
    do throws(SCSISense) {
      let isAnswered = SCSICommand.isAlwaysAnswered(header.command.first ?? 0)
      guard unit == 0 else { return try withoutUnit(SCSICommand(header.command)) }
      if isFresh, !isAnswered {
        isFresh = false
        throw .fresh
      }
      let command = try SCSICommand(header.command)
      var request = request(now: now)
      request.hearsAttention = true
      return try begin(command, &request, chain)
    } catch {
      return .response(SCSIResponse(status: .checkCondition, sense: error))
    }
  }

  private func answered(_ data: [UInt8], _ allocation: Int) -> Outcome {
    .response(SCSIResponse(data: Array(data.prefix(max(0, allocation)))))
  }

  /// What is said of a unit that is not there.
  private func withoutUnit(_ command: SCSICommand) throws(SCSISense) -> Outcome {
    switch command {
    case .inquiry(nil, let allocation):
      return answered(SCSIDiskDescription.inquiry(isPresent: false), allocation)
    case .reportUnits: return try describe(command)
    case .requestSense(let allocation): return answered(SCSISense.noSuchUnit.bytes, allocation)
    default: throw .noSuchUnit
    }
  }

  /// Answers what is answered whatever has happened to the disk.
  private func describe(_ command: SCSICommand) throws(SCSISense) -> Outcome {
    switch command {
    case .inquiry(nil, let allocation):
      return answered(SCSIDiskDescription.inquiry(isPresent: true), allocation)
    case .inquiry(let number?, let allocation):
      guard let page = disk.page(number) else { throw .invalidField }
      return answered(page, allocation)
    case .reportUnits(let allocation):
      return answered([0, 0, 0, 8] + [UInt8](repeating: 0, count: 12), allocation)
    case .requestSense(let allocation):
      let sense = isFresh ? SCSISense.fresh : .none
      isFresh = false
      return answered(sense.bytes, allocation)
    default: throw .invalidCommand
    }
  }

  /// Begins what the disk itself is asked.
  private func begin(
    _ command: SCSICommand, _ request: inout ChannelRequest, _ chain: VirtQueue.Chain
  ) throws(SCSISense) -> Outcome {
    func test(_ use: DeviceUse, _ answer: [UInt8] = [], _ allocation: Int = .max) -> Outcome {
      control(.test(use), request, answer, allocation)
    }
    switch command {
    case .test(let use): return test(use)
    case .readCapacity: return test(.inquires, disk.capacity)
    case .readLongCapacity(let allocation):
      return test(.inquires, disk.longCapacity, allocation)
    case .modeSense(let wanted):
      guard let pages = disk.parameters(wanted) else { throw .invalidField }
      return test(.reads, pages, wanted.allocation)
    case .reserveIn(let report, let allocation):
      return control(.report(report), request, [], allocation)
    case .reserveOut(let action):
      try requireWritable()
      return control(try reservation(action, chain), request)
    case .reserveUnit, .releaseUnit:
      try requireWritable()
      return control(command == .reserveUnit ? .reserveUnit : .releaseUnit, request)
    case .synchronize(let span):
      try requireBlocks(span)
      request.kind = .flush
      return .request(request)
    case .read(let span):
      return try move(.read, span, room: SCSIResponse.room(in: chain), request) ?? test(.reads)
    case .write(let span, let isDurable):
      try requireWritable()
      request.isDurable = isDurable
      let room = SCSIRequestHeader.dataByteCount(chain)
      return try move(.write, span, room: room, request, chain) ?? test(.changes)
    case .writeSame(let span, let hasData):
      try requireWritable()
      return try writeSame(span, hasData: hasData, request, chain)
    case .unmap(let listLength):
      try requireWritable()
      return try unmap(listLength, request, chain) ?? test(.changes)
    case .inquiry, .reportUnits, .requestSense: return try describe(command)
    }
  }

  private func control(
    _ control: DeviceControl, _ request: ChannelRequest, _ answer: [UInt8] = [],
    _ allocation: Int = 0
  ) -> Outcome {
    var request = request
    request.kind = .control
    request.control = control
    return .request(request, answer: answer, allocation: min(allocation, Self.answerLimit))
  }

  private func requireWritable() throws(SCSISense) {
    if configuration.isReadOnly { throw .writeProtected }
  }

  private func requireBlocks(_ span: SCSICommand.BlockSpan) throws(SCSISense) {
    guard let end = span.first.adding(span.count), end <= configuration.blockCount else {
      throw .blockOutOfRange
    }
  }

  /// Has so many blocks moved as there is room for; nil for none.
  private func move(
    _ kind: ChannelRequestKind, _ span: SCSICommand.BlockSpan, room: Int,
    _ request: ChannelRequest, _ chain: VirtQueue.Chain? = nil
  ) throws(SCSISense) -> Outcome? {
    try requireBlocks(span)
    guard span.count > 0 else { return nil }
    guard span.count <= UInt64(SCSIDiskDescription.blockLimit) else { throw .invalidField }
    var request = request
    request.kind = kind
    request.firstBlock = span.first
    request.byteCount = Int(clamping: span.count.multipliedClamped(by: 512))
    guard request.byteCount <= room else { return .response(SCSIResponse(code: .overrun)) }
    if let chain { request.data = data(of: chain, request.byteCount) }
    return .request(request, allocation: request.byteCount)
  }

  /// The first bytes of what a chain has behind the header.
  private func data(of chain: VirtQueue.Chain, _ count: Int) -> [UInt8] {
    chain.bytes(skipping: SCSIRequestHeader.byteCount, count: count, bus.memory)
  }

  /// The same block again and again: zeroes as such, others as what is written.
  private func writeSame(
    _ span: SCSICommand.BlockSpan, hasData: Bool, _ request: ChannelRequest,
    _ chain: VirtQueue.Chain
  ) throws(SCSISense) -> Outcome {
    try requireBlocks(span)
    guard span.count <= UInt64(SCSIDiskDescription.blockLimit) else { throw .invalidField }
    var request = request
    request.firstBlock = span.first
    request.byteCount = Int(clamping: span.count.multipliedClamped(by: 512))
    request.kind = .writeZeroes
    guard hasData else { return .request(request) }
    let block = data(of: chain, 512)
    guard block.count == 512 else { return .response(SCSIResponse(code: .overrun)) }
    if block.contains(where: { $0 != 0 }) {
      request.kind = .write
      request.data = block
      request.isRepeated = true
    }
    return .request(request)
  }

  /// Gives the one range of blocks back that a list names; nil for none.
  private func unmap(
    _ length: Int, _ request: ChannelRequest, _ chain: VirtQueue.Chain
  ) throws(SCSISense) -> Outcome? {
    guard length > 0 else { return nil }
    let list = data(of: chain, min(length, 24))
    guard list.count >= 8 else { throw .wrongListLength }
    let count = UInt16(bigEndianBytes: list.dropFirst(2).prefix(2)) / 16
    guard count > 0 else { return nil }
    guard count == 1, list.count == 24 else { throw .invalidParameter }
    let span = SCSICommand.BlockSpan(
      first: UInt64(bigEndianBytes: list.dropFirst(8).prefix(8)),
      count: UInt64(bigEndianBytes: list.dropFirst(16).prefix(4)))
    guard span.count <= UInt64(SCSIDiskDescription.blockLimit) else { throw .invalidParameter }
    try requireBlocks(span)
    guard span.count > 0 else { return nil }
    var request = request
    request.kind = .discard
    request.firstBlock = span.first
    request.byteCount = Int(clamping: span.count.multipliedClamped(by: 512))
    return .request(request)
  }

  /// What PERSISTENT RESERVE OUT asks, with the keys of its list.
  private func reservation(
    _ action: SCSICommand.ReserveAction, _ chain: VirtQueue.Chain
  ) throws(SCSISense) -> DeviceControl {
    let list = data(of: chain, min(action.listLength, 25))
    guard action.listLength == 24, list.count == 24 else { throw .wrongListLength }
    // Neither for other partitions nor by other ports; that it outlives a loss of power is as it is.
    guard list.element(at: 20).map({ $0 & 0x0C == 0 }) ?? false else { throw .invalidParameter }
    let key = UInt64(bigEndianBytes: list.prefix(8))
    let other = UInt64(bigEndianBytes: list.dropFirst(8).prefix(8))
    switch (action.action, action.type) {
    case (0, _): return .register(other, inPlaceOf: key)
    case (6, _): return .register(other, inPlaceOf: nil)
    case (1, let type?): return .reserve(type, key: key)
    case (2, let type?): return .release(type, key: key)
    case (3, _): return .clear(key: key)
    case (4, let type?): return .preempt(other, type, key: key, isAborting: false)
    case (5, let type?): return .preempt(other, type, key: key, isAborting: true)
    default: throw .invalidField
    }
  }
}
