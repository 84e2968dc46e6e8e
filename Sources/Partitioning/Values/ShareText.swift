import Quantities

// Shares and limits as QUERY SHARE shows them.

/// A share as QUERY SHARE shows it: `RELATIVE SHARE = 200`.
package func shareText(_ share: ShareAmount) -> String {
  switch share {
  case .relative(let weight): "RELATIVE SHARE = \(weight)"
  case .absolute(let value): "ABSOLUTE SHARE = \(fixedPointText(value, places: 2))%"
  }
}

/// A limit as QUERY SHARE shows it: `NOLIMIT`, `LIMITHARD ABSOLUTE 30%`.
package func limitText(_ limit: ShareLimit) -> String {
  func amount(_ amount: ShareAmount?) -> String {
    switch amount {
    case nil: ""
    case .relative(let weight): " RELATIVE \(weight)"
    case .absolute(let value): " ABSOLUTE \(fixedPointText(value, places: 2))%"
    }
  }
  return switch limit {
  case .none: "NOLIMIT"
  case .soft(let value): "LIMITSOFT" + amount(value)
  case .hard(let value): "LIMITHARD" + amount(value)
  }
}
