import Channels
import Quantities

// Dynamic activation: another I/O configuration in place of the one that runs, all or nothing. What goes must not
// be in use; FORCE takes paths off line first, as z/OS does, but never a device, and never a device's last path.
// What stays keeps its state. What comes is there as after an activation of the machine, but for paths: they are
// off line to everybody until they are configured on line.

extension Reconfiguration {
  /// Judges an I/O configuration and has the machine go on with it.
  func activateDeck(_ request: DeckRequest, force: Bool) throws(ManagementError) {
    var book = hardware.decks
    let deck: IODeck?
    switch request {
    case .activate(let asked):
      deck = asked
      book.last = DeckBook.Activation(source: book.running, target: asked)
    case .recover(let side):
      guard let last = book.last else { throw .noDeckActivated }
      deck = side == .source ? last.source : last.target
    }
    book.running = deck
    let layout = hardware.layout.with(deck)
    book.managed = layout.managed
    let (next, files) = channels(of: layout)
    guard let next else { throw .deckRefused(deck?.name ?? DeckBook.folderName, files) }
    let judgement = DeckJudgement(hardware, layout.definition.inputOutput, next)
    let obstacles = judgement.obstacles.filter { !force || !$0.yieldsToForce } + files
    guard obstacles.isEmpty else {
      throw .deckRefused(deck?.name ?? DeckBook.folderName, obstacles)
    }
    takeOffLine(judgement.lostPaths, next)
    channels.take(next, at: now)
    hardware.take(layout, book)
    state.reservations = state.reservations.filter { path, partition in
      channels.paths(of: partition).contains { $0.number == path }
    }
    let closing = channels.closingPaths
    pending.state.closing.removeAll { change in
      !closing.contains { change.subject == .path($0) }
    }
  }

  /// What the channel subsystem would be built from, without the files that cannot be used, which are told.
  private func channels(of layout: MachineLayout) -> (ChannelHardware?, [DeckObstacle]) {
    var configuration = layout.configured.channelConfiguration()
    var obstacles: [DeckObstacle] = []
    // Each turn takes one file away.
    while obstacles.count <= configuration.devices.count {
      do throws(ChannelError) {
        return (try channels.hardware(for: configuration), obstacles)
      } catch {
        switch error {
        case .fileUnusable(let device, let path, let reason):
          obstacles.append(.file(device, path: path, reason: reason))
          for index in configuration.devices.indices {
            configuration.devices.change(at: index) {
              if $0.number == device, case .file(path, _) = $0.medium { $0.medium = .none }
            }
          }
        }
      }
    }
    return (nil, obstacles)
  }

  /// Lets requests find other paths than those that go.
  private func takeOffLine(_ lost: [DeckJudgement.LostPath], _ next: ChannelHardware) {
    for path in lost {
      channels.configure(path: path.path, for: path.partition, online: false, at: now)
    }
    for way in channels.lostWays(by: next) {
      channels.vary(
        path: way.path, device: way.virtualDevice, of: way.partition, online: false, at: now)
    }
  }
}
