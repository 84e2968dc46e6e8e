/// One thing that keeps partitions from being active together, or makes it unwise.
package struct ActivationFinding: Sendable, Equatable {
  /// The partition and profile that it is about; nil when it is about the machine.
  package var reference: ProfileReference?
  /// How grave it is.
  ///
  /// `error`: the profile can never be active on this machine. `warning`: it cannot with those before
  /// it. `advice`: it can, not well.
  package var severity: FindingSeverity
  /// Message id, such as `HCPDEF095W`.
  package var id: String
  /// What does not fit, with the arithmetic.
  package var text: String
  /// What would fit.
  package var remedy: String
  /// The statement that says it, such as `STORAGE ORIGIN`.
  var item: String

  init(_ problem: Problem, _ reference: ProfileReference?, item: String) {
    self.reference = reference
    severity = problem.severity
    id = problem.id
    text = problem.text
    remedy = problem.remedy
    self.item = item
  }

  /// Whether the profile was left out because of it.
  package var isRefusal: Bool { severity != .advice }
}

extension ActivationFinding: CustomStringConvertible {
  /// The finding on one line.
  package var description: String { "\(id) \(text); \(remedy)" }
}
