import Testing

@testable import X86

/// Groups 11 to 17 of what is easily got wrong: addresses, segments and the stack.
///
/// Source of every expectation: Intel SDM volume 3, "Limit Checking", "Stack-Fault Exception" and
/// "Canonical Addressing"; volume 2 under the instruction's name. What happens at the end of a 16-bit
/// code segment was also tried on an AMD EPYC, in a segment of modify_ldt.
@Suite("Pitfalls of addresses, by experiment")
struct AddressExperiments {
  @Test(
    "pitfall 11: 16-bit addresses wrap at 64 KiB, an operand that crosses the end faults",
    arguments: [
      Experiment("[BX+SI] wraps", .real, "bx=ffff,si=2", "8a00", memory: "1:77", .done("eax=77")),
      Experiment(
        "a displacement wraps", .real, "bx=8000", "8a870180", memory: "1:77", .done("eax=77")),
      Experiment(
        "[BP+DI] wraps", .prot16, "bp=fff0,di=18", "8a03", memory: "8:77", .done("eax=77")),
      Experiment(
        "with 67 in 32-bit code too", .prot32, "ebx=1ffff,esi=10002", "678a00", memory: "1:77",
        .done("eax=77")),
      Experiment("a word at FFFF is #GP", .real, "bx=ffff", "8b07", .fault(13, 0)),
      Experiment("a word store at FFFF is #GP", .real, "bx=ffff", "8907", .fault(13, 0)),
      Experiment(
        "a byte at FFFF is not", .real, "bx=ffff", "8a07", memory: "ffff:77", .done("eax=77")),
      Experiment("a double word at FFFD is #GP", .prot16, "bx=fffd", "668b07", .fault(13, 0)),
      Experiment("a word at FFFF by BP is #SS", .real, "bp=ffff", "8b4600", .fault(12, 0)),
      Experiment("a word at FFFF by ES:BP is #GP", .real, "bp=ffff", "268b4600", .fault(13, 0)),
      Experiment(
        "a 32-bit address beyond the limit is #GP", .real, "ebx=10000", "678a03", .fault(13, 0)),
      Experiment("PUSH with SP 1 is #SS", .prot16, "cs=53,ss=5b,esp=1", "50", .fault(12, 0)),
      Experiment(
        "PUSH with SP 0 wraps", .real, "esp=0,ax=77", "50", .done("esp=fffe"), storage: "fffe:7700"),
      Experiment(
        "FFFF:0010 is the second mebibyte: A20 is on", .real, "ds=ffff", "a01000",
        memory: "100000:77", .done("eax=77")),
      Experiment(
        "an instruction that crosses the end of CS is #GP", .prot16, "ip=ffff", "",
        memory: "ffff:b0,10000:05f4", .fault(13, 0)),
      Experiment(
        "the instruction after the last byte of CS is #GP, at 10000", .prot16, "ip=fffe", "",
        memory: "fffe:b005,10000:f4", .fault(13, 0, at: 2, "eax=5")),
      Experiment(
        "in a segment that does not begin at a page too", .prot16, "cs.base=234,ip=fffe", "",
        memory: "10232:b005,10234:f4", .fault(13, 0, at: 2, "eax=5")),
      Experiment(
        "a near jump wraps", .prot16, "ip=fffe", "", memory: "fffe:eb01,1:f4", .done(""), end: 2),
    ])
  func wrapping(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 12: limits hold for every byte; expand-down segments are valid above theirs",
    arguments: [
      Experiment(
        "the last double word", .prot32, "ds.limit=fff,ds.attr=4093,ebx=ffc", "8b03", .done("")),
      Experiment(
        "its last byte is outside", .prot32, "ds.limit=fff,ds.attr=4093,ebx=ffd", "8b03",
        .fault(13, 0)),
      Experiment(
        "its last byte is outside, a store", .prot32, "ds.limit=fff,ds.attr=4093,ebx=ffd", "8903",
        .fault(13, 0)),
      Experiment(
        "16 bytes of which the last is outside", .prot32, "ds.limit=fff,ds.attr=4093,ebx=ff1",
        "0f1003", .fault(13, 0)),
      Experiment(
        "10 bytes of which the last is outside", .prot32, "ds.limit=fff,ds.attr=4093,ebx=ff7",
        "db2b", .fault(13, 0)),
      Experiment("around 4 GiB", .prot32, "ebx=fffffffd", "8b03", .fault(13, 0)),
      Experiment(
        "the last byte of 4 GiB is inside", .prot32, "ebx=ffffffff", "8a03", .done("eax=ff")),
      Experiment(
        "expand-down: the limit itself is outside", .prot32, "ds.limit=fff,ds.attr=4097,ebx=fff",
        "8a03", .fault(13, 0)),
      Experiment(
        "expand-down: above the limit", .prot32, "ds.limit=fff,ds.attr=4097,ebx=1000", "8b03",
        .done("")),
      Experiment(
        "expand-down with B 0 ends at FFFF", .prot32, "ds.limit=fff,ds.attr=97,ebx=fffd", "8b03",
        .fault(13, 0)),
      Experiment(
        "expand-down with B 1 does not", .prot32, "ds.limit=fff,ds.attr=4097,ebx=fffd", "8b03",
        .done("")),
      Experiment(
        "a G limit has its low 12 bits ones", .prot32, "ds=10,gdtr.base=9000,gdtr.limit=17,ebx=ffc",
        "8b03",
        memory: "9008:ffff0000009bcf00,9010:0000000000938000", .done("")),
      Experiment(
        "and ends there", .prot32, "ds=10,gdtr.base=9000,gdtr.limit=17,ebx=ffd", "8b03",
        memory: "9008:ffff0000009bcf00,9010:0000000000938000", .fault(13, 0)),
      Experiment(
        "a stack's limit is #SS", .prot32, "cs=43,ss.limit=fff,ss.attr=40f3,esp=1002", "58",
        .fault(12, 0)),
      Experiment(
        "an expand-down stack's too", .prot32, "cs=43,ss.limit=fff,ss.attr=40f7,esp=1002", "50",
        .fault(12, 0)),
      Experiment(
        "code beyond the limit of CS", .prot32, "cs.limit=7c00", "9090", .fault(13, 0, at: 1)),
      Experiment(
        "an instruction that crosses the limit of CS", .prot32, "cs.limit=7c02", "90b805000000",
        .fault(13, 0, at: 1)),
      Experiment(
        "the same code in a larger segment", .prot32, "cs.limit=7c06", "90b805000000",
        .done("eax=5")),
    ])
  func limits(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 13: PUSH of the stack pointer is the old value; POP to memory counts from the new one",
    arguments: [
      Experiment("PUSH RSP", .long, "", "54", .done("rsp=7ff8"), storage: "7ff8:0080000000000000"),
      Experiment("PUSH SP", .real, "", "54", .done("esp=7ffe"), storage: "7ffe:0080"),
      Experiment(
        "PUSH [ESP]", .prot32, "", "ff3424", memory: "8000:11223344", .done("esp=7ffc"),
        storage: "7ffc:11223344"),
      Experiment(
        "POP RSP takes what was popped", .long, "", "5c", memory: "8000:0090000000000000",
        .done("rsp=9000")),
      Experiment("POP SP", .real, "", "5c", memory: "8000:0090", .done("esp=9000")),
      Experiment(
        "POP [ESP]", .prot32, "", "8f0424", memory: "8000:11223344", .done("esp=8004"),
        storage: "8004:11223344"),
      Experiment(
        "POP [RSP+8]", .long, "", "8f442408", memory: "8000:1122334455667788", .done("rsp=8008"),
        storage: "8010:1122334455667788"),
      Experiment(
        "POP [ESP] that faults keeps ESP", .prot32, "cs=43,ss.limit=8003,ss.attr=40f3", "8f0424",
        memory: "8000:11223344", .fault(12, 0)),
      Experiment(
        "PUSHA stores the old SP", .real, "ax=1,bp=2", "60", .done("esp=7ff0"),
        storage: "7ff6:0080,7ff4:0200"),
      Experiment(
        "POPA leaves SP out", .real, "", "61", memory: "8000:01000200030004000500060007000800",
        .done("eax=8,ecx=7,edx=6,ebx=5,esp=8010,ebp=3,esi=2,edi=1")),
    ])
  func stackPointer(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 14: a non-canonical address is #SS(0) by RSP or RBP, else #GP(0)",
    arguments: [
      Experiment("by RAX", .long, "rax=800000000000", "8b00", .fault(13, 0)),
      Experiment("by RBP", .long, "rbp=800000000000", "8b4500", .fault(12, 0)),
      Experiment(
        "by R13, which is encoded like RBP", .long, "r13=800000000000", "418b4500", .fault(13, 0)),
      Experiment(
        "by R12, which is encoded like RSP", .long, "r12=800000000000", "418b0424", .fault(13, 0)),
      Experiment(
        "RBP as an index does not count", .long, "rbp=800000000000", "8b0428", .fault(13, 0)),
      Experiment("RBP with DS does", .long, "rbp=800000000000", "3e8b4500", .fault(12, 0)),
      Experiment("RBP with FS does not", .long, "rbp=800000000000", "648b4500", .fault(13, 0)),
      Experiment("a store by RBP", .long, "rbp=ffff7fffffffffff", "894500", .fault(12, 0)),
      Experiment("MOVUPS by RBP", .long, "rbp=800000000000", "0f104500", .fault(12, 0)),
      Experiment(
        "the last bytes of the lower half: an operand that reaches out", .long, "rax=7ffffffffffd",
        "8b00", .fault(13, 0)),
      Experiment(
        "the first bytes of the upper half are canonical", .long, "rax=ffff800000000000", "8b00",
        .fault(14, 0, "cr2=ffff800000000000")),
      Experiment("the offset of MOV", .long, "", "a10000000000800000", .fault(13, 0)),
    ])
  func canonical(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 15: a null SS is for 64-bit code below privilege 3 with its own RPL",
    arguments: [
      Experiment("null at privilege 0", .long, "eax=0", "8ed0", .done("ss=0")),
      Experiment("null with RPL 1 at privilege 0", .long, "eax=1", "8ed0", .fault(13, 0)),
      Experiment("null at privilege 3", .long, "cs=63,ss=4b,eax=3", "8ed0", .fault(13, 0)),
      Experiment("null in 32-bit code", .prot32, "eax=0", "8ed0", .fault(13, 0)),
      Experiment("RPL above the privilege", .prot32, "eax=13", "8ed0", .fault(13, 0x10)),
      Experiment("DPL above the privilege", .prot32, "eax=48", "8ed0", .fault(13, 0x48)),
      Experiment("a code segment", .prot32, "eax=8", "8ed0", .fault(13, 8)),
      Experiment("beyond the table", .prot32, "eax=70", "8ed0", .fault(13, 0x70)),
      Experiment("a local selector without a table", .prot32, "eax=14", "8ed0", .fault(13, 0x14)),
      Experiment(
        "not present is #SS", .prot32, "eax=10,gdtr.base=9000,gdtr.limit=17", "8ed0",
        memory: "9008:ffff0000009bcf00,9010:ffff00000013cf00", .fault(12, 0x10)),
      Experiment("MOV to CS", .prot32, "eax=8", "8ec8", .fault(6, nil)),
    ])
  func stackSegments(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 16: addresses that system registers take must be canonical",
    arguments: [
      Experiment("WRMSR FS.base", .long, "ecx=c0000100,edx=8000", "0f30", .fault(13, 0)),
      Experiment("WRMSR GS.base", .long, "ecx=c0000101,edx=8000", "0f30", .fault(13, 0)),
      Experiment(
        "WRMSR KernelGSbase", .long, "ecx=c0000102,edx=ffff7fff,eax=ffffffff", "0f30", .fault(13, 0)
      ),
      Experiment("WRMSR LSTAR", .long, "ecx=c0000082,edx=8000", "0f30", .fault(13, 0)),
      Experiment("WRMSR CSTAR", .long, "ecx=c0000083,edx=8000", "0f30", .fault(13, 0)),
      Experiment("WRMSR SYSENTER_ESP", .long, "ecx=175,edx=8000", "0f30", .fault(13, 0)),
      Experiment("WRMSR SYSENTER_EIP", .long, "ecx=176,edx=8000", "0f30", .fault(13, 0)),
      Experiment(
        "WRMSR LSTAR, canonical", .long, "ecx=c0000082,edx=ffff8000,eax=1", "0f30",
        .done("lstar=ffff800000000001")),
      Experiment(
        "LGDT", .long, "rbx=9000", "0f0113", memory: "9000:ffff0000000000800000", .fault(13, 0)),
      Experiment(
        "LIDT", .long, "rbx=9000", "0f011b", memory: "9000:ffff0000000000800000", .fault(13, 0)),
      Experiment(
        "LGDT, canonical", .long, "rbx=9000", "0f0113", memory: "9000:6700000000000080ffff",
        .done("gdtr.base=ffff800000000000")),
      Experiment(
        "IRETQ", .long, "rsp=9000", "48cf",
        memory: "9000:0000000000800000,9008:28,9010:02,9018:0080,9020:10", .fault(13, 0)),
      Experiment(
        "RETF", .long, "rsp=9000", "48cb", memory: "9000:0000000000800000,9008:28", .fault(13, 0)),
      Experiment(
        "SYSRET: AMD's processors return, and fault at the address", .long,
        "rcx=800000000000,r11=2,star=0", "480f07",
        .fault(13, 0, at: 0x8000_0000_0000 - 0x7C00)),
      Experiment(
        "near RET", .long, "rsp=9000", "c3", memory: "9000:0000000000800000", .fault(13, 0)),
      Experiment("JMP to a register", .long, "rax=800000000000", "ffe0", .fault(13, 0)),
      Experiment(
        "CALL of a register pushes nothing", .long, "rax=800000000000", "ffd0", .fault(13, 0)),
      Experiment(
        "JMP to memory", .long, "rbx=9000", "ff23", memory: "9000:0000000000800000", .fault(13, 0)),
    ])
  func systemRegisters(experiment: Experiment) throws { try experiment.check() }

