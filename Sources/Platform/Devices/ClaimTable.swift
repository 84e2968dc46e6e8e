// Which device answers where: ranges of ports or of addresses that do not overlap, ascending. It is searched
// at every access, so it lies in memory of its own and counts no references.

import Quantities

/// A range in which one device answers.
struct Claim {
  let start: UInt64
  let end: UInt64
  /// The register at `start`.
  let register: Int
  /// The bus keeps the device alive.
  let device: Unmanaged<BusTarget>

  /// The number of the register at an address of the range.
  func register(at address: UInt64) -> Int {
    register &+ Int(truncatingIfNeeded: address &- start)
  }
}

/// Claims by address.
struct ClaimTable: ~Copyable {
  private let claims: UnsafeMutablePointer<Claim>
  private let count: Int

  /// A table of regions and whose they are; where they overlap, the later one counts.
  init(_ regions: [(region: DeviceRegion, device: BusTarget)]) {
    let ends = regions.map { $0.region.start.addingClamped($0.region.count) }
    let borders = Set(regions.map(\.region.start) + ends).sorted()
    let found = zip(borders, borders.dropFirst()).compactMap { start, end -> Claim? in
      // Between two borders a region is whole or is not there.
      guard
        let owner = regions.last(where: {
          $0.region.start <= start && start.subtractingClamped($0.region.start) < $0.region.count
        })
      else { return nil }
      let offset = Int(clamping: start.subtractingClamped(owner.region.start))
      return Claim(
        start: start, end: end, register: owner.region.register.addingClamped(offset),
        device: .passUnretained(owner.device))
    }
    count = found.count
    // Cannot trap: two for each region of a computer's devices at most.
    claims = .allocate(capacity: max(1, found.count))
    for (index, claim) in found.enumerated() {
      claims.advanced(by: index).initialize(to: claim)
    }
  }

  deinit { claims.deallocate() }

  /// The first claim that ends behind an address; nil when none does.
  @inline(__always)
  func next(from address: UInt64) -> UnsafeMutablePointer<Claim>? {
    // Safety: `low` stays below `count` where it is followed.
    var low = 0
    var high = count
    while low < high {
      let middle = (low &+ high) &>> 1
      if claims.advanced(by: middle).pointee.end <= address {
        low = middle &+ 1
      } else {
        high = middle
      }
    }
    return low < count ? claims.advanced(by: low) : nil
  }
}
