import Channels
import Partitioning

// One way to each refusal there is. The machine is small, and new for each of them.

/// A refusal and what leads to it.
struct Provocation {
  /// What is done before.
  enum Step {
    /// An action, which must be performed.
    case perform(ManagementAction)
    /// So many milliseconds of simulated time.
    case run(UInt64)
  }

  /// Name of the case of `ManagementError`.
  var refusal: String
  /// What is done before.
  var before: [Step]
  /// What is refused.
  var action: ManagementAction
  /// Who asks for it.
  var author: Author

  init(
    _ refusal: String, _ before: [Step] = [], _ action: ManagementAction,
    by author: Author = .user("OPERATOR")
  ) {
    self.refusal = refusal
    self.before = before
    self.action = action
    self.author = author
  }

  private static func up(_ name: String) -> Step { .perform(.activate(name, load: true)) }

  private static func processor(_ name: String, online: Bool, _ how: Insistence) -> ManagementAction
  {
    .configureProcessor(name, processor: 1, online: online, insistence: how, within: 1)
  }

  private static func storage(
    _ name: String, _ megabytes: UInt64, online: Bool, _ how: Insistence = .polite
  ) -> ManagementAction {
    .configureStorage(
      name, byteCount: megabytes << 20, online: online, insistence: how, within: 1)
  }

  private static func path(
    _ name: String, _ path: UInt8, online: Bool, _ how: Insistence = .polite
  ) -> ManagementAction {
    .configurePath(name, path: path, online: online, insistence: how)
  }

  /// A way to every refusal but `hostMemory`, for which the host would have to run short of addresses, and
  /// `activationNested`, which only a COMMAND statement meets.
  static let all: [Provocation] =
    life + roster + networks + values + processors + storage + changes + paths + devices + faults
    + contents

  private static let life = [
    Provocation("partitionNotFound", [], .deactivate("NOBODY")),
    Provocation("wrongState", [], .stop("A", processor: nil)),
    Provocation("forceNeeded", [up("A")], .deactivate("A")),
    Provocation("notAuthorized", [up("B")], .deactivate("B", force: true), by: .partition("A")),
    Provocation("classNeeded", [], .recover("A"), by: .user("MAINT", classes: .general)),
    Provocation("inBatch", [], .batch([.set(.waitCompletion(true)), .recover("A")])),
    Provocation("nothingToRecover", [], .recover("A")),
    Provocation("commandFailed", [], .logOn("TOLD", load: true)),
    Provocation("profileNotFound", [], .setNextProfile("A", profile: "NONE")),
    Provocation("notInProfile", [], .set(.initialShare("A", type: nil), .profile)),
    Provocation("nothingToLoad", [], .activate("EMPTY", load: true)),
    Provocation(
      "unsupportedLoad", [up("A")],
      .load(
        "A", image: .device(number: 0x200, parameters: ""), parameters: nil, force: true)),
    Provocation(
      "loadFile", [up("A")],
      .load(
        "A", image: .kernel(file: "/nowhere/vmlinuz", initialRamdisk: nil, parameters: ""),
        parameters: nil, force: true)),
    Provocation(
      "fileNotPermitted", [up("A")],
      .load(
        "A", image: .kernel(file: "other", initialRamdisk: nil, parameters: ""), parameters: nil,
        force: true), by: .partition("A")),
    Provocation("noFirstProcessor", [], .activate("HEADLESS", load: true)),
    Provocation(
      "loadImage", [up("A")],
      .load(
        "A", image: .kernel(file: "/etc/passwd", initialRamdisk: nil, parameters: ""),
        parameters: nil, force: true)),
    Provocation(
      "programNotFound", [up("A")],
      .load("A", image: .program(name: "NONE", parameters: ""), parameters: nil, force: true)),
  ]

  private static let values = [
    Provocation("groupNotFound", [], .set(.group("A", type: nil, group: "NONE"))),
    Provocation("weightOutOfRange", [], .set(.weight("A", type: nil, weight: 1000))),
    Provocation("weightRange", [], .set(.weightRange("A", type: nil, minimum: 500, maximum: 100))),
    Provocation("ioPriorityOutOfRange", [], .set(.ioPriority("A", 16))),
    Provocation(
      "missingInterruptTimeOutOfRange", [], .set(.missingInterruptTime(.disks, seconds: 0))),
    Provocation("runningTimeOutOfRange", [], .set(.runningTime(nanoseconds: 1))),
    Provocation("capacityOutOfRange", [], .set(.definedCapacity("A", units: 0))),
    Provocation("capacityUnknown", [], .set(.groupCapacity("GROUP", units: 10))),
    Provocation("cappingConflict", [], .set(.cap("RATED", type: .cp, .ownShare(true)))),
    Provocation(
      "shareOutOfRange", [], .set(.share("A", type: nil, amount: .relative(0), limit: nil))),
    Provocation("capOutOfRange", [], .set(.cap("A", type: nil, .absolute(hundredths: 0)))),
    Provocation("noSharedProcessors", [], .set(.weight("OWN", type: nil, weight: 5))),
  ]

