import Partitioning
import Quantities

/// TERMINAL: how this console behaves.
let terminalCommands: [Command] = [
  Command(
    "TERMinal", module: "TER", "Sets when a full screen goes on by itself.",
    notes: [
      "An answer that fills the screen of a terminal stops with MORE... and goes on with the space "
        + "bar (or Ctrl-L or Alt-2, which stand for CLEAR and PA2). Enter holds it (HOLDING) until "
        + "the space bar; q or Ctrl-C leaves the rest of the answer out; any other key begins a "
        + "command, and the rest is shown without a stop.",
      "The bell sounds after n1 seconds and the next screen comes n2 seconds later, 50 and 10 at "
        + "first; 0 0 never stops. MORE alone shows the times.",
    ],
    isRehearsed: false,
    formats: [
      CommandFormat(
        "MORE", "[n1 n2]", classes: "any", "Seconds to the alarm and from there on, 0 to 255.",
        handler: setMore)
    ])
]

private func setMore(_ call: Invocation) throws(CommandMessage) {
  guard let console = call.console else { throw CommandMessage(.needsConsole, "TERMINAL") }
  if call.operands.isEmpty { return call.reply(console.more.text) }
  var times = MoreTimes()
  times.alarm = try call.moreSeconds()
  times.clear = try call.moreSeconds()
  try call.operands.end()
  console.more = times
}

extension Invocation {
  fileprivate func moreSeconds() throws(CommandMessage) -> Int {
    let word = try operands.required()
    guard let value = decimal(word).flatMap({ Int(exactly: $0) }), (0...255).contains(value) else {
      throw CommandMessage(.invalidOperand, word)
    }
    return value
  }
}
