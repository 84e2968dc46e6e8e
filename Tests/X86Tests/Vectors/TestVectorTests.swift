import Foundation
import Testing

@testable import X86

/// A line and its answer.
struct VectorTranscript: CustomTestStringConvertible {
  let line: String
  let answer: String
  let source: String
  var testDescription: String { "\(source): \(line)" }

  init(_ line: String, _ answer: String, _ source: String) {
    (self.line, self.answer, self.source) = (line, answer, source)
  }
}

@Suite("Vectors, one experiment a line")
struct TestVectorTests {
  static func answer(
    _ line: String, session: TestVectorSession? = nil
  ) throws -> String {
    let session = try session ?? TestVectorSession(features: .baseline, limit: 10_000)
    var output: [UInt8] = []
    let bytes = Array(line.utf8)
    try bytes.withUnsafeBytes { try session.answer($0, into: &output) }
    return String(decoding: output, as: UTF8.self)
  }

  static let transcripts = [
    VectorTranscript(
      "a\treal\thlt\tax=ff\t7c00:40f4\t7c00+2", "a\thlt\teax=100,eip=7c02,flags=16\t7c00:40f4\n",
      "SDM volume 2, INC: PF and AF"),
    VectorTranscript(
      "b\treal\thlt\tds=1000,bx=3\t7c00:8a07f4,10003:5a\t", "b\thlt\teax=5a,eip=7c03\t\n",
      "SDM volume 3, real-address mode: a selector is a base in paragraphs"),
    VectorTranscript(
      "c\treal\tevent:1\t\t7c00:cd21\t7ffa+6",
      "c\tevent\tvector=21,esp=7ffa,eip=fe21,cs=f000,cs.base=f0000\t7ffa:027c00000200\n",
      "SDM volume 3, real-address mode interrupts: IP, CS, FLAGS on the stack"),
    VectorTranscript(
      "d\tprot16\tlimit:3\t\t7c00:404040404040\t", "d\tlimit\teax=3,eip=7c03,flags=6\t\n",
      "three instructions"),
    VectorTranscript(
      "e\tprot32\thlt\teax=2\t7c00:83c003f4\t", "e\thlt\teax=5,eip=7c04,flags=6\t\n",
      "SDM volume 2, ADD"),
    VectorTranscript(
      "f\tprot32\tevent:1\tcs=43,ss=4b,ds=4b,es=4b\t7c00:f4\t",
      "f\tevent\tvector=d,error=0,esp=bff0ffe8,eip=bff0400d,cs=8,cs.attr=c09b,ss=10,ss.attr=c093\t\n",
      "SDM volume 2, HLT at privilege 3; INT n, inter-privilege: six doublewords"),
    VectorTranscript(
      "g\tvm86\tlimit:1\tds=1000\t7c00:a10300,10003:3412\t",
      "g\tlimit\teax=1234,eip=7c03\t\n",
      "SDM volume 3, virtual-8086 mode: a selector is a base in paragraphs"),
    VectorTranscript(
      "h\tlong\thlt\trax=100000000,xmm3=1\t7c00:48ffc0660fefdbf4\t7c00+1",
      "h\thlt\trax=100000001,rip=7c08,xmm3=0\t7c00:48\n", "SDM volume 2, INC and PXOR"),
    VectorTranscript(
      "i\tlong\tevent:1\trax=123000000000,cr2=7\t7c00:8b00\t",
      "i\tevent\tvector=e,error=0,rsp=7fd0,rip=bff0400e,cr2=123000000000\t\n",
      "SDM volume 3, Interrupt 14: a read of a page that is not present"),
    VectorTranscript(
      "j\tlong\tevent:1\trax=1000000000000000\t7c00:8b00\t7fd8+8",
      "j\tevent\tvector=d,error=0,rsp=7fd0,rip=bff0400d\t7fd8:007c000000000000\n",
      "SDM volume 3, Interrupt 13: an address that is not canonical"),
    VectorTranscript(
      "k\tlong\thlt\tidtr.limit=0\t7c00:0f0b\t", "k\tshutdown\tvector=8,error=0\t\n",
      "SDM volume 3, Interrupt 8: a third fault"),
    VectorTranscript(
      "l\tlong\thlt\tst0=3fff8000000000000000\t7c00:d8c0f4\t",
      "l\thlt\trip=7c03,st0=40008000000000000000\t\n", "1 + 1 in x87 extended precision"),
    VectorTranscript("# a comment", "", "comments have no answer"),
    VectorTranscript("", "", "blank lines have no answer"),
  ]

