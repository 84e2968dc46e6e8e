// The values that SET commands change, as changes of a definition: pure, the same for what runs and
// for what a profile holds.

/// A partition's share of one pool.
struct ShareSetting: Equatable {
  var amount: ShareAmount
  var limit: ShareLimit
  var absoluteCapHundredths: Int?
}

extension PartitionDefinition {
  /// What an entry of the processors asks of its pool.
  func share(of entry: Int) -> ShareSetting {
    let processors = processors[entry]
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
    processors[entry].absoluteCapHundredths = setting.absoluteCapHundredths
    processors[entry].isCapped = setting.limit == .hard(nil)
    processors[entry].share = nil
    let limit: ShareLimit = setting.limit == .hard(nil) ? .none : setting.limit
    if case .relative(let weight) = setting.amount {
      processors[entry].weight = weight
      if limit != .none || weight > ProcessingShare.weights.upperBound {
        processors[entry].share = ShareDefinition(amount: setting.amount, limit: limit)
      }
    } else {
      processors[entry].share = ShareDefinition(amount: setting.amount, limit: limit)
    }
    gatherShare()
  }

  /// Says a SHARE statement at each shared type, so that one of them can differ.
  private mutating func spreadShare() {
    guard let said = share else { return }
    for entry in processors.indices where processors[entry].mode == .shared {
      if case .relative(let weight) = said.amount { processors[entry].weight = weight }
      processors[entry].share = processors[entry].share ?? said
    }
    share = nil
  }

  /// Says what all shared types have in common as one SHARE statement again.
  private mutating func gatherShare() {
    let entries = processors.indices.filter { processors[$0].mode == .shared }
    guard let first = entries.first, let said = processors[first].share,
      entries.allSatisfy({ processors[$0].share == said })
    else { return }
    share = said
    for entry in entries { processors[entry].share = nil }
  }
}
