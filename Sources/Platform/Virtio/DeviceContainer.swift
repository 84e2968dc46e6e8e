/// The place of a device that comes and goes, as the DSDT has it: a container, which an operating system is told of,
/// with the device in it.
///
/// An operating system looks into a container that came, and asks its users before it gives one back (Linux:
/// drivers/acpi/container.c and scan.c). Its methods are calls of the registers' own.
enum DeviceContainer {
  /// The registers' method that says whether a place has a device.
  static let presenceMethod = "DSTA"
  /// The registers' method by which a place's device is given back.
  static let ejectionMethod = "DEJ0"
  /// The registers' method that takes what became of a notification.
  static let answerMethod = "DOST"

  /// What lies between it and the device in it: Linux puts a device below what its parent is in its own tree,
  /// and what lies below a container there goes with it for good.
  private static let bay = "BAY_"

  /// Its name in the scope of the system bus.
  static func name(of place: Int) -> String { "DK0\(place)" }

  /// The container of a place, with the device that is in it when there is one.
  static func term(of place: Int, _ device: [MachineLanguage.Term]) -> MachineLanguage.Term {
    typealias AML = MachineLanguage
    let index = AML.integer(UInt64(clamping: place))
    func call(_ method: String) -> AML.Term { AML.path("\\_SB_.\(method)") + index }
    return AML.device(
      name(of: place),
      [
        AML.name("_HID", AML.string("ACPI0004")), AML.name("_UID", index),
        AML.method("_STA", arguments: 0, [AML.result(call(presenceMethod))]),
        AML.method("_EJ0", arguments: 1, [call(ejectionMethod)]),
        AML.method(
          "_OST", arguments: 3, [call(answerMethod) + AML.argument(0) + AML.argument(1)]),
        AML.device(bay, device),
      ])
  }
}
