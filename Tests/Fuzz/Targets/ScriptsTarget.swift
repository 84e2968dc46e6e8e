import ControlProgram
import Foundation

/// Arbitrary text as a script: it ends with a return code or a failure that names its place.
enum ScriptsTarget: FuzzTarget {
  static func run(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    let machine = FuzzMachine()
    machine.start(["ONE"])
    var count = 0
    do throws(ScriptFailure) {
      _ = try Script(name: "fuzz.cp", text: text).run(
        at: machine.console, continues: bytes.count % 2 == 0
      ) { _ in count += 1 }
    } catch {
      guard error.line > 0, !error.message.isEmpty else { fail("\(error)") }
    }
    machine.check()
  }

  static var seeds: [[UInt8]] {
    [
      "* a comment\n&TYPE text\n&ERROR &CONTINUE\nQUERY NAMES\n.QUERY TIME\nSLEEP 0.0001\n&EXIT 7\n",
      "\u{FEFF}XAUTOLOG TWO\nSLEEP 1 SEC\nWAIT TWO RUNNING\nFOR ONE CMD STOP#FOR ONE CMD BEGIN\n",
      "&ERROR &EXIT\nNOSUCH\n", "&EXIT 256\n", "&EXIT 99999999999999999999\n",
      "SHUTDOWN\nQUERY TIME\n",
      "CONNECT ONE\nhello\n#CP QUERY VIRTUAL\n#CP DISCONN\nLOGOFF\n",
      "PLAN SET WEIGHT ONE 5\nVALIDATE\nINDICATE LPAR REPORT\nQUERY JOURNAL\n",
    ].map { Array($0.utf8) }
  }
}
