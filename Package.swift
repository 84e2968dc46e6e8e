// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  // A debug build finds overlapping accesses; a release build does not look for them at every access to a
  // property of an object: it costs the dispatcher time, and what it found would end every partition.
  // Tests see what is internal, so that the product and they are of one build.
  .unsafeFlags(
    ["-enforce-exclusivity=unchecked", "-enable-testing"], .when(configuration: .release)),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
  name: "endicott",
  products: [
    .executable(name: "endicott", targets: ["endicott"]),
    .executable(name: "endicott-bench", targets: ["endicott-bench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    .target(name: "CHost", cSettings: [.unsafeFlags(["-O2", "-ffp-contract=off"])]),
    .systemLibrary(name: "CReadline", providers: [.apt(["libreadline-dev"])]),
    .systemLibrary(name: "CSlirp", providers: [.apt(["libslirp-dev"])]),
    .systemLibrary(name: "CLZ4", providers: [.apt(["liblz4-dev"])]),
    library("Quantities"),
    library("X86", ["CHost", "Quantities"]),
    library("Channels", ["Quantities"]),
    library("Platform", ["X86", "Channels", "Quantities", "CLZ4"]),
    library("GuestPrograms", ["X86"]),
    library("Partitioning", ["Platform", "X86", "Channels", "GuestPrograms", "Quantities"]),
    library(
      "Definitions", ["Partitioning", "Platform", "Channels", "GuestPrograms", "Quantities"]),
    library("ControlProgram", ["Definitions", "Partitioning", "Channels", "Quantities"]),
    library(
      "Records",
      [
        "Partitioning", "Platform", "X86", "Channels", "Quantities", "CLZ4",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ]),
    .executableTarget(
      name: "endicott",
      dependencies: [
        "ControlProgram", "Definitions", "Partitioning", "Platform", "X86", "Channels",
        "Quantities",
        "Records", "CReadline", "CSlirp",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "endicott-bench",
      dependencies: [
        "Partitioning", "Platform", "Channels", "X86",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .target(
      name: "TestSupport", dependencies: ["X86"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .target(
      name: "CNativeStep", path: "Tests/CNativeStep", cSettings: [.unsafeFlags(["-O2"])]),
    tests("QuantitiesTests", ["Quantities"]),
    tests(
      "X86Tests", ["X86", "CHost", "CNativeStep", "TestSupport"],
      exclude: ["Differential/vectors.tsv", "Silicon/steps.tsv"]),
    tests("ChannelsTests", ["Channels", "Quantities"]),
    tests("PlatformTests", ["Platform", "X86", "Channels", "Quantities", "TestSupport"]),
    tests("GuestProgramsTests", ["GuestPrograms", "Platform", "X86", "Channels"]),
    tests(
      "PartitioningTests",
      [
        "Partitioning", "Platform", "X86", "Channels", "GuestPrograms", "Quantities", "TestSupport",
      ]),
    tests(
      "DefinitionsTests", ["Definitions", "Partitioning", "Channels", "TestSupport"]),
    tests(
      "ControlProgramTests",
      ["ControlProgram", "Definitions", "Partitioning", "Channels", "Quantities", "TestSupport"]),
    tests(
      "RecordsTests",
      [
        "Records", "Partitioning", "Channels", "Quantities", "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    tests(
      "SystemTests",
      [
        "endicott", "Channels", "ControlProgram", "Definitions", "Partitioning", "Platform",
        "Records", "X86",
        "TestSupport",
      ], exclude: ["Fixtures"]),
  ],
  swiftLanguageModes: [.v6]
)
