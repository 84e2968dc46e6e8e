import ArgumentParser
import CSlirp
import Foundation
import Quantities

/// `endicott uplink`: the process behind a switch's uplink.
///
/// A machine starts it, with the socket that carries frames as its standard input and no other file.
struct UplinkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uplink",
    abstract: "The process behind a switch's uplink; machines start it.",
    shouldDisplay: false)

  @Flag(help: "Nothing leaves the host.")
  var restricted = false

  func run() throws {
    var type: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &length) == 0,
      type == Int32(SOCK_SEQPACKET.rawValue)
    else {
      throw HostFailure(
        subject: "uplink", reason: "a machine starts it, when a switch has an uplink")
    }
    let refusal = uplink_confine()
    guard refusal == 0 else {
      throw HostFailure(
        subject: "uplink", reason: "it cannot be confined: \(systemReason(refusal))",
        status: ExitStatus.hostFailed)
    }
    guard let network = UserModeNetwork(socket: STDIN_FILENO, isRestricted: restricted) else {
      throw HostFailure(subject: "uplink", reason: "libslirp refused its configuration")
    }
    network.run()
  }
}
