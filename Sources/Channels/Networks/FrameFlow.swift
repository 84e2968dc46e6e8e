// The flow that a frame is of: what both directions of a connection have in common.

import Quantities

extension EthernetFrame {
  private static let version4: UInt64 = 0x0800
  private static let version6: UInt64 = 0x86DD
  private static let controlled: UInt64 = 6
  private static let datagrams: UInt64 = 17

  /// A number of its flow, the same in both directions: of addresses and ports where it is TCP's or UDP's, of the
  /// addresses of other IP and of fragments, and of the adapters' addresses in what is not IP.
  package var flowNumber: UInt32 {
    let network = vlan == nil ? 14 : 18
    switch word(network &- 2, bytes: 2) {
    case Self.version4:
      let isWhole = word(network &+ 6, bytes: 2) & 0x3FFF == 0
      let count = Int(clamping: word(network, bytes: 1) & 15) &* 4
      return number(
        addresses: network &+ 12, count: 4, protocol: word(network &+ 9, bytes: 1),
        ports: isWhole ? network &+ count : nil)
    case Self.version6:
      return number(
        addresses: network &+ 8, count: 16, protocol: word(network &+ 6, bytes: 1),
        ports: network &+ 40)
    default: return number(addresses: 0, count: 6, protocol: 0, ports: nil)
    }
  }

  /// A number of two addresses side by side, and of two ports where the protocol has them.
  private func number(
    addresses: Int, count: Int, protocol kind: UInt64, ports: Int?
  ) -> UInt32 {
    let ports = kind == Self.controlled || kind == Self.datagrams ? ports : nil
    func end(_ side: Int) -> UInt32 {
      let address = mixed(2_166_136_261, addresses &+ side &* count, count: count)
      return ports.map { mixed(address, $0 &+ side &* 2, count: 2) } ?? address
    }
    let sum = end(0) &+ end(1) &+ UInt32(truncatingIfNeeded: kind)
    let spread = (sum ^ sum >> 16) &* 0x9E37_79B1
    return spread ^ spread >> 16
  }

  /// Bytes mixed into a number (FNV-1a).
  private func mixed(_ number: UInt32, _ place: Int, count: Int) -> UInt32 {
    // Cannot trap: goes through the array itself.
    bytes.dropFirst(max(0, place)).prefix(max(0, count))
      .reduce(number) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }
}
