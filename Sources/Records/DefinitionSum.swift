// Whether a machine is still defined as it was when something of it was kept.

import Partitioning
import Quantities

extension SystemDefinition {
  /// The sum of what a machine is by its definition; how time passes, what is shown and what is kept of it
  /// is none of that.
  package var sum: UInt64 {
    var other = self
    let plain = MachineDefinition()
    other.folder = ""
    other.machine.pace = plain.pace
    other.machine.timeZone = plain.timeZone
    other.machine.users = plain.users
    other.machine.profileScript = nil
    other.machine.checkpoints = plain.checkpoints
    other.inputOutput.devices.changeEach { $0.keptByteCount = nil }
    var sum = Checksum()
    var text = WrittenForm.text(other)
    text.withUTF8 { sum.take(UnsafeRawBufferPointer($0)) }
    return sum.value
  }
}
