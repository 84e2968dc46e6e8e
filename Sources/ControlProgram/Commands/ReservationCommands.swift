import Channels
import Partitioning
import Quantities

// UNRESERVE, and QUERY DASD RESERVED: who has reserved which disk.

/// UNRESERVE: a device from those who have reserved it.
let reservationCommands: [Command] = [
  Command(
    "UNRESERVE", module: "UNR", "Takes the reservations of a device from those who have them.",
    notes: [
      "Partitions that have a disk as a SCSI disk can reserve it: for themselves until they are reset "
        + "(RESERVE), or until it is given up or taken away by another who has registered a key "
        + "(PERSISTENT RESERVE OUT), also while they are down. Requests that a reservation keeps off end "
        + "with a reservation conflict, or an I/O error for who has it as a block device.",
      "Reservations and keys go, and those who had them are told with their next request. It is for a "
        + "holder that does not come back: one that goes on believes that it is alone.",
    ],
    formats: [
      CommandFormat(
        "", "rdev", classes: "B", "Takes what is reserved of a device, and all keys.",
        operands: [.other], handler: unreserve)
    ])
]

private func unreserve(_ call: Invocation) throws(CommandMessage) {
  let device = try call.operands.device(missing: .deviceMissing)
  try call.operands.end()
  try call.perform(.releaseReservations(device))
  call.reply("DASD \(hexDigits(device, 4)) UNRESERVED")
}

/// QUERY DASD RESERVED.
func queryReservedDisks(_ call: Invocation, _ all: [DeviceView]) throws(CommandMessage) {
  let numbers = call.operands.isEmpty ? nil : try call.operands.devices()
  try call.operands.end()
  let found = all.filter { numbers?.contains($0.number) ?? true }
  if let numbers, found.isEmpty {
    throw CommandMessage(.deviceDoesNotExist, hexDigits(numbers.lowerBound, 4))
  }
  let lines = found.flatMap(reservationLines)
  call.reply(lines.isEmpty ? ["A reserved DASD was not found."] : lines)
}

/// Who holds a device, and who has registered with which key.
private func reservationLines(_ device: DeviceView) -> [String] {
  guard let reservation = device.reservation else { return [] }
  let text = "DASD \(hexDigits(device.number, 4))"
  if let holder = reservation.unitHolder { return ["\(text) RESERVED BY \(holder) UNTIL RESET"] }
  return reservation.registrants.map { registrant in
    let holds = registrant.isHolder ? reservation.type.map { " HOLDS \($0.text)" } ?? "" : ""
    return "\(text) \(padded(registrant.partition, 8)) KEY \(hexDigits(registrant.key, 16))\(holds)"
  }
}

extension ReservationType {
  /// What it keeps from whom, as the operator reads it.
  fileprivate var text: String {
    switch self {
    case .writeExclusive: "WRITE EXCLUSIVE"
    case .exclusiveAccess: "EXCLUSIVE ACCESS"
    case .writeExclusiveRegistrants: "WRITE EXCLUSIVE, REGISTRANTS ONLY"
    case .exclusiveAccessRegistrants: "EXCLUSIVE ACCESS, REGISTRANTS ONLY"
    case .writeExclusiveAllRegistrants: "WRITE EXCLUSIVE, ALL REGISTRANTS"
    case .exclusiveAccessAllRegistrants: "EXCLUSIVE ACCESS, ALL REGISTRANTS"
    }
  }
}
