import ArgumentParser
import Channels
import Foundation
import Platform
import X86

/// Pages that an idle Linux writes as time goes by: the cost of a clone of it.
struct IdleLinuxCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "idle-linux",
    abstract: "Pages that an idle Debian has written 10, 60 and 600 simulated seconds after init.")

  @Option(help: "Kernel (bzImage).")
  var kernel: String

  @Option(help: "Initial RAM disk; its init prints @@BOOTED and then stays idle.")
  var initrd: String

  @Option(help: "Kernel command line.")
  var append = "console=ttyS0 panic=-1 B=idle"

  func run() throws {
    let computer = try Computer(
      ComputerConfiguration(
        name: "IDLE", partitionNumber: 0, maximumProcessors: 1, initialProcessors: 1,
        initialStorage: 128 << 20, maximumStorage: 128 << 20))
    try computer.load(
      .linux(
        kernel: try Data(contentsOf: URL(fileURLWithPath: kernel)),
        initrd: try Data(contentsOf: URL(fileURLWithPath: initrd)), commandLine: append))
    let cache = CodeCache()
    var time: SimulatedTime = 0
    var console = ""
    while !console.contains("@@BOOTED"), time < 60_000_000_000 {
      time = advance(computer, from: time, cache)
      for event in computer.outbox {
        if case .console(let bytes) = event.kind {
          console += String(decoding: bytes, as: UTF8.self)
        }
      }
      computer.clearOutbox()
    }
    guard console.contains("@@BOOTED") else {
      throw ValidationError("the guest did not print @@BOOTED within 60 simulated seconds")
    }
    print("written at init: \(computer.memory.writtenPageCount) pages")
    var before = contents(of: computer.memory)
    let start = time
    for seconds in [10, 60, 600] {
      let end = start + UInt64(seconds) * 1_000_000_000
      while time < end { time = advance(computer, from: time, cache) }
      computer.clearOutbox()
      let now = contents(of: computer.memory)
      let changed = now.filter { before[$0.key] != $0.value }.count
      print("changed \(seconds) s after init: \(changed) pages")
    }
    before = [:]
  }

  /// Runs to the end of the next millisecond, or jumps to the next timer.
  private func advance(
    _ computer: Computer, from time: SimulatedTime, _ cache: CodeCache
  ) -> SimulatedTime {
    computer.deliverTimers(upTo: time)
    guard computer.status(of: 0) == .ready else {
      return max(time + 1, computer.nextDeadline(of: 0) ?? time + 1_000_000)
    }
    let end = time + 1_000_000
    var placements = [Placement(processor: 0, start: time, limit: end, megahertz: 1000)]
    placements.withUnsafeMutableBufferPointer { computer.run($0, until: end, cache: cache) }
    return placements[0].stop == .waiting ? placements[0].end : end
  }

  private func contents(of memory: GuestMemory) -> [UInt64: UInt64] {
    var pages: [UInt64: UInt64] = [:]
    memory.forEachWrittenPage { address, page in
      var digest = HistoryDigest()
      digest.mix(bytes: UnsafeRawBufferPointer(start: page, count: 4096))
      pages[address] = digest.value
    }
    return pages
  }
}
