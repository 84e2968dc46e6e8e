// The console device of virtio (VIRTIO 1.2, "Console Device") with a single named port, and no console behind it: by
// the port a guest gives CP commands and reads what they are answered. A line is a command (X'15' in it separates
// several, as in DIAGNOSE X'08'), and one is performed at a time. Its answer is a line with the return code and a
// number of bytes, both decimal, and then so many bytes.
//
// An answer belongs to who asked: what is under way when the port is closed is answered to nobody.

import Channels
import Quantities
import X86

/// A port at which a guest gives CP commands.
final class CommandPort: VirtioDevice, Device {
  /// What the port remembers of its user, beside the rings.
  struct Conversation: Codable, Equatable, Sendable {
    /// Whether a program of the guest has opened the port.
    var isOpen = false
    /// The command that is not complete, and a byte more than it may have.
    var line: [UInt8] = []
    /// What was written and not looked at.
    var input: [UInt8] = []
    /// Number of the command that is under way.
    var command: UInt64?
    /// The answer that is being delivered, and how much of it has been.
    var answer: [UInt8] = []
    var delivered = 0

    /// Whether the next command has to wait.
    var isBusy: Bool { command != nil || !answer.isEmpty }
  }

  /// All state of the device.
  struct State: SavedState {
    static let kind = "command port"
    static let version = 1

    var transport: VirtioTransport
    var messages: [Message] = []
    var conversation = Conversation()
    var writer = 0
  }

  /// What the device tells its driver by the control queue.
  enum Message: Codable, Equatable, Sendable {
    case portAdded
    case name
    case opened

    /// As the driver reads it: the port's number, the event, its value, and the name.
    var bytes: [UInt8] {
      let (event, text): (UInt16, String) =
        switch self {
        case .portAdded: (Event.added, "")
        case .name: (Event.name, CommandPort.name)
        case .opened: (Event.opened, "")
        }
      return MachineLanguage.littleEndian(UInt32(0)) + MachineLanguage.littleEndian(event)
        + MachineLanguage.littleEndian(UInt16(1)) + Array(text.utf8)
    }
  }

  /// Numbers of the control queue's events.
  private enum Event {
    static let deviceReady: UInt16 = 0
    static let added: UInt16 = 1
    static let portReady: UInt16 = 3
    static let opened: UInt16 = 6
    static let name: UInt16 = 7
  }

  /// What a notice costs the processor that gives it, in cycles.
  private enum Cost {
    static let chain = 400
    static let descriptor = 100
    static let byte = 1
  }

  private static let receiveQueue = 0
  private static let sendQueue = 1
  private static let controlReceiveQueue = 2
  private static let controlSendQueue = 3

  /// VIRTIO_CONSOLE_F_MULTIPORT: without it the port would be a console.
  private static let severalPorts: UInt64 = 1 << 1

  /// The port's name, which says whose protocol is spoken there, as names of ports are made.
  static let name = "org.endicott.cp"
  /// Longest command.
  static let lineLimit = 240
  /// Most that is taken of what is written at once, as much as Linux' driver hands over.
  static let inputLimit = 32 << 10
  /// Most bytes of an answer's text.
  static let answerLimit = 1 << 20
  /// Room for the line in front of the text.
  private static let headingLimit = 64

  private var messages: [Message] = []
  private(set) var conversation = Conversation()
  /// The processor that had it do work last, which pays.
  private var writer = 0

  private init(at slot: Int, of bus: SystemBus) {
    // Columns, rows, number of ports, and a register of a feature that is not offered.
    let space =
      MachineLanguage.littleEndian(UInt32(0)) + MachineLanguage.littleEndian(UInt32(1))
      + MachineLanguage.littleEndian(UInt32(0))
    super.init(
      VirtioTransport(
        deviceType: 3, deviceFeatures: Self.severalPorts, configuration: space,
        queueLimits: Array(repeating: VirtQueue.maximumSize, count: 4),
        requiredFeatures: Self.severalPorts), at: slot, of: bus)
  }

