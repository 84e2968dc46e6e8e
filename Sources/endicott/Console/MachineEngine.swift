import Channels
import ControlProgram
import Foundation
import Partitioning
import Quantities

/// Runs a machine on its own thread, at its pace, and performs what the terminal posts.
///
/// Everything but `mailbox` and `port` belongs to that thread, from `run` on; hence unchecked.
final class MachineEngine: SimulationClock, @unchecked Sendable {
  /// Wall-clock time that one turn of the loop may take, in nanoseconds, at a pace that keeps up.
  private static let turn: UInt64 = 10_000_000

  private let mailbox: EngineMailbox
  private let port: TerminalPort
  private var machine: RunningMachine
  private var place: ConsolePlace?
  /// Lines taken from the mailbox; 0 while the machine starts.
  private var lineNumber = 0
  /// Within SLEEP or WAIT.
  private var isWaiting = false
  private let ended = DispatchSemaphore(value: 0)

  init(machine: RunningMachine, mailbox: EngineMailbox, port: TerminalPort) {
    self.machine = machine
    self.mailbox = mailbox
    self.port = port
  }

  /// Starts the machine and keeps it running until it or the session is over.
  func run() {
    start()
    while !machine.isOver, !mailbox.isEnded {
      for request in mailbox.take() where !machine.isOver { perform(request) }
      guard !machine.isOver else { break }
      goBack()
      if machine.manager.pacer.pace == .stopped {
        machine.letHostPass()
        if !mailbox.hasRequests { Thread.sleep(forTimeInterval: 0.01) }
      } else {
        letTimePass(until: nextTurn, orWhen: { [mailbox] in mailbox.hasRequests })
      }
    }
    port.post(.ended(status: machine.close(ExitStatus.done)))
    ended.signal()
  }

  private func start() {
    machine.control.clock = self
    machine.showOutput { [port] output in
      if case .guest(let bytes) = output {
        port.post(.guest(bytes))
      } else if let line = output.line {
        port.post(.line(line))
      }
    }
    do {
      try machine.start { [port] output in
        if case .line(let line) = output { port.post(.line(line)) }
      }
    } catch {
      port.post(.line(error.description))
    }
    // From here on somebody is there to be asked, and to be told.
    machine.console.asksBeforeEnd = true
    machine.awaitsCheckpoints(false)
    showPlace()
  }

  /// Goes back to the instant that the operator wants to go back to, if he does.
  private func goBack() {
    do throws(HostFailure) {
      guard let earlier = try machine.takeRewound() else { return }
      machine = earlier
      start()
    } catch {
      port.post(.line(error.rewindLine))
    }
  }

  /// Waits until the machine's records are closed, but not for ever.
  func waitForEnd() { _ = ended.wait(timeout: .now() + 30) }

  /// Lets time pass for SLEEP and WAIT; ^C and the end of the terminal end it early.
  func pass(until end: SimulatedTime, orWhen condition: () -> Bool) {
    var isMet = false
    isWaiting = true
    defer {
      isWaiting = false
      showPlace()
    }
    while machine.manager.now < end, !isMet, !mailbox.isEnded,
      !mailbox.isInterrupted(line: lineNumber)
    {
      letTimePass(until: min(end, nextTurn)) {
        isMet = condition()
        return isMet
      }
      answerCompletions()
    }
  }

  private var nextTurn: SimulatedTime {
    let factor: UInt64 =
      switch machine.manager.pacer.pace {
      case .real, .fast, .stopped: 1
      case .factor(let factor): UInt64(clamping: max(1, factor))
      }
    return machine.manager.now.addingClamped(MachineEngine.turn.multipliedClamped(by: factor))
  }

  private func letTimePass(until end: SimulatedTime, orWhen condition: () -> Bool) {
    machine.pass(until: end, orWhen: condition)
    machine.control.collectEvents()
    showPlace()
    while port.isFull, !mailbox.isEnded { Thread.sleep(forTimeInterval: 0.01) }
  }

  private func perform(_ request: EngineRequest) {
    switch request {
    case .line(let line):
      lineNumber &+= 1
      let wasAtGuest = machine.console.isAtGuest
      let answer = machine.execute(line).lines
      // A guest's screen is left before the answer is shown, and gone to after it.
      if wasAtGuest, !machine.console.isAtGuest { showPlace() }
      port.post(.answer(answer))
      showPlace()
      machine.control.collectEvents()
      showPlace()
      port.post(.performed)
    case .keys(let bytes):
      machine.console.type(bytes)
    case .complete(let line, let ticket):
      port.answer(machine.console.complete(line), ticket: ticket)
    }
    showPlace()
  }

  private func answerCompletions() {
    for (line, ticket) in mailbox.takeCompletions() {
      port.answer(machine.console.complete(line), ticket: ticket)
    }
  }

  private func showPlace() {
    let now = ConsolePlace(machine.console, isWaiting: isWaiting)
    guard now != place else { return }
    place = now
    port.post(.place(now))
  }
}
