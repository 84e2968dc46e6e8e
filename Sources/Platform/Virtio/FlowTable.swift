// Which pair of a network device's queues a frame belongs to (VIRTIO 1.2, "Automatic receive steering in multiqueue
// mode"): that by which its flow's last frame left.

import Quantities

/// The pairs of queues by which flows left.
struct FlowTable: Codable, Equatable, Sendable, Blank {
  /// Flows that are told apart; those that share a place share a pair.
  private static let size: UInt32 = 256

  static var blank: FlowTable { FlowTable() }

  /// For each place one more than the pair, 0 while nothing has left; empty before anything has.
  private var pairs: [UInt8] = []

  private static func place(of flow: UInt32) -> Int { Int(flow & (size &- 1)) }

  /// Notes that a frame of a flow has left by a pair.
  mutating func note(_ flow: UInt32, by pair: Int) {
    if pairs.isEmpty { pairs = [UInt8](repeating: 0, count: Int(Self.size)) }
    pairs.change(at: Self.place(of: flow)) { $0 = UInt8(clamping: pair &+ 1) }
  }

  /// The pair for a frame that comes, one of so many.
  func pair(of flow: UInt32, among count: Int) -> Int {
    let noted = Int(pairs.element(at: Self.place(of: flow)) ?? 0)
    return noted >= 1 && noted <= count
      ? noted &- 1 : Int(flow >> 8) % max(1, count)
  }
}