  private static let processors = [
    Provocation("insufficientProcessors", [up("A")], .activate("WIDE", load: false)),
    Provocation(
      "processorNotDefined", [up("A")],
      .configureProcessor("A", processor: 9, online: true, insistence: .polite, within: nil)),
    Provocation(
      "processorOnline", [up("A")],
      .configureProcessor("A", processor: 0, online: true, insistence: .polite, within: nil)),
    Provocation("processorNotOnline", [up("A")], processor("A", online: false, .force)),
    Provocation(
      "lastProcessor", [up("A")],
      .configureProcessor("A", processor: 0, online: false, insistence: .force, within: nil)),
    Provocation("physicalProcessorNotFound", [], .varyProcessor(99, online: false)),
    Provocation("physicalProcessorAlready", [], .varyProcessor(0, online: true)),
    Provocation(
      "physicalProcessorNeeded", [up("A"), .perform(processor("A", online: true, .force))],
      .varyProcessor(0, online: false)),
  ]

  private static let storage = [
    Provocation("notMultipleOfIncrement", [up("A")], storageBytes("A", 4096)),
    Provocation("insufficientStorage", [], .activate("HUGE", load: false)),
    Provocation(
      "storageFragmented",
      [
        .perform(.activate("HALF1", load: false)), .perform(.activate("HALF2", load: false)),
        .perform(.deactivate("HALF1")),
      ], .activate("LONG", load: false)),
    Provocation("originNotFree", [up("PLACED1")], .activate("PLACED2", load: false)),
    Provocation("storageLimit", [up("A")], storage("A", 50, online: true)),
    Provocation("storageNotRemovable", [up("A")], storage("A", 50, online: false)),
    Provocation("hostStorage", [up("GREEDY"), .run(3000)], .start("GREEDY", processor: nil)),
  ]

  private static func storageBytes(_ name: String, _ byteCount: UInt64) -> ManagementAction {
    .configureStorage(
      name, byteCount: byteCount, online: true, insistence: .polite, within: nil)
  }

  private static let changes = [
    Provocation(
      "changePending",
      [up("A"), .run(50), .perform(.signalShutdown("A", within: 9, thenForce: false))],
      .signalShutdown("A", within: 9, thenForce: false)),
    Provocation("noPendingChange", [up("A")], .cancelPending("A", kind: nil)),
    Provocation(
      "guestNotListening",
      [up("DEAF"), .perform(processor("DEAF", online: true, .force))],
      processor("DEAF", online: false, .polite)),
    Provocation(
      "guestPlugsNoStorage", [up("DRIVER")], storage("DRIVER", 2, online: true)),
    Provocation(
      "shutdownSignalNotEnabled", [up("DEAF")],
      .signalShutdown("DEAF", within: 1, thenForce: false)),
  ]

  private static let roster = [
    Provocation("partitionName", [], .definePartition("OPERATOR")),
    Provocation("partitionRange", [], .definePartition("B1", through: "C2")),
    Provocation("partitionDefined", [], .definePartition("B")),
    Provocation("partitionLimit", [], .definePartition("X0001", through: "X9999")),
    Provocation(
      "partitionOfFolder", [.perform(.deletePartition("B"))], .definePartition("B", like: "OWN")),
    Provocation("templateNotFound", [], .definePartition("X", like: "NOBODY")),
    Provocation("notShareable", [], .definePartition("X", like: "A")),
    Provocation("processorsNotDefinable", [], .definePartition("X", like: "HEADLESS")),
    Provocation("partitionActive", [up("B")], .deletePartition("B")),
  ]

  private static func define(_ name: String) -> ManagementAction {
    .network(
      .define(name, defaultVLAN: nil, bytesPerSecond: nil, latencyNanoseconds: nil))
  }

  private static func connect(_ device: UInt16, to network: String) -> ManagementAction {
    .network(.connect("A", device: device, to: network))
  }

  private static func adapter(_ name: String, _ device: UInt16) -> ManagementAction {
    .network(.defineAdapter(name, NetworkAdapterDefinition(virtualDevice: device)))
  }

  private static func end(_ device: UInt16, user: String? = nil) -> Step {
    .perform(
      .network(
        .defineAdapter(
          "A", NetworkAdapterDefinition(virtualDevice: device, kind: .channel(user: user)))))
  }

  private static func couple(_ device: UInt16, to other: UInt16) -> ManagementAction {
    .network(.couple("A", device: device, to: "A", otherDevice: other))
  }

