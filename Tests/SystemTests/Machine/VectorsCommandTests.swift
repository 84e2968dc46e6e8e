import Foundation
import Testing

@Suite("endicott x86 vectors")
struct VectorsCommandTests {
  private static let good = "1\tprot32\thlt\teax=2\t7c00:83c003f4\t"
  private static let answer = "1\thlt\teax=5,eip=7c04,flags=6\t\n"

  @Test("answers standard input, with or without a last newline")
  func standardInput() throws {
    for end in ["", "\n"] {
      let run = try ProgramRun(["x86", "vectors", "-"], input: Self.good + end)
      #expect(run.output == Self.answer)
      #expect(run.errors == "")
      #expect(run.status == 0)
    }
  }

  @Test("tells a bad line with file, line and column, answers the others, and ends with 1")
  func badLine() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("v.tsv", "# two\n\(Self.good)\nx\tfoo\thlt\t\t\t\n\(Self.good)\n")
    let run = try ProgramRun(["x86", "vectors", file])
    #expect(run.output == Self.answer + Self.answer)
    #expect(
      run.errors
        == "endicott: \(file):3:3: field 2 (mode): 'foo' is no mode; "
        + "real, prot16, prot32, vm86 and long are\n")
    #expect(run.status == 1)
  }

  @Test("ends with 2 when the file cannot be used")
  func badFile() throws {
    for (path, reason) in [("/nowhere", "No such file or directory"), ("/", "Is a directory")] {
      let run = try ProgramRun(["x86", "vectors", path])
      #expect(run.errors == "endicott: \(path): \(reason)\n")
      #expect(run.status == 2)
    }
  }

  @Test("wrong options are told, and end with 64")
  func badOptions() throws {
    for (option, value) in [("--features", "warp"), ("--limit", "0")] {
      let run = try ProgramRun(["x86", "vectors", option, value, "-"])
      #expect(run.errors.contains("\(option) \(value)"))
      #expect(run.status == 64)
    }
  }
}
