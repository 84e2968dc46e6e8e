import ArgumentParser
import Partitioning
import Records

/// `endicott at`: a machine as it was at an instant.
struct AtCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "at",
    abstract: "A machine as it was at an instant of its recorded past.",
    discussion: """
      The machine is put back from the nearest checkpoint before the instant, and what was asked of it \
      since is performed again, up to there, what was asked at that very instant left out; then its time \
      stands still. At its console everything can be \
      looked at; SLEEP lets time pass, SET PACE lets the machine go on. That is a branch of its own: \
      nothing of it is kept unless --keep is given, and the machine may run meanwhile.

      An instant is a time since IPL (12.5s, 90s, 5m, 2h), a date and time of day of the machine \
      (2026-01-31T14:30:15), or a time of day on the date of the IPL (14:30). It needs checkpoints: \
      `run --checkpoint-every`, CHECKPOINT EVERY.

      Exit status: as the console's.
      """)

  @Argument(help: ArgumentHelp("The instant.", valueName: "instant"))
  var instant: InstantArgument

  @Argument(
    help: ArgumentHelp("The machine's folder; the demo if there is none.", valueName: "folder"))
  var folder: String?

  @Option(
    help: ArgumentHelp("Folder of the records, in place of FOLDER/state.", valueName: "folder"))
  var state: String?

  @Flag(help: "Keep what is done from there: a warm start then goes on with it.")
  var keep = false

  @OptionGroup var options: MachineOptions

  func run() throws {
    do {
      let folder = try MachineFolder(folder ?? Host.demoFolder())
      let records = try open(state ?? folder.stateFolder)
      let time = instant.since(try records.lastStart())
      // The machine itself may be running, and writing to its disks.
      var chosen = options.managerOptions(pace: .stopped)
      chosen.sparesFiles = !keep
      let machine = try folder.console(chosen, records: records, from: .instant(time))
      machine.sockets = try options.sockets()
      throw ExitCode(try ConsoleFront().run(machine))
    } catch let failure as HostFailure {
      writeError(failure.line)
      throw ExitCode(failure.status)
    }
  }

  private func open(_ folder: String) throws(HostFailure) -> MachineRecords {
    do throws(RecordStoreError) {
      guard keep else {
        return MachineRecords(reader: try RecordReader(folder: folder), readFolder: folder)
      }
      return MachineRecords(store: try RecordStore(folder: folder))
    } catch {
      throw HostFailure(error)
    }
  }
}
