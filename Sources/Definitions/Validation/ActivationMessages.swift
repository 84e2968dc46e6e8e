// What keeps profiles from being active together, and what is unwise about those that can be.

import Partitioning
import Quantities

extension Problem {
  private static func advice(_ number: String, _ text: String, _ remedy: String) -> Problem {
    Problem(id: "HCPDEF\(number)I", severity: .advice, text: text, remedy: remedy)
  }

  static func originTaken(_ partition: String, owner: String, origin: UInt64) -> Problem {
    warning(
      "094",
      "\(partition) cannot be active beside \(owner): storage at ORIGIN \(sizeText(origin)) is taken",
      "choose another origin, or none")
  }

  static func deviceTwice(_ device: UInt16, _ partition: String, owner: String) -> Problem {
    warning(
      "090",
      "\(partition) is without device \(DeviceNumbers.text(device)) beside \(owner), which has it",
      "dedicate it to one of them, or to both R/O or SHARED")
  }

  static func storageShort(
    _ partition: String, needed: UInt64, left: UInt64, installed: UInt64, granted: UInt64,
    before count: Int
  ) -> Problem {
    warning(
      "091",
      "\(partition) cannot be active with those before it: it needs \(sizeText(needed)), and of \(sizeText(installed)) "
        + "installed \(count) partitions before it take \(sizeText(granted)), which leaves \(sizeText(left))",
      "give less storage, or install more")
  }

  static func processorsShort(
    _ partition: String, _ type: ProcessorType, needed: Int, installed: Int, dedicated: Int,
    widest: Int
  ) -> Problem {
    let shared = widest > 0 ? ", a sharing partition needs \(widest)" : ""
    return warning(
      "092",
      "\(partition) cannot be active with those before it: it needs \(needed) \(type.rawValue) processors, and of "
        + "\(installed) installed \(dedicated) are dedicated\(shared), which leaves "
        + "\(max(0, installed.subtractingClamped(dedicated).subtractingClamped(widest)))",
      "give fewer processors, or install more")
  }

  static func pathTaken(
    _ partition: String, path: UInt8, device: UInt16, owner: String
  ) -> Problem {
    warning(
      "093",
      "\(partition) reaches device \(DeviceNumbers.text(device)) only by reconfigurable CHPID "
        + "\(DeviceNumbers.path(path)), which \(owner) has first",
      "give it another path, or move the path by configuring it off and on")
  }

  static func storageFragmented(
    _ partition: String, needed: UInt64, _ plan: StoragePlan
  ) -> Problem {
    let longest = plan.longest ?? 0..<0
    let (count, place) = (StoragePlan.count(of: longest), longest.lowerBound)
    let free = plan.bytes(plan.freeCount)
    let text =
      "\(partition) cannot be active with those before it: it needs \(sizeText(needed)) in one piece, "
      + "and of \(sizeText(free)) free in \(plan.free.count) pieces the longest has "
      + "\(sizeText(plan.bytes(count))), at \(sizeText(plan.bytes(place)))"
    guard let (piece, place) = plan.unpacked else {
      return warning(
        "095", text, "activate it before the others, or activate those between the pieces again")
    }
    return warning(
      "095", text,
      "pack those with an origin from the bottom: give \(piece.owner) ORIGIN "
        + "\(sizeText(plan.bytes(place))) in place of \(sizeText(plan.bytes(piece.range.lowerBound)))"
    )
  }

  static func noSuchProfile(_ reference: ProfileReference, known: [String]) -> Problem {
    warning(
      "096", "partition \(reference.partition) has no image profile \(reference.profile)",
      known.isEmpty
        ? "it has only the one of its own name"
        : "name \(reference.partition) or " + known.joined(separator: ", "))
  }

  static func activeTwice(_ name: String, _ profile: String) -> Problem {
    warning(
      "097", "\(name) is active already, with profile \(profile)",
      "name it once, or deactivate it first")
  }
}

// MARK: - Advice

extension Problem {
  static func logicalRatio(
    _ type: ProcessorType, logicals: Int, physicals: Int, usual: Int
  ) -> Problem {
    advice(
      "120",
      "\(logicals) logical \(type.rawValue) processors share \(physicals) physical ones, "
        + "\(hundredths(Fraction(Int128(logicals), Int128(physicals)))) on each, more than \(usual)",
      "expect overhead and waiting, or give fewer logical processors")
  }

  static func strandedEntitlement(
    _ who: String, _ type: ProcessorType, _ entitlement: Fraction, logicals: Int, enough: Int
  ) -> Problem {
    advice(
      "121",
      "\(who): entitled to \(hundredths(entitlement)) \(type.rawValue) processors with \(logicals) "
        + "logical, so that \(hundredths(entitlement - Fraction(logicals))) goes to the others",
      "give INITIAL \(enough), or less weight")
  }

  static func shortProcessors(
    _ who: String, _ type: ProcessorType, _ entitlement: Fraction, logicals: Int, enough: Int
  ) -> Problem {
    advice(
      "122",
      "\(who): entitled to \(hundredths(entitlement)) \(type.rawValue) processors on \(logicals) "
        + "logical, \(hundredths(entitlement / Fraction(logicals))) each, less than 0.50",
      "INITIAL \(enough) makes each of them faster")
  }

  static func capBelowEntitlement(
    _ who: String, _ type: ProcessorType, cap: Int, _ entitlement: Fraction
  ) -> Problem {
    advice(
      "123",
      "\(who): ABSCAP \(hundredthsText(cap)) is below the \(hundredths(entitlement)) \(type.rawValue) "
        + "processors that the weight entitles to, which is not advised",
      "raise the cap, or lower the weight")
  }

  static func groupCapBelowEntitlement(
    _ group: String, _ type: ProcessorType, cap: Int, members: String, _ sum: Fraction
  ) -> Problem {
    advice(
      "124",
      "group \(group): ABSCAP \(type.rawValue) \(hundredthsText(cap)) is below the \(hundredths(sum)) "
        + "processors that the weights of \(members) entitle to",
      "raise the cap, or lower the weights")
  }

  static func hostStorageShort(granted: UInt64, partitions: Int, limit: UInt64) -> Problem {
    advice(
      "125",
      "\(partitions) partitions have \(sizeText(granted)) of storage together, and HOSTSTORAGE lets "
        + "them write \(sizeText(limit))",
      "give more HOSTSTORAGE, or expect those that write more to be stopped")
  }

  static func storageGranularity(
    _ name: String, initial: UInt64, reserved: UInt64, unit: UInt64
  ) -> Problem {
    advice(
      "126",
      "\(name): a real machine gives \(sizeText(initial)) initial and \(sizeText(reserved)) reserved storage "
        + "in units of \(sizeText(unit)), of which they are no multiples",
      "round both to \(sizeText(unit)) if the profile is to be carried over")
  }

  /// A fraction cut to hundredths.
  private static func hundredths(_ fraction: Fraction) -> String {
    hundredthsText(Int(clamping: (fraction * Fraction(100)).floor))
  }
}