  static func devices(
    of configuration: ComputerConfiguration, on bus: SystemBus
  ) -> [CommandPort] {
    guard configuration.hasCommandPort, let slot = bus.takeSlot() else { return [] }
    return [CommandPort(at: slot, of: bus)]
  }

  // MARK: State

  var state: State {
    State(
      transport: transport, messages: messages, conversation: conversation, writer: writer)
  }

  override func reset() {
    super.reset()
    forgetDriver()
  }

  override func forget(_ access: DeviceAccess) { forgetDriver() }

  private func forgetDriver() {
    messages = []
    conversation = Conversation()
    writer = 0
  }

  func restore(_ state: State) throws(StateRefusal) {
    let saved = state.conversation
    guard transport.fits(state.transport), state.messages.count <= 3,
      saved.line.count <= Self.lineLimit &+ 1, saved.input.count <= Self.inputLimit,
      saved.answer.count <= Self.answerLimit &+ Self.headingLimit, saved.delivered >= 0
    else {
      throw .inconsistent(kind: State.kind, what: "its queues, or what waits in it")
    }
    transport = state.transport
    messages = state.messages
    conversation = saved
    writer = state.writer
  }

  // MARK: Queues

  override func serve(_ queue: Int, _ access: DeviceAccess) {
    var cycles = 0
    // A buffer for an answer may begin the next command as well as what is written.
    writer = access.processor
    do throws(VirtQueueError) {
      switch queue {
      case Self.controlSendQueue: try takeMessages(&cycles)
      case Self.sendQueue: try takeInput(at: access.time, &cycles)
      default: break
      }
      try deliver(at: access.time, &cycles)
    } catch {
      transport.markBroken()
    }
    bus.owner?.charge(cycles, to: access.processor)
  }

  /// Takes the chains that the driver made available in a queue while a condition holds, and gives each back; what was
  /// done is counted in cycles also when it ends with a wrong chain.
  private func takeChains(
    _ queue: Int, limit: Int, _ cycles: inout Int, while condition: () -> Bool = { true },
    _ body: ([UInt8]) -> Void
  ) throws(VirtQueueError) {
    // A driver cannot make more available at once than the ring has.
    // Cannot trap: a constant.
    for _ in 0..<VirtQueue.maximumSize {
      guard condition(), let chain = try transport.queues[queue].take(bus.memory) else { break }
      let bytes = chain.bytes(skipping: 0, count: limit, bus.memory)
      cycles &+= Cost.chain &+ Cost.descriptor &* chain.descriptorCount &+ Cost.byte &* bytes.count
      try give(chain.head, in: queue)
      body(bytes)
    }
  }

  /// Stores bytes into a chain that the driver made available.
  ///
  /// - Returns: How many were stored; nil when there is no chain.
  private func put(_ bytes: ArraySlice<UInt8>, _ queue: Int) throws(VirtQueueError) -> Int? {
    guard let chain = try transport.queues[queue].take(bus.memory) else { return nil }
    // Cannot trap: no negative count.
    let piece = bytes.prefix(max(0, VirtQueue.byteCount(chain.writable)))
    let written = try chain.store(Array(piece), bus.memory)
    try give(chain.head, in: queue, written: written)
    return written
  }

  /// Puts what waits into the driver's buffers, as much as fits; then the next command is begun.
  private func deliver(at time: SimulatedTime, _ cycles: inout Int) throws(VirtQueueError) {
    while let message = messages.first,
      try put(message.bytes[...], Self.controlReceiveQueue) != nil
    {
      // Cannot trap: there is a first.
      messages.removeFirst()
      cycles &+= Cost.chain
    }
    guard !conversation.answer.isEmpty else { return }
    while conversation.delivered < conversation.answer.count {
      // Cannot trap: no negative count.
      let rest = conversation.answer.dropFirst(max(0, conversation.delivered))
      guard let written = try put(rest, Self.receiveQueue) else { return }
      conversation.delivered.addClamped(written)
      cycles &+= Cost.chain &+ Cost.byte &* written
    }
    conversation.answer = []
    conversation.delivered = 0
    try takeInput(at: time, &cycles)
  }

