// Which objects of one I/O configuration are those of another.

import Quantities

/// Objects of two configurations that are the same object, whatever else is said of them.
package struct ObjectPairs: Sendable {
  /// For each object of the later configuration the index of the same one in the earlier; nil for a new one.
  package let earlier: [Int?]
  /// For each object of the earlier configuration the index of the same one in the later; nil for one that goes.
  package let later: [Int?]

  /// Pairs objects by what names them; of several of one name, those of which the second says the same too.
  ///
  /// The same number can be that of several devices, each for other partitions.
  package init<Object, Name: Hashable>(
    from before: [Object], to after: [Object], name: (Object) -> Name,
    isAlike: (Object, Object) -> Bool
  ) {
    let old = Dictionary(grouping: before.enumerated()) { name($0.element) }
    // Cannot trap: counts an array that is there.
    let new = Dictionary(grouping: after.map(name)) { $0 }
    var earlier: [Int?] = after.map { _ in nil }
    var later: [Int?] = before.map { _ in nil }
    for (index, object) in after.enumerated() {
      let name = name(object)
      let candidates = old[name] ?? []
      let isOnly = candidates.count == 1 && new[name]?.count == 1
      let match = candidates.first { candidate in
        later.element(at: candidate.offset) == .some(nil)
          && (isOnly || isAlike(candidate.element, object))
      }
      guard let match else { continue }
      earlier.change(at: index) { $0 = match.offset }
      later.change(at: match.offset) { $0 = index }
    }
    self.earlier = earlier
    self.later = later
  }
}
