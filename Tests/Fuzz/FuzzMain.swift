import Foundation

/// What one fuzz target does with a case; a broken law ends the process.
protocol FuzzTarget: SendableMetatype {
  /// The cases that fuzzing starts from.
  static var seeds: [[UInt8]] { get }
  static func run(_ bytes: [UInt8])
}

/// The targets by name.
let fuzzTargets: [String: any FuzzTarget.Type] = [
  "execute": ExecuteTarget.self, "walk": WalkTarget.self, "load": LoadTarget.self,
  "definitions": DefinitionsTarget.self, "devices": DevicesTarget.self,
  "queues": QueuesTarget.self, "hypercalls": HypercallsTarget.self,
  "commands": CommandsTarget.self, "scripts": ScriptsTarget.self, "kept": KeptTarget.self,
  "files": FilesTarget.self,
]

/// libFuzzer's driver (LLVM, "Using libFuzzer as a library").
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

nonisolated(unsafe) private var chosen: any FuzzTarget.Type = ExecuteTarget.self

/// How many of what cases were made of, by name; told when fuzzing ends.
enum Tally {
  nonisolated(unsafe) private static var counts: [String: Int] = [:]

  static func add(_ count: Int, of name: String) { counts[name, default: 0] += count }

  fileprivate static func tell() {
    for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
      FileHandle.standardError.write(Data("stat::\(name): \(count)\n".utf8))
    }
  }
}

/// Ends the process as a found case.
func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data("broken law: \(message)\n".utf8))
  fflush(nil)
  abort()
}

@main struct FuzzMain {
  static func main() throws {
    let words = CommandLine.arguments
    if words.count == 4, words[1] == "seeds", let target = fuzzTargets[words[2]] {
      for (index, seed) in target.seeds.enumerated() {
        try Data(seed).write(to: URL(fileURLWithPath: "\(words[3])/seed-\(index)"))
      }
      return
    }
    guard words.count >= 2, let target = fuzzTargets[words[1]] else {
      let names = fuzzTargets.keys.sorted().joined(separator: ", ")
      FileHandle.standardError.write(Data("usage: endicott-fuzz TARGET ...; \(names)\n".utf8))
      exit(64)
    }
    chosen = target
    // libFuzzer sees the arguments without the target's name.
    var count = CommandLine.argc - 1
    var arguments = CommandLine.unsafeArgv + 1
    arguments[0] = CommandLine.unsafeArgv[0]
    // The driver ends the process itself.
    atexit { Tally.tell() }
    let status = runDriver(&count, &arguments) { data, byteCount in
      chosen.run(Array(UnsafeBufferPointer(start: data, count: byteCount)))
      return 0
    }
    exit(status)
  }
}
