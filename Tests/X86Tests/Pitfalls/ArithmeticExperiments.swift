import Testing

@testable import X86

/// Groups 1 to 10 of what is easily got wrong: flags, counts, and which registers change.
///
/// Source of every expectation: Intel SDM volume 2 and AMD APM volume 3, under the instruction's name.
@Suite("Pitfalls of arithmetic, by experiment")
struct ArithmeticExperiments {
  @Test(
    "pitfall 1: a count is masked before it is looked at; 0 changes nothing",
    arguments: [
      Experiment("SHL EAX by 32", .long, "rax=80000001,rcx=20,flags=8d7", "d3e0", .done("")),
      Experiment(
        "SHL RAX by 64", .long, "rax=8000000000000001,rcx=40,flags=8d7", "48d3e0", .done("")),
      Experiment(
        "SHL RAX by 33", .long, "rax=1,rcx=21,flags=2", "48d3e0", .done("rax=200000000,flags=6")),
      Experiment("SHR AL by 32", .prot32, "eax=81,ecx=20,flags=8d7", "d2e8", .done("")),
      Experiment("SAR AX by an immediate 32", .real, "ax=8001,flags=8d7", "c1f820", .done("")),
      Experiment(
        "SHL AL by 9 leaves nothing", .prot32, "eax=ff,ecx=9", "d2e0", .done("eax=0,flags=46")
      ).ignoringFlags(0x811),
      Experiment(
        "ROL AL by 8 sets CF from bit 0", .prot32, "eax=81,ecx=8", "d2c0", .done("flags=3")),
      Experiment(
        "ROR AL by 8 sets CF from bit 7", .prot32, "eax=1,ecx=8,flags=3", "d2c8", .done("flags=2")),
      Experiment(
        "ROL AX by 16 sets CF from bit 0", .prot16, "ax=8001,cx=10", "d3c0", .done("flags=3")),
      Experiment("ROL AX by 32 is by 0", .prot16, "ax=8001,cx=20", "d3c0", .done("")),
      Experiment(
        "a count of 0 still writes, as on an AMD EPYC", .long, "rbx=123000000000,rcx=0", "d323",
        .fault(14, 2, "cr2=123000000000")),
    ].map { $0.outcome == .done("") ? $0 : $0.ignoringFlags(0x810) })
  func counts(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 2: RCL and RCR of 8 and 16 bits repeat after 9 and 17; OF belongs to count 1",
    arguments: [
      Experiment("RCL AL by 9", .prot32, "eax=5a,ecx=9,flags=3", "d2d0", .done("")),
      Experiment("RCL AL by 10", .prot32, "eax=5a,ecx=a,flags=2", "d2d0", .done("eax=b4")),
      Experiment("RCL AX by 17", .prot32, "eax=1234,ecx=11,flags=3", "66d3d0", .done("")),
      Experiment("RCR AL by 18", .prot32, "eax=5a,ecx=12,flags=2", "d2d8", .done("")),
      Experiment("RCR AX by 31 is by 14", .real, "ax=1,cx=1f,flags=2", "d3d8", .done("eax=8")),
      Experiment(
        "RCL AL by 1: OF is the new sign against CF", .prot32, "eax=40,flags=2", "d0d0",
        .done("eax=80,flags=802")),
      Experiment(
        "RCR AL by 1: OF is the two highest bits' difference", .prot32, "eax=0,flags=3", "d0d8",
        .done("eax=80,flags=802")),
    ].map { $0.name.contains("by 1:") ? $0 : $0.ignoringFlags(0x800) })
  func rotatesThroughCarry(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 3: BSF and BSR of zero set ZF and keep the destination",
    arguments: [
      Experiment("BSF RAX", .long, "rax=1122334455667788,flags=2", "480fbcc1", .done("flags=42")),
      Experiment("BSR AX", .prot32, "eax=12345678,flags=2", "660fbdc1", .done("flags=42")),
      Experiment(
        "BSF of a bit clears ZF", .prot32, "ecx=80000000,flags=42", "0fbcc1",
        .done("eax=1f,flags=2")),
    ].map { $0.ignoringFlags(0x895) })
  func scans(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 4: INC and DEC keep CF, NEG sets it unless zero, NOT touches nothing",
    arguments: [
      Experiment("INC", .long, "rax=ffffffff,flags=3", "ffc0", .done("rax=0,flags=57")),
      Experiment("INC without CF", .long, "rax=ffffffff,flags=2", "ffc0", .done("rax=0,flags=56")),
      Experiment("DEC", .prot32, "eax=0,flags=3", "48", .done("eax=ffffffff,flags=97")),
      Experiment("INC to the most negative", .real, "ax=7fff", "40", .done("eax=8000,flags=896")),
      Experiment("NEG 0", .prot32, "eax=0,flags=3", "f7d8", .done("flags=46")),
      Experiment("NEG 1", .prot32, "eax=1,flags=2", "f7d8", .done("eax=ffffffff,flags=97")),
      Experiment("NEG of the most negative", .prot32, "eax=80000000", "f7d8", .done("flags=887")),
      Experiment("NOT", .prot32, "eax=ffffffff,flags=8d7", "f7d0", .done("eax=0")),
      Experiment(
        "XOR clears CF and OF", .prot32, "eax=1,ebx=1,flags=803", "31d8", .done("eax=0,flags=46")
      ).ignoringFlags(0x10),
    ])
  func unary(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 5: a division's fault is at the instruction, with the registers as they were",
    arguments: [
      Experiment("DIV by 0", .prot32, "eax=7,edx=5,flags=cd7", "f7f3", .fault(0, nil)),
      Experiment(
        "DIV's quotient is too large", .prot32, "eax=7,edx=7,ebx=7", "f7f3", .fault(0, nil)),
      Experiment("IDIV, -129", .prot32, "eax=ff7f,ebx=1", "f6fb", .fault(0, nil)),
      Experiment("IDIV, 128", .prot32, "eax=80,ebx=1", "f6fb", .fault(0, nil)),
      Experiment("IDIV, -128 is legal", .prot32, "eax=ff80,ebx=1", "f6fb", .done("eax=80"))
        .ignoringFlags(0x8D5),
      Experiment("IDIV, -32768 is legal", .real, "dx=ffff,ax=8000,bx=1", "f7fb", .done("edx=0"))
        .ignoringFlags(0x8D5),
      Experiment(
        "IDIV, -2^63 by -1", .long,
        "rdx=ffffffffffffffff,rax=8000000000000000,rbx=ffffffffffffffff",
        "48f7fb", .fault(0, nil)),
      Experiment(
        "DIV of memory by 0 at a second instruction", .long, "rbx=9000,rax=1", "90f733",
        .fault(0, nil, at: 1)),
      Experiment("AAM 0", .prot32, "eax=1234", "d400", .fault(0, nil)),
      Experiment("AAM 10", .prot32, "eax=123f", "d40a", .done("eax=603,flags=6")).ignoringFlags(
        0x811),
      Experiment(
        "real mode pushes the faulting instruction too", .real, "ax=1", "f6f3", .fault(0, nil)),
    ])
  func divisions(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 6: SHLD and SHRD by 0 change nothing; a count above 16 of words does no harm",
    arguments: [
      Experiment("SHLD by 0", .prot32, "eax=1,edx=2,ecx=20,flags=8d7", "0fa5d0", .done("")),
      Experiment("SHRD by an immediate 0", .prot32, "eax=1,edx=2,flags=8d7", "0facd000", .done("")),
      Experiment(
        "SHLD of 64 bits by 32", .long, "rax=1,rdx=8765432112345678,rcx=20", "480fa5d0",
        .done("rax=187654321,flags=6")
      ).ignoringFlags(0x810),
      Experiment(
        "SHLD of words by 17 leaves the upper half alone", .prot32, "eax=ffff0000,edx=0,ecx=11",
        "660fa5d0", .done("")
      ).ignoringFlags(0x8D5),
    ])
  func doubleShifts(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 7: CMPXCHG always writes; its failing form loads the accumulator alone",
    arguments: [
      Experiment(
        "unequal, 32 bits, clears the upper half of RAX", .long,
        "rax=ffffffff00000001,rbx=2,rcx=3", "0fb1cb", .done("rax=2,flags=97")),
      Experiment(
        "equal, 32 bits, keeps RAX and clears the destination's upper half", .long,
        "rax=ffffffff00000002,rbx=ffffffff00000002,rcx=3", "0fb1cb", .done("rbx=3,flags=46")),
      Experiment(
        "unequal bytes", .prot32, "eax=1101,ebx=2202,ecx=3", "0fb0cb", .done("eax=1102,flags=97")),
      Experiment("CMPXCHG16B not aligned", .long, "rsi=9008", "480fc70e", .fault(13, 0)),
      Experiment(
        "CMPXCHG8B needs no alignment", .long, "rsi=9001,rbx=5,rcx=6", "0fc70e",
        .done("flags=42"), storage: "9001:0500000006000000"),
      Experiment(
        "CMPXCHG8B unequal loads EDX:EAX", .prot32, "esi=9000,edx=9,eax=1,flags=42", "0fc70e",
        memory: "9000:0807060504030201", .done("eax=5060708,edx=1020304,flags=2")),
      Experiment("CMPXCHG8B of a register", .prot32, "", "0fc7c9", .fault(6, nil)),
    ])
  func compareExchange(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 8: XADD and XCHG of a register with itself, and their memory forms",
    arguments: [
      Experiment("XADD EAX, EAX doubles", .long, "rax=21", "0fc1c0", .done("rax=42,flags=6")),
      Experiment(
        "XADD AL, AH: the source gets the old destination", .prot32, "eax=0102", "0fc0e0",
        .done("eax=203,flags=6")),
      Experiment(
        "XCHG EAX, EAX by 87 clears the upper half", .long, "rax=ffffffff00000007", "87c0",
        .done("rax=7")),
      Experiment(
        "XCHG with memory takes LOCK, and needs none", .prot32, "ebx=9000,eax=5", "f08703",
        memory: "9000:07000000", .done("eax=7"), storage: "9000:05000000"),
      Experiment(
        "XADD with memory", .prot32, "ebx=9000,eax=5", "f00fc103",
        memory: "9000:07000000", .done("eax=7,flags=6"), storage: "9000:0c000000"),
    ])
  func exchanges(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 9: a register index of BT reaches beyond the operand, an immediate one does not",
    arguments: [
      Experiment(
        "BTS, 100 bits up", .prot32, "ebx=9000,eax=64", "0fab03", .done(""),
        storage: "900c:10000000"),
      Experiment(
        "BTS, one bit down", .prot32, "ebx=9000,eax=ffffffff", "0fab03", .done(""),
        storage: "8ffc:00000080"),
      Experiment(
        "BTS of words, one bit down", .prot32, "ebx=9000,eax=ffff", "660fab03", .done(""),
        storage: "8ffe:0080"),
      Experiment(
        "BTC of 64 bits, far down", .long, "rbx=9000,rax=ffffffffffffff80", "480fbb03",
        .done(""), storage: "8ff0:0100000000000000"),
      Experiment(
        "BTS with an immediate of 33", .prot32, "ebx=9000", "0fba2b21", .done(""),
        storage: "9000:0200000000000000"),
      Experiment(
        "BT of a register masks its index", .prot32, "ebx=2,eax=21", "0fa3c3", .done("flags=3")),
      Experiment(
        "a bit string wraps at 64 KiB", .real, "bx=fffe,ax=10", "0fab07", .done(""),
        storage: "0:01fe"),
      Experiment(
        "a bit string's element beyond the limit", .prot32, "ds.limit=9003,ebx=9000,eax=20",
        "0fab03", .fault(13, 0), storage: "9004:00000000"),
      Experiment(
        "a bit string that begins beyond the limit and reaches back", .prot32,
        "ds.limit=9003,ebx=9004,eax=ffffffe0", "0fab03", .done(""), storage: "9000:01000000"),
      Experiment(
        "a bit string with 32-bit addresses in 64-bit code", .long, "rbx=fffffffffffffffc,rax=20",
        "670fab03", .done(""), storage: "0:01000000"),
      Experiment(
        "BTS in real mode", .real, "bx=9000,ax=fff0", "0fab07", .done(""), storage: "8ffe:0100"),
    ].map { $0.ignoringFlags(0x8D4) })
  func bitStrings(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 10: 32-bit writes clear the upper half, narrower ones do not",
    arguments: [
      Experiment("MOV", .long, "rax=ffffffffffffffff", "b801000000", .done("rax=1")),
      Experiment(
        "MOV of a word", .long, "rax=ffffffffffffffff", "66b80100", .done("rax=ffffffffffff0001")),
      Experiment("MOV AH", .long, "rax=ffffffffffffffff", "b401", .done("rax=ffffffffffff01ff")),
      Experiment(
        "MOVZX to 16 bits", .long, "rax=ffffffffffffffff,rcx=80", "660fb6c1",
        .done("rax=ffffffffffff0080")),
      Experiment("MOVSX to 32 bits", .long, "rax=0,rcx=80", "0fbec1", .done("rax=ffffff80")),
      Experiment("MOVSXD", .long, "rcx=80000000", "4863c1", .done("rax=ffffffff80000000")),
      Experiment("90 is no operation", .long, "rax=ffffffffffffffff", "90", .done("")),
      Experiment(
        "90 with REX.B exchanges", .long, "rax=ffffffffffffffff,r8=5", "4190",
        .done("rax=5,r8=ffffffff")),
      Experiment("90 with REX.W is no operation", .long, "rax=ffffffffffffffff", "4890", .done("")),
      Experiment(
        "CMOV with a false condition clears the upper half", .long,
        "rax=ffffffffffffffff,flags=2", "0f44c1", .done("rax=ffffffff")),
      Experiment(
        "CMOV with a false condition reads its operand", .long, "rbx=123000000000,flags=2",
        "0f4403", .fault(14, 0, "cr2=123000000000")),
      Experiment(
        "CBW keeps the upper part", .long, "rax=ffffffffffff0080", "6698",
        .done("rax=ffffffffffffff80")),
      Experiment("CWDE clears it", .long, "rax=ffffffffffff8000", "98", .done("rax=ffff8000")),
      Experiment(
        "SETcc writes a byte", .long, "rax=ffffffffffffffff", "0f94c0",
        .done("rax=ffffffffffffff00")),
    ])
  func widths(experiment: Experiment) throws { try experiment.check() }
}
