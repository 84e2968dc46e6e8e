// What a machine is becomes values: to save, copy or compare it is to take the state of each object. That is
// only whole when no property is forgotten; so each class says what each of its stored properties is, and a
// test asks every instance.

/// What the stored properties of a class are, by name.
package struct PropertyRoles: Sendable, Equatable {
  /// What the object is: saved, copied and compared.
  package var state: [String]
  /// What it is connected to and was built from: references, host pointers, host files, definitions.
  package var wiring: [String]
  /// What can be found again from the other two, or is nothing that happens in the machine: it can be dropped
  /// at any instant and nobody inside notices.
  package var caches: [String]

  /// Names properties.
  package init(state: [String], wiring: [String] = [], caches: [String] = []) {
    self.state = state
    self.wiring = wiring
    self.caches = caches
  }
}

/// An object of which it can be said of each stored property whether it is state, wiring or a cache.
package protocol StateHolder: AnyObject {
  /// Which is which, superclasses' properties included.
  static var roles: PropertyRoles { get }
}

extension StateHolder {
  /// What is wrong with `roles`, in the order of the names: properties that have no role or several, and
  /// names of no property.
  package var misplacedProperties: [String] {
    let roles = Self.roles
    let groups = [roles.state, roles.wiring, roles.caches]
    let properties = storedProperties(of: Mirror(reflecting: self))
    let all = (properties + groups.flatMap(\.self)).sorted()
    return all.enumerated().filter { index, name in
      all.element(at: index &- 1) != name
        && (!properties.contains(name) || groups.count { $0.contains(name) } != 1)
    }.map(\.element)
  }
}

/// Names of an object's stored properties; a lazy one has the name that it was declared with.
private func storedProperties(of mirror: Mirror) -> [String] {
  let inherited = mirror.superclassMirror.map(storedProperties) ?? []
  let prefix = "$__lazy_storage_$_"
  return inherited
    + mirror.children.compactMap(\.label).map { label in
      label.hasPrefix(prefix) ? String(label.dropFirst(prefix.count)) : label
    }
}
