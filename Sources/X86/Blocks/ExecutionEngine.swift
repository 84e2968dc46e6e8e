import Foundation

/// What runs guest code: the history is the same.
package enum ExecutionEngine: String, CaseIterable, Sendable {
  /// The interpreter alone.
  case interpret
  /// Translated code where a block of 64-bit code is run again and again, on hosts that are x86-64; the
  /// interpreter for the rest.
  case translate

  /// What runs where nothing is said: what ENDICOTT_ENGINE names, for tests, or the translator.
  package static let standard =
    ProcessInfo.processInfo.environment["ENDICOTT_ENGINE"].flatMap(Self.init) ?? .translate

  /// Runs of a block before it is translated: 16, or what ENDICOTT_TRANSLATE_AFTER says, for tests.
  static let runsBefore =
    ProcessInfo.processInfo.environment["ENDICOTT_TRANSLATE_AFTER"].flatMap(Int32.init) ?? 16
}
