extension WrongFolder {
  static let partitions: [WrongFolder] = [
    WrongFolder(
      name: "statement before any entry",
      files: [
        "machine.config": machine,
        "a.direct": "STORAGE INITIAL 16M\nPARTITION ONE\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:1:1: HCPDEF009E STORAGE stands before any PARTITION or PROFILE; put it into an entry"
      ]),
    WrongFolder(
      name: "misspelt directory statement",
      files: ["machine.config": machine, "a.direct": one + "  PROCESOR CP\n"],
      messages: [
        "a.direct:3:3: HCPDEF001E PROCESOR is not a statement of a directory; write PROCESSOR"
      ]),
    WrongFolder(
      name: "misspelt operand",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  PROCESSOR CP INITAL 1\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:2:16: HCPDEF002E INITAL is not an operand of PROCESSOR; write INITIAL"
      ]),
    WrongFolder(
      name: "more devices than there is room for beside those for storage and random numbers",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  STORAGE INITIAL 16M RESERVED 16M BY VIRTIO\n"
          + "  OPTION RNG VMCP BALLOON\n"
          + (0..<7).map { "  NICDEF 060\($0) TYPE QDIO\n" }.joined(),
      ],
      messages: [
        "a.direct:1:11: HCPDEF049W 7 disks and network adapters; the partition has room for 4; remove some, OPTION RNG, VMCP or BALLOON, or RESERVED storage that comes BY VIRTIO: each takes a place of eight"
      ]),
    WrongFolder(
      name: "reserved storage that is no whole number of memory devices",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  STORAGE INITIAL 16M RESERVED 160M BY ACPI\n",
      ],
      messages: [
        "a.direct:2:32: HCPDEF013E STORAGE RESERVED BY ACPI 160M is not a multiple of the increment of 128M; write a multiple of 128M"
      ]),
    WrongFolder(
      name: "a disk and a network adapter of one number",
      files: [
        "machine.config": machine,
        "a.direct":
          "PARTITION ONE\n  STORAGE INITIAL 16M\n  NICDEF 0600 TYPE QDIO\n  DEDICATE 0600 0200\n",
      ],
      messages: [
        "a.direct:3:10: HCPDEF064E 0600 is the number of two devices; give one of them another number",
        "a.direct:4:17: HCPDEF082E device 0200 is not in the I/O configuration; add it to an IODEVICE statement, or name another",
      ]),
    WrongFolder(
      name: "minidisks that overlap, and beyond the end of their volumes",
      files: [
        "machine.config": machine,
        "a.iocp": resource + path + unit + device,
        "a.media": "DEVICE 0200 SCRATCH 1M VOLUME VOL1\nDEVICE 0201 SCRATCH 1M\n",
        "a.direct": two + "  MDISK 191 FB-512 100 200 VOL1\n  MDISK 192 FB-512 2000 49 VOL1\n"
          + "  MDISK 193 3390 1 1 VOL1 MR\n  MDISK 194 FB-512 2047 END VOL1\n"
          + "  MDISK 195 FB-512 299 2 VOL1 MW ALL ALL ALL\n  MDISK 196 FB-512 250 10 VOL1\n"
          + "  MDISK 197 FBA 0 END VOL1 RR\n  DEDICATE 100 0200\n",
      ],
      messages: [
        "a.direct:6:20: HCPDEF066E minidisk TWO 0192 goes beyond the end of VOL1, which has 2048 blocks of 512 bytes; write a smaller start or size, or END for the size",
        "a.direct:7:18: HCPDEF066E minidisk TWO 0193 goes beyond the end of VOL1, which has 2048 blocks of 512 bytes; write a smaller start or size, or END for the size",
        "a.direct:9:20: HCPDEF065W minidisks TWO 0195 and TWO 0191 overlap on VOL1 in blocks 299 to 299; move one of them, unless they are meant to share these blocks",
        "a.direct:10:20: HCPDEF065W minidisks TWO 0196 and TWO 0191 overlap on VOL1 in blocks 250 to 259; move one of them, unless they are meant to share these blocks",
        "a.direct:12:16: HCPDEF065W device 0200 has minidisks, as TWO 0191: it is one partition's or has those; use MDISK and LINK for all of it, or another device",
      ]),
    WrongFolder(
      name: "minidisks and links that lead nowhere",
      files: [
        "machine.config": machine,
        "a.iocp": resource + path + unit + device,
        "a.media": "DEVICE 0200 SCRATCH 1M VOLUME VOL1\nDEVICE 0201 SCRATCH 1M VOLUME vol1\n"
          + "DEVICE 0202 SCRATCH 1M VOLUME TOOLONG\nDEVICE 0203-0204 SCRATCH 1M VOLUME VOL3\n",
        "a.direct": two + "  MDISK 191 FB-512 0 8 VOL9\n  MDISK 192 FB-512 DEVNO 0300\n"
          + "  MDISK 193 4711 0 8 VOL1\n  MDISK 194 FB-512 0 8 VOL1 XX\n  MDISK 195 FB-512 0 0 VOL1\n"
          + "  MDISK 196 FB-512 8 8 VOL1 MR R W M X\n  MDISK 197 FB-512 16 8\n"
          + "  LINK ONE 191\n  LINK TWO 198 298 RR\n  LINK NOBODY 191 391\n  LINK * 196 196 RR\n"
          + "  MDISK 198 3390 T-DISK 10\n  LINK TWO 196 199 Q\n"
          + "  MDISK\n  MDISK 19A\n  LINK\n",
      ],
      messages: [
        "a.direct:5:20: HCPDEF068E no device has the volume VOL9; give its device VOLUME VOL9 in *.media, or name VOL1",
        "a.direct:6:20: HCPDEF082E device 0300 is not in the I/O configuration; add it to an IODEVICE statement, or name another",
        "a.direct:7:13: HCPDEF002E 4711 is not an operand of MDISK; write one of 3370, 3380, 3390, 9336, FB-512, FBA",
        "a.direct:8:29: HCPDEF002E XX is not an operand of MDISK; write one of R, RR, W, WR, M, MR, MW",
        "a.direct:9:22: HCPDEF010E size cannot be 0; write a decimal number of 1 or more",
        "a.direct:10:38: HCPDEF004E X is one operand too many; end the statement after M",
        "a.direct:11:24: HCPDEF003E an operand is missing after 8; write the label of a volume",
        "a.direct:12:12: HCPDEF067E there is no minidisk ONE 0191; define it by MDISK in the entry of its owner",
        "a.direct:12:12: HCPDEF064E 0191 is the number of two devices; give one of them another number",
        "a.direct:13:12: HCPDEF067E there is no minidisk TWO 0198; name one that its owner's entry defines: 0191, 0192, 0196",
        "a.direct:14:15: HCPDEF067E there is no minidisk NOBODY 0191; define it by MDISK in the entry of its owner",
        "a.direct:16:3: HCPDEF044W MDISK is read and kept, but this level gives the partition no such device; use DEDICATE for disks",
        "a.direct:17:20: HCPDEF002E Q is not an operand of LINK; write R",
        "a.direct:18:8: HCPDEF003E an operand is missing after MDISK; write a virtual device number",
        "a.direct:19:12: HCPDEF003E an operand is missing after 19A; write a type of device",
        "a.direct:20:7: HCPDEF003E an operand is missing after LINK; write the name of the minidisk's owner",
        "a.media:2:31: HCPDEF007E volume VOL1 is defined twice, first at a.media line 1; rename or remove one of the two",
        "a.media:3:31: HCPDEF069E TOOLONG is no label of a volume; write 1-6 characters A-Z 0-9 @ # $",
        "a.media:4:36: HCPDEF069E several devices cannot have one label; write a DEVICE statement for each",
      ]),
    WrongFolder(
      name: "links before minidisks: one number of both is refused, others are as well as behind",
      files: [
        "machine.config": machine,
        "a.iocp": resource + path + unit + device,
        "a.media": "DEVICE 0200 SCRATCH 1M VOLUME VOL1\n",
        "a.direct": two + "  LINK * 191 191 RR\n  LINK * 192 292 RR\n"
          + "  MDISK 191 FB-512 0 8 VOL1\n  MDISK 192 FB-512 8 8 VOL1\n",
      ],
      messages: [
        "a.direct:5:10: HCPDEF067E there is no minidisk TWO 0191; name one that its owner's entry defines: 0192",
        "a.direct:7:9: HCPDEF064E 0191 is the number of two devices; give one of them another number",
      ]),
    WrongFolder(
      name: "storage by an unknown way",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  STORAGE INITIAL 16M BY BALLOON\n",
      ],
      messages: [
        "a.direct:2:26: HCPDEF002E BALLOON is not an operand of STORAGE BY; write one of VIRTIO, ACPI, CALL"
      ]),
    WrongFolder(
      name: "partition name too long",
      files: [
        "machine.config": machine,
        "a.direct":
          "PARTITION LINUXGUEST1\n  STORAGE INITIAL 16M\nPARTITION ONE\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:1:11: HCPDEF020E LINUXGUEST1 cannot be a partition name; write 1-8 characters A-Z 0-9 @ # $"
      ]),
    WrongFolder(
      name: "partition name reserved",
      files: [
        "machine.config": machine,
        "a.direct":
          "PARTITION SYSTEM\n  STORAGE INITIAL 16M\nPARTITION LOGN0009\n  STORAGE INITIAL 16M\nPARTITION ONE\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:1:11: HCPDEF021E the name SYSTEM is reserved by CP; choose another name",
        "a.direct:3:11: HCPDEF021E the name LOGN0009 is reserved by CP; choose another name",
      ]),
    WrongFolder(
      name: "partition name like a device",
      files: ["machine.config": machine, "a.direct": "PARTITION BEEF\n  STORAGE INITIAL 16M\n"],
      messages: [
        "a.direct:1:11: HCPDEF022W the name BEEF looks like a device number; commands may take it for one; choose a name with another letter"
      ]),
    WrongFolder(
      name: "partition name is a keyword",
      files: ["machine.config": machine, "a.direct": "PARTITION USERS\n  STORAGE INITIAL 16M\n"],
      messages: [
        "a.direct:1:11: HCPDEF023W the name USERS is a CP keyword; commands may take it for one; choose another"
      ]),
    WrongFolder(
      name: "partition twice",
      files: [
        "machine.config": machine, "a.direct": two + "PARTITION ONE\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:5:11: HCPDEF007E partition ONE is defined twice, first at a.direct line 1; rename or remove one of the two"
      ]),
    WrongFolder(
      name: "partition twice in a range",
      files: [
        "machine.config": machine,
        "a.direct":
          "PARTITION SPIN3\n  STORAGE INITIAL 16M\nPARTITION SPIN1 THRU SPIN4\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:3:11: HCPDEF007E partition SPIN3 is defined twice, first at a.direct line 1; rename or remove one of the two"
      ]),
    WrongFolder(
      name: "range backwards",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION SPIN4 THRU SPIN1\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:1:22: HCPDEF024E SPIN4 THRU SPIN1 is not a numbered range; write the same letters and the same number of digits, the lower number first"
      ]),
    WrongFolder(
      name: "range of other digits",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION SPIN1 THRU SPIN10\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:1:22: HCPDEF024E SPIN1 THRU SPIN10 is not a numbered range; write the same letters and the same number of digits, the lower number first"
      ]),
    WrongFolder(
      name: "range of other stem",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION SPIN1 THRU SPUN4\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:1:22: HCPDEF024E SPIN1 THRU SPUN4 is not a numbered range; write the same letters and the same number of digits, the lower number first"
      ]),
    WrongFolder(
      name: "USER in CP's own form",
      files: [
        "machine.config": machine,
        "a.direct": "USER MAINT SECRET 16M 32M BEG\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:1:12: HCPDEF026E USER takes nothing after the name here; write password, storage and classes as PASSWORD, STORAGE and CLASS statements"
      ]),
    WrongFolder(
      name: "profile unknown",
      files: [
        "machine.config": machine,
        "a.direct": "PROFILE LINUX\nPARTITION ONE\n  INCLUDE LINIX\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:3:11: HCPDEF025E there is no profile LINIX; write LINUX, or define LINIX"
      ]),
    WrongFolder(
      name: "profile in a profile",
      files: [
        "machine.config": machine,
        "a.direct":
          "PROFILE ONE\nPROFILE TWO\n  INCLUDE ONE\nPARTITION ONE\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:3:3: HCPDEF028E a profile cannot include another; copy what it needs; there is one level"
      ]),
    WrongFolder(
      name: "include too late",
      files: [
        "machine.config": machine,
        "a.direct": "PROFILE ONE\nPARTITION ONE\n  STORAGE INITIAL 16M\n  INCLUDE ONE\n",
      ],
      messages: [
        "a.direct:4:3: HCPDEF029E INCLUDE comes after other statements of its entry; make it the first, so that what follows overrides it"
      ]),
    WrongFolder(
      name: "weight of 0",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  PROCESSOR CP WEIGHT 0\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:2:23: HCPDEF010E WEIGHT cannot be 0; write a decimal number 1-999"
      ]),
    WrongFolder(
      name: "weight of 1000",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  PROCESSOR CP WEIGHT 1000\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:2:23: HCPDEF010E WEIGHT cannot be 1000; write a decimal number 1-999"
      ]),
    WrongFolder(
      name: "weight outside its limits",
      files: [
        "machine.config": machine,
        "a.direct":
          "PARTITION ONE\n  PROCESSOR CP WEIGHT 50 MINWEIGHT 100 MAXWEIGHT 200\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:2:16: HCPDEF032E WEIGHT 50 is outside its own limits; write a weight 100-200"
      ]),
    WrongFolder(
      name: "limits exchanged",
      files: [
        "machine.config": machine,
        "a.direct":
          "PARTITION ONE\n  PROCESSOR CP WEIGHT 50 MINWEIGHT 100 MAXWEIGHT 20\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:2:26: HCPDEF032E MINWEIGHT 100 is above MAXWEIGHT 20; exchange them"
      ]),
    WrongFolder(
      name: "weight for dedicated",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  PROCESSOR CP DEDICATED WEIGHT 10\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:2:3: HCPDEF030E dedicated processors take no weight, no cap and no group; remove WEIGHT, MINWEIGHT, MAXWEIGHT, CAPPED, ABSCAP and GROUP, or write SHARED"
      ]),
    WrongFolder(
      name: "shared and dedicated",
      files: [
        "machine.config": machine,
        "a.direct":
          "PARTITION ONE\n  PROCESSOR CP DEDICATED\n  PROCESSOR IFL SHARED\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:1:11: HCPDEF034E ONE mixes shared and dedicated processors; make all SHARED or all DEDICATED"
      ]),
    WrongFolder(
      name: "cap with three decimals",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  PROCESSOR CP ABSCAP 1.505\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:2:23: HCPDEF010E ABSCAP cannot be 1.505; write a number 0.00-255.00"
      ]),
    WrongFolder(
      name: "cap of a thousandth",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  PROCESSOR CP ABSCAP 0.001\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:2:23: HCPDEF010E ABSCAP cannot be 0.001; write a number 0.00-255.00"
      ]),
    WrongFolder(
      name: "processor type twice in an entry",
      files: [
        "machine.config": machine,
        "a.direct":
          "PARTITION ONE\n  PROCESSOR CP\n  PROCESSOR CP WEIGHT 5\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:3:3: HCPDEF006E PROCESSOR CP is given twice, first at a.direct line 2; keep one of the two"
      ]),
    WrongFolder(
      name: "processor type not installed",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  PROCESSOR ZIIP\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:2:3: HCPDEF036E the machine has no ZIIP processors; use CP, IFL, or add them"
      ]),
    WrongFolder(
      name: "more processors than installed",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  PROCESSOR CP INITIAL 5\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:2:16: HCPDEF037E INITIAL 5 is more than the 4 CP processors installed; write INITIAL 4 or less, the rest as RESERVED"
      ]),
    WrongFolder(
      name: "more processors than a partition has",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  PROCESSOR CP INITIAL 1 RESERVED 64\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:2:3: HCPDEF031E 1 initial and 64 reserved processors are 65; a partition has at most 64, all types together"
      ]),
    WrongFolder(
      name: "more processors than a partition has, few enough of each type",
      files: [
        "machine.config": machine,
        "a.direct":
          "PARTITION ONE\n  PROCESSOR CP INITIAL 1 RESERVED 60\n  PROCESSOR IFL INITIAL 1 RESERVED 3\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:3:3: HCPDEF031E 2 initial and 63 reserved processors are 65; a partition has at most 64, all types together"
      ]),
    WrongFolder(
      name: "no initial processor",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  PROCESSOR CP INITIAL 0 RESERVED 2\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:1:11: HCPDEF035E ONE has no initial processor; write INITIAL 1 or more"
      ]),
    WrongFolder(
      name: "group unknown",
      files: [
        "machine.config": machine,
        "a.direct":
          "GROUP POOL1 ABSCAP CP 2.00\nPARTITION ONE\n  PROCESSOR CP GROUP POOL2\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:1:7: HCPDEF106W no partition is in group POOL1, so that it limits nothing; add GROUP POOL1 to a PROCESSOR statement, or remove it",
        "a.direct:3:22: HCPDEF025E there is no group POOL2; write POOL1, or define POOL2",
      ]),
    WrongFolder(
      name: "weight and share",
      files: [
        "machine.config": machine,
        "a.direct":
          "PARTITION ONE\n  PROCESSOR CP WEIGHT 5\n  SHARE RELATIVE 200\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:3:3: HCPDEF033E WEIGHT and SHARE say the same thing twice, first at a.direct line 2; keep one of the two"
      ]),
    WrongFolder(
      name: "share above 100 %",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  SHARE ABSOLUTE 101%\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:2:18: HCPDEF010E ABSOLUTE cannot be 101%; write a number 0.10%-100.00%"
      ]),
    WrongFolder(
      name: "share misspelt",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  SHARE PERCENT 50\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:2:9: HCPDEF002E PERCENT is not an operand of SHARE; write one of ABSOLUTE, RELATIVE"
      ]),
    WrongFolder(
      name: "share limit misspelt",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  SHARE REL 50 LIMITHRAD\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:2:16: HCPDEF002E LIMITHRAD is not an operand of SHARE; write LIMITHARD"
      ]),
    WrongFolder(
      name: "share limit without keyword",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  SHARE RELATIVE 100 ABSOLUTE 50%\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:2:34: HCPDEF003E an operand is missing after 50%; write LIMITSOFT or LIMITHARD"
      ]),
    WrongFolder(
      name: "storage of nothing",
      files: ["machine.config": machine, "a.direct": "PARTITION ONE\n  STORAGE INITIAL 0\n"],
      messages: [
        "a.direct:2:19: HCPDEF039E STORAGE INITIAL is 0; write 16M or more"
      ]),
    WrongFolder(
      name: "storage not in increments",
      files: [
        "machine.config": machine, "a.direct": "PARTITION ONE\n  STORAGE INITIAL 24M RESERVED 8M\n",
      ],
      messages: [
        "a.direct:2:19: HCPDEF013E STORAGE INITIAL 24M is not a multiple of the increment of 16M; write a multiple of 16M",
        "a.direct:2:32: HCPDEF013E STORAGE RESERVED 8M is not a multiple of the increment of 16M; write a multiple of 16M",
      ]),
    WrongFolder(
      name: "storage beyond installed",
      files: ["machine.config": machine, "a.direct": "PARTITION ONE\n  STORAGE INITIAL 2G\n"],
      messages: [
        "a.direct:2:19: HCPDEF038E INITIAL 2G is more than the 1G installed; write less, or install more in machine.config"
      ]),
    WrongFolder(
      name: "reserved beyond installed",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  STORAGE INITIAL 512M RESERVED 1G\n",
      ],
      messages: [
        "a.direct:2:33: HCPDEF038E INITIAL and RESERVED together, 1536M is more than the 1G installed; write less, or install more in machine.config"
      ]),
    WrongFolder(
      name: "origin beyond installed",
      files: [
        "machine.config": machine,
        "a.direct": "PARTITION ONE\n  STORAGE INITIAL 512M ORIGIN 768M\n",
      ],
      messages: [
        "a.direct:2:31: HCPDEF038E ORIGIN and INITIAL together, 1280M is more than the 1G installed; write less, or install more in machine.config"
      ]),
    WrongFolder(
      name: "program unknown",
      files: ["machine.config": machine, "a.direct": one + "  IPL PROGRAM SPINN\n"],
      messages: [
        "a.direct:3:15: HCPDEF025E there is no program SPINN; write SPIN"
      ]),
    WrongFolder(
      name: "IPL form unknown",
      files: ["machine.config": machine, "a.direct": one + "  IPL KERNAL vmlinuz\n"],
      messages: [
        "a.direct:3:7: HCPDEF002E KERNAL is not an operand of IPL; write KERNEL"
      ]),
    WrongFolder(
      name: "kernel not prepared",
      files: [
        "machine.config": machine,
        "a.direct": one + "  IPL KERNEL linux/vmlinuz INITRD linux/initrd.gz\n",
      ],
      messages: [
        "a.direct:3:14: HCPDEF058W linux/vmlinuz does not exist, an IPL will refuse; put it into the machine's folder; Partitions/setup prepares the demo's",
        "a.direct:3:35: HCPDEF058W linux/initrd.gz does not exist, an IPL will refuse; put it into the machine's folder; Partitions/setup prepares the demo's",
      ]),
    WrongFolder(
      name: "kernel outside the folder",
      files: ["machine.config": machine, "a.direct": one + "  IPL KERNEL linux/../../vmlinuz\n"],
      messages: [
        "a.direct:3:14: HCPDEF056E linux/../../vmlinuz leads outside the machine's folder; put the file into the folder and name it relative to it"
      ]),
    WrongFolder(
      name: "kernel by absolute path",
      files: ["machine.config": machine, "a.direct": one + "  IPL KERNEL /boot/vmlinuz\n"],
      messages: [
        "a.direct:3:14: HCPDEF056E /boot/vmlinuz leads outside the machine's folder; put the file into the folder and name it relative to it"
      ]),
    WrongFolder(
      name: "text without end",
      files: ["machine.config": machine, "a.direct": one + "  IPL PROGRAM PULSE PARM '5\n"],
      messages: [
        "a.direct:3:26: HCPDEF005E The quoted text that begins here does not end; close it with '"
      ]),
    WrongFolder(
      name: "IPL device that is not there",
      files: ["machine.config": machine, "a.direct": one + "  IPL 0100\n"],
      messages: [
        "a.direct:3:3: HCPDEF046E 0100 is not a device of the partition; add DEDICATE 0100 and a real device, or name another"
      ]),
    WrongFolder(
      name: "console number",
      files: ["machine.config": machine, "a.direct": one + "  CONSOLE 00009\n"],
      messages: [
        "a.direct:3:11: HCPDEF016E the console's device number cannot be 00009; write 1-4 hexadecimal digits"
      ]),
    WrongFolder(
      name: "option misspelt",
      files: ["machine.config": machine, "a.direct": one + "  OPTION ISOLATD\n"],
      messages: [
        "a.direct:3:10: HCPDEF002E ISOLATD is not an operand of OPTION; write ISOLATED"
      ]),
    WrongFolder(
      name: "class misspelt",
      files: ["machine.config": machine, "a.direct": one + "  CLASS GH\n"],
      messages: [
        "a.direct:3:9: HCPDEF018E GH are not privilege classes; write letters A-G, such as BG"
      ]),
    WrongFolder(
      name: "command without text",
      files: ["machine.config": machine, "a.direct": one + "  COMMAND\n"],
      messages: [
        "a.direct:3:10: HCPDEF003E an operand is missing after COMMAND; write a CP command"
      ]),
    WrongFolder(
      name: "start when",
      files: ["machine.config": machine, "a.direct": one + "  START LATER\n"],
      messages: [
        "a.direct:3:9: HCPDEF002E LATER is not an operand of START; write AUTO"
      ]),
    WrongFolder(
      name: "start after nobody",
      files: ["machine.config": machine, "a.direct": one + "  START AUTO AFTER TWO\n"],
      messages: [
        "a.direct:3:20: HCPDEF025E there is no partition TWO; define it, or name another"
      ]),
    WrongFolder(
      name: "start after itself",
      files: ["machine.config": machine, "a.direct": one + "  START AUTO AFTER ONE\n"],
      messages: [
        "a.direct:3:20: HCPDEF040E ONE starts after itself; remove it from AFTER"
      ]),
    WrongFolder(
      name: "start in a circle",
      files: [
        "machine.config": machine,
        "a.direct": one
          + "  START AUTO AFTER THREE\nPARTITION TWO\n  STORAGE INITIAL 16M\n  START AUTO AFTER ONE\nPARTITION THREE\n  STORAGE INITIAL 16M\n  START AUTO AFTER TWO\n",
      ],
      messages: [
        "a.direct:3:3: HCPDEF041E START AUTO AFTER goes in a circle: ONE after THREE after TWO after ONE; remove one AFTER"
      ]),
    WrongFolder(
      name: "start after one that does not",
      files: ["machine.config": machine, "a.direct": two + "  START AUTO AFTER ONE\n"],
      messages: [
        "a.direct:5:20: HCPDEF042W ONE does not start by itself, so that nothing waits for it; give it START AUTO, or remove it from AFTER"
      ]),
    WrongFolder(
      name: "network card",
      files: [
        "machine.config": machine, "a.direct": one + "  NICDEF 0600 TYPE QDIO LAN SYSTEM VSW1\n",
      ],
      messages: [
        "a.direct:3:10: HCPDEF048W there is no switch VSW1; switches are none; add VSWITCH VSW1 to machine.config, or DEFINE VSWITCH before the partition is activated"
      ]),
    WrongFolder(
      name: "storage that does not fit together",
      files: [
        "machine.config": machine,
        "a.direct":
          "PARTITION ONE\n  STORAGE INITIAL 512M\nPARTITION TWO\n  STORAGE INITIAL 768M\nPARTITION THREE\n  STORAGE INITIAL 512M\n  START AUTO\n",
      ],
      messages: [
        "a.direct:4:19: HCPDEF091W TWO cannot be active with those before it: it needs 768M, and of 1G installed 2 partitions before it take 1G, which leaves 0; give less storage, or install more"
      ]),
    WrongFolder(
      name: "dedicated processors that do not fit together",
      files: [
        "machine.config": machine,
        "a.direct":
          "PARTITION ONE\n  PROCESSOR CP INITIAL 2\n  STORAGE INITIAL 16M\nPARTITION TWO\n  PROCESSOR CP DEDICATED INITIAL 3\n  STORAGE INITIAL 16M\n",
      ],
      messages: [
        "a.direct:5:3: HCPDEF092W TWO cannot be active with those before it: it needs 3 CP processors, and of 4 installed 0 are dedicated, a sharing partition needs 2, which leaves 2; give fewer processors, or install more"
      ]),
    WrongFolder(
      name: "same origin",
      files: [
        "machine.config": machine,
        "a.direct":
          "PARTITION ONE\n  STORAGE INITIAL 64M ORIGIN 0\nPARTITION TWO\n  STORAGE INITIAL 64M ORIGIN 48M\n",
      ],
      messages: [
        "a.direct:4:30: HCPDEF094W TWO cannot be active beside ONE: storage at ORIGIN 48M is taken; choose another origin, or none"
      ]),
    WrongFolder(
      name: "dedicated device not in the deck",
      files: ["machine.config": machine, "a.direct": one + "  DEDICATE 0100 0300\n"],
      messages: [
        "a.direct:3:17: HCPDEF082E device 0300 is not in the I/O configuration; add it to an IODEVICE statement, or name another"
      ]),
  ]
}
