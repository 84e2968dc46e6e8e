// What the settings of the machine and of its groups are, in the words of the definition files.
import Quantities

extension MachineSettings {
  /// Every value of the machine and of its groups that a SET changes, its name first.
  package var items: [(name: String, text: String)] {
    var values = [
      ("RUNNINGTIME", runningTime.map { fixedPointText($0, places: 6) + "MS" } ?? "DYNAMIC"),
      ("WAITCOMPLETION", waitCompletion ? "YES" : "NO"),
      ("IOPRIORITY", ioPriorityQueuing ? "YES" : "NO"),
    ]
    if isPathManagementOff { values.append(("DCM", "OFF")) }
    values.append(("MITIME DASD", MissingInterruptTimes.text(missingInterrupts.disks)))
    for own in missingInterrupts.exceptions {
      values.append(
        ("MITIME \(hexDigits(own.device, 4))", MissingInterruptTimes.text(own.seconds)))
    }
    for group in groups {
      for type in ProcessorType.allCases {
        let cap = group.absoluteCaps.first { $0.type == type }?.hundredths
        values.append(
          ("GROUP \(group.name) ABSCAP \(type.rawValue)", cap.map(hundredthsText) ?? "NONE"))
      }
      values.append(("GROUP \(group.name) MSU", group.capacityUnits.map { "\($0)" } ?? "NONE"))
    }
    return values
  }
}
