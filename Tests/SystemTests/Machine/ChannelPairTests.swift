import Foundation
import Testing

// Two unmodified Debian kernels with a channel between them. Oracle: SHA-256 of what came against what was there, and
// /sys/class/net of the guest that had no part in what was changed.

@Suite(
  "A channel between two Debian",
  .enabled(if: Project.hasDebianGuest, Comment(rawValue: Project.noGuest))
)
struct ChannelPairTests {
  /// Both systems with an end of a channel as eth1, coupled.
  private func coupled() throws -> LinuxPair {
    let machine = try LinuxPair()
    try machine.boot(LinuxPair.names)
    for (number, name) in LinuxPair.names.enumerated() {
      #expect(
        machine.command("DEFINE CTCA 0500 TO \(name)")
          == "CTCA 0500 DEFINE PENDING, 60 SECONDS LEFT")
      #expect(machine.settle(name, seconds: 5))
      _ = try machine.shell(
        "ip link set eth1 up; ip addr add 10.2.0.\(number + 1)/24 dev eth1; mkdir -p /tmp/give",
        at: name)
    }
    #expect(
      machine.command("FOR LINUX1 CMD COUPLE 0500 TO LINUX2 0500")
        == "CTCA 0500 COUPLE TO LINUX2 0500")
    return machine
  }

  private func hasLink(_ machine: LinuxPair, _ name: String) throws -> Bool {
    try machine.shell("echo carrier=$(cat /sys/class/net/eth1/carrier)", at: name)
      .contains("carrier=1")
  }

  /// Has one system make a file and the other fetch it over the channel.
  private func transfer(_ machine: LinuxPair, from giver: Int, to taker: Int) throws {
    let (from, to) = (LinuxPair.names[giver], LinuxPair.names[taker])
    let port = 8000 + giver
    func sum(in text: String) -> String? {
      text.split(whereSeparator: \.isWhitespace).map(String.init).first {
        $0.count == 64 && $0.allSatisfy(\.isHexDigit)
      }
    }
    let made = try machine.shell(
      "head -c 3000000 /dev/urandom > /tmp/give/file; httpd -p \(port) -h /tmp/give; "
        + "sha256sum < /tmp/give/file", at: from, seconds: 60)
    let came = try machine.shell(
      "wget -q -O - http://10.2.0.\(giver + 1):\(port)/file | sha256sum", at: to,
      seconds: 60)
    let expected = try #require(sum(in: made), "\(made)")
    #expect(sum(in: came) == expected, "\(came)")
  }

  @Test("files cross it whole in both directions, and both ends see the link")
  func crosses() throws {
    let machine = try coupled()
    for name in LinuxPair.names { #expect(try hasLink(machine, name)) }
    try transfer(machine, from: 0, to: 1)
    try transfer(machine, from: 1, to: 0)
    let details = machine.command("FOR LINUX2 CMD QUERY CTCA 500 DETAILS")
    #expect(details.hasPrefix("CTCA 0500 COUPLED TO LINUX1 0500"), "\(details)")
    // Nothing of it came by the switch that both are on, too.
    let network = machine.command("QUERY VSWITCH NET DETAILS")
    #expect(network.components(separatedBy: "TX Packets: 0 ").count == 3, "\(network)")
    _ = machine.command("FOR LINUX2 CMD UNCOUPLE 0500")
    for name in LinuxPair.names { #expect(try !hasLink(machine, name)) }
    _ = machine.command("FOR LINUX2 CMD COUPLE 0500 TO LINUX1 0500")
    for name in LinuxPair.names { #expect(try hasLink(machine, name)) }
    try transfer(machine, from: 0, to: 1)
    // Taken from one, by that one's agreement, and gone with the other's end.
    #expect(
      machine.command("FOR LINUX1 CMD DETACH 0500")
        == "CTCA 0500 DETACH PENDING, 60 SECONDS LEFT")
    #expect(machine.settle("LINUX1", seconds: 5))
    #expect(try machine.adapters() == ["eth0"])
    #expect(try !hasLink(machine, "LINUX2"))
  }

  @Test("a machine that is saved while a file crosses goes on as it would have") func saved() throws
  {
    let machine = try coupled()
    _ = try machine.shell("nc -l -p 9 > /tmp/got & sleep 1", at: "LINUX1")
    try machine.type("head -c 4000000 /dev/zero | nc 10.2.0.1 9 &", at: "LINUX2")
    machine.run(seconds: 0.05)
    let checkpoint = machine.manager.checkpoint()
    machine.run(seconds: 2)
    let other = try LinuxPair(threads: 2)
    try other.manager.restore(checkpoint)
    other.manager.runEpochs(until: machine.manager.now)
    #expect(other.manager.machineView.digest == machine.manager.machineView.digest)
    #expect(try other.shell("wc -c < /tmp/got", at: "LINUX1").contains("4000000"))
  }
}
