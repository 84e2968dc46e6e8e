import Channels
import Quantities
import X86

@testable import Platform

/// Stands around devices under test where a computer would: it keeps what they want.
final class RecordingOwner: DeviceOwner {
  var events: [ComputerEvent.Kind] = []
  var cycles = 0
  private var tag: UInt64 = 0

  func emit(_ kind: ComputerEvent.Kind, at time: SimulatedTime) { events.append(kind) }

  func end(_ kind: ComputerEvent.Kind, at time: SimulatedTime) { events.append(kind) }

  func takeTag() -> UInt64 {
    tag += 1
    return tag
  }

  func charge(_ cycles: Int, to processor: Int) { self.cycles += cycles }

  func limitSlice(to deadline: SimulatedTime) {}

  /// Takes the requests that devices began.
  func takeRequests() -> [ChannelRequest] {
    defer { events = [] }
    return events.compactMap { if case .channelRequest(let request) = $0 { request } else { nil } }
  }

  /// A bus with the devices of a configuration, and nothing else of a computer.
  static func bus(
    _ configuration: ComputerConfiguration, _ kinds: [any Device.Type]
  ) throws -> SystemBus {
    let memory = try GuestMemory(maximumByteCount: configuration.windowByteCount)
    memory.attach(0..<configuration.initialStorage)
    let processor = try Processor(
      number: 0, memory: memory,
      identification: Identification(processorCount: 1, processorNumber: 0))
    let processors = Numbered(repeating: processor, count: 1)
    let bus = SystemBus(
      configuration, memory: memory, network: InterruptNetwork(processors, initialCount: 1),
      processors: processors)
    bus.attach(kinds.flatMap { kind -> [any Device] in kind.devices(of: configuration, on: bus) })
    return bus
  }
}
