import CSlirp
import Foundation
import Quantities

// A network of libslirp: it speaks Ethernet, ARP, DHCP, TCP, UDP and ping with guests, and with everybody else by
// sockets that any user may have. Its addresses are those that QEMU's user-mode network has.

/// The network behind an uplink, in a process of its own.
///
/// Its loop is all that the process does: frames come and go by one socket, and what libslirp holds beyond that is as
/// much as its own buffers and the limits of the process allow.
final class UserModeNetwork {
  /// Frames that are taken from guests at one look.
  private static let turnLimit = 64
  /// Longest wait, in milliseconds: libslirp has timers.
  private static let longestWait: Int32 = 500
  /// Wait while the machine does not take frames.
  private static let cloggedWait: Int32 = 20
  /// More than a frame that a machine sends.
  private static let bufferByteCount = 2_048

  private let socket: Int32
  private var slirp: OpaquePointer?
  /// What libslirp wants to hear of, behind the socket.
  private var polled: [pollfd] = []
  private var callbacks = SlirpCb()
  private var buffer = [UInt8](repeating: 0, count: bufferByteCount)

  /// A network whose frames a socket carries; nil when libslirp refuses.
  init?(socket: Int32, isRestricted: Bool) {
    self.socket = socket
    var configuration = SlirpConfig()
    configuration.version = 1
    configuration.restricted = isRestricted ? 1 : 0
    configuration.in_enabled = true
    configuration.vnetwork = Self.address(0)
    configuration.vnetmask.s_addr = UInt32(0xFFFF_FF00).bigEndian
    configuration.vhost = Self.address(2)
    configuration.vnameserver = Self.address(3)
    configuration.vdhcp_start = Self.address(15)
    Self.fill(&callbacks)
    slirp = slirp_new(&configuration, &callbacks, Unmanaged.passUnretained(self).toOpaque())
    guard slirp != nil else { return nil }
  }

  deinit { if let slirp { slirp_cleanup(slirp) } }

  private static func address(_ host: UInt32) -> in_addr {
    in_addr(s_addr: (0x0A00_0200 | host).bigEndian)
  }

  private static func fill(_ callbacks: inout SlirpCb) {
    callbacks.send_packet = { bytes, count, network in
      UserModeNetwork.of(network)?.send(bytes, count)
      return count
    }
    // A hostile guest would write here without end.
    callbacks.guest_error = { _, _ in }
    callbacks.clock_get_ns = { _ in Int64(clamping: DispatchTime.now().uptimeNanoseconds) }
    // Timers are IPv6's, which is off: none is ever made.
    callbacks.timer_new = { _, _, _ in nil }
    callbacks.timer_free = { _, _ in }
    callbacks.timer_mod = { _, _, _ in }
    // Each wait asks for all descriptors anew.
    callbacks.register_poll_fd = { _, _ in }
    callbacks.unregister_poll_fd = { _, _ in }
    callbacks.notify = { _ in }
  }

  private static func of(_ pointer: UnsafeMutableRawPointer?) -> UserModeNetwork? {
    pointer.map { Unmanaged<UserModeNetwork>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Serves until the machine has closed the socket.
  func run() {
    var isOpen = true
    while isOpen {
      if isClogged { waitForRoom() } else { serve() }
      isOpen = takeFrames()
    }
  }

  /// Whether the machine has not taken what was sent: then nothing more is read for it.
  private var isClogged: Bool {
    var descriptor = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
    return poll(&descriptor, 1, 0) == 0
  }

  private func waitForRoom() {
    var descriptor = pollfd(fd: socket, events: Int16(POLLIN | POLLOUT), revents: 0)
    _ = poll(&descriptor, 1, Self.cloggedWait)
  }

  private func serve() {
    polled = [pollfd(fd: socket, events: Int16(POLLIN), revents: 0)]
    var wait = UInt32(Self.longestWait)
    let own = Unmanaged.passUnretained(self).toOpaque()
    slirp_pollfds_fill(
      slirp, &wait,
      { descriptor, events, network in
        UserModeNetwork.of(network)?.add(descriptor, events) ?? -1
      }, own)
    let count = poll(
      &polled, nfds_t(clamping: polled.count), min(Int32(clamping: wait), Self.longestWait))
    slirp_pollfds_poll(
      slirp, count < 0 ? 1 : 0,
      { place, network in UserModeNetwork.of(network)?.happened(at: place) ?? 0 }, own)
  }

  private func add(_ descriptor: Int32, _ events: Int32) -> Int32 {
    polled.append(
      pollfd(fd: descriptor, events: Self.translated(events, Self.toHost), revents: 0))
    return Int32(clamping: polled.count &- 1)
  }

  private func happened(at place: Int32) -> Int32 {
    Int32(Self.translated(Int32(polled.element(at: Int(place))?.revents ?? 0), Self.fromHost))
  }

  /// libslirp's bits and the host's.
  private static let bits: [(slirp: Int, host: Int32)] = [
    (SLIRP_POLL_IN, POLLIN), (SLIRP_POLL_OUT, POLLOUT), (SLIRP_POLL_PRI, POLLPRI),
    (SLIRP_POLL_ERR, POLLERR), (SLIRP_POLL_HUP, POLLHUP),
  ]
  private static let toHost = bits.map { (Int32(clamping: $0.slirp), $0.host) }
  private static let fromHost = bits.map { ($0.host, Int32(clamping: $0.slirp)) }

  private static func translated(_ events: Int32, _ bits: [(from: Int32, to: Int32)]) -> Int16 {
    Int16(truncatingIfNeeded: bits.reduce(0) { events & $1.from == 0 ? $0 : $0 | $1.to })
  }

  /// A frame for guests; one for which there is no room is lost, as on a wire.
  private func send(_ bytes: UnsafeRawPointer?, _ count: Int) {
    _ = Glibc.send(socket, bytes, count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
  }

  /// Takes frames of guests.
  ///
  /// - Returns: Whether more can come.
  private func takeFrames() -> Bool {
    for _ in 0..<Self.turnLimit {
      let count = recv(socket, &buffer, Self.bufferByteCount, Int32(MSG_DONTWAIT))
      if count > 0 {
        slirp_input(slirp, buffer, Int32(clamping: count))
      } else {
        return count < 0 && (errno == EAGAIN || errno == EINTR)
      }
    }
    return true
  }
}
