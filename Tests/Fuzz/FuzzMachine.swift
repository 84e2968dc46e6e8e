import Channels
import Foundation

@testable import ControlProgram
@testable import Definitions
@testable import Partitioning

/// A small machine with the whole firmware and its control program, made anew for every case.
///
/// ONE runs SPIN, has a reserved processor and reserved storage, a disk and authority over others; TWO
/// runs TALKER, FULL takes what is left of a group; IDLE is never started.
final class FuzzMachine {
  let manager: PartitionManager
  let control: ControlProgram
  let console: ConsoleSession
  private let clock: FuzzClock

  init() {
    guard
      let manager = try? PartitionManager(
        FuzzMachine.definition, options: ManagerOptions(caches: .tiny))
    else {
      fail("the machine could not be built")
    }
    self.manager = manager
    control = ControlProgram(manager: manager)
    clock = FuzzClock(manager)
    control.clock = clock
    console = control.logOn()
  }

  /// Activates and loads partitions and lets them start.
  func start(_ names: [String]) {
    for name in names { _ = try? manager.perform(.activate(name, load: true)) }
    run(epochs: 2)
  }

  func run(epochs: UInt64) {
    let end = manager.now.addingReportingOverflow(epochs * 100_000)
    if !end.overflow { manager.runEpochs(until: end.partialValue) }
    control.collectEvents()
    _ = console.takeOutput()
  }

  /// Storage, granted and free, is what is installed, and views can be drawn.
  func check() {
    let pieces = manager.storageMap()
    let sum = pieces.reduce(UInt64(0)) { $0 &+ UInt64($1.range.count) }
    guard sum == manager.definition.machine.storageByteCount else { fail("storage: \(sum)") }
    for name in manager.partitionNames { _ = manager.partitionView(name) }
    _ = manager.machineView
    _ = manager.measurement()
    control.remove(console)
  }

  static let definition: SystemDefinition = {
    var sources = DefinitionSources()
    sources.machine = DefinitionFile(name: "machine.config", text: machineText)
    sources.directories = [DefinitionFile(name: "d.direct", text: directoryText)]
    sources.decks = [DefinitionFile(name: "d.iocp", text: deckText)]
    sources.media = [DefinitionFile(name: "d.media", text: "DEVICE 0200-0201 SCRATCH 64K\n")]
    let log = FindingLog()
    let definition = sources.definition(files: FolderFiles(folder: nil), log: log)
    if log.hasErrors { fail("\(log.findings)") }
    return definition
  }()

  private static let machineText = """
    MACHINE     FUZZ
    PROCESSOR   CP  2 MHZ 5
    STORAGE     64M INCREMENT 1M
    HOSTSTORAGE 32M
    PACE        FAST
    TOD         2026-01-01T00:00:00Z
    SEED        1
    USER        OPERATOR CLASS ABCDEFG
    """
  private static let directoryText = """
    PARTITION ONE
      PROCESSOR CP SHARED INITIAL 1 RESERVED 1 WEIGHT 10
      STORAGE   INITIAL 2M RESERVED 6M
      CONSOLE   0009
      DEDICATE  0100 0200
      IPL       PROGRAM SPIN
    PARTITION TWO
      PROCESSOR CP SHARED INITIAL 1 WEIGHT 10
      STORAGE   INITIAL 2M RESERVED 2M
      CONSOLE   0009
      IPL       PROGRAM TALKER
    PARTITION FULL
      PROCESSOR CP SHARED INITIAL 1 WEIGHT 20 CAPPED
      STORAGE   INITIAL 4M
      IPL       PROGRAM PULSE
    PARTITION IDLE
      PROCESSOR CP SHARED INITIAL 2 WEIGHT 5
      STORAGE   INITIAL 2M
      IPL       PROGRAM FAULTY

    """
  private static let deckText = """
           ID     MSG1='FUZZ'
           RESOURCE PARTITION=((CSS(0),(ONE,1),(TWO,2)))
           CHPID  PATH=(CSS(0),10),SHARED,PCHID=110,TYPE=FC
           CHPID  PATH=(CSS(0),11),SHARED,PCHID=111,TYPE=FC
           CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10,11)),UNITADD=((00,016)),UNIT=2107
           IODEVICE ADDRESS=(0200,002),CUNUMBR=(0200),UNIT=3390

    """
}

/// Lets at most three epochs pass whatever a command asks for.
private final class FuzzClock: SimulationClock {
  private let manager: PartitionManager

  init(_ manager: PartitionManager) { self.manager = manager }

  func pass(until end: SimulatedTime, orWhen condition: () -> Bool) {
    guard end > manager.now else { return }
    manager.runEpochs(
      until: manager.now + min(end - manager.now, 300_000), stopWhen: condition)
  }
}
