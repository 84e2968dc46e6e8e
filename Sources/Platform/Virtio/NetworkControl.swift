// What the network device and its driver tell each other beside frames (VIRTIO 1.2, "Network Device"): whether the
// link is up, and how many pairs of queues are used.

import Channels
import Quantities
import X86

extension NetworkDevice {
  /// What a queue is for (VIRTIO 1.2, "Virtqueues" of the network device).
  enum Role {
    case receiving(pair: Int)
    case sending(pair: Int)
    case control
  }

  func role(of queue: Int) -> Role? {
    let pairs = transport.hasAccepted(Feature.pairs) ? receivers.count : 1
    if queue == pairs.multipliedClamped(by: 2) {
      return transport.hasAccepted(Feature.control) ? .control : nil
    }
    guard queue < pairs.multipliedClamped(by: 2) else { return nil }
    return queue & 1 == 0 ? .receiving(pair: queue / 2) : .sending(pair: queue / 2)
  }

  /// Tells the driver whether the adapter is connected to something (VIRTIO_NET_S_LINK_UP).
  ///
  /// - Returns: Whether that is new.
  func setLink(_ isUp: Bool) -> Bool {
    var space = transport.configuration
    // Cannot trap: goes through the array itself.
    space.change(at: Self.statedPlaces.lowerBound) { $0 = isUp ? 1 : 0 }
    guard space != transport.configuration else { return false }
    transport.configure(space, isTold: transport.hasAccepted(Feature.status))
    line.set(transport.isInterrupting)
    return true
  }

  /// Does what the driver's commands say, and answers each.
  ///
  /// - Returns: What that costs in cycles.
  func obey(_ queue: Int) throws(VirtQueueError) -> Int {
    var cycles = 0
    // Cannot trap: a constant.
    for _ in 0..<VirtQueue.maximumSize {
      guard let chain = try transport.queues[queue].take(bus.memory) else { break }
      cycles &+= Cost.frame &+ Cost.descriptor &* chain.descriptorCount
      let isDone = try perform(chain)
      let written = try chain.store([isDone ? 0 : 1], bus.memory)
      try give(chain.head, in: queue, written: written)
    }
    return cycles
  }

  /// VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET is the one command that there is.
  private func perform(_ chain: VirtQueue.Chain) throws(VirtQueueError) -> Bool {
    let command = chain.bytes(skipping: 0, count: 4, bus.memory)
    guard !isCutOff, transport.hasAccepted(Feature.pairs), command.count == 4,
      command.starts(with: [4, 0])
    else { return false }
    let count = Int(command.element(at: 2) ?? 0) | Int(command.element(at: 3) ?? 0) << 8
    guard count >= 1, count <= receivers.count else { return false }
    pairCount = count
    try gather()
    return true
  }

  /// What waits in queues that the driver uses no more comes by the first.
  private func gather() throws(VirtQueueError) {
    var left: [EthernetFrame] = []
    // Cannot trap: indices of the array itself.
    for pair in receivers.indices where pair >= pairCount {
      receivers.change(at: pair) {
        left += $0.backlog
        $0.backlog = []
      }
    }
    guard !left.isEmpty else { return }
    receivers.change(at: 0) { $0.backlog += left }
    try fill(0)
  }
}
