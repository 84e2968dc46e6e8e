import Testing

@testable import X86

/// Events around MOV SS and SYSRET, returns, and wrapping operands, as whole answers.
///
/// Oracles: the AMD APM for each instruction; Linux' selftest mov_ss_trap and KVM for what MOV SS
/// holds; AMD EPYC silicon for wrapping operands.
@Suite("Vectors of events and returns") struct EventVectorTests {
  static let transcripts = [
    VectorTranscript(
      "sysret-tf\tlong\tevent:1\trcx=110000,r11=102,star=0033000800000000\t100000:480f07,11"
        + "0000:9090f4\tbff0ffd8+8",
      "sysret-tf\tevent\tvector=1,rsp=bff0ffd8,rip=bff04001,ss=0,ss.limit=0,ss.attr=0,dr6=f"
        + "fff4ff0\tbff0ffd8:0000110000000000\n",
      "AMD APM volume 3, SYSRET: TF traps before the next instruction"),
    VectorTranscript(
      "ss-shadow-icebp\tprot32\tevent:2\tflags=102,eax=10\t7c00:8ed0f190f4\t7fe8+4",
      "ss-shadow-icebp\thlt\tesp=7ff4,eip=bff04002,flags=2\t7fe8:00000000\n",
      "Linux, selftest mov_ss_trap: ICEBP"),
    VectorTranscript(
      "ss-shadow-gd\tprot32\tevent:2\tflags=102,eax=10,dr7=2400\t7c00:8ed00f23f0\t7fe8+4",
      "ss-shadow-gd\thlt\tesp=7ff4,eip=bff04002,flags=2,dr6=ffff2ff0,dr7=400\t7fe8:00000000\n",
      "Linux, selftest mov_ss_trap: any fault, that of DR7.GD too"),
    VectorTranscript(
      "ss-shadow-ud\treal\tevent:2\tdr0=7000,dr7=f0003,esp=7000\t7c00:170f0b\t6ff6+2",
      "ss-shadow-ud\thlt\tesp=6ffc,eip=fe07,cs=f000,cs.base=f0000\t6ff6:0000\n",
      "Linux, selftest mov_ss_trap: any fault"),
    VectorTranscript(
      "pop-esp-wrap\treal\thlt\tesp=fffe\t7c00:678f0424f4,fffe:fafd\t0+2",
      "pop-esp-wrap\thlt\tesp=0,eip=7c05\t0:fafd\n",
      "AMD EPYC: ESP is a base after the pop, whose stack has 16 bits"),
    VectorTranscript(
      "iret-null-gs\tlong\tlimit:1\trsp=7000,gs=10,gs.base=123456\t100000:48cf,7000:0000110"
        + "0000000006300000000000000020000000000000000800000000000005b00000000000000\t",
      "iret-null-gs\tlimit\trsp=8000,rip=110000,es=0,es.limit=0,es.attr=0,cs=63,cs.attr=a0f"
        + "b,ss=5b,ss.limit=ffff,ss.attr=f3,ds=0,ds.limit=0,ds.attr=0,fs=0,fs.limit=0,fs.attr=0"
        + ",gs=0,gs.limit=0,gs.attr=0\t\n",
      "AMD APM volume 3, IRET: a null selector alone"),
    VectorTranscript(
      "a\tprot32\tevent:2\tflags=102,eax=10\t7c00:8ed0cd50f4\t7fe8+4",
      "a\thlt\tesp=7ff4,eip=bff04051,flags=2\t7fe8:00000000\n",
      "no single step in the supervisor after INT n"),
    VectorTranscript(
      "b\tprot32\tevent:2\tdr0=9000,dr7=f0002,ebx=9000\t7c00:8e13cd50f4,9000:1000\t",
      "b\tevent\tvector=1,esp=7fe8,eip=bff04001,dr6=ffff0ff1\t\n",
      "Linux, selftest mov_ss_trap: INT n, then what the breakpoint raised"),
    VectorTranscript(
      "c\tprot32\tevent:2\tdr0=7c02,dr7=2,flags=102,eax=10\t7c00:8ed090f4\t",
      "c\thlt\tesp=7ff4,eip=bff04002,flags=2,dr6=ffff0ff1\t\n",
      "Linux, KVM: an instruction breakpoint after MOV SS is met"),
    VectorTranscript(
      "d\treal\thlt\tesp=1fffe\t7c00:678f442402f4,fffe:fafd\t0+8",
      "d\tevent\tvector=c,esp=1fff8,eip=fe0d,cs=f000,cs.base=f0000\t0:00fe00f001fe00f0\n",
      "the upper half of ESP stays, the address has it"),
    VectorTranscript(
      "e\tprot16\thlt\tesp=fffc\t7c00:66678f0424f4,fffc:11223344\t0+4",
      "e\thlt\tesp=0,eip=7c06\t0:11223344\n",
      "a doubleword"),
    VectorTranscript(
      "f\tlong\thlt\tecx=fffffffc\t7c00:67640fb501f4,0:1000\t",
      "f\thlt\trax=ffffffff,rip=7c06\t\n",
      "AMD EPYC: each part of LGS wraps, with 67 in 64-bit mode"),
    VectorTranscript(
      "g\tlong\thlt\tecx=fffffff8\t7c00:67db29f4,0:ff3f\t",
      "g\thlt\trip=7c04,fsw=3800,ftw=80,st0=3fffffffffffffffffff\t\n",
      "AMD EPYC: FLD m80 is 8 bytes and 2"),
    VectorTranscript(
      "h\tlong\tlimit:1\trsp=7000,gs=10,gs.base=123456,fs=10,fs.base=7\t100000:48cb,7000:00"
        + "00110000000000630000000000000000800000000000005b00000000000000\t",
      "h\tlimit\trsp=8000,rip=110000,es=0,es.limit=0,es.attr=0,cs=63,cs.attr=a0fb,ss=5b,ss."
        + "limit=ffff,ss.attr=f3,ds=0,ds.limit=0,ds.attr=0,fs=0,fs.limit=0,fs.attr=0,gs=0,gs.li"
        + "mit=0,gs.attr=0\t\n",
      "AMD APM volume 3, RETF: a null selector alone"),
    VectorTranscript(
      "i\treal\tevent:1\t\t7c00:f7f1\t",
      "i\tevent\tvector=0,esp=7ffa,eip=fe00,cs=f000,cs.base=f0000\t\n",
      "real mode has no error codes"),
    VectorTranscript(
      "j\treal\tevent:1\tds.limit=ff\t7c00:a10001\t",
      "j\tevent\tvector=d,esp=7ffa,eip=fe0d,cs=f000,cs.base=f0000\t\n",
      "real mode has no error codes"),
    VectorTranscript(
      "k\treal\thlt\tidtr.limit=0\t7c00:0f0b\t",
      "k\tshutdown\tvector=8\t\n",
      "real mode has no error codes"),
    VectorTranscript(
      "l\tlong\tevent:1\trcx=110000,r11=2,star=0033000800000000\t100000:480f07,110000:0f0b"
        + "\tbff0ffd8+8",
      "l\tevent\tvector=6,rsp=bff0ffd8,rip=bff04006,ss=0,ss.limit=0,ss.attr=0\tbff0ffd8:000"
        + "0110000000000\n",
      "SYSRET without TF does not trap"),
  ]

  @Test("a line is answered", arguments: transcripts)
  func answers(transcript: VectorTranscript) throws {
    #expect(try TestVectorTests.answer(transcript.line) == transcript.answer)
  }
}