  @Test("a line is answered", arguments: transcripts)
  func answers(transcript: VectorTranscript) throws {
    #expect(try Self.answer(transcript.line) == transcript.answer)
  }

  @Test("what one vector changed is gone for the next, in storage, code and registers")
  func vectorsAreIndependent() throws {
    let session = try TestVectorSession(features: .baseline, limit: 100_000)
    let long = "a\tlong\thlt\trax=5\t7c00:48890425003000008d4001f4\t3000+2"
    let expected = "a\thlt\trax=6,rip=7c0c\t3000:0500\n"
    // Writes the tables and the code, and leaves CR0, the descriptor tables and the flags changed.
    let wild =
      "b\tprot32\thlt\teax=1,ecx=5000,edi=bff00000,gdtr.limit=0,cr4=0,flags=cd5\t"
      + "7c00:fcf3aab8310000000f22c0f4\t3000+2"
    for _ in 0..<3 {
      #expect(try Self.answer(long, session: session) == expected)
      #expect(try Self.answer(wild, session: session).hasPrefix("b\thlt\teax=31,"))
      #expect(
        try Self.answer("c\treal\thlt\t\t3000:cd07\t3000+1", session: session)
          == "c\tevent\tvector=7,esp=7ffa,eip=fe08,cs=f000,cs.base=f0000\t3000:cd\n")
    }
  }

  @Test("the N-th event ends the run, whatever happened before")
  func countsEvents() throws {
    // Handler 7 is the vector's own: it counts in EBX and returns.
    let line =
      "a\treal\tevent:3\t\t7c00:cd07cd07cd07cd07f4,1c:007d0000,7d00:43cf\t"
    #expect(
      try Self.answer(line) == "a\tevent\tvector=7,ebx=2,esp=7ffa,eip=7d00\t\n")
  }

  @Test("an endless loop ends at the session's limit")
  func limitsLoops() throws {
    let session = try TestVectorSession(features: .baseline, limit: 1000)
    #expect(
      try Self.answer("a\tlong\thlt\t\t7c00:ebfe\t", session: session) == "a\tlimit\t\t\n")
  }

  @Test(
    "a line that is no vector names its field and column, and what would be right",
    arguments: [
      ("a", 2, 1, "the line ends here"), ("a\tfoo\thlt\t\t\t", 3, 2, "'foo' is no mode"),
      ("a\treal\tstop\t\t\t", 8, 3, "'stop' is no stop"),
      ("a\treal\tevent:0\t\t\t", 8, 3, "'event:0' is no stop"),
      ("a\treal\tlimit:\t\t\t", 8, 3, "'limit:' is no stop"),
      ("a\treal\thlt\teaz=3\t\t", 12, 4, "'eaz' is no register"),
      ("a\treal\thlt\teax=1,eaxeaxeaxeaxeaxeax=3\t\t", 18, 4, "is no register"),
      ("a\treal\thlt\teax\t\t", 15, 4, "no '=' here"),
      ("a\treal\thlt\teax=\t\t", 16, 4, "a value is missing"),
      ("a\treal\thlt\tax=10000\t\t", 15, 4, "10000 is too large for ax"),
      ("a\treal\thlt\txmm0=123456789012345678901234567890123\t\t", 17, 4, "more than 128 bits"),
      ("a\treal\thlt\teax=1;\t\t", 17, 4, "';' is out of place"),
      ("a\treal\thlt\t\t7c00\t", 17, 5, "no ':' here"),
      ("a\treal\thlt\t\t7c00:123\t", 20, 5, "half a byte"),
      ("a\treal\thlt\t\tbfffffff:1234\t", 13, 5, "no storage at this address"),
      ("a\treal\thlt\t\tffffffffffffffffff:12\t", 13, 5, "no storage at this address"),
      ("a\treal\thlt\t\t\t10\t", 16, 6, "no '+' here"),
      ("a\treal\thlt\t\t\t10+200000\t", 23, 6, "a length of more than a mebibyte"),
      (
        "a\treal\thlt\t\t\t" + String(repeating: "0+100000,", count: 16) + "10+1", 158, 6,
        "more than 16 mebibytes in one line"
      ),
      ("a\treal\thlt\t", 12, 4, "the line ends here"),
    ] as [(String, Int, Int, String)])
  func badLines(line: String, column: Int, field: Int, text: String) throws {
    let error = try #require(throws: TestVectorError.self) { try Self.answer(line) }
    #expect(error.column == column)
    #expect(error.field == field)
    #expect(error.text.contains(text))
    #expect(!error.remedy.isEmpty)
  }

  @Test("every recorded case is answered as the recorded processor did, through the interface")
  func recordedCases() throws {
    let text = try String(contentsOf: RecordedCaseTests.file, encoding: .utf8)
    let session = try TestVectorSession(features: .baseline, limit: 1000)
    var count = 0
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let recorded = try #require(RecordedVector(line))
      let answer = try Self.answer(recorded.line, session: session)
      count += 1
      guard answer != recorded.answer else { continue }
      Issue.record("\(recorded.line)\n  expected \(recorded.answer)  got      \(answer)")
      if count > 2000 { return }
    }
    #expect(count >= 2000)
  }
}

