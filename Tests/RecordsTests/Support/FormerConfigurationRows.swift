// Rows of `running` and `profile` as the program wrote them before a record held a partition's whole value: made
// with that program, of `KeptMachine`, not by hand.

/// A row that an older program wrote.
struct FormerConfigurationRow: Sendable {
  /// The partition; empty for the machine.
  let name: String
  /// The image profile, in a row of `profile`.
  var profile: String?
  let json: String

  /// The row of `KeptMachine.whollySet`, as the program wrote it whose record listed the machine's values.
  static let wholeMachine =
    #"{"base":{"groups":[{"absoluteCaps":[{"hundredths":150,"type":"CP"}],"capacityUnits":300,"name":"G"}],"waitCompletion":false},"deleted":["C"],"offlinePaths":[17],"offlineProcessors":[2],"profileSettings":{"groups":[{"absoluteCaps":[{"hundredths":120,"type":"CP"}],"capacityUnits":300,"name":"G"}],"runningTime":7000000,"waitCompletion":false},"settings":{"groups":[{"absoluteCaps":[{"hundredths":99,"type":"CP"}],"capacityUnits":300,"name":"G"}],"runningTime":5000000,"waitCompletion":true}}"#

  static let all: [FormerConfigurationRow] = [
    FormerConfigurationRow(
      name: "",
      json:
        #"{"base":{"groups":[],"waitCompletion":false},"deleted":["C"],"offlinePaths":[],"offlineProcessors":[3],"profileSettings":{"groups":[],"waitCompletion":false},"settings":{"groups":[],"waitCompletion":false}}"#
    ),
    FormerConfigurationRow(
      name: "A",
      json:
        #"{"activeProfile":"A","base":{"classes":"G","commands":[],"devices":[],"ipl":{"program":{"name":"SPIN","parameters":""}},"name":"A","options":[],"polarity":"HORIZONTAL","processors":[{"initial":1,"mode":"SHARED","reserved":1,"share":{"amount":{"relative":{"_0":100}},"limit":{"none":{}}},"type":"CP"}],"security":{"crossPartitionAuthority":false,"globalPerformanceData":true,"inputOutputControl":true,"isIsolated":false},"storage":{"initialByteCount":33554432,"reservedByteCount":33554432},"virtualDevices":[]},"definition":{"classes":"G","commands":[],"devices":[],"ipl":{"program":{"name":"SPIN","parameters":""}},"name":"A","options":[],"polarity":"HORIZONTAL","processors":[{"initial":1,"mode":"SHARED","reserved":1,"share":{"amount":{"relative":{"_0":77}},"limit":{"none":{}}},"type":"CP"}],"security":{"crossPartitionAuthority":false,"globalPerformanceData":true,"inputOutputControl":true,"isIsolated":false},"storage":{"initialByteCount":33554432,"reservedByteCount":33554432},"virtualDevices":[]},"incrementCount":3,"incrementPlaces":[0,1,2],"initialIncrementCount":2,"isStopped":false,"loaded":{"program":{"name":"SPIN","parameters":""}},"name":"A","nextProfile":"A","onlinePaths":[17],"onlineProcessors":[0,1],"profiles":[],"state":"operating","stoppedProcessors":[1]}"#
    ),
    FormerConfigurationRow(
      name: "A", profile: "A",
      json:
        #"{"definition":{"classes":"G","commands":[],"devices":[],"ipl":{"program":{"name":"SPIN","parameters":""}},"name":"A","options":[],"polarity":"HORIZONTAL","processors":[{"initial":1,"mode":"SHARED","reserved":1,"share":{"amount":{"relative":{"_0":100}},"limit":{"none":{}}},"type":"CP"}],"security":{"crossPartitionAuthority":false,"globalPerformanceData":true,"inputOutputControl":true,"isIsolated":false},"storage":{"initialByteCount":33554432,"reservedByteCount":33554432},"virtualDevices":[]},"name":"A","partition":"A"}"#
    ),
    FormerConfigurationRow(
      name: "B",
      json:
        #"{"activeProfile":"B","base":{"classes":"G","commands":[],"devices":[],"ipl":{"program":{"name":"SPIN","parameters":""}},"name":"B","options":[],"polarity":"HORIZONTAL","processors":[{"initial":1,"mode":"SHARED","reserved":0,"share":{"amount":{"relative":{"_0":100}},"limit":{"none":{}}},"type":"CP"}],"security":{"crossPartitionAuthority":false,"globalPerformanceData":true,"inputOutputControl":true,"isIsolated":false},"storage":{"initialByteCount":33554432,"reservedByteCount":0},"virtualDevices":[]},"definition":{"classes":"G","commands":[],"devices":[],"ipl":{"program":{"name":"SPIN","parameters":""}},"name":"B","options":[],"polarity":"HORIZONTAL","processors":[{"initial":1,"mode":"SHARED","reserved":0,"share":{"amount":{"relative":{"_0":250}},"limit":{"none":{}}},"type":"CP"}],"security":{"crossPartitionAuthority":false,"globalPerformanceData":true,"inputOutputControl":true,"isIsolated":false},"storage":{"initialByteCount":33554432,"reservedByteCount":0},"virtualDevices":[]},"incrementCount":1,"incrementPlaces":[0],"initialIncrementCount":2,"isStopped":true,"loaded":{"program":{"name":"SPIN","parameters":""}},"name":"B","nextProfile":"B","onlinePaths":[16,17],"onlineProcessors":[0],"profiles":[],"state":"operating","stoppedProcessors":[]}"#
    ),
    FormerConfigurationRow(
      name: "B", profile: "B",
      json:
        #"{"definition":{"classes":"G","commands":[],"devices":[],"ipl":{"program":{"name":"SPIN","parameters":""}},"name":"B","options":[],"polarity":"HORIZONTAL","processors":[{"initial":1,"mode":"SHARED","reserved":0,"share":{"amount":{"relative":{"_0":250}},"limit":{"none":{}}},"type":"CP"}],"security":{"crossPartitionAuthority":false,"globalPerformanceData":true,"inputOutputControl":true,"isIsolated":false},"storage":{"initialByteCount":33554432,"reservedByteCount":0},"virtualDevices":[]},"name":"B","partition":"B"}"#
    ),
    FormerConfigurationRow(
      name: "X",
      json:
        #"{"activeProfile":"X","base":{"classes":"G","commands":[],"devices":[],"ipl":{"program":{"name":"SPIN","parameters":""}},"name":"X","options":[],"polarity":"HORIZONTAL","processors":[{"initial":1,"mode":"SHARED","reserved":0,"share":{"amount":{"relative":{"_0":100}},"limit":{"none":{}}},"type":"CP"}],"security":{"crossPartitionAuthority":false,"globalPerformanceData":true,"inputOutputControl":true,"isIsolated":false},"storage":{"initialByteCount":33554432,"reservedByteCount":0},"virtualDevices":[]},"definition":{"classes":"G","commands":[],"devices":[],"ipl":{"program":{"name":"SPIN","parameters":""}},"name":"X","options":[],"polarity":"HORIZONTAL","processors":[{"initial":1,"mode":"SHARED","reserved":0,"share":{"amount":{"relative":{"_0":100}},"limit":{"none":{}}},"type":"CP"}],"security":{"crossPartitionAuthority":false,"globalPerformanceData":true,"inputOutputControl":true,"isIsolated":false},"storage":{"initialByteCount":33554432,"reservedByteCount":0},"virtualDevices":[]},"incrementCount":2,"incrementPlaces":[0,1],"initialIncrementCount":2,"isStopped":false,"name":"X","nextProfile":"X","number":3,"onlinePaths":[],"onlineProcessors":[0],"profiles":[],"state":"not-operating","stoppedProcessors":[]}"#
    ),
    FormerConfigurationRow(
      name: "X", profile: "X",
      json:
        #"{"definition":{"classes":"G","commands":[],"devices":[],"ipl":{"program":{"name":"SPIN","parameters":""}},"name":"X","options":[],"polarity":"HORIZONTAL","processors":[{"initial":1,"mode":"SHARED","reserved":0,"share":{"amount":{"relative":{"_0":100}},"limit":{"none":{}}},"type":"CP"}],"security":{"crossPartitionAuthority":false,"globalPerformanceData":true,"inputOutputControl":true,"isIsolated":false},"storage":{"initialByteCount":33554432,"reservedByteCount":0},"virtualDevices":[]},"name":"X","partition":"X"}"#
    ),
  ]
}
