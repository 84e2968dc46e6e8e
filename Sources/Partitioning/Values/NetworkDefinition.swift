// What definition files say of networks: the machine's switches, and the adapters of partitions.

import Channels
import Quantities

/// A network adapter of a partition (NICDEF), or its end of a channel to another (SPECIAL CTCA).
package struct NetworkAdapterDefinition: Sendable, Equatable, Codable {
  /// The number the partition knows it by.
  package var virtualDevice: UInt16
  /// The switch that it is connected to at first; nil for none.
  package var switchName: String?
  /// Its VLANs there; the switch's ordinary one when nil.
  package var vlan: PortVLAN?
  /// The last six digits of its address; chosen by the firmware when nil.
  package var addressNumber: UInt32?
  /// Most bytes of a frame's payload.
  package var unitByteCount: UInt16
  /// What it can be connected to.
  @Added package var kind: AdapterKind = .network

  /// Bytes that a payload may have at most (MTU): what IPv6 needs, to what fits a frame.
  package static let unitByteCounts: ClosedRange<Int> = 1280...65_521

  /// An adapter that is connected to nothing.
  package init(
    virtualDevice: UInt16, switchName: String? = nil, vlan: PortVLAN? = nil,
    addressNumber: UInt32? = nil, unitByteCount: UInt16 = 1500, kind: AdapterKind = .network
  ) {
    self.virtualDevice = virtualDevice
    self.switchName = switchName
    self.vlan = vlan
    self.addressNumber = addressNumber
    self.unitByteCount = unitByteCount
    self.kind = kind
  }

  /// The statement that defines it, with its number.
  package var statement: String {
    (kind.isChannel ? "SPECIAL " : "NICDEF ") + DeviceNumbers.text(virtualDevice)
  }
}

extension NetworkAdapterDefinition {
  /// What it says beside its number, as NICDEF and SPECIAL have it.
  var operandText: String {
    let words = [
      kind.isChannel ? "CTCA" : "TYPE QDIO", kind.user, switchName.map { "LAN SYSTEM \($0)" },
      addressNumber.map { "MACID \(hexDigits($0, 6))" }, vlan.map(\.text),
      unitByteCount == 1500 ? nil : "MTU \(unitByteCount)",
    ]
    return words.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
  }
}

extension AdapterAddress {
  /// The prefix of all addresses here: locally administered, as CP's MACPREFIX is at first.
  private static let prefix: UInt64 = 0x0200_0000_0000

  /// The address of a number of six digits.
  package init(number: UInt32) {
    self.init(AdapterAddress.prefix | UInt64(number & 0xFF_FFFF))
  }

  /// The address of a partition's adapter of which nothing is said.
  ///
  /// - Parameters:
  ///   - partition: Its number.
  ///   - ordinal: Which of its adapters, from 0.
  package init(partition: Int, ordinal: Int) {
    let high = UInt32(truncatingIfNeeded: partition &+ 1) & 0xFFFF
    self.init(number: high << 8 | UInt32(truncatingIfNeeded: ordinal) & 0xFF)
  }
}
