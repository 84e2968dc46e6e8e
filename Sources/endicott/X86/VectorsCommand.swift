import ArgumentParser
import Foundation
import X86

/// `endicott x86 vectors`: experiments of one line each, answered one line each.
struct VectorsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vectors",
    abstract: "Run single experiments on the processor, one a line, and tell what came out.",
    discussion: """
      FILE has one vector a line, six columns with tabs between; - is standard input. A line that \
      begins with # is a comment. All numbers are hexadecimal, but N.

        id      any text; the answer begins with it
        mode    real, prot16, prot32, vm86 or long
        stop    hlt, event:N (when N events were taken) or limit:N (instructions)
        regs    eax=1f,cs=8,xmm0=0123...,... registers that do not have their default
        mem     7c00:b82a00f4,... bytes at guest-physical addresses; all else is zero
        want    8000+10,... storage to tell; flags=MASK tells only these flags

      Execution begins at the first address of mem, unless ip is given. Flat segments, a stack below \
      8000, descriptor tables and handlers that halt are there. The answer, one line a vector:

        id  status  regs  mem      status is hlt, event, limit or shutdown

      regs has the registers that changed, after vector=, error= and cr2= of the event that ended \
      the run; mem has what want asked for. Docs/Vectors.md lists the registers' names and the state \
      of each mode.

        endicott x86 vectors - <<< $'1\\tprot32\\thlt\\teax=2\\t7c00:83c003f4\\t'
        1       hlt     eax=5,eip=7c04,flags=6

      Exit status: 0 every line was answered; 1 some lines were not vectors, told on standard error; \
      2 the file cannot be used.
      """)

  @Argument(help: ArgumentHelp("The vectors; - is standard input.", valueName: "file"))
  var file: String

  @OptionGroup
  var features: FeatureOptions

  @Option(
    help: ArgumentHelp(
      "Most instructions of a vector whose stop is hlt or event.", valueName: "n"))
  var limit = 100_000

  func validate() throws {
    guard (1...1_000_000_000).contains(limit) else {
      throw ValidationError("--limit \(limit): 1 to 1000000000 are possible")
    }
  }

  func run() throws {
    do {
      let input = try LineInput(file)
      let run = VectorsRun(
        name: file == "-" ? "standard input" : file,
        session: try Self.session(features.named(), limit))
      try run.answerAll(input)
      if run.badLineCount > 0 { throw ExitCode(ExitStatus.failed) }
    } catch let failure as HostFailure {
      writeError(failure.line)
      throw ExitCode(failure.status)
    }
  }

  private static func session(
    _ features: ProcessorFeatures, _ limit: Int
  ) throws(HostFailure) -> TestVectorSession {
    do {
      return try TestVectorSession(features: features, limit: limit)
    } catch {
      throw .noMemory(for: "a processor")
    }
  }
}

/// Answers the lines of a file on standard output.
private final class VectorsRun {
  /// Answers that are kept until they are written, in bytes.
  private static let pieceByteCount = 1 << 20

  private let name: String
  private let session: TestVectorSession
  private var output: [UInt8] = []
  private var lineNumber = 0
  /// Lines that were no vectors.
  private(set) var badLineCount = 0

  init(name: String, session: TestVectorSession) {
    self.name = name
    self.session = session
  }

  /// Answers what has come before it waits for more, so that a driver may ask and wait in turn.
  func answerAll(_ input: LineInput) throws(HostFailure) {
    while !StandardOutput.hasFailed, try input.fill() {
      while let line = input.nextLine() {
        answer(line)
        if output.count >= VectorsRun.pieceByteCount { flush() }
      }
      flush()
    }
    if let line = input.lastLine() { answer(line) }
    flush()
  }

  private func answer(_ line: UnsafeRawBufferPointer) {
    lineNumber &+= 1
    do throws(TestVectorError) {
      try session.answer(line, into: &output)
    } catch {
      badLineCount &+= 1
      writeError("endicott: \(name):\(lineNumber):\(error.column): \(error.message)")
    }
  }

  /// Writes the answers; what cannot be written is told when the process ends.
  private func flush() {
    StandardOutput.write(output)
    output.removeAll(keepingCapacity: true)
  }
}
