// What can be wrong with a partition.

import Channels
import Partitioning
import Quantities

extension Problem {
  static let dedicatedWeight = error(
    "030", "dedicated processors take no weight, no cap and no group",
    "remove WEIGHT, MINWEIGHT, MAXWEIGHT, CAPPED, ABSCAP and GROUP, or write SHARED")

  static func processorLimit(_ initial: Int, _ reserved: Int, limit: Int) -> Problem {
    error(
      "031",
      "\(initial) initial and \(reserved) reserved processors are \(initial.addingClamped(reserved))",
      "a partition has at most \(limit), all types together")
  }

  static func weightLimits(_ least: Int, _ greatest: Int) -> Problem {
    error("032", "MINWEIGHT \(least) is above MAXWEIGHT \(greatest)", "exchange them")
  }

  static func weightOutsideLimits(_ weight: Int, _ least: Int?, _ greatest: Int?) -> Problem {
    error(
      "032", "WEIGHT \(weight) is outside its own limits",
      "write a weight \(least ?? 1)-\(greatest ?? 999)")
  }

  static func weightAndShare(first place: Place) -> Problem {
    error(
      "033", "WEIGHT and SHARE say the same thing twice, \(first(place))", "keep one of the two")
  }

  static func mixedModes(_ name: String) -> Problem {
    error(
      "034", "\(name) mixes shared and dedicated processors", "make all SHARED or all DEDICATED")
  }

  static func noProcessors(_ name: String) -> Problem {
    error("035", "\(name) has no initial processor", "write INITIAL 1 or more")
  }

  static func typeNotInstalled(_ type: ProcessorType, installed: [ProcessorType]) -> Problem {
    let names = installed.map(\.rawValue).joined(separator: ", ")
    return error(
      "036", "the machine has no \(type.rawValue) processors",
      names.isEmpty ? "add a PROCESSOR statement to machine.config" : "use \(names), or add them")
  }

  static func initialBeyondInstalled(
    _ type: ProcessorType, _ initial: Int, installed: Int
  ) -> Problem {
    error(
      "037",
      "INITIAL \(initial) is more than the \(installed) \(type.rawValue) processors installed",
      "write INITIAL \(installed) or less, the rest as RESERVED")
  }

  static func storageBeyondInstalled(_ what: String, _ bytes: UInt64, installed: UInt64) -> Problem
  {
    error(
      "038",
      "\(what) \(sizeText(bytes)) is more than the \(sizeText(installed)) installed",
      "write less, or install more in machine.config")
  }

  static func noStorage(increment: UInt64) -> Problem {
    error("039", "STORAGE INITIAL is 0", "write \(sizeText(increment)) or more")
  }

  static func ownAfter(_ name: String) -> Problem {
    error("040", "\(name) starts after itself", "remove it from AFTER")
  }

  static func startCycle(_ names: [String]) -> Problem {
    error(
      "041", "START AUTO AFTER goes in a circle: \(names.joined(separator: " after "))",
      "remove one AFTER")
  }

  static func afterNotAutomatic(_ name: String) -> Problem {
    warning(
      "042", "\(name) does not start by itself, so that nothing waits for it",
      "give it START AUTO, or remove it from AFTER")
  }

  static func userIsPartition(_ name: String, first place: Place) -> Problem {
    error(
      "043", "\(name) is a user and a partition, \(first(place))", "rename one of the two")
  }

  static func notOwnDevice(_ device: UInt16) -> Problem {
    let number = DeviceNumbers.text(device)
    return error(
      "046", "\(number) is not a device of the partition",
      "add DEDICATE \(number) and a real device, or name another")
  }

  static func keptOnly(_ verb: String) -> Problem {
    warning(
      "044", "\(verb) is read and kept, but this level gives the partition no such device",
      "use DEDICATE for disks")
  }

  static func switchUndefined(_ name: String, known: [String]) -> Problem {
    warning(
      "048",
      "there is no switch \(name); switches are \(known.isEmpty ? "none" : known.joined(separator: ", "))",
      "add VSWITCH \(name) to machine.config, or DEFINE VSWITCH before the partition is activated")
  }

  static func tooManyDevices(_ count: Int, room: Int) -> Problem {
    warning(
      "049", "\(count) disks and network adapters; the partition has room for \(room)",
      "remove some, OPTION RNG, VMCP or BALLOON, or RESERVED storage that comes BY VIRTIO: each takes a place of eight"
    )
  }

  static func deviceNumberTwice(_ device: UInt16) -> Problem {
    error(
      "064", "\(DeviceNumbers.text(device)) is the number of two devices",
      "give one of them another number")
  }

  static func minidisksOverlap(
    _ one: String, _ other: String, on volume: String, _ extent: BlockExtent
  ) -> Problem {
    let last = extent.first.addingClamped(extent.count.subtractingClamped(1))
    return warning(
      "065",
      "minidisks \(one) and \(other) overlap on \(volume) in blocks \(extent.first) to \(last)",
      "move one of them, unless they are meant to share these blocks")
  }

  static func deviceWithMinidisks(_ device: UInt16, _ minidisk: String) -> Problem {
    warning(
      "065",
      "device \(DeviceNumbers.text(device)) has minidisks, as \(minidisk): it is one partition's or has those",
      "use MDISK and LINK for all of it, or another device")
  }

  static func minidiskBeyondVolume(_ name: String, on volume: String, blocks: UInt64) -> Problem {
    error(
      "066",
      "minidisk \(name) goes beyond the end of \(volume), which has \(blocks) blocks of 512 bytes",
      "write a smaller start or size, or END for the size")
  }

  static func minidiskUndefined(_ name: String, known: [String]) -> Problem {
    error(
      "067", "there is no minidisk \(name)",
      known.isEmpty
        ? "define it by MDISK in the entry of its owner"
        : "name one that its owner's entry defines: \(known.prefix(8).joined(separator: ", "))")
  }

  static func volumeUnknown(_ label: String, known: [String]) -> Problem {
    error(
      "068", "no device has the volume \(shown(label))",
      "give its device VOLUME \(shown(label)) in *.media, or "
        + (known.isEmpty ? "use DEVNO" : "name \(known.prefix(8).joined(separator: ", "))"))
  }

  static func volumeLabel(_ word: String) -> Problem {
    error(
      "069", "\(shown(word)) is no label of a volume",
      "write 1-6 characters A-Z 0-9 @ # $")
  }

  static let volumeOfSeveral = error(
    "069", "several devices cannot have one label", "write a DEVICE statement for each")

  static func noPartitions() -> Problem {
    warning("045", "no partition is defined", "add a *.direct file")
  }
}
