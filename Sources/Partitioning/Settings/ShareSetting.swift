// The values that SET commands change, as changes of a definition: pure, the same for what runs and
// for what a profile holds.

import Quantities

/// A partition's share of one pool.
package struct ShareSetting: Equatable {
  /// What it asks for.
  package var amount: ShareAmount
  /// What it may have at most.
  package var limit: ShareLimit
  /// Its absolute cap in hundredths of a processor.
  package var absoluteCapHundredths: Int?
}

extension PartitionDefinition {
  /// What an entry of the processors asks of its pool; where there is none, what one asks of which
  /// nothing is said.
  func share(of entry: Int) -> ShareSetting {
    share(of: processors.element(at: entry) ?? PartitionProcessors(type: .cp))
  }

  /// What processors of the partition ask of their pool.
  package func share(of processors: PartitionProcessors) -> ShareSetting {
    let said = processors.share ?? share
    return ShareSetting(
      amount: said?.amount ?? .relative(processors.weight),
      limit: processors.isCapped ? .hard(nil) : said?.limit ?? .none,
      absoluteCapHundredths: processors.absoluteCapHundredths)
  }

  /// Changes what an entry asks of its pool; said in the plainest words that mean it.
  mutating func setShare(of entry: Int, _ change: (inout ShareSetting) -> Void) {
    var setting = share(of: entry)
    change(&setting)
    spreadShare()
    processors.change(at: entry) { $0.say(setting) }
    gatherShare()
  }

  /// Says a SHARE statement at each shared type, so that one of them can differ.
  private mutating func spreadShare() {
    guard let said = share else { return }
    processors.changeEach {
      guard $0.mode == .shared else { return }
      if case .relative(let weight) = said.amount { $0.weight = weight }
      $0.share = $0.share ?? said
    }
    share = nil
  }

  /// Says what all shared types have in common as one SHARE statement again.
  private mutating func gatherShare() {
    let shared = processors.filter { $0.mode == .shared }
    guard let said = shared.first?.share, shared.allSatisfy({ $0.share == said }) else { return }
    share = said
    processors.changeEach { if $0.mode == .shared { $0.share = nil } }
  }
}

extension PartitionProcessors {
  /// Says what is asked of the pool in the plainest words.
  fileprivate mutating func say(_ setting: ShareSetting) {
    absoluteCapHundredths = setting.absoluteCapHundredths
    isCapped = setting.limit == .hard(nil)
    share = nil
    let limit: ShareLimit = setting.limit == .hard(nil) ? .none : setting.limit
    if case .relative(let weight) = setting.amount {
      self.weight = weight
      if limit == .none, weight <= ProcessingShare.weights.upperBound { return }
    }
    share = ShareDefinition(amount: setting.amount, limit: limit)
  }
}
