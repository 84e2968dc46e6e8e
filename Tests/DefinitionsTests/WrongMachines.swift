extension WrongFolder {
  static let machines: [WrongFolder] = [
    WrongFolder(
      name: "misspelt machine statement",
      files: ["machine.config": machine + "PROCESOR IFL 2 MHZ 10\n", "a.direct": one],
      messages: [
        "machine.config:5:1: HCPDEF001E PROCESOR is not a statement of machine.config; write PROCESSOR"
      ]),
    WrongFolder(
      name: "statement nobody means",
      files: ["machine.config": machine + "FROBNICATE 1\n", "a.direct": one],
      messages: [
        "machine.config:5:1: HCPDEF001E FROBNICATE is not a statement of machine.config; write one of MACHINE, PROCESSOR, STORAGE, HOSTSTORAGE, EPOCH, PACE, TOD, TIMEZONE, SEED, USER, PROFILE, RUNNINGTIME, WAITCOMPLETION, IOPRIORITY, MITIME, ACTIVATE, CHECKPOINT, VSWITCH"
      ]),
    WrongFolder(
      name: "an uplink to what there is not",
      files: [
        "machine.config": machine + "VSWITCH V1 UPLINK OSA\nVSWITCH V2 UPLINK\n", "a.direct": one,
      ],
      messages: [
        "machine.config:5:19: HCPDEF002E OSA is not an operand of UPLINK; write USERMODE",
        "machine.config:6:18: HCPDEF003E an operand is missing after UPLINK; write USERMODE",
      ]),
    WrongFolder(
      name: "no MACHINE, PROCESSOR or STORAGE",
      files: ["machine.config": "* nothing\n", "a.direct": one],
      messages: [
        "machine.config: HCPDEF008E there is no MACHINE statement; add one",
        "machine.config: HCPDEF008E there is no PROCESSOR statement; add one",
        "machine.config: HCPDEF008E there is no STORAGE statement; add one",
      ]),
    WrongFolder(
      name: "machine name too long",
      files: [
        "machine.config":
          "MACHINE ENDICOTT1\nPROCESSOR CP 4 MHZ 10\nPROCESSOR IFL 2 MHZ 100\nSTORAGE 1G INCREMENT 16M\n",
        "a.direct": one,
      ],
      messages: [
        "machine.config:1:9: HCPDEF020E ENDICOTT1 cannot be a machine name; write 1-8 characters A-Z 0-9 @ # $"
      ]),
    WrongFolder(
      name: "machine twice",
      files: ["machine.config": machine + "MACHINE OTHER\n", "a.direct": one],
      messages: [
        "machine.config:5:1: HCPDEF006E MACHINE is given twice, first at machine.config line 1; keep one of the two"
      ]),
    WrongFolder(
      name: "processor type unknown",
      files: [
        "machine.config":
          "MACHINE TEST\nPROCESSOR CP 4 MHZ 10\nPROCESSOR ICF 2 MHZ 100\nSTORAGE 1G INCREMENT 16M\n",
        "a.direct": one,
      ],
      messages: [
        "machine.config:3:11: HCPDEF002E ICF is not an operand of PROCESSOR; write one of CP, IFL, ZIIP"
      ]),
    WrongFolder(
      name: "processor type twice",
      files: ["machine.config": machine + "PROCESSOR CP 2 MHZ 20\n", "a.direct": one],
      messages: [
        "machine.config:5:1: HCPDEF006E PROCESSOR CP is given twice, first at machine.config line 2; keep one of the two"
      ]),
    WrongFolder(
      name: "no processors of a type",
      files: [
        "machine.config":
          "MACHINE TEST\nPROCESSOR CP 0 MHZ 10\nPROCESSOR IFL 2 MHZ 100\nSTORAGE 1G INCREMENT 16M\n",
        "a.direct": one,
      ],
      messages: [
        "machine.config:2:14: HCPDEF010E the number of processors cannot be 0; write a decimal number 1-256"
      ]),
    WrongFolder(
      name: "rate without MHZ",
      files: [
        "machine.config":
          "MACHINE TEST\nPROCESSOR CP 4\nPROCESSOR IFL 2 MHZ 100\nSTORAGE 1G INCREMENT 16M\n",
        "a.direct": one,
      ],
      messages: [
        "machine.config:2:15: HCPDEF003E an operand is missing after 4; write MHZ and a rate"
      ]),
    WrongFolder(
      name: "rate of zero",
      files: [
        "machine.config":
          "MACHINE TEST\nPROCESSOR CP 4 MHZ 0\nPROCESSOR IFL 2 MHZ 100\nSTORAGE 1G INCREMENT 16M\n",
        "a.direct": one,
      ],
      messages: [
        "machine.config:2:20: HCPDEF010E MHZ cannot be 0; write a decimal number 1-10000"
      ]),
    WrongFolder(
      name: "storage in words",
      files: [
        "machine.config":
          "MACHINE TEST\nPROCESSOR CP 4 MHZ 10\nPROCESSOR IFL 2 MHZ 100\nSTORAGE LOTS INCREMENT 16M\n",
        "a.direct": one,
      ],
      messages: [
        "machine.config:4:9: HCPDEF011E STORAGE cannot be LOTS; write a size such as 64M (K, M, G or T)"
      ]),
    WrongFolder(
      name: "storage of 17 PB",
      files: [
        "machine.config":
          "MACHINE TEST\nPROCESSOR CP 4 MHZ 10\nPROCESSOR IFL 2 MHZ 100\nSTORAGE 17000T INCREMENT 16M\n",
        "a.direct": one,
      ],
      messages: [
        "machine.config:4:9: HCPDEF011E STORAGE cannot be 17000T; write a size from 1M to 16T"
      ]),
    WrongFolder(
      name: "increment not a power of two",
      files: [
        "machine.config":
          "MACHINE TEST\nPROCESSOR CP 4 MHZ 10\nPROCESSOR IFL 2 MHZ 100\nSTORAGE 1G INCREMENT 48M\n",
        "a.direct": one,
      ],
      messages: [
        "machine.config:4:22: HCPDEF012E INCREMENT 48M is not a power of two; write 16M, 32M, 64M or the like"
      ]),
    WrongFolder(
      name: "storage not a multiple of the increment",
      files: [
        "machine.config":
          "MACHINE TEST\nPROCESSOR CP 4 MHZ 10\nPROCESSOR IFL 2 MHZ 100\nSTORAGE 1000M INCREMENT 64M\n",
        "a.direct": "PARTITION ONE\n  STORAGE INITIAL 64M\n",
      ],
      messages: [
        "machine.config:4:9: HCPDEF013E STORAGE 1000M is not a multiple of the increment of 64M; write a multiple of 64M"
      ]),
    WrongFolder(
      name: "epoch of a second",
      files: ["machine.config": machine + "EPOCH 1S\n", "a.direct": one],
      messages: [
        "machine.config:5:7: HCPDEF014E EPOCH cannot be 1S; write a time from 10US to 10MS"
      ]),
    WrongFolder(
      name: "pace misspelt",
      files: ["machine.config": machine + "PACE REEL\n", "a.direct": one],
      messages: [
        "machine.config:5:6: HCPDEF017E PACE cannot be REEL; write REAL, FAST or a factor 1-1000"
      ]),
    WrongFolder(
      name: "a day that is not",
      files: ["machine.config": machine + "TOD 2026-02-30T00:00:00Z\n", "a.direct": one],
      messages: [
        "machine.config:5:5: HCPDEF017E TOD cannot be 2026-02-30T00:00:00Z; write NOW or a time such as 2026-01-01T00:00:00Z"
      ]),
    WrongFolder(
      name: "time zone by name",
      files: ["machine.config": machine + "TIMEZONE CET\n", "a.direct": one],
      messages: [
        "machine.config:5:10: HCPDEF017E TIMEZONE cannot be CET; write UTC or an offset such as UTC+01:00"
      ]),
    WrongFolder(
      name: "user without class",
      files: ["machine.config": machine + "USER OPERATOR\n", "a.direct": one],
      messages: [
        "machine.config:5:14: HCPDEF003E an operand is missing after OPERATOR; write CLASS and privilege classes"
      ]),
    WrongFolder(
      name: "user with class X",
      files: ["machine.config": machine + "USER OPERATOR CLASS ABX\n", "a.direct": one],
      messages: [
        "machine.config:5:21: HCPDEF018E ABX are not privilege classes; write letters A-G, such as BG"
      ]),
    WrongFolder(
      name: "user twice",
      files: [
        "machine.config": machine + "USER OPERATOR CLASS A\nUSER OPERATOR CLASS B\n",
        "a.direct": one,
      ],
      messages: [
        "machine.config:6:6: HCPDEF007E user OPERATOR is defined twice, first at machine.config line 5; rename or remove one of the two"
      ]),
    WrongFolder(
      name: "user is a partition",
      files: ["machine.config": machine + "USER ONE CLASS A\n", "a.direct": one],
      messages: [
        "a.direct:1:11: HCPDEF043E ONE is a user and a partition, first at machine.config line 5; rename one of the two"
      ]),
    WrongFolder(
      name: "profile script outside",
      files: ["machine.config": machine + "PROFILE ../secret.cp\n", "a.direct": one],
      messages: [
        "machine.config:5:9: HCPDEF056E ../secret.cp leads outside the machine's folder; put the file into the folder and name it relative to it"
      ]),
    WrongFolder(
      name: "profile script missing",
      files: ["machine.config": machine + "PROFILE none.cp\n", "a.direct": one],
      messages: [
        "machine.config:5:9: HCPDEF057E none.cp does not exist; name a file in the machine's folder"
      ]),
    WrongFolder(
      name: "capacity of processors that soft caps do not know",
      files: [
        "machine.config":
          "MACHINE TEST\nPROCESSOR CP 4 MHZ 10 MSU 50\nPROCESSOR IFL 2 MHZ 100 MSU 50\nSTORAGE 1G\n",
        "a.direct": "PARTITION ONE\n  STORAGE INITIAL 64M\n",
      ],
      messages: [
        "machine.config:3:25: HCPDEF100E MSU says nothing of IFL processors: soft caps reckon with CP only; remove MSU"
      ]),
    WrongFolder(
      name: "capacity of nothing",
      files: [
        "machine.config": "MACHINE TEST\nPROCESSOR CP 4 MHZ 10 MSU 0\nSTORAGE 1G\n",
        "a.direct": "PARTITION ONE\n  STORAGE INITIAL 64M\n",
      ],
      messages: [
        "machine.config:2:27: HCPDEF010E MSU cannot be 0; write a decimal number 1-100000"
      ]),
    WrongFolder(
      name: "capacity misspelt",
      files: [
        "machine.config": "MACHINE TEST\nPROCESSOR CP 4 MHZ 10 MUS 9\nSTORAGE 1G\n",
        "a.direct": "PARTITION ONE\n  STORAGE INITIAL 64M\n",
      ],
      messages: [
        "machine.config:2:23: HCPDEF002E MUS is not an operand of PROCESSOR; write MSU"
      ]),
    WrongFolder(
      name: "running time of 101 ms",
      files: ["machine.config": machine + "RUNNINGTIME 101\n", "a.direct": one],
      messages: [
        "machine.config:5:13: HCPDEF017E RUNNINGTIME cannot be 101; write DYNAMIC or a number of milliseconds 1-100"
      ]),
    WrongFolder(
      name: "running time in microseconds",
      files: ["machine.config": machine + "RUNNINGTIME 12500US\n", "a.direct": one],
      messages: [
        "machine.config:5:13: HCPDEF017E RUNNINGTIME cannot be 12500US; write DYNAMIC or a number of milliseconds 1-100"
      ]),
    WrongFolder(
      name: "running time of nothing",
      files: ["machine.config": machine + "RUNNINGTIME\n", "a.direct": one],
      messages: [
        "machine.config:5:12: HCPDEF003E an operand is missing after RUNNINGTIME; write DYNAMIC or a number of milliseconds"
      ]),
    WrongFolder(
      name: "running time with two units",
      files: ["machine.config": machine + "RUNNINGTIME 12MS MS\n", "a.direct": one],
      messages: [
        "machine.config:5:18: HCPDEF004E MS is one operand too many; end the statement after 12MS"
      ]),
    WrongFolder(
      name: "wait completion how",
      files: [
        "machine.config": machine + "WAITCOMPLETION ON\n", "a.direct": one,
      ],
      messages: [
        "machine.config:5:16: HCPDEF002E ON is not an operand of WAITCOMPLETION; write NO"
      ]),
    WrongFolder(
      name: "priorities how",
      files: ["machine.config": machine + "IOPRIORITY 3\n", "a.direct": one],
      messages: [
        "machine.config:5:12: HCPDEF002E 3 is not an operand of IOPRIORITY; write one of YES, NO"
      ]),
    WrongFolder(
      name: "wait completion of nothing",
      files: ["machine.config": machine + "WAITCOMPLETION\n", "a.direct": one],
      messages: [
        "machine.config:5:15: HCPDEF003E an operand is missing after WAITCOMPLETION; write YES or NO"
      ]),
    WrongFolder(
      name: "activation of nobody",
      files: ["machine.config": machine + "ACTIVATE\n", "a.direct": one],
      messages: [
        "machine.config:5:9: HCPDEF003E an operand is missing after ACTIVATE; write the name of a partition"
      ]),
    WrongFolder(
      name: "activation of a partition that is not there",
      files: ["machine.config": machine + "ACTIVATE ONE TWOO\n", "a.direct": two],
      messages: [
        "machine.config:5:14: HCPDEF025E there is no partition TWOO; write TWO, or define TWOO"
      ]),
    WrongFolder(
      name: "activation twice",
      files: ["machine.config": machine + "ACTIVATE ONE\nACTIVATE TWO ONE\n", "a.direct": two],
      messages: [
        "machine.config:6:14: HCPDEF006E ACTIVATE ONE is given twice, first at machine.config line 5; keep one of the two"
      ]),
    WrongFolder(
      name: "activation against START AFTER",
      files: [
        "machine.config": machine + "ACTIVATE TWO ONE\n",
        "a.direct": one
          + "  START AUTO\nPARTITION TWO\n  STORAGE INITIAL 16M\n  START AUTO AFTER ONE\n",
      ],
      messages: [
        "machine.config:5:10: HCPDEF047E ACTIVATE has TWO before ONE, and TWO starts after ONE; exchange them, or remove ONE from AFTER"
      ]),
    WrongFolder(
      name: "one operand too many",
      files: ["machine.config": machine + "SEED 1 2\n", "a.direct": one],
      messages: [
        "machine.config:5:8: HCPDEF004E 2 is one operand too many; end the statement after 1"
      ]),
    WrongFolder(
      name: "comment without end",
      files: ["machine.config": machine + "SEED 1 /* for ever\n", "a.direct": one],
      messages: [
        "machine.config:5:8: HCPDEF005E The comment that begins here does not end; close it with */"
      ]),
    WrongFolder(
      name: "escape sequence in a word",
      files: ["machine.config": machine + "SE\u{1B}[31mED 1\n", "a.direct": one],
      messages: [
        "machine.config:5:1: HCPDEF001E SE?[31mED is not a statement of machine.config; write one of MACHINE, PROCESSOR, STORAGE, HOSTSTORAGE, EPOCH, PACE, TOD, TIMEZONE, SEED, USER, PROFILE, RUNNINGTIME, WAITCOMPLETION, IOPRIORITY, MITIME, ACTIVATE, CHECKPOINT, VSWITCH"
      ]),
  ]
}
