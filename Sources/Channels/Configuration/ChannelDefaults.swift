/// Rates and latencies of paths and devices of which no *.media statement speaks, and limits.
package enum ChannelDefaults {
  /// Bytes a second of a channel path: 800 MB, an FC path of 8 Gbit/s.
  package static let pathBytesPerSecond: UInt64 = 800 << 20
  /// Latency of a channel path: 100 us, one epoch.
  package static let pathLatencyNanoseconds: UInt64 = 100_000
  /// Bytes a second of a device: 200 MB.
  package static let deviceBytesPerSecond: UInt64 = 200 << 20
  /// Latency of a device: 500 us.
  package static let deviceLatencyNanoseconds: UInt64 = 500_000
  /// Most paths that lead to one device in one channel subsystem (ICP304I).
  package static let pathsPerDevice = 8
  /// Bytes in a block, the unit in which devices are addressed.
  package static let blockByteCount: UInt64 = 512
  /// Most bytes that one request moves: 4 MiB; a longer one ends in an I/O error.
  package static let requestByteLimit = 4 << 20
}