  @Test(
    "pitfall 17: ENTER copies frame pointers, LEAVE follows the stack's width",
    arguments: [
      Experiment(
        "ENTER 16, 0", .prot32, "ebp=9000", "c8100000", .done("esp=7fec,ebp=7ffc"),
        storage: "7ffc:00900000"),
      Experiment(
        "ENTER 0, 1", .prot32, "ebp=9000", "c8000001", .done("esp=7ff8,ebp=7ffc"),
        storage: "7ff8:fc7f0000,7ffc:00900000"),
      Experiment(
        "ENTER 4, 3", .prot32, "ebp=9000", "c8040003", memory: "8ff8:2222222211111111",
        .done("esp=7fec,ebp=7ffc"),
        storage: "7ff0:fc7f0000,7ff4:22222222,7ff8:11111111,7ffc:00900000"),
      Experiment(
        "the level counts modulo 32", .prot32, "ebp=9000", "c8000020", .done("esp=7ffc,ebp=7ffc")),
      Experiment(
        "ENTER in 64-bit code", .long, "rbp=9000", "c8100002", memory: "8ff8:1111111111111111",
        .done("rsp=7fd8,rbp=7ff8"),
        storage: "7fe8:f87f000000000000,7ff0:1111111111111111,7ff8:0090000000000000"),
      Experiment(
        "ENTER whose last byte has no stack changes nothing", .prot32,
        "cs=43,ss.limit=ffff,ss.attr=40f3,esp=20,ebp=9000", "c8200000", .fault(12, 0)),
      Experiment(
        "LEAVE", .prot32, "ebp=9000", "c9", memory: "9000:44332211", .done("esp=9004,ebp=11223344")),
      Experiment(
        "LEAVE with a 16-bit stack keeps the upper half of ESP", .prot32,
        "ss.limit=ffff,ss.attr=93,esp=12345678,ebp=abcd9000", "c9",
        memory: "9000:44332211", .done("esp=12349004,ebp=11223344")),
      Experiment(
        "LEAVE of words", .prot32, "ebp=9000", "66c9", memory: "9000:2211",
        .done("esp=9002,ebp=1122")),
      Experiment(
        "ENTER with a 16-bit stack", .prot16, "esp=12348000,bp=9000", "c8020000",
        .done("esp=12347ffc,ebp=7ffe"), storage: "7ffe:0090"),
    ])
  func frames(experiment: Experiment) throws { try experiment.check() }
}