  // MARK: Control

  private func takeMessages(_ cycles: inout Int) throws(VirtQueueError) {
    var closes = false
    try takeChains(Self.controlSendQueue, limit: 8, &cycles) { bytes in
      func field(_ offset: Int) -> UInt16 {
        // Cannot trap: no negative offset.
        bytes.dropFirst(offset).prefix(2).reversed().reduce(0) { $0 << 8 | UInt16($1) }
      }
      guard bytes.count == 8 else { return }
      let (event, value) = (field(4), field(6))
      if event == Event.deviceReady {
        if value == 1 { tell(.portAdded) }
        return
      }
      guard field(0) == 0, field(2) == 0 else { return }
      switch (event, value) {
      case (Event.portReady, 1):
        tell(.name)
        tell(.opened)
      case (Event.opened, _):
        conversation = Conversation(isOpen: value == 1)
        closes = true
      default: break
      }
    }
    // What was written before belongs to who is gone.
    if closes { try takeChains(Self.sendQueue, limit: 0, &cycles) { _ in } }
  }

  /// A message that waits already is not said twice.
  private func tell(_ message: Message) {
    if !messages.contains(message) { messages.append(message) }
  }

  // MARK: Commands

  /// Takes what was written, up to the end of a command.
  private func takeInput(at time: SimulatedTime, _ cycles: inout Int) throws(VirtQueueError) {
    giveCommand(at: time)
    try takeChains(
      Self.sendQueue, limit: Self.inputLimit, &cycles, while: { !conversation.isBusy }
    ) {
      guard conversation.isOpen else { return }
      conversation.input = $0
      giveCommand(at: time)
    }
  }

  /// Looks for the end of a command, and gives it.
  private func giveCommand(at time: SimulatedTime) {
    guard !conversation.isBusy, !conversation.input.isEmpty else { return }
    let lineFeed: UInt8 = 0x0A
    // Cannot trap: goes through the array itself.
    let text = conversation.input.prefix { $0 != lineFeed }
    let isComplete = text.count < conversation.input.count
    let room = Self.lineLimit.addingClamped(1).subtractingClamped(conversation.line.count)
    // Cannot trap: no negative count.
    conversation.line += text.prefix(max(0, room))
    // Cannot trap: no negative count.
    conversation.input = Array(
      conversation.input.dropFirst(text.count.addingClamped(isComplete ? 1 : 0)))
    guard isComplete else { return }
    let tag = bus.owner?.takeTag() ?? 0
    conversation.command = tag
    bus.owner?.emit(
      .portCommand(processor: writer, tag: tag, text: conversation.line), at: time)
    conversation.line = []
  }

  /// A command was performed; the answer to one that nobody waits for is dropped.
  func complete(_ tag: UInt64, returnCode: UInt64, _ reply: [UInt8], at time: SimulatedTime) {
    guard conversation.command == tag else { return }
    // Cannot trap: a constant.
    let text = reply.prefix(Self.answerLimit)
    conversation.command = nil
    conversation.answer = Array("\(returnCode) \(text.count)\n".utf8) + text
    // No processor waits for it here.
    var cycles = 0
    do throws(VirtQueueError) {
      try deliver(at: time, &cycles)
    } catch {
      transport.markBroken()
    }
    line.set(transport.isInterrupting)
  }
}

extension CommandPort: StateHolder {
  static let roles = PropertyRoles(
    state: VirtioDevice.state + ["messages", "conversation", "writer"],
    wiring: VirtioDevice.wiring)
}
