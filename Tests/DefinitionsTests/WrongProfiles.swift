extension WrongFolder {
  static let rated =
    "MACHINE TEST\nPROCESSOR CP 4 MHZ 10 MSU 50\nPROCESSOR IFL 2 MHZ 100\nSTORAGE 1G INCREMENT 16M\n"

  /// A folder whose only partition has these statements after its storage.
  private static func row(
    _ name: String, _ statements: String, in machine: String = machine, _ messages: String...
  ) -> WrongFolder {
    WrongFolder(
      name: name, files: ["machine.config": machine, "a.direct": one + statements],
      messages: messages)
  }

  static let profiles: [WrongFolder] = [
    row(
      "cap for dedicated", "  PROCESSOR CP DEDICATED ABSCAP 1.00\n",
      "a.direct:3:3: HCPDEF030E dedicated processors take no weight, no cap and no group; remove WEIGHT, MINWEIGHT, MAXWEIGHT, CAPPED, ABSCAP and GROUP, or write SHARED"
    ),
    row(
      "group for dedicated", "  PROCESSOR CP DEDICATED GROUP POOL1\nGROUP POOL1 ABSCAP CP 1.00\n",
      "a.direct:3:3: HCPDEF030E dedicated processors take no weight, no cap and no group; remove WEIGHT, MINWEIGHT, MAXWEIGHT, CAPPED, ABSCAP and GROUP, or write SHARED",
      "a.direct:4:7: HCPDEF106W no partition is in group POOL1, so that it limits nothing; add GROUP POOL1 to a PROCESSOR statement, or remove it"
    ),
    row(
      "share for dedicated", "  PROCESSOR CP DEDICATED\n  SHARE RELATIVE 100\n",
      "a.direct:4:3: HCPDEF112E SHARE says nothing of dedicated processors; remove it, or write SHARED"
    ),
    row(
      "capped and uncapped", "  PROCESSOR CP CAPPED UNCAPPED\n",
      "a.direct:3:3: HCPDEF115E CAPPED and UNCAPPED exclude each other, first at a.direct line 3; keep one of the two"
    ),
    row(
      "share of a type that is not there", "  SHARE TYPE IFL RELATIVE 50\n",
      "a.direct:3:3: HCPDEF114E SHARE TYPE IFL speaks of processors that the partition has not; add PROCESSOR IFL, or name another type"
    ),
    row(
      "share of a type misspelt", "  SHARE TYPE ILF RELATIVE 50\n",
      "a.direct:3:14: HCPDEF002E ILF is not an operand of SHARE TYPE; write IFL"),
    row(
      "share of a type twice", "  SHARE TYPE CP RELATIVE 50\n  SHARE TYPE CP RELATIVE 60\n",
      "a.direct:4:3: HCPDEF006E SHARE TYPE CP is given twice, first at a.direct line 3; keep one of the two"
    ),
    row(
      "share without type", "  SHARE TYPE\n",
      "a.direct:3:13: HCPDEF003E an operand is missing after TYPE; write ALL or a processor type (CP, IFL or ZIIP)"
    ),
    row(
      "weight and share of the same type",
      "  PROCESSOR CP WEIGHT 5\n  SHARE TYPE CP RELATIVE 50\n",
      "a.direct:4:3: HCPDEF033E WEIGHT and SHARE say the same thing twice, first at a.direct line 3; keep one of the two"
    ),
    row(
      "polarity misspelt", "  POLARITY VERTICLE\n",
      "a.direct:3:12: HCPDEF002E VERTICLE is not an operand of POLARITY; write VERTICAL"),
    row(
      "polarity of nothing", "  POLARITY\n",
      "a.direct:3:11: HCPDEF003E an operand is missing after POLARITY; write VERTICAL or HORIZONTAL"
    ),
    row(
      "polarity twice", "  POLARITY VERTICAL\n  POLARITY HORIZONTAL\n",
      "a.direct:4:3: HCPDEF006E POLARITY is given twice, first at a.direct line 3; keep one of the two"
    ),
    row(
      "security switch misspelt", "  SECURITY NOGLOBALPREF\n",
      "a.direct:3:12: HCPDEF002E NOGLOBALPREF is not an operand of SECURITY; write NOGLOBALPERF"),
    row(
      "security switch on and off", "  SECURITY ISOLATED NOISOLATED\n",
      "a.direct:3:21: HCPDEF006E SECURITY ISOLATED is given twice, first at a.direct line 3; keep one of the two"
    ),
    row(
      "security of nothing", "  SECURITY\n",
      "a.direct:3:11: HCPDEF003E an operand is missing after SECURITY; write a switch such as GLOBALPERF"
    ),
    row(
      "wait completion of a partition", "  OPTION WAITCOMPLETION\n",
      "a.direct:3:10: HCPDEF113E wait completion is the machine's, not a partition's; write WAITCOMPLETION YES in machine.config"
    ),
    row(
      "priority out of range", "  IOPRIORITY 16\n",
      "a.direct:3:14: HCPDEF010E IOPRIORITY cannot be 16; write a decimal number 0-15"
    ),
    row(
      "watcher who is no user", "  SECUSER OPERATER\n",
      "a.direct:3:11: HCPDEF025E there is no user OPERATER; write OPERATOR, or define OPERATER"
    ),
    row(
      "two watchers", "  CONSOLE 0009 3215 T OPERATOR\n  OBSERVER OPERATOR\n",
      "a.direct:4:12: HCPDEF006E SECUSER or OBSERVER is given twice, first at a.direct line 3; keep one of the two"
    ),
    row(
      "watcher of nobody", "  OBSERVER\n",
      "a.direct:3:11: HCPDEF003E an operand is missing after OBSERVER; write a user's name"
    ),
    row(
      "defined capacity without rating", "  DEFINEDCAP 100\n",
      "a.direct:3:3: HCPDEF104E DEFINEDCAP reckons in MSU, and machine.config does not say what a CP processor has; add MSU and a number to PROCESSOR CP in machine.config"
    ),
    row(
      "defined capacity of an IFL partition", "  PROCESSOR IFL\n  DEFINEDCAP 100\n", in: rated,
      "a.direct:4:3: HCPDEF101E DEFINEDCAP limits CP processors, and ONE has none; add PROCESSOR CP, or remove DEFINEDCAP"
    ),
    row(
      "defined capacity and capped", "  PROCESSOR CP CAPPED\n  DEFINEDCAP 100\n", in: rated,
      "a.direct:4:3: HCPDEF102E DEFINEDCAP and CAPPED exclude each other on CP processors; keep one of the two"
    ),
    row(
      "defined capacity and LIMITHARD", "  SHARE RELATIVE 10 LIMITHARD\n  DEFINEDCAP 100\n",
      in: rated,
      "a.direct:4:3: HCPDEF102E DEFINEDCAP and LIMITHARD exclude each other on CP processors; keep one of the two"
    ),
    row(
      "defined capacity of dedicated processors",
      "  PROCESSOR CP DEDICATED\n  DEFINEDCAP 100\n", in: rated,
      "a.direct:4:3: HCPDEF103E DEFINEDCAP limits no dedicated processors; remove it, or write SHARED"
    ),
    row(
      "defined capacity that never limits", "  DEFINEDCAP 201\n", in: rated,
      "a.direct:3:3: HCPDEF105W DEFINEDCAP 201 MSU is more than the 200 MSU of all CP processors; it never limits; write less, or remove it"
    ),
    row(
      "defined capacity in words", "  DEFINEDCAP LOTS\n", in: rated,
      "a.direct:3:14: HCPDEF010E DEFINEDCAP cannot be LOTS; write a decimal number 0-999999"),
    row(
      "group capacity without rating", "  PROCESSOR CP GROUP G\nGROUP G MSU 100\n",
      "a.direct:4:9: HCPDEF104E GROUP G MSU reckons in MSU, and machine.config does not say what a CP processor has; add MSU and a number to PROCESSOR CP in machine.config"
    ),
    row(
      "group capacity that never limits", "  PROCESSOR CP GROUP G\nGROUP G MSU 500\n", in: rated,
      "a.direct:4:9: HCPDEF105W GROUP G MSU 500 MSU is more than the 200 MSU of all CP processors; it never limits; write less, or remove it"
    ),
    row(
      "group capacity of nothing", "  PROCESSOR CP GROUP G\nGROUP G ABSCAP CP 1 MSU 0\n", in: rated,
      "a.direct:4:25: HCPDEF010E MSU cannot be 0; write a decimal number 1-999999"),
    row(
      "group capacity twice", "  PROCESSOR CP GROUP G\nGROUP G MSU 10\nGROUP G MSU 20\n", in: rated,
      "a.direct:5:9: HCPDEF006E GROUP G MSU is given twice, first at a.direct line 4; keep one of the two"
    ),
    row(
      "group without limits", "GROUP G\n",
      "a.direct:3:8: HCPDEF003E an operand is missing after G; write ABSCAP, a processor type and a cap, or MSU and a limit"
    ),
    row(
      "group keyword misspelt", "  PROCESSOR CP GROUP G\nGROUP G ABSCUP CP 1.00 MSU 5\n",
      in: rated,
      "a.direct:4:9: HCPDEF002E ABSCUP is not an operand of GROUP; write ABSCAP"),
    row(
      "group of another type", "  PROCESSOR CP GROUP G\nGROUP G ABSCAP IFL 1.00\n",
      "a.direct:3:22: HCPDEF107W group G limits no CP processors; add GROUP G ABSCAP CP and a cap, or leave the group out here"
    ),
    row(
      "group of a type not installed",
      "  PROCESSOR CP GROUP G\nGROUP G ABSCAP CP 1.00\nGROUP G ABSCAP ZIIP 1.00\n",
      "a.direct:5:7: HCPDEF036E the machine has no ZIIP processors; use CP, IFL, or add them"),
    row(
      "origin with reserved storage beyond installed",
      "PARTITION TWO\n  STORAGE INITIAL 256M RESERVED 512M ORIGIN 640M\n",
      "a.direct:4:45: HCPDEF038E ORIGIN, INITIAL and RESERVED together, 1408M is more than the 1G installed; write less, or install more in machine.config"
    ),
    row(
      "storage in pieces",
      "PARTITION TWO\n  STORAGE INITIAL 256M ORIGIN 384M\n  START AUTO\nPARTITION THREE\n  STORAGE INITIAL 512M\n  START AUTO AFTER TWO\n",
      "a.direct:7:19: HCPDEF095W THREE cannot be active with those before it: it needs 512M in one piece, and of 768M free in 2 pieces the longest has 384M, at 0; pack those with an origin from the bottom: give TWO ORIGIN 0 in place of 384M"
    ),
    row(
      "origin where another lies",
      "PARTITION TWO\n  STORAGE INITIAL 64M ORIGIN 960M\n",
      "a.direct:4:30: HCPDEF094W TWO cannot be active beside ONE: storage at ORIGIN 960M is taken; choose another origin, or none"
    ),
    row(
      "image of nobody", "IMAGE NIGHT FOR TWO\n",
      "a.direct:3:17: HCPDEF025E there is no partition TWO; define it, or name another"),
    row(
      "image without partition", "IMAGE NIGHT\n",
      "a.direct:3:12: HCPDEF003E an operand is missing after NIGHT; write FOR and the name of a partition"
    ),
    row(
      "image misspelt", "IMAGE NIGHT OF ONE\n",
      "a.direct:3:13: HCPDEF002E OF is not an operand of IMAGE; write FOR"),
    row(
      "image of the partition's own name", "IMAGE ONE FOR ONE\n  STORAGE INITIAL 32M\n",
      "a.direct:3:7: HCPDEF111E the image profile of the name ONE is PARTITION ONE itself; choose another name for this one"
    ),
    row(
      "image twice",
      "IMAGE NIGHT FOR ONE\n  STORAGE INITIAL 32M\nIMAGE NIGHT FOR ONE\n  STORAGE INITIAL 64M\n",
      "a.direct:5:7: HCPDEF007E image profile NIGHT is defined twice, first at a.direct line 3; rename or remove one of the two"
    ),
    row(
      "image of a range that is none", "IMAGE NIGHT FOR ONE THRU TWO\n",
      "a.direct:3:26: HCPDEF024E ONE THRU TWO is not a numbered range; write the same letters and the same number of digits, the lower number first"
    ),
    row(
      "image with a device", "IMAGE NIGHT FOR ONE\n  STORAGE INITIAL 32M\n  DEDICATE 0100 0200\n",
      "a.direct:5:3: HCPDEF108E DEDICATE belongs to the partition, not to one of its image profiles; write it in the entry of ONE"
    ),
    row(
      "image beyond the machine",
      "IMAGE NIGHT FOR ONE\n  PROCESSOR CP INITIAL 5\n  STORAGE INITIAL 2G\n",
      "a.direct:4:16: HCPDEF037E INITIAL 5 is more than the 4 CP processors installed; write INITIAL 4 or less, the rest as RESERVED",
      "a.direct:5:19: HCPDEF038E INITIAL 2G is more than the 1G installed; write less, or install more in machine.config"
    ),
    row(
      "image with a device to load", "IMAGE NIGHT FOR ONE\n  STORAGE INITIAL 32M\n  IPL 0100\n",
      "a.direct:5:3: HCPDEF046E 0100 is not a device of the partition; add DEDICATE 0100 and a real device, or name another"
    ),
    row(
      "load profile without IPL", "LOADPROFILE RESCUE\n",
      "a.direct:3:13: HCPDEF110E load profile RESCUE says nothing to load; add an IPL statement"),
    row(
      "load profile with storage",
      "LOADPROFILE RESCUE\n  IPL PROGRAM SPIN\n  STORAGE INITIAL 16M\n",
      "a.direct:5:3: HCPDEF109E STORAGE is not part of a load profile; write IPL and what is loaded, only"
    ),
    row(
      "load profile twice",
      "LOADPROFILE RESCUE\n  IPL PROGRAM SPIN\nLOADPROFILE RESCUE\n  IPL PROGRAM PULSE\n",
      "a.direct:5:13: HCPDEF007E load profile RESCUE is defined twice, first at a.direct line 3; rename or remove one of the two"
    ),
    row(
      "load profile of a program that is not there", "LOADPROFILE RESCUE\n  IPL PROGRAM SPINN\n",
      "a.direct:4:15: HCPDEF025E there is no program SPINN; write SPIN"),
  ]
}
