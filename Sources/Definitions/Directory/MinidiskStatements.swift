// MDISK and LINK: the minidisks of a partition and those that it is linked to, as the CP directory has them.

import Partitioning
import Quantities

extension PartitionBuilder {
  private static let temporary = ["T-DISK", "V-DISK"]
  private static let types = MinidiskDefinition.units.keys.sorted()

  /// `MDISK vdev type {start size volume | DEVNO rdev} [mode [read [write [multiple]]]]`.
  mutating func minidisk(_ operands: inout OperandReader) {
    var ahead = operands
    for _ in 0..<2 where ahead.peek != nil { _ = ahead.word("number and type") }
    if let word = ahead.peek, Self.temporary.contains(word.folded) {
      return virtualDevice(&operands)
    }
    let place = operands.place
    guard let number = operands.deviceNumber("a virtual device number") else { return }
    guard let type = operands.word("a type of device") else { return }
    guard MinidiskDefinition.units[type.folded] != nil else {
      log.report(.unknownOperand(type.text, of: "MDISK", legal: Self.types), at: type.place)
      return operands.skip()
    }
    let lies = operands.place
    guard let location = minidiskPlace(&operands) else { return operands.skip() }
    var disk = MinidiskDefinition(virtualDevice: number, type: type.folded, place: location)
    if operands.peek != nil {
      guard let mode = linkMode(of: "MDISK", &operands) else { return operands.skip() }
      disk.mode = mode
    }
    while disk.passwords.count < 3, let word = operands.peek {
      _ = operands.word("a password")
      disk.passwords.append(word.folded)
    }
    let key = "MDISK " + DeviceNumbers.text(number)
    guard isFirst(key, at: place) else { return }
    if parsed.definition.links.contains(where: { $0.virtualDevice == number }) {
      log.report(.deviceNumberTwice(number), at: place)
      return
    }
    parsed.places[key] = lies
    parsed.definition.minidisks.removeAll { $0.virtualDevice == number }
    parsed.definition.minidisks.append(disk)
    parsed.definition.minidisks.sort { $0.virtualDevice < $1.virtualDevice }
    add(MinidiskLink(to: disk))
  }

  /// `LINK userid vdev1 [vdev2 [mode]]`; `*` is the partition itself.
  mutating func link(_ operands: inout OperandReader) {
    let isOwn = operands.take("*")
    var owner: String?
    if !isOwn {
      guard let name = operands.name("the name of the minidisk's owner") else { return }
      owner = name.folded
    }
    let place = operands.place
    guard let device = operands.deviceNumber("the owner's number of the minidisk") else { return }
    var link = MinidiskLink(virtualDevice: device, owner: owner, ownerDevice: device)
    if operands.peek != nil {
      guard let number = operands.deviceNumber("a virtual device number") else { return }
      link.virtualDevice = number
    }
    if operands.peek != nil {
      guard let mode = linkMode(of: "LINK", &operands) else { return operands.skip() }
      link = MinidiskLink(
        virtualDevice: link.virtualDevice, owner: owner, ownerDevice: device, mode: mode)
    }
    let key = "LINK " + DeviceNumbers.text(link.virtualDevice)
    guard isFirst(key, at: place) else { return }
    parsed.places[key] = place
    add(link)
  }

  private mutating func add(_ link: MinidiskLink) {
    parsed.definition.links.removeAll { $0.virtualDevice == link.virtualDevice }
    parsed.definition.links.append(link)
    parsed.definition.links.sort { $0.virtualDevice < $1.virtualDevice }
  }

  /// `start size volume`, size END for all that follows, or `DEVNO rdev` for all of a device.
  private func minidiskPlace(_ operands: inout OperandReader) -> MinidiskPlace? {
    if operands.take("DEVNO") {
      return operands.deviceNumber("a real device number").map {
        MinidiskPlace(volume: .device($0))
      }
    }
    guard let start = operands.number("start", in: 0...Int.max) else { return nil }
    var count: UInt64?
    if !operands.take("END") {
      guard let size = operands.number("size", in: 1...Int.max) else { return nil }
      count = UInt64(clamping: size)
    }
    guard let volume = operands.word("the label of a volume") else { return nil }
    return MinidiskPlace(
      volume: .label(volume.folded), start: UInt64(clamping: start), count: count)
  }

  private func linkMode(of verb: String, _ operands: inout OperandReader) -> LinkMode? {
    guard let word = operands.word("a mode") else { return nil }
    guard let mode = LinkMode(rawValue: word.folded) else {
      log.report(
        .unknownOperand(word.text, of: verb, legal: LinkMode.allCases.map(\.rawValue)),
        at: word.place)
      return nil
    }
    return mode
  }
}
