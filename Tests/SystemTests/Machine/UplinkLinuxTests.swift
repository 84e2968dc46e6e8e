import Foundation
import Testing

// A Linux guest behind a switch's uplink. Oracle: the guest's own DHCP client and ping, the SHA-256 of a file as the host
// has it, and the digests of the run itself, to which what was recorded must come with nobody outside.

@Suite(
  "Linux behind an uplink", .enabled(if: Project.hasDebianGuest, Comment(rawValue: Project.noGuest))
)
struct UplinkLinuxTests {
  private static let hasSocat = (try? ProgramRun.host("command -v socat"))?.isEmpty == false

  private func machine(_ uplink: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    _ = try folder.write(
      "machine.config",
      """
      MACHINE   OUTER
      PROCESSOR IFL 1 MHZ 200
      STORAGE   1G INCREMENT 16M
      PACE      REAL
      VSWITCH   NET UPLINK \(uplink)

      """)
    try FileManager.default.copyItem(
      atPath: Project.path("Partitions/demo/linux"), toPath: folder.path + "/linux")
    _ = try folder.write(
      "a.direct",
      """
      PARTITION LINUX1
        PROCESSOR IFL SHARED INITIAL 1 WEIGHT 100
        STORAGE   INITIAL 256M
        CONSOLE   0009
        NICDEF    0600 TYPE QDIO LAN SYSTEM NET
        IPL       KERNEL linux/vmlinuz INITRD linux/initrd.gz PARM 'console=ttyS0 panic=-1 cryptomgr.notests=1'
        START     AUTO

      """)
    return folder
  }

  /// Boots, gets an address, and does something; each line says with its status that it is over.
  private func script(_ commands: [String]) -> String {
    let driver =
      "for m in failover net_failover virtio_net; do insmod /lib/modules/$m.ko; done; sleep 1"
    let address =
      "ip link set eth0 up; udhcpc -i eth0 -n -q -s /bin/true && ip addr add 10.0.2.15/24 dev eth0"
    let steps = ([driver, address] + commands).enumerated().map { number, command in
      """
      SEND LINUX1 \(command); echo step-\(number)-$((40+$?))
      WAIT LINUX1 TEXT 'step-\(number)-40' WITHIN 120 SEC

      """
    }
    return "SET OBSERVER LINUX1 *\nWAIT LINUX1 TEXT ':/root' WITHIN 120 SEC\n" + steps.joined()
      + "QUERY VSWITCH NET DETAILS\nQUERY DIGEST ALL\n"
  }

  private func digests(_ run: ProgramRun) -> [Substring] {
    run.output.split(separator: "\n").filter { $0.hasPrefix("DIGEST") }
  }

  @Test("gets its address and is answered; what came in comes again with nobody outside")
  func restricted() throws {
    let folder = try machine("USERMODE RESTRICTED")
    let state = folder.path + "/s"
    let script = try folder.write(
      "s.cp", "CHECKPOINT SAVE START\n" + self.script(["ping -c 3 10.0.2.2"]))
    let run = try ProgramRun(["run", script, "--machine", folder.path, "--state", state])
    #expect(run.status == 0, "\(run.output.suffix(3000))\(run.errors)")
    #expect(run.output.contains("3 packets received"), "\(run.output.suffix(3000))")
    #expect(run.output.contains("uplink is up: USERMODE RESTRICTED; time follows"))
    let question = try folder.write("q.cp", "QUERY DIGEST ALL\n")
    let again = try ProgramRun([
      "run", question, "--machine", folder.path, "--state", state, "--from", "START", "--replay",
    ])
    #expect(again.status == 0, "\(again.output)\(again.errors)")
    #expect(!digests(run).isEmpty && digests(again) == digests(run), "\(again.output)")
    #expect(again.output.contains("what was connected through it before is gone"))
  }

  @Test(
    "fetches from a server of the host's loopback, at 10.0.2.2",
    .enabled(if: hasSocat, "socat is not installed: run Partitions/setup"))
  func server() throws {
    let folder = try machine("USERMODE")
    let script = try folder.write(
      "s.cp", self.script(["nc 10.0.2.2 $PORT </dev/null >/tmp/big", "sha256sum /tmp/big"]))
    let run = try ShellRun.run(
      """
      head -c 2000000 /dev/urandom >$M/big
      for PORT in 40123 41234 42345 43456; do
        socat -u OPEN:$M/big TCP-LISTEN:$PORT,bind=127.0.0.1,reuseaddr 2>/dev/null & p=$!; sleep 0.3
        kill -0 $p 2>/dev/null && break
      done
      sed -i "s/\\$PORT/$PORT/" $M/s.cp
      $E run \(script) --machine $M >$M/out; status=$?; kill $p 2>/dev/null
      grep -c "$(sha256sum <$M/big | cut -c1-64)" $M/out; exit $status
      """, machine: folder)
    #expect(run.status == 0 && run.output == "1\n", "\(run.output)\(run.errors)")
  }
}
