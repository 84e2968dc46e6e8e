import Partitioning

// Partitions as the program before a share was stored once wrote them into rows: made with that program, not
// by hand.

/// What stands in a row, and the processors that it means.
struct FormerPartition: Sendable {
  let json: String
  let meaning: [PartitionProcessors]

  private static func share(
    _ type: ProcessorType, _ amount: ShareAmount, _ limit: ShareLimit = .none, cap: Int? = nil
  ) -> PartitionProcessors {
    PartitionProcessors(
      type: type, share: ShareDefinition(amount, limit: limit, absoluteCapHundredths: cap))
  }

  static let all: [FormerPartition] = [
    FormerPartition(
      json:
        #"{"classes":"G","commands":[],"devices":[],"name":"A","options":[],"polarity":"HORIZONTAL","processors":[{"absoluteCapHundredths":150,"initial":1,"isCapped":true,"mode":"SHARED","reserved":0,"type":"CP","weight":300},{"initial":1,"isCapped":false,"mode":"SHARED","reserved":0,"type":"IFL","weight":20}],"security":{"crossPartitionAuthority":false,"globalPerformanceData":true,"inputOutputControl":true,"isIsolated":false},"storage":{"initialByteCount":16777216,"reservedByteCount":0},"virtualDevices":[]}"#,
      meaning: [
        share(.cp, .relative(300), .hard(nil), cap: 150),
        share(.ifl, .relative(20)),
      ]),
    FormerPartition(
      json:
        #"{"classes":"G","commands":[],"devices":[],"name":"A","options":[],"polarity":"HORIZONTAL","processors":[{"absoluteCapHundredths":150,"initial":1,"isCapped":true,"mode":"SHARED","reserved":0,"type":"CP","weight":300},{"initial":1,"isCapped":false,"mode":"SHARED","reserved":0,"share":{"amount":{"absolute":{"hundredthsOfPercent":3000}},"limit":{"none":{}}},"type":"IFL","weight":20}],"security":{"crossPartitionAuthority":false,"globalPerformanceData":true,"inputOutputControl":true,"isIsolated":false},"storage":{"initialByteCount":16777216,"reservedByteCount":0},"virtualDevices":[]}"#,
      meaning: [
        share(.cp, .relative(300), .hard(nil), cap: 150),
        share(.ifl, .absolute(hundredthsOfPercent: 3000)),
      ]),
    FormerPartition(
      json:
        #"{"classes":"G","commands":[],"devices":[],"name":"B","options":[],"polarity":"HORIZONTAL","processors":[{"initial":1,"isCapped":true,"mode":"SHARED","reserved":0,"type":"CP","weight":2000},{"initial":1,"isCapped":false,"mode":"SHARED","reserved":0,"type":"IFL","weight":2000}],"security":{"crossPartitionAuthority":false,"globalPerformanceData":true,"inputOutputControl":true,"isIsolated":false},"share":{"amount":{"relative":{"_0":2000}},"limit":{"soft":{}}},"storage":{"initialByteCount":16777216,"reservedByteCount":0},"virtualDevices":[]}"#,
      meaning: [
        share(.cp, .relative(2000), .hard(nil)),
        share(.ifl, .relative(2000), .soft(nil)),
      ]),
    FormerPartition(
      json:
        #"{"classes":"G","commands":[],"devices":[],"name":"B","options":[],"polarity":"HORIZONTAL","processors":[{"initial":1,"isCapped":false,"mode":"SHARED","reserved":0,"type":"CP","weight":70},{"initial":1,"isCapped":false,"mode":"SHARED","reserved":0,"type":"IFL","weight":70}],"security":{"crossPartitionAuthority":false,"globalPerformanceData":true,"inputOutputControl":true,"isIsolated":false},"share":{"amount":{"relative":{"_0":70}},"limit":{"soft":{}}},"storage":{"initialByteCount":16777216,"reservedByteCount":0},"virtualDevices":[]}"#,
      meaning: [
        share(.cp, .relative(70), .soft(nil)),
        share(.ifl, .relative(70), .soft(nil)),
      ]),
    FormerPartition(
      json:
        #"{"classes":"G","commands":[],"devices":[],"name":"C","options":[],"polarity":"HORIZONTAL","processors":[{"initial":1,"isCapped":false,"mode":"SHARED","reserved":0,"type":"CP","weight":100},{"initial":1,"isCapped":false,"mode":"SHARED","reserved":0,"share":{"amount":{"relative":{"_0":40}},"limit":{"hard":{}}},"type":"IFL","weight":40}],"security":{"crossPartitionAuthority":false,"globalPerformanceData":true,"inputOutputControl":true,"isIsolated":false},"share":{"amount":{"absolute":{"hundredthsOfPercent":2000}},"limit":{"hard":{"_0":{"relative":{"_0":500}}}}},"storage":{"initialByteCount":16777216,"reservedByteCount":0},"virtualDevices":[]}"#,
      meaning: [
        share(.cp, .absolute(hundredthsOfPercent: 2000), .hard(.relative(500))),
        share(.ifl, .relative(40), .hard(nil)),
      ]),
    FormerPartition(
      json:
        #"{"classes":"G","commands":[],"devices":[],"name":"C","options":[],"polarity":"HORIZONTAL","processors":[{"initial":1,"isCapped":true,"mode":"SHARED","reserved":0,"share":{"amount":{"absolute":{"hundredthsOfPercent":2000}},"limit":{"none":{}}},"type":"CP","weight":100},{"initial":1,"isCapped":false,"mode":"SHARED","reserved":0,"share":{"amount":{"relative":{"_0":40}},"limit":{"hard":{}}},"type":"IFL","weight":40}],"security":{"crossPartitionAuthority":false,"globalPerformanceData":true,"inputOutputControl":true,"isIsolated":false},"storage":{"initialByteCount":16777216,"reservedByteCount":0},"virtualDevices":[]}"#,
      meaning: [
        share(.cp, .absolute(hundredthsOfPercent: 2000), .hard(nil)),
        share(.ifl, .relative(40), .hard(nil)),
      ]),
    FormerPartition(
      json:
        #"{"classes":"G","commands":[],"devices":[],"name":"D","options":[],"polarity":"HORIZONTAL","processors":[{"initial":1,"isCapped":false,"mode":"DEDICATED","reserved":0,"type":"IFL","weight":100}],"security":{"crossPartitionAuthority":false,"globalPerformanceData":true,"inputOutputControl":true,"isIsolated":false},"storage":{"initialByteCount":16777216,"reservedByteCount":0},"virtualDevices":[]}"#,
      meaning: [
        PartitionProcessors(type: .ifl, mode: .dedicated)
      ]),
  ]
}
