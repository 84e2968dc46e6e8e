import Foundation
import GuestPrograms
import Platform
import Quantities

/// An image read from the host, ready to be placed.
struct LoadedImage {
  var image: BootImage
  /// What it was read from as the definition names it, for messages: guests see them too.
  var path: String
  /// Bytes of storage that it fills.
  var byteCount: UInt64 {
    switch image {
    case .linux(let kernel, let initialDisk, _, _):
      Self.size(kernel).addingClamped(initialDisk.map(Self.size) ?? 0)
    case .multiboot(let image, let modules, _):
      modules.reduce(Self.size(image)) { $0.addingClamped(Self.size($1.contents)) }
    case .firmware(let image): Self.size(image)
    case .program(let program): UInt64(clamping: program.bytes.count)
    }
  }

  private static func size(_ data: Data) -> UInt64 {
    // Cannot trap: data's own bounds.
    UInt64(clamping: data.count)
  }
}

extension IPLDefinition {
  /// What is loaded, in a word or two.
  package var summary: String {
    switch self {
    case .kernel(let file, _, _): file
    case .savedSystem(let name, _): name
    case .program(let name, _): name
    case .multiboot(let file, _, _): file
    case .device(let number, _): hexDigits(number)
    }
  }
}

extension Life {
  /// Reads what a partition is to load; nothing of the partition changes.
  func bootImage(
    of partition: Partition, _ ipl: IPLDefinition?, parameters: String?
  ) throws(ManagementError) -> LoadedImage {
    switch ipl {
    case nil: throw .nothingToLoad(partition.name)
    case .kernel(let file, let disk, let defined):
      let kernel = try contents(of: file, partition)
      var initialDisk: Data?
      if let disk { initialDisk = try contents(of: disk, partition) }
      return LoadedImage(
        image: .linux(
          kernel: kernel, initrd: initialDisk, commandLine: parameters ?? defined),
        path: file)
    case .program(let name, let defined):
      guard let program = GuestProgram.named(name.uppercased()) else {
        throw .programNotFound(
          partition.name, program: name, known: Life.programNames)
      }
      return LoadedImage(
        image: .program(
          Platform.GuestProgramImage(
            bytes: program.bytes, origin: program.origin, entry: program.entry,
            parameter: parameters ?? defined)), path: "program \(name)")
    case .savedSystem(let name, _):
      throw .unsupportedLoad(partition.name, what: "NSS \(name)")
    case .multiboot(let file, let names, let defined):
      let image = try contents(of: file, partition)
      var modules: [BootModule] = []
      for name in names {
        modules.append(
          BootModule(contents: try contents(of: name, partition), commandLine: name))
      }
      return LoadedImage(
        image: .multiboot(image: image, modules: modules, commandLine: parameters ?? defined),
        path: file)
    case .device(let number, _):
      throw .unsupportedLoad(
        partition.name, what: "device \(hexDigits(number))")
    }
  }
  /// Names of the guest programs that a partition can load.
  static var programNames: [String] { GuestProgram.allCases.map(\.rawValue) }
}
