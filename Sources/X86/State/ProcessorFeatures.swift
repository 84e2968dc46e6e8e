/// Parts of the architecture that a processor has beyond the fixed model, each behind its CPUID bit.
///
/// All processors of a partition have the same. What is not offered behaves as on silicon without it:
/// #UD, or what the same bytes meant before. Source: Intel SDM volume 2, "CPUID"; AMD APM volume 3,
/// appendix E.
package struct ProcessorFeatures: OptionSet, Codable, Hashable, Sendable {
  /// One bit a member; saved states have them, so that none is ever used anew.
  package let rawValue: UInt64

  /// Members by their bits.
  package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// SSE3: leaf 1, ECX bit 0.
  package static let sse3 = Self(rawValue: 1 << 0)
  /// SSSE3: leaf 1, ECX bit 9.
  package static let ssse3 = Self(rawValue: 1 << 1)
  /// SSE4.1: leaf 1, ECX bit 19.
  package static let sse41 = Self(rawValue: 1 << 2)
  /// SSE4.2 with CRC32: leaf 1, ECX bit 20.
  package static let sse42 = Self(rawValue: 1 << 3)
  /// POPCNT: leaf 1, ECX bit 23.
  package static let popcnt = Self(rawValue: 1 << 4)
  /// LZCNT (AMD's ABM): leaf 0x80000001, ECX bit 5.
  package static let lzcnt = Self(rawValue: 1 << 5)
  /// BMI1 with TZCNT: leaf 7, EBX bit 3.
  package static let bmi1 = Self(rawValue: 1 << 6)
  /// MOVBE: leaf 1, ECX bit 22.
  package static let movbe = Self(rawValue: 1 << 7)
  /// XSAVE, XRSTOR, XGETBV, XSETBV: leaf 1, ECX bit 26, and leaf 0xD.
  package static let xsave = Self(rawValue: 1 << 8)
  /// XSAVEOPT: leaf 0xD sub-leaf 1, EAX bit 0.
  package static let xsaveopt = Self(rawValue: 1 << 9)
  /// Process-context identifiers: leaf 1, ECX bit 17.
  package static let pcid = Self(rawValue: 1 << 10)
  /// INVPCID: leaf 7, EBX bit 10.
  package static let invpcid = Self(rawValue: 1 << 11)
  /// RDFSBASE and its kin: leaf 7, EBX bit 0.
  package static let fsgsbase = Self(rawValue: 1 << 12)
  /// Supervisor-mode execution prevention: leaf 7, EBX bit 7.
  package static let smep = Self(rawValue: 1 << 13)
  /// Supervisor-mode access prevention: leaf 7, EBX bit 20.
  package static let smap = Self(rawValue: 1 << 14)
  /// User-mode instruction prevention: leaf 7, ECX bit 2.
  package static let umip = Self(rawValue: 1 << 15)
  /// Pages of 1 GiB: leaf 0x80000001, EDX bit 26.
  package static let pages1G = Self(rawValue: 1 << 16)
  /// Virtual-8086 mode extensions: leaf 1, EDX bit 1.
  package static let vme = Self(rawValue: 1 << 17)
  /// Debugging extensions (DE): leaf 1, EDX bit 2.
  package static let debuggingExtensions = Self(rawValue: 1 << 18)
  /// Pages of 4 MiB above 4 GiB: leaf 1, EDX bit 17.
  package static let pse36 = Self(rawValue: 1 << 19)
  /// Memory-type range registers: leaf 1, EDX bit 12.
  package static let mtrr = Self(rawValue: 1 << 20)

  /// Nothing beyond the fixed model.
  package static let baseline: Self = []
  /// Everything that is implemented.
  package static let all = Self(offered.map(\.feature))
  /// The names of `all`, in the order of the table.
  package static let names = offered.map(\.name)

  /// The implemented feature of a name, as `names` has it.
  package init?(name: String) {
    guard let row = Self.offered.first(where: { $0.name == name }) else { return nil }
    self = row.feature
  }

  /// A register that CPUID returns.
  enum CPUIDRegister { case eax, ebx, ecx, edx }

  /// Where CPUID shows a feature.
  struct Place: Sendable {
    let leaf: UInt32
    let part: UInt32
    let register: CPUIDRegister
    let bit: UInt32

    init(_ leaf: UInt32, _ register: CPUIDRegister, _ bit: UInt32, part: UInt32 = 0) {
      self.leaf = leaf
      self.part = part
      self.register = register
      self.bit = bit
    }
  }

  /// One implemented feature.
  struct Row: Sendable {
    let feature: ProcessorFeatures
    let name: String
    let places: [Place]

    init(_ name: String, _ feature: ProcessorFeatures, _ places: Place...) {
      self.name = name
      self.feature = feature
      self.places = places
    }
  }

  /// The implemented features; a row appears with its implementation.
  static let offered = [
    Row("sse3", .sse3, Place(1, .ecx, 0)),
    Row("ssse3", .ssse3, Place(1, .ecx, 9)),
    Row("sse41", .sse41, Place(1, .ecx, 19)),
    Row("sse42", .sse42, Place(1, .ecx, 20)),
    Row("popcnt", .popcnt, Place(1, .ecx, 23)),
    Row("lzcnt", .lzcnt, Place(0x8000_0001, .ecx, 5)),
    Row("bmi1", .bmi1, Place(7, .ebx, 3)),
    Row("movbe", .movbe, Place(1, .ecx, 22)),
    Row("xsave", .xsave, Place(1, .ecx, 26)),
    Row("xsaveopt", .xsaveopt, Place(0xD, .eax, 0, part: 1)),
    Row("pcid", .pcid, Place(1, .ecx, 17)),
    Row("invpcid", .invpcid, Place(7, .ebx, 10)),
    Row("fsgsbase", .fsgsbase, Place(7, .ebx, 0)),
    Row("smep", .smep, Place(7, .ebx, 7)),
    Row("smap", .smap, Place(7, .ebx, 20)),
    Row("umip", .umip, Place(7, .ecx, 2)),
    Row("pages1g", .pages1G, Place(0x8000_0001, .edx, 26)),
    Row("pse36", .pse36, Place(1, .edx, 17), Place(0x8000_0001, .edx, 17)),
    Row("vme", .vme, Place(1, .edx, 1), Place(0x8000_0001, .edx, 1)),
    Row("de", .debuggingExtensions, Place(1, .edx, 2), Place(0x8000_0001, .edx, 2)),
  ]

  /// Adds the bits of a leaf that belong to these features.
  func adding(to leaf: Identification.Leaf, _ number: UInt32, _ part: UInt32) -> Identification.Leaf
  {
    var leaf = leaf
    for row in Self.offered where contains(row.feature) {
      for place in row.places where place.leaf == number && place.part == part {
        switch place.register {
        case .eax: leaf.eax |= 1 << place.bit
        case .ebx: leaf.ebx |= 1 << place.bit
        case .ecx: leaf.ecx |= 1 << place.bit
        case .edx: leaf.edx |= 1 << place.bit
        }
      }
    }
    return leaf
  }
}
