import Channels
import Partitioning

/// Which channel paths lead a partition to a device.
struct DeviceReach: Sendable {
  private let configuration: IOConfiguration
  private let images: [String: ImageDefinition]
  private let paths: [Int: ChannelPathDefinition]
  private let units: [UInt16: ControlUnitDefinition]

  init(_ configuration: IOConfiguration) {
    self.configuration = configuration
    images = Dictionary(
      configuration.images.map { ($0.partition, $0) }, uniquingKeysWith: { one, _ in one })
    paths = Dictionary(
      configuration.paths.map { (Self.key($0.subsystem, $0.number), $0) },
      uniquingKeysWith: { one, _ in one })
    units = Dictionary(
      configuration.controlUnits.map { ($0.number, $0) }, uniquingKeysWith: { one, _ in one })
  }

  /// A path's place among those of all channel subsystems.
  static func key(_ subsystem: UInt8, _ number: UInt8) -> Int { Int(subsystem) << 8 | Int(number) }

  /// Paths by which a partition may reach a device.
  func paths(to device: DeviceDefinition, of partition: String) -> [ChannelPathDefinition] {
    guard let image = images[partition], device.candidateList?.contains(partition) ?? true else {
      return []
    }
    return device.controlUnits.flatMap { units[$0]?.paths ?? [] }
      .filter { $0.subsystem == image.subsystem }
      .compactMap { paths[Self.key($0.subsystem, $0.number)] }
      .filter { $0.candidateList.contains(partition) }
  }
}
