// swift-tools-version: 6.2
import PackageDescription

// The manifest that `Tests/Fuzz/run` copies into its scratch folder; the normal build has no part of
// it. LIBFUZZER is the path of libFuzzer's archive without a main function.
let fuzzer = Context.environment["LIBFUZZER"] ?? "libclang_rt.fuzzer_no_main-x86_64.a"
let coverage: [SwiftSetting] = [
  .unsafeFlags([
    "-sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table",
    "-enable-testing",
  ])
]

let package = Package(
  name: "endicott-fuzz",
  dependencies: [.package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0")],
  targets: [
    .target(
      name: "CHost",
      cSettings: [
        .unsafeFlags([
          "-O2", "-ffp-contract=off", "-fsanitize-coverage=inline-8bit-counters,pc-table,trace-cmp",
        ])
      ]),
    .systemLibrary(name: "CLZ4"),
    .target(name: "Quantities", swiftSettings: coverage),
    .target(name: "X86", dependencies: ["CHost", "Quantities"], swiftSettings: coverage),
    .target(name: "Channels", dependencies: ["Quantities"], swiftSettings: coverage),
    .target(
      name: "Platform", dependencies: ["X86", "Channels", "Quantities", "CLZ4"],
      swiftSettings: coverage),
    .target(name: "GuestPrograms", dependencies: ["X86"], swiftSettings: coverage),
    .target(
      name: "Partitioning",
      dependencies: ["Platform", "X86", "Channels", "GuestPrograms", "Quantities"],
      swiftSettings: coverage),
    .target(
      name: "Definitions",
      dependencies: ["Partitioning", "Platform", "Channels", "GuestPrograms", "Quantities"],
      swiftSettings: coverage),
    .target(
      name: "ControlProgram",
      dependencies: ["Definitions", "Partitioning", "Channels", "Quantities"],
      swiftSettings: coverage),
    .target(
      name: "Records",
      dependencies: [
        "Partitioning", "Channels", "Quantities", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: coverage),
    .executableTarget(
      name: "endicott-fuzz",
      dependencies: [
        "ControlProgram", "Definitions", "Partitioning", "Platform", "Channels", "Quantities",
        "Records", "X86",
      ],
      path: "Fuzz",
      swiftSettings: [.unsafeFlags(["-enable-testing"])],
      linkerSettings: [.unsafeFlags(["-Xlinker", fuzzer, "-lstdc++"])]),
  ],
  swiftLanguageModes: [.v6]
)