/// A recorded case with everything said that the recorder takes for granted.
struct RecordedVector {
  /// Six columns.
  let line: String
  /// What the interface answers when it does as the recorded processor did.
  let answer: String

  private static let names = [
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15",
  ]

  init?(_ recorded: Substring) {
    let columns = recorded.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard columns.count == 9 else { return nil }
    var registers: [String: String] = [:]
    for (index, name) in Self.names.enumerated() {
      registers[name] = index == 0 ? "0" : String(UInt64(index) * 0x0101_0101_0101_0101, radix: 16)
    }
    func apply(_ column: String) {
      for pair in column.split(separator: ",") {
        let parts = pair.split(separator: "=").map(String.init)
        registers[parts[0]] = parts[1]
      }
    }
    registers["flags"] = "0"
    apply(columns[3])
    let before = registers
    // The recorder ran with interrupts enabled, as every program of a user does.
    let flagsBefore = (UInt64(before["flags"] ?? "0", radix: 16) ?? 0) | 0x202
    let given =
      Self.names.map { "\($0)=\(before[$0] ?? "0")" }
      + ["flags=\(String(flagsBefore, radix: 16))"]
    var memory = columns[4].split(separator: ",").map(String.init)
    let codeByteCount = (memory[0].utf8.count - 9) / 2
    // The recorded code runs to its end: a HLT stands there.
    memory[0] += "f4"
    line = [
      columns[0], columns[1], columns[2], given.joined(separator: ","),
      memory.joined(separator: ","), columns[5],
    ].joined(separator: "\t")
    apply(columns[7])
    var changed = Self.names.compactMap { name in
      registers[name] == before[name] ? nil : "\(name)=\(registers[name] ?? "0")"
    }
    changed.append("rip=\(String(0x2000_2001 + UInt64(codeByteCount), radix: 16))")
    let mask = UInt64(columns[5].split(separator: "=").last ?? "", radix: 16) ?? 0
    let flags = [before, registers].map { (UInt64($0["flags"] ?? "0", radix: 16) ?? 0) & mask }
    if flags[0] != flags[1] { changed.append("flags=\(String(flags[1], radix: 16))") }
    let zeros = "20010000:" + String(repeating: "00", count: 64)
    let data = columns[8].isEmpty ? (memory.count > 1 ? memory[1] : zeros) : columns[8]
    answer = [columns[0], columns[6], changed.joined(separator: ","), data + "\n"]
      .joined(separator: "\t")
  }
}
