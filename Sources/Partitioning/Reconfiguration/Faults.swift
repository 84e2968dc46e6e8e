import Channels

// Faults on purpose: paths and devices of the machine, for rehearsals of what may befall it.

extension Reconfiguration {
  /// Judges a fault on purpose and has it begin or end.
  func inject(_ change: FaultChange) throws(ManagementError) {
    switch change {
    case .path(let path, let fails): try inject(path, fails: fails)
    case .device(let device, let fault): try inject(fault, into: device)
    }
  }

  private func inject(_ path: UInt8, fails: Bool) throws(ManagementError) {
    guard let view = channels.pathView(path) else { throw .pathNotFound(path) }
    guard view.isOperational == fails else { throw .pathFaultAlready(path, fails: fails) }
    let lost = fails ? channels.lastPathDevices(path, for: nil) : []
    channels.setOperational(path: path, !fails, at: now)
    for device in lost {
      journal.note(partitions[device.partition], .requestsWait(device: device.virtualDevice))
    }
  }

  private func inject(_ fault: DeviceFault?, into device: UInt16) throws(ManagementError) {
    guard channels.deviceView(device) != nil else { throw .deviceNotFound(device) }
    if let fault, !fault.isPossible { throw .faultOutOfRange(device, fault) }
    let isFaulty = channels.faultyDevices.contains { $0.number == device }
    guard fault != nil || isFaulty else { throw .deviceFaultAbsent(device) }
    channels.inject(fault, into: device, seed: hardware.origin.seed, at: now)
  }
}
