import Channels
import Partitioning
import Quantities

/// Judges, before anything is activated, which profiles cannot be active together.
///
/// The profiles are taken in order. One that does not fit is reported with the sum and left out, so
/// that the next is judged by what really is active. Then the shares of those that fit are looked at
/// for what is legal and unwise. Pure: the same answer wherever it is asked.
///
/// Sources: PR/SM Planning Guide for the activation limits of processors and for storage (contiguous,
/// at the origin or the highest that fits).
package struct ActivationValidator: Sendable {
  /// Everything found: what cannot be active in the order of activation, then advice by pool.
  package private(set) var findings: [ActivationFinding] = []
  /// Those that can be active together, in order; those that were active before are not in it.
  package private(set) var fitting: [ProfileReference] = []
  /// The machine with all of `fitting` active.
  package private(set) var state: ActivationState

  private let definition: SystemDefinition
  private let reach: DeviceReach
  private let numbers: [String: Int]
  /// Indices of further image profiles.
  private let images: [ProfileReference: Int]

  /// Judges profiles.
  ///
  /// - Parameters:
  ///   - definition: The machine and all profiles.
  ///   - order: What would be activated, in this order.
  ///   - state: What is active already; nothing when it is left out.
  package init(
    _ definition: SystemDefinition, order: [ProfileReference], beside state: ActivationState? = nil
  ) {
    self.definition = definition
    self.state = state ?? ActivationState(definition)
    reach = DeviceReach(definition.inputOutput)
    numbers = Dictionary(
      definition.partitions.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { one, _ in one })
    images = Dictionary(
      definition.imageProfiles.enumerated().map {
        (ProfileReference(partition: $1.partition, profile: $1.name), $0)
      }, uniquingKeysWith: { one, _ in one })
    for reference in order { activate(reference) }
    findings += ActivationAdvice(definition, self.state).findings
  }

  /// Whether all that was asked for can be active.
  package var allFit: Bool { !findings.contains(where: \.isRefusal) }

  private func profile(_ reference: ProfileReference) -> PartitionDefinition? {
    guard reference.profile != reference.partition else {
      return numbers[reference.partition].flatMap { definition.partitions.element(at: $0) }
    }
    return images[reference].flatMap { definition.imageProfiles.element(at: $0)?.definition }
  }

  private mutating func activate(_ reference: ProfileReference) {
    guard let profile = profile(reference) else {
      findings.append(
        ActivationFinding(
          .noSuchProfile(
            reference,
            known: definition.imageProfiles.filter { $0.partition == reference.partition }
              .map(\.name)), reference, item: "PARTITION"))
      return
    }
    if let active = state.activeProfile(of: profile.name) {
      findings.append(
        ActivationFinding(.activeTwice(profile.name, active), reference, item: "PARTITION"))
      return
    }
    let others = processors(of: profile, reference) + devices(of: profile, reference)
    guard others.isEmpty else {
      // What it would need of storage is said too, but not taken.
      var plan = state.storage
      findings += (plan.place(profile, reference).map { [$0] } ?? []) + others
      return
    }
    if let problem = state.storage.place(profile, reference) {
      findings.append(problem)
    } else {
      state.enter(profile, profile: reference.profile)
      fitting.append(reference)
    }
  }

  // MARK: - Processors

  private func processors(
    of profile: PartitionDefinition, _ reference: ProfileReference
  ) -> [ActivationFinding] {
    let pools = definition.machine.processors
    return profile.processors.compactMap { item in
      let key = "PROCESSOR " + item.type.rawValue
      guard let pool = pools.first(where: { $0.type == item.type }),
        let installed = state.physical[item.type]
      else {
        return ActivationFinding(
          .typeNotInstalled(item.type, installed: pools.map(\.type)), reference, item: key)
      }
      guard item.initial <= pool.count else {
        return ActivationFinding(
          .initialBeyondInstalled(item.type, item.initial, installed: pool.count), reference,
          item: key)
      }
      let reservation = state.reservation(of: item.type)
      guard item.initial > reservation.available(item.mode) else { return nil }
      return ActivationFinding(
        .processorsShort(
          reference.words, item.type, needed: item.initial, installed: installed,
          dedicated: reservation.dedicated,
          widest: item.mode == .dedicated ? reservation.sharing.max() ?? 0 : 0),
        reference, item: key)
    }
  }

  // MARK: - Devices and paths

  private func devices(
    of profile: PartitionDefinition, _ reference: ProfileReference
  ) -> [ActivationFinding] {
    profile.devices.compactMap { assignment in
      let item = "DEDICATE " + DeviceNumbers.text(assignment.virtualDevice)
      if let owner = state.owner(of: assignment) {
        return ActivationFinding(
          .deviceTwice(assignment.realDevice, reference.words, owner: owner), reference, item: item)
      }
      guard let device = definition.inputOutput.device(assignment.realDevice) else { return nil }
      let paths = reach.paths(to: device, of: profile.name)
      guard let first = paths.first,
        paths.allSatisfy({ state.owner(of: $0, besides: profile.name) != nil }),
        let owner = state.owner(of: first, besides: profile.name)
      else { return nil }
      return ActivationFinding(
        .pathTaken(reference.words, path: first.number, device: device.number, owner: owner),
        reference, item: item)
    }
  }
}

extension StoragePlan {
  /// Gives a profile its initial storage, or says why not.
  fileprivate mutating func place(
    _ profile: PartitionDefinition, _ reference: ProfileReference
  ) -> ActivationFinding? {
    let count = count(of: profile.storage.initialByteCount)
    let origin = profile.storage.origin.map(increments)
    guard count > 0 else {
      return ActivationFinding(
        .noStorage(increment: incrementByteCount), reference, item: "STORAGE INITIAL")
    }
    let end = count.addingClamped(origin ?? 0)
    guard end <= installedCount else {
      return ActivationFinding(
        .storageBeyondInstalled(
          origin == nil ? "INITIAL" : "ORIGIN and INITIAL together,", bytes(end),
          installed: bytes(installedCount)), reference, item: "STORAGE INITIAL")
    }
    let refusal: Refusal
    do throws(Refusal) {
      _ = try take(count, for: profile.name, origin: origin)
      return nil
    } catch {
      refusal = error
    }
    let who = reference.words
    switch refusal {
    case .originTaken(let owner):
      return ActivationFinding(
        .originTaken(who, owner: owner ?? "the others", origin: profile.storage.origin ?? 0),
        reference, item: "STORAGE ORIGIN")
    case .short:
      return ActivationFinding(
        .storageShort(
          who, needed: bytes(count), left: bytes(freeCount), installed: bytes(installedCount),
          granted: bytes(installedCount.subtractingClamped(freeCount)),
          before: Set(pieces.map(\.owner)).count),
        reference, item: "STORAGE INITIAL")
    case .fragmented:
      return ActivationFinding(
        .storageFragmented(who, needed: bytes(count), self), reference, item: "STORAGE INITIAL")
    }
  }
}
