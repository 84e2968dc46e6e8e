// Which objects of one I/O configuration are those of another.

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
    let old = Dictionary(grouping: before.indices) { name(before[$0]) }
    let new = Dictionary(grouping: after.indices) { name(after[$0]) }
    var earlier = [Int?](repeating: nil, count: after.count)
    var later = [Int?](repeating: nil, count: before.count)
    for (index, object) in after.enumerated() {
      let name = name(object)
      let candidates = old[name] ?? []
      let isOnly = candidates.count == 1 && new[name]?.count == 1
      guard
        let match = candidates.first(where: {
          later[$0] == nil && (isOnly || isAlike(before[$0], object))
        })
      else { continue }
      earlier[index] = match
      later[match] = index
    }
    self.earlier = earlier
    self.later = later
  }
}
