import ControlProgram
import Foundation
import Partitioning
import Quantities

/// A socket for each active guest in a folder, by which programs such as socat attach to its console.
///
/// Owner thread only: nothing here waits. What clients type is an input of the machine as what is typed at
/// CONNECT is; what they are shown reaches nothing in it.
final class ConsoleSockets {
  /// Clients of one guest at a time.
  private static let clientLimit = 8
  /// Typed bytes that may wait for a guest: clients that type more wait.
  private static let inputLimit = 4096
  /// Typed bytes that are taken from a client at one look: what is typed is recorded, and kept.
  private static let turnLimit = 512
  /// Wall-clock time between two looks at clients, in nanoseconds.
  private static let interval: UInt64 = 5_000_000

  private struct Console {
    var listener: UnixListener
    var clients: [ConsoleClient] = []
  }

  private let folder: String
  private var consoles: [String: Console] = [:]
  /// What is still to be told: what happens while events are collected is told after that.
  private var troubles: [(partition: String, reason: String)] = []
  private var nextLook: UInt64 = 0
  private weak var control: ControlProgram?
  /// By whose right clients type.
  private var author = Author.firmware

  /// Makes the folder unless it is there.
  ///
  /// - Throws: `HostFailure` when it cannot be used.
  init(folder: String) throws(HostFailure) {
    self.folder = folder
    if mkdir(folder, 0o700) != 0, errno != EEXIST {
      throw HostFailure(subject: folder, reason: systemReason())
    }
    guard HostFile.kind(of: folder) == S_IFDIR else {
      throw HostFailure(subject: folder, reason: "it is no folder; --consoles needs one")
    }
    // Eight bytes have the longest name, and one stands before it.
    guard folder.utf8.count.addingClamped(9) <= UnixListener.pathLimit else {
      throw HostFailure(
        subject: folder,
        reason:
          "with a guest's name it has more than \(UnixListener.pathLimit) bytes, which no socket's"
          + " path may have; name a shorter one")
    }
  }

  deinit { end() }

  /// Serves a machine's guests; those who are attached to a guest that it has too stay so.
  func serve(_ control: ControlProgram, by author: Author) {
    self.control = control
    self.author = author
    control.audience = self
  }

  /// Sends, takes what was typed and lets clients in, when it is time for that.
  func look() {
    var clock = timespec()
    clock_gettime(CLOCK_MONOTONIC, &clock)
    let now = UInt64(clamping: clock.tv_sec).multipliedClamped(by: 1_000_000_000)
      .addingClamped(UInt64(clamping: clock.tv_nsec))
    guard now >= nextLook, let control else { return }
    nextLook = now.addingClamped(Self.interval)
    control.collectEvents()
    for (name, events) in happenings() { attend(name, events) }
    for trouble in troubles {
      control.sendToAll(
        CommandMessage(.consoleSocketFailure, trouble.partition, trouble.reason)
          .line(module: "CON"))
    }
    troubles = []
  }

  /// Ends every socket and removes its file.
  func end() {
    for name in Array(consoles.keys) { close(name) }
  }

  /// The guests at whose socket something is to be done, in name order: what happened at the socket, and at
  /// each client.
  private func happenings() -> [(name: String, events: [Int16])] {
    let names = consoles.keys.sorted()
    var descriptors: [pollfd] = []
    for name in names {
      guard let console = consoles[name] else { continue }
      descriptors.append(pollfd(fd: console.listener.descriptor, events: Int16(POLLIN), revents: 0))
      for client in console.clients {
        descriptors.append(pollfd(fd: client.descriptor, events: client.awaited, revents: 0))
      }
    }
    guard poll(&descriptors, nfds_t(clamping: descriptors.count), 0) > 0 else { return [] }
    var rest = descriptors[...]
    return names.compactMap { name in
      let count = max(0, (consoles[name]?.clients.count ?? 0).addingClamped(1))
      let own = rest.prefix(count)
      rest = rest.dropFirst(count)
      return own.contains { $0.revents != 0 } ? (name, own.map(\.revents)) : nil
    }
  }

  private func attend(_ name: String, _ events: [Int16]) {
    guard var console = consoles[name] else { return }
    for (index, happened) in zip(console.clients.indices, events.dropFirst()) where happened != 0 {
      console.clients.change(at: index) { client in
        client.note(happened)
        client.send()
        type(client.receive(atMost: room(at: name)), at: name)
      }
    }
    if events.first ?? 0 != 0, let descriptor = console.listener.accept() {
      let client = welcome(ConsoleClient(descriptor), to: name, beside: console.clients.count)
      if let client { console.clients.append(client) } else { Glibc.close(descriptor) }
    }
    for client in console.clients where client.isGone { Glibc.close(client.descriptor) }
    console.clients.removeAll(where: \.isGone)
    consoles[name] = console
  }

  /// Bytes that may be typed at a guest now.
  private func room(at name: String) -> Int {
    guard let control else { return 0 }
    let room = Self.inputLimit.subtractingClamped(control.system.waitingInput(at: name))
    return min(max(0, room), Self.turnLimit)
  }

  private func type(_ bytes: [UInt8], at name: String) {
    guard !bytes.isEmpty else { return }
    // A guest that has just ended hears nothing more.
    try? control?.system.type(bytes, at: name, by: author)
  }

  /// Shows a new client what the guest wrote last; nil when it has to go.
  private func welcome(
    _ client: ConsoleClient, to name: String, beside count: Int
  ) -> ConsoleClient? {
    var client = client
    let isTaken = count < Self.clientLimit
    client.add(
      isTaken
        ? control?.recentText(of: name) ?? []
        : Array("\(count) CLIENTS ARE ATTACHED TO \(name) ALREADY\r\n".utf8))
    client.send()
    return isTaken ? client : nil
  }

  private func open(_ name: String) {
    guard consoles[name] == nil else { return }
    do throws(HostFailure) {
      consoles[name] = Console(listener: try UnixListener(at: "\(folder)/\(name)"))
    } catch {
      troubles.append((name, "\(error.subject): \(error.reason)"))
    }
  }

  private func close(_ name: String) {
    guard let console = consoles.removeValue(forKey: name) else { return }
    for client in console.clients { Glibc.close(client.descriptor) }
    console.listener.end()
  }
}

extension ConsoleSockets: ConsoleAudience {
  func begin(with active: [String]) {
    for name in consoles.keys where !active.contains(name) { close(name) }
    for name in active { open(name) }
  }

  func opened(_ partition: String) { open(partition) }

  func closed(_ partition: String) { close(partition) }

  func wrote(_ bytes: [UInt8], at partition: String) {
    guard consoles[partition]?.clients.isEmpty == false else { return }
    consoles[partition]?.clients.changeEach { client in
      client.add(bytes)
      client.send()
    }
  }
}
