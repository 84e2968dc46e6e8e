/// What an access wants to do, for rights and error codes.
struct AccessKind {
  var isWrite = false
  var isFetch = false
  /// Rights of CPL 3; false for supervisor accesses, implicit ones among them.
  var isUser = false
  /// The processor's own access to a system structure (descriptor table, TSS) at any privilege.
  var isImplicit = false
}

/// Whose rights a table of the translation buffer stands for; the raw value is its number.
enum TranslationView: Int, CaseIterable {
  case supervisor
  case user
  /// The supervisor's explicit accesses while EFLAGS.AC overrides CR4.SMAP.
  case overriding
}

/// The rights that the entries of all levels leave to a page.
struct PageRights: Equatable {
  var isUser = true
  var isWritable = true
  var isExecutable = true
}

/// The control bits that decide what rights mean.
struct RightsControls {
  let writeProtect: Bool
  let executionPrevention: Bool
  let accessPrevention: Bool

  init(cr0: UInt64, cr4: UInt64) {
    let isPaging = cr0 & ControlRegister0.paging != 0
    writeProtect = cr0 & ControlRegister0.writeProtect != 0
    executionPrevention = isPaging && cr4 & ControlRegister4.executionPrevention != 0
    accessPrevention = isPaging && cr4 & ControlRegister4.accessPrevention != 0
  }

  /// Whether instructions may be fetched from a page.
  ///
  /// Source: Intel SDM volume 3, "Determination of Access Rights", instruction fetches.
  func mayFetch(_ page: PageRights, _ view: TranslationView) -> Bool {
    guard page.isExecutable else { return false }
    return view == .user ? page.isUser : !(executionPrevention && page.isUser)
  }

  /// Whether data of a page may be read.
  ///
  /// Source: Intel SDM volume 3, "Determination of Access Rights", data reads.
  func mayRead(_ page: PageRights, _ view: TranslationView) -> Bool {
    switch view {
    case .user: page.isUser
    case .supervisor: !(accessPrevention && page.isUser)
    case .overriding: true
    }
  }

  /// Whether data of a page may be written.
  ///
  /// Source: Intel SDM volume 3, "Determination of Access Rights", data writes.
  func mayWrite(_ page: PageRights, _ view: TranslationView) -> Bool {
    mayRead(page, view) && (page.isWritable || (view != .user && !writeProtect))
  }

  /// Whether an access is allowed.
  func permits(_ access: AccessKind, _ page: PageRights, _ view: TranslationView) -> Bool {
    if access.isFetch { return mayFetch(page, view) }
    return access.isWrite ? mayWrite(page, view) : mayRead(page, view)
  }
}
