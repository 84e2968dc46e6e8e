import Testing

@testable import X86

/// Groups 18, 19, 31 and 32 of what is easily got wrong: fetching, LOCK, restarts and repeats.
///
/// Source of every expectation: Intel SDM volume 3, "Priority Among Concurrent Events" and
/// "Interrupt 13"; volume 2, "Instruction Format", "LOCK" and "REP".
@Suite("Pitfalls of execution, by experiment")
struct ExecutionExperiments {
  private static let prefixes13 = String(repeating: "66", count: 13)
  private static let prefixes14 = prefixes13 + "66"

  @Test(
    "pitfall 18: an instruction of 16 bytes is #GP(0)",
    arguments: [
      Experiment("15 bytes", .long, "", prefixes14 + "90", .done("")),
      Experiment("16 bytes", .long, "", prefixes14 + "6690", .fault(13, 0)),
      Experiment(
        "15 bytes without the last of an immediate", .prot32, "", prefixes13 + "b80500",
        .fault(13, 0)),
      Experiment(
        "15 bytes with an immediate", .prot32, "", String(prefixes13.dropLast(2)) + "b80500",
        .done("eax=5")),
      Experiment("16 bytes in real mode", .real, "", prefixes14 + "6690", .fault(13, 0)),
      Experiment("too long goes before undefined", .prot32, "", prefixes14 + "0f0b", .fault(13, 0)),
    ])
  func lengths(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 19: LOCK is for memory destinations of certain instructions; what is undefined goes first",
    arguments: [
      Experiment("ADD to a register", .prot32, "", "f001d8", .fault(6, nil)),
      Experiment("MOV", .prot32, "ebx=9000", "f08903", .fault(6, nil)),
      Experiment("CMP", .prot32, "ebx=9000", "f03903", .fault(6, nil)),
      Experiment("TEST", .prot32, "ebx=9000", "f08503", .fault(6, nil)),
      Experiment("BT", .prot32, "ebx=9000", "f00fa303", .fault(6, nil)),
      Experiment("BT with an immediate", .prot32, "ebx=9000", "f00fba2301", .fault(6, nil)),
      Experiment("ADD from memory", .prot32, "ebx=9000", "f00303", .fault(6, nil)),
      Experiment("SHL", .prot32, "ebx=9000", "f0d123", .fault(6, nil)),
      Experiment("PUSH", .prot32, "", "f050", .fault(6, nil)),
      Experiment("FADD", .prot32, "ebx=9000", "f0d803", .fault(6, nil)),
      Experiment("MOVAPS", .prot32, "ebx=9000", "f00f2803", .fault(6, nil)),
      Experiment("LEA", .long, "", "f0488d03", .fault(6, nil)),
      Experiment(
        "ADD to memory", .prot32, "ebx=9000,eax=5", "f00103", .done("flags=6"),
        storage: "9000:05000000"),
      Experiment("INC", .prot32, "ebx=9000", "f0ff03", .done(""), storage: "9000:01000000"),
      Experiment("NOT", .prot32, "ebx=9000", "f0f713", .done(""), storage: "9000:ffffffff"),
      Experiment(
        "BTC with an immediate", .prot32, "ebx=9000", "f00fba3b01", .done(""),
        storage: "9000:02000000"),
      Experiment(
        "CMPXCHG16B", .long, "rsi=9000,rbx=5", "f0480fc70e", .done("flags=42"),
        storage: "9000:0500000000000000"),
      Experiment(
        "LOCK MOV of an absent page is #UD", .long, "rbx=123000000000", "f08903", .fault(6, nil)),
      Experiment(
        "LOCK MOV beyond the limit is #UD", .prot32, "ds.limit=fff,ds.attr=4093,ebx=9000", "f08903",
        .fault(6, nil)),
      Experiment(
        "LOCK FADD without x87 is #UD", .prot32, "cr0=35,ebx=9000", "f0d803", .fault(6, nil)),
      Experiment(
        "MOVAPS without OSFXSR is #UD, not #NM", .prot32, "cr0=39,cr4=0,ebx=9000", "0f2803",
        .fault(6, nil)),
      Experiment(
        "MOVAPS with TS is #NM, not #GP", .prot32, "cr0=39,ebx=9001", "0f2803", .fault(7, nil)),
      Experiment(
        "FLD with EM is #NM, not #PF", .long, "cr0=80000035,rbx=123000000000", "d903",
        .fault(7, nil)),
      Experiment(
        "a privileged instruction with LOCK is #UD", .prot32, "cs=43,ss=4b", "f00f09",
        .fault(6, nil)),
      Experiment(
        "a REX prefix before another prefix is ignored", .long, "rax=ffffffff,rbx=1", "486601d8",
        .done("rax=ffff0000,flags=57")),
      Experiment(
        "of two REX prefixes the last counts", .long, "rax=ffffffff,rbx=1", "484001d8",
        .done("rax=0,flags=57")),
    ])
  func locks(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 31: what faults in its second part has written nothing",
    arguments: [
      Experiment(
        "ADD across the limit", .prot32, "ds.limit=9001,ds.attr=4093,ebx=9000,eax=1", "0103",
        memory: "9000:ffffffff",
        .fault(13, 0), storage: "9000:ffffffff"),
      Experiment(
        "PUSHA across the limit", .prot32, "cs=43,ss.limit=ffff,ss.attr=40f3,esp=10,eax=1", "60",
        .fault(12, 0), storage: "0:00000000000000000000000000000000"),
      Experiment(
        "FXSAVE across the limit", .prot32, "ds.limit=90ff,ds.attr=4093,ebx=9000", "0fae03",
        .fault(13, 0), storage: "9000:0000000000000000"),
      Experiment(
        "FNSAVE across the limit keeps the unit's state", .prot32,
        "ds.limit=9020,ds.attr=4093,ebx=9000,fcw=27f,ftw=1", "dd33", .fault(13, 0),
        storage: "9000:00000000"),
      Experiment(
        "a far CALL whose target does not exist pushes nothing", .prot32, "", "9a00000000f800",
        .fault(13, 0xF8)),
      Experiment(
        "a far CALL whose second push faults", .prot32, "cs=43,ss.limit=ffff,ss.attr=40f3,esp=4",
        "9a007c00004300", .fault(12, 0), storage: "0:00000000"),
      Experiment(
        "CMPXCHG8B across the limit", .prot32, "ds.limit=9004,ds.attr=4093,ebx=5,esi=9000",
        "0fc70e", .fault(13, 0), storage: "9000:00000000"),
      Experiment(
        "MOVSD across the limit of ES", .prot32, "es.limit=9001,es.attr=4093,edi=9000,esi=a000",
        "a5", memory: "a000:11223344", .fault(13, 0), storage: "9000:0000"),
      Experiment(
        "SGDT across the limit", .prot32, "ds.limit=9003,ds.attr=4093,ebx=9000", "0f0103",
        .fault(13, 0), storage: "9000:0000"),
      Experiment(
        "XCHG across the limit", .prot32, "ds.limit=9001,ds.attr=4093,ebx=9000,eax=5", "8703",
        .fault(13, 0), storage: "9000:0000"),
    ])
  func nothingWritten(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 32: a repeat that faults stands at its element; the address size chooses the registers",
    arguments: [
      Experiment(
        "a count of 0 touches nothing", .long, "rcx=0,rsi=123000000000,rdi=800000000000", "f3a4",
        .done("")),
      Experiment(
        "CX counts with 16-bit addresses", .real, "ecx=20003,edi=19000,eax=77", "f3aa",
        .done("ecx=20000,edi=19003"), storage: "9000:77777700"),
      Experiment(
        "with 67 ECX counts", .real, "ecx=2,edi=9000,eax=77", "67f3aa", .done("ecx=0,edi=9002"),
        storage: "9000:777700"),
      Experiment(
        "with 67 RCX loses its upper half", .long,
        "rcx=ffffffff00000002,rdi=ffffffff00009000,rax=77", "67f3aa", .done("rcx=0,rdi=9002"),
        storage: "9000:777700"),
      Experiment(
        "STOS stops at the limit", .prot32, "es.limit=9002,es.attr=4093,ecx=5,edi=9000,eax=77",
        "f3aa", .fault(13, 0, "ecx=2,edi=9003"), storage: "9000:777777"),
      Experiment(
        "STOS downwards", .prot32, "ecx=3,edi=9002,eax=77,flags=402", "f3aa",
        .done("ecx=0,edi=8fff"), storage: "8fff:0077777700"),
      Experiment(
        "MOVSW downwards", .prot32, "ecx=2,esi=9002,edi=a002,flags=402", "f366a5",
        memory: "9000:11223344", .done("ecx=0,esi=8ffe,edi=9ffe"), storage: "a000:11223344"),
      Experiment(
        "MOVS onto the byte behind its source repeats it", .prot32, "ecx=4,esi=9000,edi=9001",
        "f3a4", memory: "9000:55", .done("ecx=0,esi=9004,edi=9005"), storage: "9000:555555555500"),
      Experiment(
        "MOVSD onto itself, 2 bytes on", .prot32, "ecx=2,esi=9000,edi=9002", "f3a5",
        memory: "9000:1122334455667788", .done("ecx=0,esi=9008,edi=900a"),
        storage: "9002:1122334433447788"),
      Experiment(
        "a segment override is for the source alone", .prot32, "fs.base=1000,esi=9000,edi=b000",
        "64a4", memory: "a000:66,9000:11", .done("esi=9001,edi=b001"), storage: "b000:66"),
      Experiment(
        "REPE CMPSB stops behind the difference", .prot32, "ecx=5,esi=9000,edi=a000", "f3a6",
        memory: "9000:0102030405,a000:0102ff0405", .done("ecx=2,esi=9003,edi=a003,flags=13")),
      Experiment(
        "REPNE SCASB stops behind the match", .prot32, "ecx=5,edi=9000,eax=3", "f2ae",
        memory: "9000:0102030405", .done("ecx=2,edi=9003,flags=46")),
      Experiment(
        "REPNE SCASB without a match", .prot32, "ecx=2,edi=9000,eax=3", "f2ae", memory: "9000:0102",
        .done("ecx=0,edi=9002")),
      Experiment(
        "CMPS that faults; flags are Intel's from before or AMD's of the last element", .prot32,
        "es.limit=a001,es.attr=4093,ecx=5,esi=9000,edi=a000,flags=8d7", "f3a6",
        memory: "9000:0102030405,a000:0102ff0405", .fault(13, 0, "ecx=3,esi=9002,edi=a002")
      ).ignoringFlags(0x8D5),
      Experiment(
        "LODS repeated leaves the last", .prot32, "ecx=3,esi=9000", "f3ac", memory: "9000:010203",
        .done("eax=3,ecx=0,esi=9003")),
    ])
  func repeats(experiment: Experiment) throws { try experiment.check() }
}
