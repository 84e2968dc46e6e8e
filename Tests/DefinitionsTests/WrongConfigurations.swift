extension WrongFolder {
  static let configurations: [WrongFolder] = [
    WrongFolder(
      name: "no RESOURCE",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": "       CHPID  PATH=(CSS(0),10),SHARED,TYPE=FC\n",
      ],
      messages: [
        "a.iocp: HCPDEF008E there is no RESOURCE statement; add one"
      ]),
    WrongFolder(
      name: "operation misspelt",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + "       CHPIDS PATH=(CSS(0),10),SHARED,TYPE=FC\n",
      ],
      messages: [
        "a.iocp:2:8: ICP102I CHPIDS is not an operation; write CHPID"
      ]),
    WrongFolder(
      name: "keyword misspelt",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + "       CHPID  PATH=(CSS(0),10),SHARD,TYPE=FC\n",
      ],
      messages: [
        "a.iocp:2:32: HCPDEF002E SHARD is not an operand of CHPID; write SHARED"
      ]),
    WrongFolder(
      name: "keyword missing",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + "       CHPID  PATH=(CSS(0),10),SHARED\n",
      ],
      messages: [
        "a.iocp:2:8: ICP122I CHPID needs TYPE; write TYPE="
      ]),
    WrongFolder(
      name: "path type unknown",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + "       CHPID  PATH=(CSS(0),10),SHARED,TYPE=FD\n",
      ],
      messages: [
        "a.iocp:2:44: HCPDEF002E FD is not an operand of TYPE; write FC"
      ]),
    WrongFolder(
      name: "path number",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + "       CHPID  PATH=(CSS(0),1G),SHARED,TYPE=FC\n",
      ],
      messages: [
        "a.iocp:2:20: HCPDEF075E this is not a channel path; write PATH=(CSS(0),10), two hexadecimal digits"
      ]),
    WrongFolder(
      name: "path twice",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + path + "       CHPID  PATH=(CSS(0),10),SHARED,TYPE=FC\n",
      ],
      messages: [
        "a.iocp:3:28: ICP200I CHPID 10 in CSS 0 is defined twice, first at a.iocp line 2; renumber one of the two"
      ]),
    WrongFolder(
      name: "PCHID twice",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource
          + "       CHPID  PATH=(CSS(0),10),SHARED,PCHID=100,TYPE=FC\n       CHPID  PATH=(CSS(0),11),SHARED,PCHID=100,TYPE=FC\n",
      ],
      messages: [
        "a.iocp:3:45: ICP207I PCHID 100 is used twice, first at a.iocp line 2; write another"
      ]),
    WrongFolder(
      name: "partition twice in RESOURCE",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": "       RESOURCE PARTITION=((CSS(0),(ONE,1),(ONE,2)))\n",
      ],
      messages: [
        "a.iocp:1:45: ICP156I partition ONE is named twice in RESOURCE, first at a.iocp line 1; keep one of the two"
      ]),
    WrongFolder(
      name: "image twice",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": "       RESOURCE PARTITION=((CSS(0),(ONE,1),(TWO,1)))\n",
      ],
      messages: [
        "a.iocp:1:49: ICP155I image number 1 is given twice in CSS 0; write another, 1-F"
      ]),
    WrongFolder(
      name: "image 0",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": "       RESOURCE PARTITION=((CSS(0),(ONE,1),(TWO,0)))\n",
      ],
      messages: [
        "a.iocp:1:49: ICP154I the image number cannot be 0; write 1-F"
      ]),
    WrongFolder(
      name: "reserved image without number",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": "       RESOURCE PARTITION=((CSS(0),(ONE,1),(TWO,2),*))\n",
      ],
      messages: [
        "a.iocp:1:52: ICP172I a reserved partition needs an image number; write (*,n)"
      ]),
    WrongFolder(
      name: "RESOURCE without name",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": "       RESOURCE PARTITION=((CSS(0),(*,1)))\n",
      ],
      messages: [
        "a.iocp:1:27: ICP173I RESOURCE names no partition; name at least one"
      ]),
    WrongFolder(
      name: "image without partition",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": "       RESOURCE PARTITION=((CSS(0),(ONE,1),(TWO,2),(TWOO,3)))\n",
      ],
      messages: [
        "a.iocp:1:53: HCPDEF083W RESOURCE names TWOO, which is no partition; write TWO, or define TWOO in *.direct"
      ]),
    WrongFolder(
      name: "access list names a stranger",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource
          + "       CHPID  PATH=(CSS(0),10),SHARED,PARTITION=((ONE,THREE),(=)),TYPE=FC\n",
      ],
      messages: [
        "a.iocp:2:55: ICP149I partition THREE has not been defined for CSS 0; add it to RESOURCE",
        "a.iocp:2:72: HCPDEF087W the operands go on past column 71, where IOCP stops reading; end the card after a comma and continue on the next",
      ]),
    WrongFolder(
      name: "access list names one twice",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource
          + "       CHPID  PATH=(CSS(0),10),SHARED,PARTITION=((ONE,ONE),(=)),TYPE=FC\n",
      ],
      messages: [
        "a.iocp:2:55: ICP156I partition ONE is named twice in the access list; keep one of the two"
      ]),
    WrongFolder(
      name: "candidate list empty",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource
          + "       CHPID  PATH=(CSS(0),10),SHARED,PARTITION=((ONE),(0)),TYPE=FC\n",
      ],
      messages: [
        "a.iocp:2:56: ICP138I the candidate list is empty; name a partition that may use it"
      ]),
    WrongFolder(
      name: "reconfigurable path for two",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + "       CHPID  PATH=(CSS(0),10),PARTITION=((ONE,TWO),REC),TYPE=FC\n",
      ],
      messages: [
        "a.iocp:2:42: HCPDEF078E 2 partitions have a reconfigurable path on line at once; name one in the access list, or write SHARED"
      ]),
    WrongFolder(
      name: "unshared path without partition",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + "       CHPID  PATH=(CSS(0),10),TYPE=FC\n",
      ],
      messages: [
        "a.iocp:2:8: ICP122I CHPID needs PARTITION; write PARTITION="
      ]),
    WrongFolder(
      name: "control unit without path",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + path
          + "       CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),12)),\n             UNITADD=((00,016)),UNIT=2127\n",
      ],
      messages: [
        "a.iocp:3:44: HCPDEF079E CHPID 12 in CSS 0 has not been defined; define it with CHPID before, or use one of 10"
      ]),
    WrongFolder(
      name: "control unit twice",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + path + unit
          + "       CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),\n             UNITADD=((00,016)),UNIT=2107\n",
      ],
      messages: [
        "a.iocp:5:25: ICP230I control unit 0200 is defined twice, first at a.iocp line 3; renumber one of the two"
      ]),
    WrongFolder(
      name: "control unit FFFF",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + path
          + "       CNTLUNIT CUNUMBR=FFFF,PATH=((CSS(0),10)),\n             UNITADD=((00,016)),UNIT=2107\n",
      ],
      messages: [
        "a.iocp:3:25: ICP117I a control unit cannot be FFFF; write 0000-FFFE"
      ]),
    WrongFolder(
      name: "same path twice on a control unit",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + path
          + "       CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10,10)),\n             UNITADD=((00,016)),UNIT=2107\n",
      ],
      messages: [
        "a.iocp:3:47: ICP232I CHPID 10 in CSS 0 is named twice; keep one of the two"
      ]),
    WrongFolder(
      name: "unit addresses past FF",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + path
          + "       CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),\n             UNITADD=((F8,016)),UNIT=2107\n",
      ],
      messages: [
        "a.iocp:4:24: ICP233I 16 unit addresses from F8 overlap others or pass FF; write ranges between 00 and FF that do not overlap"
      ]),
    WrongFolder(
      name: "unit addresses overlap",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + path
          + "       CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),\n             UNITADD=((00,016),(0F,2)),UNIT=2107\n",
      ],
      messages: [
        "a.iocp:4:33: ICP233I 2 unit addresses from 0F overlap others or pass FF; write ranges between 00 and FF that do not overlap"
      ]),
    WrongFolder(
      name: "device count",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + path + unit
          + "       IODEVICE ADDRESS=(0200,300),CUNUMBR=(0200),UNIT=3390\n",
      ],
      messages: [
        "a.iocp:5:31: HCPDEF076E the number of devices cannot be 300; write 1-256, and no number above FFFF"
      ]),
    WrongFolder(
      name: "device on no control unit",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + path + unit
          + "       IODEVICE ADDRESS=(0200,016),CUNUMBR=(0300),UNIT=3390\n",
      ],
      messages: [
        "a.iocp:5:45: ICP308I control unit 0300 has not been defined; define it with CNTLUNIT before, or use one of 0200"
      ]),
    WrongFolder(
      name: "device beyond unit addresses",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + path + unit
          + "       IODEVICE ADDRESS=(0200,032),CUNUMBR=(0200),UNIT=3390\n",
      ],
      messages: [
        "a.iocp:5:26: ICP303I unit address 10 does not exist in control unit 0200; widen UNITADD of the control unit, or say UNITADD here"
      ]),
    WrongFolder(
      name: "device twice",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + path + unit + device
          + "       IODEVICE ADDRESS=(0200,016),CUNUMBR=(0200),UNIT=3390\n",
      ],
      messages: [
        "a.iocp:6:26: ICP361I device 0200 is defined twice, first at a.iocp line 5; renumber one of the two"
      ]),
    WrongFolder(
      name: "device list disjoint",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource
          + "       CHPID  PATH=(CSS(0),10),SHARED,PARTITION=((ONE),(=)),TYPE=FC\n       CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),\n             UNITADD=((00,016)),UNIT=2107\n       IODEVICE ADDRESS=(0200,016),CUNUMBR=(0200),UNIT=3390,PARTITION=(TWO)\n",
      ],
      messages: [
        "a.iocp:5:71: ICP309I no partition in the list has a path to device 0200; name one that is in a candidate list of its paths",
        "a.iocp:5:72: HCPDEF087W the operands go on past column 71, where IOCP stops reading; end the card after a comma and continue on the next",
      ]),
    WrongFolder(
      name: "nine paths",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + path
          + "       CHPID  PATH=(CSS(0),11),SHARED,TYPE=FC\n       CHPID  PATH=(CSS(0),12),SHARED,TYPE=FC\n       CHPID  PATH=(CSS(0),13),SHARED,TYPE=FC\n       CHPID  PATH=(CSS(0),14),SHARED,TYPE=FC\n       CHPID  PATH=(CSS(0),15),SHARED,TYPE=FC\n       CHPID  PATH=(CSS(0),16),SHARED,TYPE=FC\n       CHPID  PATH=(CSS(0),17),SHARED,TYPE=FC\n       CHPID  PATH=(CSS(0),18),SHARED,TYPE=FC\n       CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10,11,12,13,14,15,16,17)),\n             UNITADD=((00,016)),UNIT=2107\n       CNTLUNIT CUNUMBR=0201,PATH=((CSS(0),18)),\n             UNITADD=((00,016)),UNIT=2107\n       IODEVICE ADDRESS=(0200,016),CUNUMBR=(0200,0201),UNIT=3390\n",
      ],
      messages: [
        "a.iocp:15:26: ICP304I device 0200 has 9 paths in CSS 0; attach it to control units with at most 8 paths together"
      ]),
    WrongFolder(
      name: "two control units on a path",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + path + unit
          + "       CNTLUNIT CUNUMBR=0201,PATH=((CSS(0),10)),\n             UNITADD=((00,016)),UNIT=2107\n       IODEVICE ADDRESS=(0200,016),CUNUMBR=(0200,0201),UNIT=3390\n",
      ],
      messages: [
        "a.iocp:7:26: ICP306I device 0200 has two control units on CHPID 10 in CSS 0; attach each control unit to other paths"
      ]),
    WrongFolder(
      name: "preferred path elsewhere",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + path
          + "       CHPID  PATH=(CSS(0),11),SHARED,TYPE=FC\n       CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),\n             UNITADD=((00,016)),UNIT=2107\n       IODEVICE ADDRESS=(0200,016),CUNUMBR=(0200),UNIT=3390,PATH=11\n",
      ],
      messages: [
        "a.iocp:6:66: ICP307I no path leads to the device by CHPID 11 in CSS 0; name a path of its control units"
      ]),
    WrongFolder(
      name: "parenthesis open",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + "       CHPID  PATH=(CSS(0),10,SHARED,TYPE=FC\n",
      ],
      messages: [
        "a.iocp:2:20: HCPDEF071E the list that begins here does not end; close it with )"
      ]),
    WrongFolder(
      name: "operands past column 71",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource + path
          + "       CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),UNITADD=((00,016)),UNIT=2107\n       IODEVICE ADDRESS=(0200,016),CUNUMBR=(0200),UNIT=3390\n",
      ],
      messages: [
        "a.iocp:3:72: HCPDEF087W the operands go on past column 71, where IOCP stops reading; end the card after a comma and continue on the next"
      ]),
    WrongFolder(
      name: "comma before a new statement",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource
          + "       CHPID  PATH=(CSS(0),10),SHARED,TYPE=FC,\n       CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),\n             UNITADD=((00,016)),UNIT=2107\n",
      ],
      messages: [
        "a.iocp:2:47: ICP131I a continuation is expected after this comma; continue on the next card, or remove the comma"
      ]),
    WrongFolder(
      name: "continuation in column 18",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp": resource
          + "       CHPID  PATH=(CSS(0),10),SHARED,                                 *\n                 TYPE=FC\n",
      ],
      messages: [
        "a.iocp:3:18: ICP116I the continuation begins in column 18; begin it in column 16"
      ]),
    WrongFolder(
      name: "apostrophe open",
      files: [
        "machine.config": machine, "a.direct": two,
        "a.iocp":
          "       ID     MSG1='TEST\n       RESOURCE PARTITION=((CSS(0),(ONE,1),(TWO,2)))\n",
      ],
      messages: [
        "a.iocp:1:20: ICP120I the quoted text that begins here does not end; close it with '"
      ]),
    WrongFolder(
      name: "media for no path",
      files: [
        "machine.config": machine, "a.direct": two, "a.iocp": resource + path,
        "a.media": "CHPID 20 RATE 800MB\n",
      ],
      messages: [
        "a.media:1:7: HCPDEF025E there is no channel path 20; write 10, or define 20"
      ]),
    WrongFolder(
      name: "media for no device",
      files: [
        "machine.config": machine, "a.direct": two, "a.iocp": resource + path + unit + device,
        "a.media": "DEVICE 0300 SCRATCH 1M\n",
      ],
      messages: [
        "a.media:1:8: HCPDEF082E device 0300 is not in the I/O configuration; add it to an IODEVICE statement, or name another"
      ]),
    WrongFolder(
      name: "media rate",
      files: [
        "machine.config": machine, "a.direct": two, "a.iocp": resource + path + unit + device,
        "a.media": "DEVICE 0200 SCRATCH 1M RATE FAST\n",
      ],
      messages: [
        "a.media:1:29: HCPDEF015E RATE cannot be FAST; write a rate such as 200MB, bytes a second"
      ]),
    WrongFolder(
      name: "media latency below an epoch",
      files: [
        "machine.config": machine, "a.direct": two, "a.iocp": resource + path + unit + device,
        "a.media": "CHPID 10 LATENCY 10US\nDEVICE 0200-020F SCRATCH 1M LATENCY 50US\n",
      ],
      messages: [
        "a.media:2:8: HCPDEF086W a request to device 0200 takes 60US, less than an epoch of 100US; expect 100US; raise LATENCY or shorten EPOCH"
      ]),
    WrongFolder(
      name: "media file missing",
      files: [
        "machine.config": machine, "a.direct": two, "a.iocp": resource + path + unit + device,
        "a.media": "DEVICE 0200 FILE disk.img\n",
      ],
      messages: [
        "a.media:1:18: HCPDEF057E disk.img does not exist; name a file in the machine's folder"
      ]),
    WrongFolder(
      name: "media range backwards",
      files: [
        "machine.config": machine, "a.direct": two, "a.iocp": resource + path + unit + device,
        "a.media": "DEVICE 020F-0200 SCRATCH 1M\n",
      ],
      messages: [
        "a.media:1:8: HCPDEF016E 020F-0200 is not a device number or a range of them; write 0200 or 0200-020F, the lower number first"
      ]),
    WrongFolder(
      name: "media twice",
      files: [
        "machine.config": machine, "a.direct": two, "a.iocp": resource + path + unit + device,
        "a.media": "DEVICE 0200-0203 SCRATCH 1M\nDEVICE 0203 SCRATCH 2M\n",
      ],
      messages: [
        "a.media:2:8: HCPDEF006E DEVICE 0203 is given twice, first at a.media line 1; keep one of the two"
      ]),
    WrongFolder(
      name: "scratch of 100 bytes",
      files: [
        "machine.config": machine, "a.direct": two, "a.iocp": resource + path + unit + device,
        "a.media": "DEVICE 0200 SCRATCH 100\n",
      ],
      messages: [
        "a.media:1:21: HCPDEF011E SCRATCH cannot be 100; write a size from 512 to 1T"
      ]),
    WrongFolder(
      name: "writable without file",
      files: [
        "machine.config": machine, "a.direct": two, "a.iocp": resource + path + unit + device,
        "a.media": "DEVICE 0200 SCRATCH 1M WRITABLE\n",
      ],
      messages: [
        "a.media:1:24: HCPDEF061E WRITABLE says nothing without a file; write it after FILE and the name"
      ]),
    WrongFolder(
      name: "what is kept of no file",
      files: [
        "machine.config": machine, "a.direct": two, "a.iocp": resource + path + unit + device,
        "a.media": "DEVICE 0200 SCRATCH 1M KEEP 4M\n",
      ],
      messages: [
        "a.media:1:24: HCPDEF063E KEEP says nothing of a disk that writes to no file; write it after FILE, the name and WRITABLE"
      ]),
    WrongFolder(
      name: "what says the same thing of a device twice",
      files: [
        "machine.config": machine, "a.direct": two, "a.iocp": resource + path + unit + device,
        "d.img": String(repeating: "0", count: 512),
        "a.media": """
        DEVICE 0200 SCRATCH 1M RATE 1MB RATE 2MB SCRATCH 2M FILE d.img WRITABLE KEEP 1M NOKEEP

        """,
      ],
      messages: [
        "a.media:1:33: HCPDEF006E RATE is given twice, first at a.media line 1; keep one of the two",
        "a.media:1:42: HCPDEF006E SCRATCH is given twice, first at a.media line 1; keep one of the two",
        "a.media:1:53: HCPDEF115E SCRATCH and FILE exclude each other, first at a.media line 1; keep one of the two",
        "a.media:1:81: HCPDEF115E KEEP and NOKEEP exclude each other, first at a.media line 1; keep one of the two",
      ]),
    WrongFolder(
      name: "device of two partitions",
      files: [
        "machine.config": machine,
        "a.direct": one
          + "  DEDICATE 0100 0200\nPARTITION TWO\n  STORAGE INITIAL 16M\n  DEDICATE 0100 0200\n",
        "a.iocp": resource + path + unit + device, "a.media": "DEVICE 0200 SCRATCH 1M\n",
      ],
      messages: [
        "a.direct:6:17: HCPDEF090W TWO is without device 0200 beside ONE, which has it; dedicate it to one of them, or to both R/O or SHARED"
      ]),
    WrongFolder(
      name: "device of which two share and one does not",
      files: [
        "machine.config": machine,
        "a.direct": one
          + "  DEDICATE 0100 0200 SHARED SCSI\nPARTITION TWO\n  STORAGE INITIAL 16M\n  DEDICATE 0100 0200 SHARED R/O\n"
          + "PARTITION THREE\n  STORAGE INITIAL 16M\n  DEDICATE 0100 0200 R/O\n",
        "a.iocp": resource.replacingOccurrences(of: "(TWO,2)", with: "(TWO,2),(THREE,3)") + path
          + unit + device, "a.media": "DEVICE 0200 SCRATCH 1M\n",
      ],
      messages: [
        "a.direct:9:17: HCPDEF090W THREE is without device 0200 beside ONE, which has it; dedicate it to one of them, or to both R/O or SHARED"
      ]),
    WrongFolder(
      name: "device without media",
      files: [
        "machine.config": machine, "a.direct": two + "  DEDICATE 0100 0200\n",
        "a.iocp": resource + path + unit + device,
      ],
      messages: [
        "a.direct:5:17: HCPDEF085W nothing gives device 0200 blocks, so that it is not ready; add DEVICE 0200 with FILE or SCRATCH to a *.media file"
      ]),
    WrongFolder(
      name: "device without path",
      files: [
        "machine.config": machine, "a.direct": two + "  DEDICATE 0100 0200\n",
        "a.iocp": resource
          + "       CHPID  PATH=(CSS(0),10),SHARED,PARTITION=((ONE),(=)),TYPE=FC\n       CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),\n             UNITADD=((00,016)),UNIT=2107\n       IODEVICE ADDRESS=(0200,016),CUNUMBR=(0200),UNIT=3390\n",
        "a.media": "DEVICE 0200 SCRATCH 1M\n",
      ],
      messages: [
        "a.direct:5:17: HCPDEF084E TWO has no path to device 0200; put it into RESOURCE and into a candidate list of the device's paths"
      ]),
    WrongFolder(
      name: "reconfigurable path of another",
      files: [
        "machine.config": machine, "a.direct": two + "  DEDICATE 0100 0200\n",
        "a.iocp": resource
          + "       CHPID  PATH=(CSS(0),10),PARTITION=((ONE),(ONE,TWO),REC),TYPE=FC\n       CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),\n             UNITADD=((00,016)),UNIT=2107\n       IODEVICE ADDRESS=(0200,016),CUNUMBR=(0200),UNIT=3390\n",
        "a.media": "DEVICE 0200 SCRATCH 1M\n",
      ],
      messages: [
        "a.direct:5:17: HCPDEF093W TWO reaches device 0200 only by reconfigurable CHPID 10, which ONE has first; give it another path, or move the path by configuring it off and on"
      ]),
    WrongFolder(
      name: "several at once",
      files: [
        "machine.config": machine + "PACE SLOW\n",
        "a.direct": "PARTITION ONE\n  STORAGE INITIAL 16X\n  PROCESSOR CP WEIGHT 0 INITIAL 9\n",
        "a.iocp": "       RESOURCE PARTITION=((CSS(0),(ONE,1),(TWO,G)))\n",
        "a.media": "DEVISE 0200\n",
      ],
      messages: [
        "machine.config:5:6: HCPDEF017E PACE cannot be SLOW; write REAL, FAST or a factor 1-1000",
        "a.direct:2:19: HCPDEF011E STORAGE INITIAL cannot be 16X; write a size such as 64M (K, M, G or T)",
        "a.direct:3:23: HCPDEF010E WEIGHT cannot be 0; write a decimal number 1-999",
        "a.direct:3:25: HCPDEF037E INITIAL 9 is more than the 4 CP processors installed; write INITIAL 4 or less, the rest as RESERVED",
        "a.iocp:1:49: ICP154I the image number cannot be G; write 1-F",
        "a.media:1:1: HCPDEF001E DEVISE is not a statement of *.media; write DEVICE",
      ]),
  ]
}
