// Reservations where requests meet them: a device does what is asked of it when its turn has come, one request
// after the other, so that nothing of one that another has kept off reaches the blocks any more.

import Quantities

/// Who has reserved a device, as an operator sees it.
package struct DeviceReservationView: Equatable, Sendable {
  /// A partition that has registered.
  package struct Registrant: Equatable, Sendable {
    /// Index of the partition.
    package var partition: Int
    /// Its key.
    package var key: UInt64
    /// Whether it holds the reservation.
    package var isHolder: Bool
  }

  /// Who has it by RESERVE.
  package var unitHolder: Int?
  /// How it is reserved until that is given up.
  package var type: ReservationType?
  /// Who has registered, in that order.
  package var registrants: [Registrant]
}

extension ChannelSubsystem {
  /// Does what is asked of a device beside blocks, and tells whom it concerns.
  func perform(_ control: DeviceControl, at index: Int) -> RequestEnding {
    let item = activity.subchannels[index]
    let outcome = activity.devices[item.device].reservations.perform(control, by: item.partition)
    follow(outcome, at: item.device)
    switch outcome.ending {
    case .done(let data): return RequestEnding(status: .ok, data: data)
    case .conflict: return RequestEnding(status: .reservationConflict)
    case .refused(let sense): return RequestEnding(status: .refused, sense: sense)
    }
  }

  /// Does what follows for others from what became of a device's reservations.
  private func follow(_ outcome: ReservationOutcome, at device: Int) {
    guard !outcome.notices.isEmpty || !outcome.aborted.isEmpty else { return }
    for index in activity.subchannels.indices where activity.subchannels[index].device == device {
      let partition = activity.subchannels[index].partition
      for notice in outcome.notices where notice.partition == partition {
        note(notice.sense, at: index)
      }
      guard outcome.aborted.contains(partition) else { continue }
      for slot in empty(index) { complete(slot, .aborted) }
    }
  }

  /// Keeps what a partition is to be told, each thing once.
  private func note(_ sense: DeviceSense, at index: Int) {
    guard !activity.subchannels[index].attentions.contains(sense) else { return }
    activity.subchannels[index].attentions.append(sense)
  }

  /// Takes what a partition is to be told first.
  func takeAttention(at index: Int) -> DeviceSense? {
    guard let sense = activity.subchannels[index].attentions.first else { return nil }
    activity.subchannels[index].attentions.removeAll { $0 == sense }
    return sense
  }

  /// A partition's connection to a device ends or begins anew: what RESERVE gave it goes, and what it was to be told.
  func loseUnit(_ index: Int) {
    let item = activity.subchannels[index]
    activity.devices[item.device].reservations.lose(item.partition)
    activity.subchannels[index].attentions = []
  }

  /// A partition is no more, nor what it has reserved.
  func forgetReservations(of partition: Int) {
    for device in activity.devices.indices {
      let outcome = activity.devices[device].reservations.forget(partition)
      follow(outcome, at: device)
    }
  }

  /// Takes a device's reservations and registrations from all who have them.
  ///
  /// - Returns: False when nobody has any, or there is no such device.
  package func releaseReservations(of number: UInt16, at time: SimulatedTime) -> Bool {
    guard let device = deviceIndex(number) else { return false }
    reach(time)
    guard !activity.devices[device].reservations.isEmpty else { return false }
    let outcome = activity.devices[device].reservations.releaseAll()
    follow(outcome, at: device)
    return true
  }

  func reservation(ofDevice device: Int) -> DeviceReservationView? {
    let reservations = activity.devices[device].reservations
    guard !reservations.isEmpty else { return nil }
    return DeviceReservationView(
      unitHolder: reservations.unitHolder, type: reservations.persistent?.type,
      registrants: reservations.registrations.map {
        DeviceReservationView.Registrant(
          partition: $0.partition, key: $0.key, isHolder: reservations.isHolder($0.partition))
      })
  }
}
