import Channels
import ControlProgram
import Foundation
import Partitioning
import Quantities

/// The processes behind a machine's uplinks, one for each switch that has one.
///
/// Owner thread only: nothing here waits. A frame that comes in is an input of the machine, as what is typed at a
/// guest's console is; one that goes out reaches nothing in it. Where what was recorded is performed again there are no
/// processes: the records have what came in.
final class Uplinks {
  /// Simulated time after which it is looked at what came.
  private static let turn: SimulatedTime = 1_000_000
  /// Frames that come in by a switch at one look; more wait outside.
  private static let turnLimit = 64
  /// Frames after which what came in is kept: fewer, in number and bytes, than the firmware has for readers.
  private static let unkeptLimit = 2_048

  /// What is behind a switch.
  private struct Link {
    var process: ChildProcess
    var session: UInt64
    var allowance = UplinkAllowance()
  }

  /// What is started: this program once more.
  private let program: String
  private var links: [String: Link] = [:]
  /// Switches behind which somebody was in this machine.
  private var formerNames: Set<String> = []
  /// Frames that came in since they were kept, at most.
  private var unkeptCount = 0
  /// Keeps what came in.
  var onFrames: (() -> Void)?
  private weak var control: ControlProgram?
  /// Bytes of a frame that comes in, and one more, to know what is too long.
  private static let bufferByteCount = Uplink.frameByteLimit &+ 1
  private var buffer = [UInt8](repeating: 0, count: bufferByteCount)

  /// Nothing is outside yet.
  init(program: String = Host.program) { self.program = program }

  deinit { end() }

  /// Serves a machine, from here on.
  ///
  /// What was connected through uplinks before is gone: it knew another machine, or this one at another instant.
  ///
  /// - Parameters:
  ///   - control: Its control program.
  ///   - goesOn: Whether it had a past in which something may have been connected.
  func serve(_ control: ControlProgram, goesOn: Bool = false) {
    end()
    self.control = control
    formerNames = goesOn ? Set(Self.connected(control.system.networks.switches).map(\.name)) : []
    control.system.outside = self
    look()
  }

  /// Whether somebody is behind a switch.
  var isConnected: Bool { !links.isEmpty }

  private static func connected(_ switches: [VirtualSwitch]) -> [VirtualSwitch] {
    switches.filter { $0.uplink?.isConnected == true }
  }

  /// When to look again; nil while there is nothing behind any switch.
  func nextLook(after now: SimulatedTime) -> SimulatedTime? {
    isConnected ? now.addingClamped(Self.turn) : nil
  }

  /// Starts and ends processes as the switches say, and lets in what came.
  func look() {
    guard let control else { return }
    agree(with: control.system.networks.switches, control)
    for name in links.keys.sorted() { letIn(by: name, control) }
    control.system.pacer.hasOutside = isConnected
  }

  /// Ends every process.
  func end() {
    for link in links.values { link.process.end() }
    links = [:]
  }

  private func agree(with switches: [VirtualSwitch], _ control: ControlProgram) {
    let wanted = Self.connected(switches)
    guard !wanted.isEmpty || !links.isEmpty else { return }
    for name in links.keys.sorted() {
      let uplink = wanted.first { $0.name == name }?.uplink
      guard let link = links[name], uplink?.session != link.session else { continue }
      link.process.end()
      links[name] = nil
    }
    for network in wanted where links[network.name] == nil {
      guard let uplink = network.uplink else { continue }
      start(uplink, of: network.name, control)
    }
  }

  private func start(_ uplink: Uplink, of name: String, _ control: ControlProgram) {
    do throws(HostFailure) {
      let process = try ChildProcess(
        program, ["uplink"] + (uplink.mode == .restricted ? ["--restricted"] : []))
      links[name] = Link(process: process, session: uplink.session)
      let isFirst = formerNames.insert(name).inserted
      let lost = isFirst ? "" : "; what was connected through it before is gone"
      control.sendToAll(
        CommandMessage(.uplinkUp, name, uplink.mode.rawValue + lost).line(module: "SWU"))
    } catch {
      takeDown(name, because: "\(error.subject): \(error.reason)", control)
    }
  }

  /// Disconnects an uplink behind which nothing is any more, and says so.
  private func takeDown(_ name: String, because reason: String, _ control: ControlProgram) {
    links[name] = nil
    // Refused for a switch that has just gone, or was disconnected.
    _ = try? control.system.perform(.network(.connectUplink(name, false)), by: .firmware)
    control.sendToAll(CommandMessage(.uplinkEnded, name, reason).line(module: "SWU"))
  }

  private func letIn(by name: String, _ control: ControlProgram) {
    guard let process = links[name]?.process else { return }
    for _ in 0..<Self.turnLimit where hasRoom(for: name, control) {
      let count = recv(process.socket, &buffer, Self.bufferByteCount, 0)
      if count > 0 {
        enter(Array(buffer.prefix(count)), by: name, control)
      } else if count < 0, errno == EAGAIN || errno == EINTR {
        return
      } else {
        return takeDown(name, because: process.collect(), control)
      }
    }
    guard links[name]?.allowance.isUsedUp == true else { return }
    process.end()
    let limit = sizeText(UplinkAllowance.byteLimit)
    let remedy = "SET VSWITCH \(name) CONNECT lets in as much again"
    takeDown(name, because: "\(limit) came in and is in the records; \(remedy)", control)
  }

  private func hasRoom(for name: String, _ control: ControlProgram) -> Bool {
    links[name]?.allowance.hasRoom(at: control.system.now) == true
      && control.system.networks.hasRoom(Uplink.frameByteLimit, atUplinkOf: name)
  }

  private func enter(_ bytes: [UInt8], by name: String, _ control: ControlProgram) {
    // What is no frame is no input.
    guard control.system.receive(bytes, atUplinkOf: name) else { return }
    links[name]?.allowance.take(bytes.count, at: control.system.now)
    unkeptCount.addClamped(1)
    guard unkeptCount >= Self.unkeptLimit else { return }
    unkeptCount = 0
    onFrames?()
  }
}

extension Uplinks: NetworkOutside {
  /// A frame for which there is no room outside is lost, as on a wire.
  func take(_ departure: NetworkDeparture) {
    guard let process = links[departure.switchName]?.process else { return }
    _ = departure.bytes.withUnsafeBytes {
      send(process.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
  }
}
