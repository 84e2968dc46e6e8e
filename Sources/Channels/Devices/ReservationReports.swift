// What PERSISTENT RESERVE IN returns (SPC-4, "PERSISTENT RESERVE IN parameter data").

import Quantities

extension DeviceReservations {
  /// What a device answers.
  func data(of report: ReservationReport) -> [UInt8] {
    switch report {
    case .keys: headed(registrations.flatMap(\.key.bigEndianBytes))
    case .reservation: headed(persistent.map(data) ?? [])
    case .capabilities: Self.capabilities
    case .fullStatus: headed(registrations.flatMap(data))
    }
  }

  /// Length; that a reservation can outlive a loss of power, and does; that the types are said; the types.
  private static let capabilities: [UInt8] = [0, 8, 0x01, 0x81, 0xEA, 0x01, 0, 0]

  private func headed(_ data: [UInt8]) -> [UInt8] {
    generation.bigEndianBytes + UInt32(clamping: data.count).bigEndianBytes + data
  }

  private func data(_ held: Persistent) -> [UInt8] {
    let key = held.type.isOfAllRegistrants ? 0 : key(of: held.holder) ?? 0
    return key.bigEndianBytes + [0, 0, 0, 0, 0, held.type.rawValue, 0, 0]
  }

  private func data(_ registration: Registration) -> [UInt8] {
    let holds = isHolder(registration.partition)
    let transport = Self.transportIdentifier(of: registration.partition)
    return registration.key.bigEndianBytes + [0, 0, 0, 0]
      + [holds ? 1 : 0, holds ? persistent?.type.rawValue ?? 0 : 0, 0, 0, 0, 0]
      // The device's one port, and the length of what follows.
      + UInt16(1).bigEndianBytes + UInt32(clamping: transport.count).bigEndianBytes + transport
  }

  /// A partition as the other end of a SAS wire: a name of its own making (NAA 3), which counts from 1.
  private static func transportIdentifier(of partition: Int) -> [UInt8] {
    let name = 3 << 60 | UInt64(clamping: partition.addingClamped(1))
    return [0x06, 0, 0, 0] + name.bigEndianBytes + [UInt8](repeating: 0, count: 12)
  }
}