  private static let networks = [
    Provocation("switchNotFound", [], .network(.remove("NOWHERE"))),
    Provocation("switchDefined", [.perform(define("S"))], define("S")),
    Provocation(
      "switchLimit", [.perform(.batch((1...256).map { define("S\($0)") }))], define("ONEMORE")),
    Provocation("noUplink", [.perform(define("S"))], .network(.connectUplink("S", true))),
    Provocation(
      "uplinkAlready", [.perform(define("S")), .perform(.network(.setUplink("S", .restricted)))],
      .network(.connectUplink("S", true))),
    Provocation("adapterNotFound", [up("A")], connect(0x777, to: "S")),
    Provocation("adapterNumberTaken", [up("A")], adapter("A", 0x600)),
    Provocation("noPlaceForAdapter", [up("OWN")], adapter("OWN", 0x600)),
    Provocation(
      "adapterConnected",
      [
        up("A"), .perform(define("S")),
        .perform(.network(.grant("S", partition: "A", vlan: nil))),
        .perform(connect(0x600, to: "S")),
      ], connect(0x600, to: "S")),
    Provocation("adapterNotConnected", [up("A")], .network(.disconnect("A", device: 0x600))),
    Provocation("notGranted", [up("A"), .perform(define("S"))], connect(0x600, to: "S")),
    Provocation("channelEndNotFound", [up("A"), end(0x500)], couple(0x500, to: 0x600)),
    Provocation(
      "channelEndReserved", [up("A"), end(0x500, user: "B"), end(0x501)],
      couple(0x500, to: 0x501)),
    Provocation("channelEndBusy", [up("A"), end(0x500)], couple(0x500, to: 0x500)),
  ]

  private static let paths = [
    Provocation("pathNotFound", [up("A")], path("A", 0x77, online: true)),
    Provocation("pathNotAllowed", [up("OWN")], path("OWN", 0x10, online: true)),
    Provocation("pathAlready", [up("A")], path("A", 0x10, online: true)),
    Provocation("pathInUse", [up("A"), up("B")], path("B", 0x11, online: true)),
    Provocation(
      "pathReserved", [up("A"), up("B"), .perform(path("A", 0x11, online: false, .force))],
      path("B", 0x11, online: true)),
    Provocation("pathNotReserved", [up("A")], .releasePath("A", path: 0x10)),
    Provocation(
      "pathOffline",
      [
        up("A"), .perform(path("A", 0x10, online: false, .force)),
        .perform(.varyPath(0x10, online: false, insistence: .force)),
      ], path("A", 0x10, online: true)),
    Provocation(
      "pathNotToDevice", [up("A")],
      .varyDevicePath("A", device: 0x100, path: 0x77, online: false)),
    Provocation(
      "devicePathAlready", [up("A")],
      .varyDevicePath("A", device: 0x100, path: 0x10, online: true)),
    Provocation(
      "deckRefused", [],
      .activateDeck(
        .activate(
          IODeck(
            name: "OTHER",
            configuration: IOConfiguration(
              images: [ImageDefinition(partition: "NOBODY", subsystem: 0, image: 9)]))))),
    Provocation(
      "pathNotManaged", [],
      .moveManagedPath(ManagedPath(path: PathReference(number: 0x10), unit: 0x200))),
    Provocation("noDeckActivated", [], .activateDeck(.recover(.source))),
    Provocation(
      "lastPath", [up("A"), .perform(path("A", 0x11, online: false, .force))],
      path("A", 0x10, online: false)),
  ]

  private static func attach(_ name: String, _ device: UInt16) -> ManagementAction {
    .attachDevice(name, device: device, as: 0x100)
  }

  private static let devices = [
    Provocation("deviceNotFound", [up("B")], attach("B", 0x999)),
    Provocation("deviceIdle", [], .haltDevice(0x200)),
    Provocation("deviceNotReserved", [], .releaseReservations(0x200)),
    Provocation("deviceAlready", [], .varyDevice(0x200, online: true)),
    Provocation(
      "deviceOffline", [up("B"), .perform(.varyDevice(0x201, online: false))], attach("B", 0x201)),
    Provocation("deviceInUse", [up("A"), up("B")], attach("B", 0x200)),
    Provocation("deviceNumberTaken", [up("A")], attach("A", 0x201)),
    Provocation("deviceNotAttachable", [up("OWN")], attach("OWN", 0x201)),
    Provocation(
      "linkRefused", [up("B")],
      .link("B", owner: "A", device: 0x191, as: 0x191, mode: .readAlways)),
    Provocation("virtualDeviceNotFound", [up("B")], .detachDevice("B", device: 0x100)),
    Provocation(
      "deviceInGuestUse",
      [
        up("A"),
        .perform(
          .load(
            "A", image: .program(name: "IODRIVER", parameters: ""), parameters: nil, force: true)),
        .run(100),
      ], .detachDevice("A", device: 0x100)),
  ]

  private static let faults = [
    Provocation("pathFaultAlready", [], .inject(.path(0x10, fails: false))),
    Provocation("deviceFaultAbsent", [], .inject(.device(0x200, nil))),
    Provocation(
      "faultOutOfRange", [], .inject(.device(0x200, DeviceFault(errorPercent: 101)))),
  ]

  private static let contents = [
    Provocation(
      "notStorage", [up("A")], .storeStorage("A", address: 1 << 40, bytes: [1])),
    Provocation(
      "registerNotFound", [up("A")],
      .storeRegister("A", processor: 0, register: "R99", value: 0)),
  ]
}
