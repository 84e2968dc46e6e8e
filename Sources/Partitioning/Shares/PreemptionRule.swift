/// Who may take whose physical processor when an I/O interrupt is pending.
///
/// Source: z9 PR/SM Planning Guide SB10-7041, page 164: a logical processor of higher priority
/// preempts a running one of lower priority if it is further behind its share, or less far ahead of
/// it. The priority is the share per logical processor. Equal priorities count as lower: that is ours,
/// because demand below the entitlement would otherwise wait for time slices.
package enum PreemptionRule {
  /// Where a logical processor stands.
  ///
  /// Any measures serve that are the same for both: the dispatcher compares virtual times.
  package struct Standing<Priority: Comparable, Distance: Comparable> {
    /// Part of the pool that each logical processor of its partition carries; more goes first.
    package var priority: Priority
    /// How far its partition's use is beyond its share, as a part of the share; less goes first.
    package var ahead: Distance

    /// Creates a standing.
    package init(priority: Priority, ahead: Distance) {
      self.priority = priority
      self.ahead = ahead
    }
  }

  /// Whether the one with the interrupt pending may take the physical processor of the running one.
  package static func permits<Priority, Distance>(
    _ pending: Standing<Priority, Distance>, over running: Standing<Priority, Distance>
  ) -> Bool {
    pending.priority >= running.priority && pending.ahead < running.ahead
  }
}
