extension MessageID {
  /// The message's number, text, condition and remedy: the one place where they are written.
  package var definition: MessageDefinition {
    switch self {
    // MARK: Commands and operands
    case .unknownCommand:
      MessageDefinition(
        1, .error, "CMD",
        "Unknown CP command: &1",
        when: "The verb is no command, or none that your classes permit.",
        remedy: "HELP lists your commands; QUERY PRIVCLASS your classes.")
    case .invalidOperand:
      MessageDefinition(
        2, .error, nil,
        "Invalid operand - &1",
        when: "An operand is not in the form or range that its place needs.",
        remedy: "HELP with the command shows its forms.")
    case .invalidOption:
      MessageDefinition(
        3, .error, nil,
        "Invalid option - &1",
        when: "A keyword is none of the command's, or its form is outside "
          + "your classes.",
        remedy: "HELP with the command shows its forms and their classes.")
    case .extraOption:
      MessageDefinition(
        3, .error, nil,
        "Invalid option - command contains extra option(s) starting with &1",
        when: "The command is complete before this operand.",
        remedy: "Leave the rest out, or put a # between two commands.")
    case .invalidHexadecimal:
      MessageDefinition(
        4, .error, nil,
        "Invalid hexadecimal value - &1",
        when: "A number that must be hexadecimal is not, or has too many "
          + "digits.",
        remedy: "Use 0-9 and A-F; data of STORE needs pairs of digits.")
    case .invalidUserid:
      MessageDefinition(
        7, .error, nil,
        "Invalid userid - &1",
        when: "A name is not 1 to 8 characters of A-Z 0-9 @ # $.",
        remedy: "QUERY LPARS lists the partitions.")
    case .invalidRange:
      MessageDefinition(
        9, .error, nil,
        "Invalid range - &1",
        when: "A range ends before it begins or is too long.",
        remedy: "At most 4096 bytes are shown at a time.")
    case .invalidRegister:
      MessageDefinition(
        10, .error, nil,
        "Invalid register - &1",
        when: "No register has the name or number.",
        remedy: "G takes RAX to R15 or 0 to 15; X takes CR0, CR2, CR3, CR4, "
          + "CR8 and EFER.")
    case .conflictingOption:
      MessageDefinition(
        13, .error, nil,
        "Conflicting option - &1",
        when: "Two operands that exclude each other were given.",
        remedy: "Give one of them.")
    case .useridMissing:
      MessageDefinition(
        20, .error, nil,
        "Userid missing or invalid",
        when: "The command needs a userid.",
        remedy: "Name a partition, a pattern with *, or * for your own.")
    case .deviceMissing:
      MessageDefinition(
        21, .error, nil,
        "Rdev missing or invalid",
        when: "The command needs a device number.",
        remedy: "Give up to four hexadecimal digits.")
    case .virtualDeviceMissing:
      MessageDefinition(
        22, .error, nil,
        "Vdev missing or invalid",
        when: "The command needs a device number of a partition's own.",
        remedy: "Give up to four hexadecimal digits.")
    case .storageMissing:
      MessageDefinition(
        25, .error, nil,
        "Storage missing or invalid",
        when: "The command needs a storage size.",
        remedy: "Give a number with K, M, G or T, such as 512M.")
    case .operandMissing:
      MessageDefinition(
        26, .error, nil,
        "Operand missing or invalid",
        when: "The command ends before it is complete.",
        remedy: "HELP with the command shows its forms.")
    case .hexlocMissing:
      MessageDefinition(
        33, .error, nil,
        "Hexloc missing or invalid",
        when: "DISPLAY needs an address.",
        remedy: "Give a hexadecimal address, such as 1000.40.")
    case .registerMissing:
      MessageDefinition(
        34, .error, nil,
        "Register missing or invalid",
        when: "STORE needs one register.",
        remedy: "Name it, such as GRAX.")
    case .messageTextMissing:
      MessageDefinition(
        68, .error, nil,
        "Message text missing",
        when: "MSG has no text.",
        remedy: "Put the text after the userid.")
    case .noPartition:
      MessageDefinition(
        8844, .error, nil,
        "&1 has no virtual machine&2",
        when: "A verb for one's own partition was given by a user without "
          + "one.",
        remedy: "FOR name CMD and the whole command; a pattern reaches several.")
    case .needsConsole:
      MessageDefinition(
        8842, .error, nil,
        "&1 needs a console",
        when: "A command that lets time pass or acts on a console came from a "
          + "guest, from FOR or from an interface without a clock; or what a COMMAND statement cannot "
          + "give: what acts on time, a console, the records, or the machine's past or end.",
        remedy: "Give it at a console or in a script.")
    case .unbalanced:
      MessageDefinition(
        8841, .error, nil,
        "Closing quote or parenthesis missing - &1",
        when: "A quoted text or a list in parentheses does not end.",
        remedy: "Close it; a quote in a text is doubled.")
    case .invalidProcessor:
      MessageDefinition(
        8849, .error, nil,
        "Invalid processor - &1",
        when: "A processor number or range is not one or two hexadecimal "
          + "digits each.",
        remedy: "Write 2, 0A or 1-3.")
    case .outsideFolder:
      MessageDefinition(
        8843, .error, nil,
        "File &1 is not inside the machine's folder",
        when: "A file name is absolute or leads out of the folder.",
        remedy: "Put the file into the machine's folder and name it from "
          + "there.")
    case .commandTooLong:
      MessageDefinition(
        8848, .error, nil,
        "Command longer than &1 characters",
        when: "A command is too long; a guest's may have 240 characters.",
        remedy: "Shorten it, or give it in parts.")
    case .tooManyCommands:
      MessageDefinition(
        8853, .error, nil,
        "&1 has given too many commands in this second",
        when: "A guest may give 100 commands in a second of simulated time; each of several in "
          + "a text, and each change that a command makes, is one of them.",
        remedy: "Give it again in the next second.")
    case .nestedTooDeep:
      MessageDefinition(
        8901, .error, "CMD",
        "Commands nested too deep or too many at &1",
        when: "Commands that give commands, such as FOR and PLAN, are more than 16 levels deep, or "
          + "one comes to more than 100000.",
        remedy: "Give the inner command directly, or by parts.")
    // MARK: Users and partitions
    case .notLoggedOn:
      MessageDefinition(
        45, .error, nil,
        "&1 not logged on",
        when: "The user is at no console and the partition is not activated.",
        remedy: "XAUTOLOG or ACTIVATE it; QUERY LPARS shows what is defined.")
    case .queryUnavailable:
      MessageDefinition(
        8902, .error, nil,
        "QUERY &1 is not available here; &2",
        when: "z/VM has this operand of QUERY, and this machine nothing to show for it.",
        remedy: "HELP QUERY lists what can be asked.")
    case .ownSession:
      MessageDefinition(
        8903, .error, nil,
        "&1 is your own session; use LOGOFF",
        when: "FORCE names the user who gives it.",
        remedy: "LOGOFF ends the session, SHUTDOWN takes the machine down.")
    case .commandFailed:
      MessageDefinition(
        8904, .error, nil,
        "&1 not activated; its COMMAND &2 failed: &3",
        when: "A command of the partition's definition failed, so that it would not be as defined.",
        remedy: "Correct the COMMAND statement, or what it needs.")
    case .notInDirectory:
      MessageDefinition(
        53, .error, nil,
        "&1 not in CP directory",
        when: "No partition of the name is defined.",
        remedy: "QUERY LPARS lists the partitions.")
    case .alreadyLoggedOn:
      MessageDefinition(
        54, .error, nil,
        "&1 already logged on",
        when: "The partition is active.",
        remedy: "FORCE it first, or load it with FOR name CMD IPL.")
    case .notReceiving:
      MessageDefinition(
        57, .information, nil,
        "&1 not receiving; disconnected",
        when: "The user has no console.",
        remedy: "SEND types at a guest's own console.")
    case .forcePending:
      MessageDefinition(
        361, .error, nil,
        "LOGOFF/FORCE pending for user &1",
        when: "The partition was asked to end.",
        remedy: "Wait, or FORCE it IMMEDIATE, or FORCE CANCEL.")
    case .noMatch:
      MessageDefinition(
        8840, .error, nil,
        "No partition matches &1",
        when: "A pattern fits no defined partition.",
        remedy: "QUERY LPARS lists the partitions.")
    case .wrongState:
      MessageDefinition(
        8801, .error, nil,
        "&1 is &2; this needs &3",
        when: "The partition is in a state in which the command means "
          + "nothing.",
        remedy: "QUERY LPARS shows the states.")
    case .forceNeeded:
      MessageDefinition(
        8867, .error, nil,
        "&1 is &2; FORCE ends what runs in it",
        when: "The operation would end a guest that runs.",
        remedy: "Give FORCE, or let the guest end with SIGNAL SHUTDOWN.")
    case .notAuthorized:
      MessageDefinition(
        8868, .error, nil,
        "&1 is not authorized; &2 is not on",
        when: "A partition's user asked for what one of its security switches "
          + "does not permit.",
        remedy: "The operator gives it by SET SECURITY userid switch ON.")
    case .classNeeded:
      MessageDefinition(
        8887, .error, nil,
        "&1 has no privilege class for this; &2 is needed",
        when: "A program asked the firmware for what its user's privilege classes do not permit.",
        remedy: "USER userid CLASS letters in machine.config gives a user classes.")
    case .profileNotFound:
      MessageDefinition(
        8869, .error, nil,
        "&1 has no image profile &2; there are &3",
        when: "A partition has no image profile of the name.",
        remedy: "QUERY PROFILES lists them.")
    case .profileOnly:
      MessageDefinition(
        8900, .information, nil,
        "&1 has no running values; PROFILE changes what its next activation takes",
        when: "A value of a partition that is not activated was to be set.",
        remedy: "Add PROFILE to the command, or activate the partition first.")
    case .notInProfile:
      MessageDefinition(
        8870, .error, nil,
        "&1 changes nothing that a profile holds",
        when: "PROFILE or BOTH was given with a change that only runs.",
        remedy: "Leave PROFILE or BOTH out.")
    case .groupNotFound:
      MessageDefinition(
        8871, .error, nil,
        "Group &1 is not defined; there are &2",
        when: "No group has the name.",
        remedy: "QUERY GROUPS lists them; a GROUP statement of the definition makes "
          + "one.")
    case .loadProfileNotFound:
      MessageDefinition(
        8872, .error, nil,
        "Load profile &1 is not defined; there are &2",
        when: "No load profile has the name.",
        remedy: "QUERY PROFILES lists them.")
    case .cannotBeActive:
      MessageDefinition(
        8889, .error, nil,
        "Of &1 profiles &2 cannot be active with the others",
        when: "VALIDATE found what does not fit; the lines before say what.",
        remedy: "Change a profile as they say, or leave a partition out.")
    case .terminationReported:
      MessageDefinition(
        2113, .information, nil,
        "User &1 has reported system termination",
        when: "The guest switched itself off.",
        remedy: "Nothing.")
    case .terminationDelayed:
      MessageDefinition(
        2114, .information, "SIG",
        "User &1 termination may be delayed for up to &2 seconds",
        when: "A shutdown signal was sent.",
        remedy: "Wait; FORCE IMMEDIATE does not.")
    case .terminationTimedOut:
      MessageDefinition(
        2115, .information, nil,
        "User &1 has not reported system termination within &2 seconds",
        when: "The time of a shutdown signal is over.",
        remedy: "FORCE the user, or look at its console.")
    case .shutdownSignalNotEnabled:
      MessageDefinition(
        8821, .error, nil,
        "&1 does not listen to the shutdown signal",
        when: "The guest has neither ACPI's power button nor the notices "
          + "enabled.",
        remedy: "FORCE it; nothing asks it first.")
    // MARK: Processors and shares
    case .baseProcessor:
      MessageDefinition(
        1456, .error, "CPU",
        "The base CPU &1 cannot be detached.",
        when: "DETACH CPU names CPU 00.",
        remedy: "Detach others; ALL passes over it.")
    case .processorNotDefined:
      MessageDefinition(
        1457, .error, nil,
        "CPU &1 does not exist",
        when: "The logical processor is not on line.",
        remedy: "QUERY VIRTUAL CPUS shows those that are.")
    case .processorAlreadyDefined:
      MessageDefinition(
        1458, .error, nil,
        "CPU &1 not defined; already defined",
        when: "The logical processor is on line.",
        remedy: "QUERY VIRTUAL CPUS shows those that are.")
    case .processorBeyondReserved:
      MessageDefinition(
        8808, .error, nil,
        "CPU &1 not defined; &2 may have &3 CPUs, from 00",
        when: "The number is beyond initial and reserved processors of the "
          + "definition.",
        remedy: "Raise RESERVED in the definition, then activate again.")
    case .lastProcessor:
      MessageDefinition(
        8809, .error, nil,
        "CPU &1 is the base processor of &2, which stays on line",
        when: "The processor that starts the others cannot go.",
        remedy: "Name another, or DEACTIVATE the partition.")
    case .weightOutOfRange:
      MessageDefinition(
        8802, .error, nil,
        "Invalid weight &1; use &2 to &3",
        when: "A weight is outside its range.",
        remedy: "SET SHARE RELATIVE takes up to 10000.")
    case .shareOutOfRange:
      MessageDefinition(
        8803, .error, nil,
        "Invalid share &1; use RELATIVE 1 to 10000 or ABSOLUTE 0.1% to 100%",
        when: "A share is outside its range.",
        remedy: "Give a share in the range.")
    case .capOutOfRange:
      MessageDefinition(
        8804, .error, nil,
        "Invalid cap &1; use 0.01 to 255.00 processors",
        when: "An absolute cap is outside its range.",
        remedy: "Give a cap in the range, or OFF.")
    case .weightRange:
      MessageDefinition(
        8873, .error, nil,
        "Invalid weights: minimum &1, weight &2, maximum &3",
        when: "Weights are not 1 <= minimum <= weight <= maximum <= 999.",
        remedy: "Set the weight and its limits together: SET WEIGHT userid n "
          + "MINIMUM n MAXIMUM n.")
    case .runningTimeOutOfRange:
      MessageDefinition(
        8874, .error, nil,
        "Invalid running time &1; use 1 to 100 milliseconds",
        when: "A running time is outside its range.",
        remedy: "Give a time in the range, or DYNAMIC.")
    case .ioPriorityOutOfRange:
      MessageDefinition(
        8990, .error, nil,
        "Invalid I/O priority &1; use 0 to 15",
        when: "A priority in input and output is outside its range.",
        remedy: "Give a priority in the range.")
    case .missingInterruptTimeOutOfRange:
      MessageDefinition(
        8995, .error, nil,
        "Invalid time &1; use 00:01 to 99:59",
        when: "The time after which an interrupt is missing is outside its range.",
        remedy: "Give a time in the range, or OFF.")
    case .capacityOutOfRange:
      MessageDefinition(
        8875, .error, nil,
        "Invalid capacity &1; use 1 to 999999 MSU",
        when: "A defined or group capacity is outside its range.",
        remedy: "Give a capacity in the range, or OFF.")
    case .capacityUnknown:
      MessageDefinition(
        8876, .error, nil,
        "The &1 processors have no capacity in MSU",
        when: "The machine's definition does not say how many MSU a processor "
          + "has, so a limit in MSU means nothing.",
        remedy: "Add MSU to the PROCESSOR statement of machine.config.")
    case .cappingConflict:
      MessageDefinition(
        8877, .error, nil,
        "&1 cannot have both initial capping and a defined capacity",
        when: "Initial capping of CP processors and a defined capacity exclude "
          + "each other.",
        remedy: "SET CAP userid OFF or SET DEFCAP userid OFF first.")
    case .shortProcessors:
      MessageDefinition(
        8878, .warning, nil,
        "&1 has &2 &3 processors with &4% of one each; &5 would have 50% or "
          + "more",
        when: "Several logical processors share so little that each gets less "
          + "than half a physical one.",
        remedy: "Configure processors offline, or raise the weight.")
    case .smallShare:
      MessageDefinition(
        8895, .warning, nil,
        "&1 has &2 &3 processors with &4% of one each; one would have &5%",
        when: "Several logical processors share less than half a physical one.",
        remedy: "Raise the weight; with one processor on line none waits for another of the "
          + "partition.")
    case .noSharedProcessors:
      MessageDefinition(
        8805, .error, nil,
        "&1 has no shared &2 processors",
        when: "Weight, share and cap mean nothing to dedicated processors.",
        remedy: "QUERY SHARE shows the types it has.")
    case .insufficientProcessors:
      MessageDefinition(
        8806, .error, nil,
        "&1 needs &2 &3 processors; &4 are available",
        when: "Too few physical processors of the type are free.",
        remedy: "VARY processors on, or deactivate a partition that has them "
          + "dedicated.")
    case .physicalProcessorNotFound:
      MessageDefinition(
        8827, .error, nil,
        "PROCESSOR &1 does not exist; &2 are installed, from 00",
        when: "No physical processor has the number.",
        remedy: "QUERY PROCESSORS shows them.")
    case .physicalProcessorAlready:
      MessageDefinition(
        8828, .error, nil,
        "PROCESSOR &1 is already &2",
        when: "The physical processor is in that state.",
        remedy: "Nothing.")
    case .physicalProcessorNeeded:
      MessageDefinition(
        8829, .error, nil,
        "PROCESSOR &1 is needed by &2",
        when: "The physical processor is dedicated, or the last that active "
          + "partitions need.",
        remedy: "Deactivate what needs it first.")
    // MARK: Storage
    case .notMultipleOfIncrement:
      MessageDefinition(
        8810, .error, nil,
        "Storage &1 is not a multiple of the increment &2",
        when: "Storage is given and taken in whole increments, to Linux in blocks of 2M, or in "
          + "memory devices of 128M or more (STORAGE BY ACPI).",
        remedy: "Round the size.")
    case .insufficientStorage:
      MessageDefinition(
        8811, .error, nil,
        "&1 needs &2 of storage; &3 is free",
        when: "Too little of the machine's storage is free.",
        remedy: "Take storage from a partition with CONFIG STOR, or "
          + "deactivate one.")
    case .storageFragmented:
      MessageDefinition(
        8812, .error, nil,
        "&1 needs &2 of storage in one piece; the largest is &3",
        when: "Enough storage is free but not in one piece.",
        remedy: "Deactivate a partition beside a free piece.")
    case .originNotFree:
      MessageDefinition(
        8813, .error, nil,
        "&1 needs &2 of storage at &3, which is not free",
        when: "The storage at ORIGIN is another partition's or not installed.",
        remedy: "Change ORIGIN in the definition, or deactivate the other.")
    case .storageLimit:
      MessageDefinition(
        8814, .error, nil,
        "&1 may have &3 of storage; &2 was requested",
        when: "The size is more than initial and reserved storage of the "
          + "definition.",
        remedy: "Raise RESERVED in the definition, then activate again.")
    case .storageNotRemovable:
      MessageDefinition(
        8815, .error, nil,
        "&1 can give back &3 of storage; &2 was requested",
        when: "The partition's first increment stays.",
        remedy: "Ask for less, or DEACTIVATE it.")
    case .notInStorage:
      MessageDefinition(
        8816, .error, nil,
        "Location &1 is outside of storage",
        when: "The address is not the partition's storage.",
        remedy: "QUERY VIRTUAL STORAGE shows its size; storage has a gap "
          + "below 4G.")
    case .hostMemory:
      MessageDefinition(
        8817, .error, nil,
        "The host has no memory for &1",
        when: "The host refused the partition's window.",
        remedy: "Give the host more memory, or define smaller partitions.")
    case .nothingToRecover:
      MessageDefinition(
        8896, .error, nil,
        "&1 has nothing to recover; it was not active when the machine was lost, or was "
          + "activated since",
        when: "RECOVER names a partition that the last machine had not active, or that is or was "
          + "active since.",
        remedy: "QUERY RECOVERY names those that can be recovered; ACTIVATE starts others.")
    case .hostStorageUsedUp:
      MessageDefinition(
        8898, .action, nil,
        "&1 is stopped: guests' pages take &2, HOSTSTORAGE is &3",
        when: "A partition wrote new pages after HOSTSTORAGE was used up.",
        remedy: "Deactivate or reset a partition, then START this one.")
    case .hostStorage:
      MessageDefinition(
        8879, .error, nil,
        "&1 needs &2 of HOSTSTORAGE; &3 of &4 is used",
        when: "What guests have written leaves too little of HOSTSTORAGE.",
        remedy: "Deactivate or reset a partition, or raise HOSTSTORAGE in "
          + "machine.config.")
    // MARK: Partitions that come and go
    case .partitionName:
      MessageDefinition(
        8970, .error, nil,
        "&1 cannot be a partition's name",
        when: "DEFINE PARTITION with a name that CP keeps for itself, or that a user of "
          + "machine.config has.",
        remedy: "Use another name of 1 to 8 characters A-Z 0-9 @ # $.")
    case .partitionRange:
      MessageDefinition(
        8971, .error, nil,
        "&1 THRU &2 is no numbered range",
        when: "The two names do not begin with the same letters and end in as many digits, the "
          + "last no lower than the first, or are more than there can be.",
        remedy: "Write it as WEB001 THRU WEB200.")
    case .partitionDefined:
      MessageDefinition(
        8972, .error, nil,
        "&1 is defined already",
        when: "DEFINE PARTITION names a partition that there is; of a range none is defined then.",
        remedy: "Use another name, or DELETE PARTITION first.")
    case .partitionLimit:
      MessageDefinition(
        8973, .error, nil,
        "A machine has at most &1 partitions",
        when: "DEFINE PARTITION would make them more.",
        remedy: "DELETE PARTITION those that are not needed.")
    case .partitionOfFolder:
      MessageDefinition(
        8974, .error, nil,
        "&1 is a partition of the definition files; DEFINE PARTITION &1 without LIKE brings it back",
        when: "DEFINE PARTITION LIKE names a partition of the definition files that was deleted.",
        remedy: "Leave LIKE out, or use another name.")
    case .templateNotFound:
      MessageDefinition(
        8975, .error, nil,
        "&1 is neither a partition nor a PROFILE of the directory; PROFILEs are &2",
        when: "LIKE names nothing that a partition can be like.",
        remedy: "Name a partition or a PROFILE; QUERY NAMES has the partitions.")
    case .notShareable:
      MessageDefinition(
        8976, .error, nil,
        "&1 has devices, which only one partition has: &2",
        when: "LIKE names a partition or a PROFILE with DEDICATE.",
        remedy: "Name one without devices, or write the new one into the definition files.")
    case .processorsNotDefinable:
      MessageDefinition(
        8977, .error, nil,
        "&1 would have no processor, more than &2, or shared and dedicated ones together",
        when: "DEFINE PARTITION LIKE a PROFILE that is no partition by itself.",
        remedy: "Mend the PROFILE, or name another.")
    case .partitionActive:
      MessageDefinition(
        8978, .error, nil,
        "&1 is &2; DEACTIVATE or FORCE it first",
        when: "DELETE PARTITION names a partition that is active; of a range none is deleted then.",
        remedy: "DEACTIVATE it, FORCE it, or let its guest end by SIGNAL SHUTDOWN.")
    // MARK: Networks inside the machine
    case .switchNotFound:
      MessageDefinition(
        8950, .error, nil,
        "VSWITCH SYSTEM &1 does not exist; there are &2",
        when: "A command or COUPLE names no virtual switch.",
        remedy: "QUERY VSWITCH lists them, DEFINE VSWITCH adds one.")
    case .switchDefined:
      MessageDefinition(
        8951, .error, nil,
        "VSWITCH SYSTEM &1 already exists",
        when: "DEFINE VSWITCH names one that there is.",
        remedy: "Use another name, or DETACH VSWITCH first.")
    case .switchLimit:
      MessageDefinition(
        8952, .error, nil,
        "There are &1 virtual switches, as many as there may be",
        when: "DEFINE VSWITCH would be one too many.",
        remedy: "DETACH VSWITCH one that nobody needs.")
    case .noUplink:
      MessageDefinition(
        8985, .error, nil,
        "VSWITCH SYSTEM &1 has no uplink",
        when: "SET VSWITCH CONNECT or DISCONNECT names a switch without a way out of the machine.",
        remedy: "SET VSWITCH &1 UPLINK USERMODE gives it one.")
    case .uplinkAlready:
      MessageDefinition(
        8986, .error, nil,
        "VSWITCH SYSTEM &1 uplink is &2 already",
        when: "SET VSWITCH CONNECT or DISCONNECT asks for what is so.",
        remedy: "Nothing.")
    case .uplinkUp:
      MessageDefinition(
        8987, .information, "SWU",
        "VSWITCH SYSTEM &1 uplink is up: &2; time follows the wall clock",
        when: "A switch's uplink was connected, or its machine goes on from a checkpoint.",
        remedy: "Nothing. PACE FAST is as fast again when no uplink is connected.")
    case .uplinkEnded:
      MessageDefinition(
        8988, .error, "SWU",
        "VSWITCH SYSTEM &1 uplink is down: &2",
        when:
          "The process behind a switch's uplink has ended, or could not be started, or as much came in as may.",
        remedy: "SET VSWITCH &1 CONNECT starts another; the machine goes on.")
    case .adapterNotFound:
      MessageDefinition(
        8953, .error, nil,
        "&1 has no network adapter &2; it has &3",
        when:
          "COUPLE, UNCOUPLE, DETACH NIC or QUERY NIC names a device that is no adapter of the partition.",
        remedy:
          "QUERY NIC lists them; DEFINE NIC, or NICDEF in the directory, gives a partition one.")
    case .adapterNumberTaken:
      MessageDefinition(
        8957, .error, nil,
        "Adapter &1 not defined; &1 already defined for &2",
        when: "The partition has a device of that number of its own.",
        remedy: "Give it another number.")
    case .noPlaceForAdapter:
      MessageDefinition(
        8958, .error, nil,
        "Adapter &1 not defined; &2 can have &3 devices",
        when:
          "DEFINE NIC or CTCA would be one too many of the partition's disks and network adapters.",
        remedy: "DETACH one that it does not need.")
    case .noPlacesForAdapters:
      MessageDefinition(
        8959, .error, nil,
        "Adapter &1 not defined; &2 has no place for devices that come while it runs",
        when:
          "Such places has a partition that was activated with a channel path or a network adapter.",
        remedy:
          "Give it a NICDEF, a SPECIAL CTCA or a channel path in its definition, and activate it again."
      )
    case .adapterGivenBack:
      MessageDefinition(
        8944, .information, nil,
        "User &1 has given network adapter &2 back",
        when: "A guest's operating system ejected a network adapter that nobody asked for.",
        remedy: "Nothing; DEFINE NIC gives it again.")
    case .adapterLeftOut:
      MessageDefinition(
        8945, .warning, nil,
        "User &1 does not have network adapter &2 again",
        when: "A partition is recovered that had an adapter for which there is no place now.",
        remedy: "DEFINE NIC gives it one when there is.")
    case .adapterConnected:
      MessageDefinition(
        8954, .error, nil,
        "Network adapter &2 of &1 is connected to VSWITCH SYSTEM &3",
        when: "COUPLE names an adapter that is connected.",
        remedy: "UNCOUPLE it first.")
    case .adapterNotConnected:
      MessageDefinition(
        8955, .error, nil,
        "Network adapter &2 of &1 is not connected",
        when: "UNCOUPLE names an adapter that is connected to nothing.",
        remedy: "QUERY NIC shows what each is connected to.")
    case .notGranted:
      MessageDefinition(
        8956, .error, nil,
        "&1 is not authorized to connect to VSWITCH SYSTEM &2",
        when:
          "COUPLE is for a partition that neither its NICDEF nor SET VSWITCH GRANT lets connect, or REVOKE for one that has neither a GRANT nor an adapter that is connected.",
        remedy: "SET VSWITCH &2 GRANT &1, or name the switch in its NICDEF.")
    case .channelEndNotFound:
      MessageDefinition(
        48, .error, nil,
        "&1 &2 is not a virtual CTCA",
        when:
          "COUPLE, DETACH CTCA or QUERY CTCA names a device that the partition does not have, or another kind.",
        remedy:
          "QUERY VIRTUAL CTCA lists one's own; DEFINE CTCA, or SPECIAL in the directory, gives a partition one."
      )
    case .channelEndReserved:
      MessageDefinition(
        160, .error, nil,
        "CTCA &1 not coupled; it or &2 &3 is for another user",
        when: "USER of DEFINE CTCA or SPECIAL names another partition, at one end or the other.",
        remedy: "COUPLE it to that user's, or define the end anew without USER.")
    case .channelEndBusy:
      MessageDefinition(
        161, .error, nil,
        "CTCA &1 not coupled; &2 &3 busy",
        when: "What COUPLE is to connect to is coupled to another, or is the device itself.",
        remedy: "Have its user UNCOUPLE it, or use another.")
    case .adapterStaysFree:
      MessageDefinition(
        8946, .warning, nil,
        "User &1 does not have adapter &2 connected to &3 again",
        when:
          "A partition is recovered whose adapter was connected to a switch that is not there, or to which it may not connect any more.",
        remedy: "DEFINE VSWITCH or SET VSWITCH GRANT, and COUPLE the adapter.")
    case .channelCoupled:
      MessageDefinition(
        8947, .information, nil,
        "User &1: CTCA &2 COUPLE BY &3 &4",
        when: "Another partition has connected its channel-to-channel adapter to this one.",
        remedy: "Nothing; UNCOUPLE disconnects them.")
    case .channelDropped:
      MessageDefinition(
        8948, .information, nil,
        "User &1: CTCA &2 DROP BY &3 &4",
        when:
          "Another partition has disconnected its channel-to-channel adapter from this one, or has it no more.",
        remedy: "Nothing; COUPLE connects them again, when there is one.")
    // MARK: Changes that wait for a guest
    case .changePending:
      MessageDefinition(
        8818, .error, nil,
        "&1 has &2 pending",
        when: "The same thing is being changed.",
        remedy: "Wait, or CONFIG ALL,CANCEL.")
    case .noPendingChange:
      MessageDefinition(
        8819, .error, nil,
        "&1 has no pending change",
        when: "Nothing is pending.",
        remedy: "Nothing.")
    case .guestNotListening:
      MessageDefinition(
        8820, .error, nil,
        "&1 takes no notices; use UNCOND or FORCE",
        when: "The guest does not take part in changes.",
        remedy: "UNCOND or FORCE takes the thing without asking.")
    case .guestPlugsNoStorage:
      MessageDefinition(
        8835, .error, nil,
        "&1 serves no memory device (in Linux: virtio_mem)",
        when: "CONFIG STOR to a guest that takes storage by virtio, whose driver is not there.",
        remedy: "Have the guest load virtio_mem; Linux uses what comes with "
          + "memhp_default_state=online_movable. UNCOND adds it all the same, for when the driver "
          + "comes, or takes it.")
    case .changeCompleted:
      MessageDefinition(
        8863, .information, nil,
        "User &1 &2 completed",
        when: "A pending change is done.",
        remedy: "Nothing.")
    case .changeRefused:
      MessageDefinition(
        8864, .information, nil,
        "User &1 &2 refused by the guest",
        when: "The guest does not give or take it.",
        remedy: "Look at its console; UNCOND takes it.")
    case .changeExpired:
      MessageDefinition(
        8865, .information, nil,
        "User &1 &2 not done in time",
        when: "The guest did not take part within the limit; nothing was "
          + "changed.",
        remedy: "Try again with WITHIN, or UNCOND.")
    case .changeStopped:
      MessageDefinition(
        8890, .information, nil,
        "User &1 &2 ended with &3 of it done",
        when: "The guest had plugged or unplugged a part of the storage when the change was "
          + "cancelled or its time was over; the part stays done.",
        remedy: "Ask for the rest again, when the guest uses less, with WITHIN; UNCOND takes it.")
    case .storageKept:
      MessageDefinition(
        8838, .information, nil,
        "User &1 &2 refused by the guest with &3 of it done; it is asked again",
        when: "Linux cannot take a memory device off line: what is in it cannot be moved. The "
          + "change stays pending.",
        remedy: "Have the guest use less, or CANCEL; storage that is to go again Linux must use as "
          + "movable (memhp_default_state=online_movable). UNCOND takes it.")
    case .storageGivenBack:
      MessageDefinition(
        8839, .information, nil,
        "User &1 has given storage &2 back",
        when: "A guest's operating system ejected a memory device that nobody asked for, or could "
          + "not use one that it was given by UNCOND.",
        remedy: "Nothing; CONFIG brings it on line again.")
    // MARK: Devices and channel paths
    case .deviceDoesNotExist:
      MessageDefinition(
        40, .error, nil,
        "Device &1 does not exist",
        when: "No device has the number.",
        remedy: "QUERY CHPID shows the devices of a path.")
    case .deviceOffline:
      MessageDefinition(
        46, .error, nil,
        "DASD &1 offline",
        when: "The device is varied off line, or no path to it works.",
        remedy: "VARY ONLINE the device; QUERY PATHS shows its paths.")
    case .deviceNotAttachable:
      MessageDefinition(
        120, .error, nil,
        "DASD &1 not attached; &2",
        when: "The partition cannot have the device.",
        remedy: "Mend what the message says; QUERY PATHS shows the paths to a device.")
    case .deviceNumberTaken:
      MessageDefinition(
        121, .error, nil,
        "DASD &1 not attached; &2 already defined for &3",
        when: "The partition has a device of that number of its own.",
        remedy: "Give it another number.")
    case .deviceAttached:
      MessageDefinition(
        122, .error, nil,
        "DASD &1 already attached to &2 &3",
        when: "A partition has the device, and not both may only read it.",
        remedy: "DETACH it there first.")
    case .deviceNotAttachedTo:
      MessageDefinition(
        141, .error, nil,
        "DASD &1 not attached to &2",
        when: "Another partition has the device.",
        remedy: "QUERY DASD shows who has it.")
    case .deviceNotAttached:
      MessageDefinition(
        142, .error, nil,
        "DASD &1 not attached",
        when: "No partition has the device.",
        remedy: "Nothing.")
    case .deviceAlready:
      MessageDefinition(
        8979, .error, nil,
        "DASD &1 is already &2",
        when: "The device is in that state.",
        remedy: "Nothing.")
    case .deviceIdle:
      MessageDefinition(
        8994, .error, nil,
        "DASD &1 has no request to halt",
        when: "HALT names a device that does nothing, or was halted at this instant.",
        remedy: "INDICATE I/O shows what is under way.")
    case .deviceNotReserved:
      MessageDefinition(
        8989, .error, nil,
        "DASD &1 is not reserved",
        when: "UNRESERVE names a device that nobody has reserved, or registered a key with.",
        remedy: "QUERY DASD RESERVED shows those that are.")
    case .deviceInGuestUse:
      MessageDefinition(
        8980, .error, nil,
        "&1 uses device &2 and cannot be asked for it; use FORCE",
        when: "A guest that hears of no devices has set the disk or network adapter up.",
        remedy:
          "FORCE takes it, and what it is asked for ends with an error or is lost; or end the guest first."
      )
    case .deviceGivenBack:
      MessageDefinition(
        8981, .information, nil,
        "User &1 has given DASD &2 back",
        when: "A guest's operating system ejected a disk that nobody asked for.",
        remedy: "Nothing; ATTACH gives it again.")
    case .deviceLeftOut:
      MessageDefinition(
        8982, .warning, nil,
        "DASD &2 of &1 not attached",
        when: "A device of the partition's definition is another's or off line.",
        remedy: "QUERY DASD shows who has it; ATTACH gives it when it is free.")
    // MARK: Minidisks
    case .linkForcedByWriters:
      MessageDefinition(
        101, .warning, "LNK",
        "DASD &1 forced R/O; R/W by &2",
        when: "Another writes the minidisk, and the mode asks to read then.",
        remedy: "LINK again in mode MW to write beside others, or when they have detached it.")
    case .linkForcedByReaders:
      MessageDefinition(
        102, .warning, "LNK",
        "DASD &1 forced R/O; R/O by &2",
        when: "Others read the minidisk, and mode WR writes only alone.",
        remedy: "LINK again in mode MR to write beside those who read.")
    case .linkForcedByBoth:
      MessageDefinition(
        103, .warning, "LNK",
        "DASD &1 forced R/O; R/W by &2, R/O by &3",
        when: "Others write and read the minidisk.",
        remedy: "LINK again when they have detached it.")
    case .linkWritten:
      MessageDefinition(
        104, .error, "LNK",
        "&1 &2 not linked; R/W by &3",
        when: "Another writes the minidisk, and the mode does not go beside that.",
        remedy: "Use RR or MR to have it read-only then.")
    case .linkRead:
      MessageDefinition(
        105, .error, "LNK",
        "&1 &2 not linked; R/O by &3",
        when: "Others read the minidisk, and mode W writes only alone.",
        remedy: "Use WR to have it read-only then, or M to write beside them.")
    case .linkWrittenAndRead:
      MessageDefinition(
        106, .error, "LNK",
        "&1 &2 not linked; R/W by &3, R/O by &4",
        when: "Others write and read the minidisk.",
        remedy: "Use RR, WR or MR to have it read-only then.")
    case .linkNotInDirectory:
      MessageDefinition(
        107, .error, "LNK",
        "&1 &2 not linked; not in CP directory",
        when: "The owner's entry has no minidisk of the number.",
        remedy: "MDISK statements define minidisks.")
    case .linkNotMounted:
      MessageDefinition(
        108, .error, "LNK",
        "&1 &2 not linked; volid &3 not mounted",
        when: "No device has a volume of that label, it is off line or not ready, or a "
          + "partition has the whole device.",
        remedy: "QUERY DASD shows the volumes; VOLUME in *.media gives a device its label.")
    case .linkMode:
      MessageDefinition(
        109, .error, "LNK",
        "&1 &2 not linked; invalid link mode",
        when: "The mode is none of R, RR, W, WR, M, MR and MW.",
        remedy: "HELP LINK has what they mean.")
    case .linkNumberTaken:
      MessageDefinition(
        110, .error, "LNK",
        "&1 &2 not linked; DASD &3 already defined",
        when: "The partition has a device of that number.",
        remedy: "Give it another number, or DETACH the other first.")
    case .linkWithoutReadPassword:
      MessageDefinition(
        111, .error, "LNK",
        "&1 &2 not linked; no read password",
        when: "The minidisk has no password for links to read.",
        remedy: "MDISK takes it after the mode.")
    case .linkWithoutWritePassword:
      MessageDefinition(
        112, .error, "LNK",
        "&1 &2 not linked; no write password",
        when: "The minidisk has no password for links to write.",
        remedy: "MDISK takes it after the read password.")
    case .linkWithoutMultiplePassword:
      MessageDefinition(
        113, .error, "LNK",
        "&1 &2 not linked; no mult password",
        when: "The minidisk has no password for links to write beside others.",
        remedy: "MDISK takes it after the write password.")
    case .linkPassword:
      MessageDefinition(
        114, .error, "LNK",
        "&1 &2 not linked; mode or &3 password incorrect",
        when: "The password is missing or not that of the mode.",
        remedy: "Give it after the mode; a password ALL is not asked for.")
    case .linkPasswordsTooMany:
      MessageDefinition(
        115, .error, "LNK",
        "LINK invalid; excessive incorrect passwords",
        when:
          "The user has given ten wrong passwords since his partition was activated; since IPL when he has none.",
        remedy:
          "Activate his partition anew, or have the operator link it: LINK ... FOR. For who has none only that is left."
      )
    case .linkConflict:
      MessageDefinition(
        116, .error, "LNK",
        "&1 &2 not linked; &3",
        when:
          "Not all blocks of the minidisk are on its volume (directory conflict), or the partition "
          + "has as many devices as it can have (too many links).",
        remedy: "Correct start and size of the MDISK statement, or DETACH another device first.")
    case .linkNotGiven:
      MessageDefinition(
        8983, .warning, nil,
        "User &1 is not given DASD &2: &3",
        when: "A minidisk of the partition's definition cannot be had.",
        remedy: "LINK gives it when it can.")
    case .linkReadOnly:
      MessageDefinition(
        8984, .warning, nil,
        "DASD &2 of &1 forced R/O",
        when: "The definition asks to write the minidisk, and others have it.",
        remedy: "QUERY LINKS shows them.")
    case .invalidChannelPath:
      MessageDefinition(
        846, .error, nil,
        "Invalid channel path identifier",
        when: "The path is not in the I/O configuration or not two "
          + "hexadecimal digits.",
        remedy: "QUERY CHPIDS shows the paths.")
    case .pathNotAllowed:
      MessageDefinition(
        8822, .error, nil,
        "&1 is not in the candidate list of path &2",
        when: "The I/O configuration does not let the partition have the "
          + "path.",
        remedy: "Add it to the CHPID statement.")
    case .pathAlready:
      MessageDefinition(
        8823, .error, nil,
        "Path &1 is already &2",
        when: "The path is in that state.",
        remedy: "Nothing.")
    case .pathInUse:
      MessageDefinition(
        8824, .error, nil,
        "Path &1 is in use by &2",
        when: "A path that is not shared is on line to another partition.",
        remedy: "Configure it off there first.")
    case .pathReserved:
      MessageDefinition(
        8880, .error, nil,
        "Path &1 is kept for &2, which is isolated",
        when: "An isolated partition keeps its reconfigurable paths when they are "
          + "off line.",
        remedy: "RELEASE CHPID nn userid first.")
    case .pathNotReserved:
      MessageDefinition(
        8881, .error, nil,
        "&1 keeps no path &2",
        when: "Isolation keeps no such path for the partition.",
        remedy: "QUERY SECURITY shows who is isolated.")
    case .pathOffline:
      MessageDefinition(
        8825, .error, nil,
        "Path &1 is varied offline",
        when: "The path is off line for the whole machine.",
        remedy: "VARY ON CHPID first.")
    case .lastPath:
      MessageDefinition(
        8826, .error, nil,
        "Path &1 is the last path of &2 to device &3; use UNCOND or FORCE",
        when: "Requests to the device would wait.",
        remedy: "Configure another path on line first.")
    case .pathLeadsElsewhere:
      MessageDefinition(
        8933, .error, nil,
        "Path &1 does not lead to device &2 of &3",
        when: "VARY PATH names a path that is not installed there.",
        remedy: "QUERY VIRTUAL PATHS shows those that are.")
    case .devicePathState:
      MessageDefinition(
        8934, .error, nil,
        "Path &1 to device &2 is already &3",
        when: "VARY PATH asks for what is so.",
        remedy: "QUERY VIRTUAL PATHS shows the masks.")
    case .requestsWait:
      MessageDefinition(
        8866, .warning, nil,
        "User &1 device &2 has no path; requests wait",
        when: "The last path to a device is gone.",
        remedy: "Configure a path on line; nothing is lost.")
    case .pathNotManaged:
      MessageDefinition(
        8935, .error, nil,
        "Path &1 is not managed, or control unit &2 cannot have it",
        when: "The machine is to give a path to a control unit that has no room for it.",
        remedy: "QUERY DCM shows managed paths, and control units that may have some.")
    case .pathMoved:
      MessageDefinition(
        8936, .information, nil,
        "CHPID &1 is given to control unit &2&3",
        when: "A control unit's requests have waited for paths, and another path was to spare.",
        remedy: "Nothing; SETIOS DCM=OFF has managed paths stay where they are.")
    case .pathBusy:
      MessageDefinition(
        8998, .information, nil,
        "User &1 CHP &2 is busy with DASD &3; it goes off line when that has ended",
        when: "Requests are under way on a path 15 seconds after CONFIG CHP OFFLINE or VARY "
          + "OFFLINE CHPID.",
        remedy: "Nothing; CONFIG CHP,CANCEL or VARY ONLINE CHPID keeps the path.")
    case .pathStillBusy:
      MessageDefinition(
        8999, .action, nil,
        "User &1 CHP &2 is still busy with DASD &3; use FORCE or CANCEL, or wait",
        when: "Requests are under way on a path 150 seconds after CONFIG CHP OFFLINE or VARY "
          + "OFFLINE CHPID.",
        remedy:
          "CONFIG CHP(nn),OFFLINE,FORCE or VARY OFFLINE CHPID nn FORCE moves them to other paths; "
          + "CONFIG CHP,CANCEL or VARY ONLINE CHPID nn keeps it.")
    case .interruptMissing:
      MessageDefinition(
        8996, .warning, nil,
        "User &1 DASD &2 missing channel and device end on CHPID &3; &4",
        when: "A device did not end a request in MITIME's time; its subchannel was cleared.",
        remedy: "Each path is tried once. QUERY INJECT shows faults on purpose.")
    case .requestMissing:
      MessageDefinition(
        8997, .warning, nil,
        "User &1 DASD &2 start pending long; it goes on waiting",
        when: "A device did not begin a request in MITIME's time: it works for others.",
        remedy: "INDICATE I/O shows who has the device.")
    // MARK: I/O configurations
    case .deckRefused:
      MessageDefinition(
        8930, .error, nil,
        "IODF &1 is not activated: &2",
        when:
          "What the I/O configuration would take away or change is in use, or cannot be changed while "
          + "the machine runs.",
        remedy:
          "Do what each reason says; ACTIVATE IODF=name,TEST tells them without activating it.")
    case .noFormerDeck:
      MessageDefinition(
        8931, .error, nil,
        "No IODF was activated",
        when: "RECOVER asks for what ran before the last activation, or after it.",
        remedy: "ACTIVATE IODF=name; QUERY IODF shows what runs.")
    case .deckFindings:
      MessageDefinition(
        8932, .error, nil,
        "IODF &1 has &2 error(s); nothing is changed",
        when: "The deck, or what it names, is wrong.",
        remedy: "Mend what the lines before it say.")
    // MARK: Faults on purpose
    case .pathFaultAlready:
      MessageDefinition(
        8991, .error, nil,
        "Path &1 &2 on purpose",
        when: "INJECT CHPID asks for what is so.",
        remedy: "QUERY INJECT shows which paths fail on purpose.")
    case .deviceFaultAbsent:
      MessageDefinition(
        8992, .error, nil,
        "Nothing is wrong with DASD &1 on purpose",
        when: "INJECT DASD OFF names a device without a fault on purpose.",
        remedy: "QUERY INJECT shows which devices have one.")
    case .faultOutOfRange:
      MessageDefinition(
        8993, .error, nil,
        "DASD &1 cannot have the fault &2; use DELAY up to 1 hour, ERRORS 1% to 100% or FULL",
        when: "A fault on purpose is outside its range, or is none.",
        remedy: "Give one in the range; OFF ends what there is.")
    // MARK: Loading and running
    case .nothingToLoad:
      MessageDefinition(
        8830, .error, nil,
        "&1 has nothing to load",
        when: "The definition has no IPL statement.",
        remedy: "IPL name, or add an IPL statement.")
    case .unsupportedLoad:
      MessageDefinition(
        8831, .error, nil,
        "&1 not loaded; &2 is not supported",
        when: "This version cannot load that way.",
        remedy: "Use PROGRAM or KERNEL.")
    case .loadFile:
      MessageDefinition(
        8832, .error, nil,
        "&1 not loaded; file &2: &3",
        when: "A file cannot be read.",
        remedy: "See whether it is there; files are relative to the machine's "
          + "folder.")
    case .loadImage:
      MessageDefinition(
        8833, .error, nil,
        "&1 not loaded; image &2: &3",
        when: "A file is not what it should be.",
        remedy: "Get the file again.")
    case .programNotFound:
      MessageDefinition(
        8834, .error, nil,
        "&1 not loaded; no program &2; there are &3",
        when: "No guest program has the name.",
        remedy: "Use one of those.")
    case .loaded:
      MessageDefinition(
        2817, .information, nil,
        "User &1 load completed from &2",
        when: "A partition was loaded.",
        remedy: "Nothing.")
    case .guestRestarted:
      MessageDefinition(
        8860, .information, nil,
        "User &1 has restarted",
        when: "The guest asked for a restart.",
        remedy: "Nothing.")
    case .restartHeld:
      MessageDefinition(
        8920, .warning, nil,
        "User &1 loads itself too often; load &2 in a row begins in &3 s",
        when: "A guest restarts or loads itself again within a second after it began.",
        remedy: "See why it does; LOAD FORCE lets it begin at once.")
    case .restartFailed:
      MessageDefinition(
        8921, .error, nil,
        "User &1 asked for a restart and was not loaded: &2",
        when: "What the partition was loaded from cannot be loaded again.",
        remedy: "Mend what the message says, and LOAD it.")
    case .processorGivenBack:
      MessageDefinition(
        8922, .information, nil,
        "User &1 has given processor &2 back",
        when: "A guest's operating system ejected a processor that nobody asked for.",
        remedy: "Nothing; CONFIG brings it on line again.")
    case .processorKept:
      MessageDefinition(
        8923, .warning, nil,
        "User &1 ejected processor &2, which stays",
        when: "A guest ejected a processor without which the partition cannot run.",
        remedy: "Nothing; see what the guest does.")
    case .fileNotPermitted:
      MessageDefinition(
        8924, .error, nil,
        "&1 may not load file &2; nothing names it for the partition",
        when: "A guest or a partition's user names a file to load that is not its own.",
        remedy: "Name it in an IPL, LOADPROFILE or LOADABLE statement.")
    case .noFirstProcessor:
      MessageDefinition(
        8925, .error, nil,
        "&1 cannot run: its processor 00 is not online",
        when: "A load and a restart begin at the partition's first processor.",
        remedy: "Let the profile have one INITIAL processor of its first type.")
    case .activationNested:
      MessageDefinition(
        8926, .error, nil,
        "&1 not activated; the COMMAND statements of &2 lead to it",
        when: "The commands of partitions that are being activated activate each other.",
        remedy: "Use START AUTO AFTER for an order.")
    case .endedByCommand:
      MessageDefinition(
        8927, .information, nil,
        "&1 was activated, and a COMMAND of its definition ended it",
        when: "What was asked for is done, and the partition is not active.",
        remedy: "Nothing, if that was meant; otherwise correct the COMMAND statement.")
    case .disabledWait:
      MessageDefinition(
        450, .warning, "GIR",
        "CP entered; disabled wait PSW &2 user &1",
        when: "All processors of a guest wait with interrupts disabled.",
        remedy: "Look at its console; IPL it again.")
    case .tripleFault:
      MessageDefinition(
        453, .warning, "GIR",
        "CP entered; program interrupt loop CPU &2 PSW &3 user &1",
        when: "A processor could not take an exception (a triple fault).",
        remedy: "DISPLAY its registers; IPL it again.")
    case .unimplemented:
      MessageDefinition(
        8861, .warning, "GIR",
        "User &1 instruction not implemented: &2",
        when: "A guest used an instruction that the processor does not have; "
          + "it got an invalid-opcode exception.",
        remedy: "Report bytes, mode and address.")
    case .unassigned:
      MessageDefinition(
        8862, .warning, "GIR",
        "User &1 access to nothing: &2",
        when: "A guest reached for hardware that the platform does not have.",
        remedy: "Nothing, when the guest goes on.")
    // MARK: Records and reports
    case .noRecords:
      MessageDefinition(
        8882, .error, nil,
        "No records are kept",
        when: "The machine was started without a place for its records, or is only looked at.",
        remedy: "Start it with a state folder; give endicott at --keep.")
    case .recordsFailure:
      MessageDefinition(
        8883, .error, nil,
        "Records: &1",
        when: "The store of records refused.",
        remedy: "Do what the text says; the machine goes on.")
    case .checkpointFailure:
      MessageDefinition(
        8888, .error, nil,
        "Checkpoint: &1",
        when:
          "A checkpoint could not be written, read or removed, or the machine not be put where REWIND says.",
        remedy: "Do what the text says; the machine goes on.")
    case .consoleFileFailure:
      MessageDefinition(
        8891, .error, nil,
        "Console file: &1",
        when: "A file for a guest's console could not be begun.",
        remedy: "Do what the text says; the guest goes on.")
    case .consoleFileEnded:
      MessageDefinition(
        8892, .warning, nil,
        "User &1 console file &2 ended: &3",
        when: "A guest's console went to a file, which takes no more.",
        remedy: "Make room if there is none; SPOOL CONSOLE START begins another file.")
    case .consoleSocketFailure:
      MessageDefinition(
        8893, .warning, "CON",
        "User &1 console socket: &2",
        when: "A guest's console has no socket in the folder of --consoles.",
        remedy: "Do what the text says; the guest goes on, and CONNECT reaches it.")
    case .recovered:
      MessageDefinition(
        8942, .information, nil,
        "Recovered as set when the machine was lost, and loaded again: &1",
        when: "The machine starts after an end without SHUTDOWN.",
        remedy: "Nothing. What guests had in storage is lost.")
    case .notRecovered:
      MessageDefinition(
        8943, .error, nil,
        "&1 is not recovered and not started; RECOVER and ACTIVATE &1 are possible",
        when: "The machine starts after an end without SHUTDOWN, and a partition cannot be as it "
          + "was; the message before says why.",
        remedy: "Do what that message says, then RECOVER it; ACTIVATE starts it from its profile.")
    case .performedNotKept:
      MessageDefinition(
        8940, .error, nil,
        "Performed and not kept; waiting: &1; &2",
        when: "The command was performed, and the change cannot be written into the records now.",
        remedy: "Do what the text says. It is written as soon as it can be; an end of the machine "
          + "before that loses it.")
    case .notKeptYet:
      MessageDefinition(
        8941, .warning, nil,
        "Not kept yet: &1; &2",
        when: "The records cannot be written, and something made earlier waits for it.",
        remedy: "Do what the text says. It is written as soon as it can be.")
    case .noSample:
      MessageDefinition(
        8884, .error, nil,
        "No samples for this interval; there are &1",
        when: "The interval asked for begins before the first sample or has only "
          + "one.",
        remedy: "QUERY MONITOR shows which there are; MONITOR START takes more.")
    case .invalidInterval:
      MessageDefinition(
        8885, .error, nil,
        "Invalid interval; it ends before it begins",
        when: "TO is not after FROM.",
        remedy: "Exchange them.")
    case .noGlobalData:
      MessageDefinition(
        8886, .error, nil,
        "&1 has no global performance data control; &2 shows only its own",
        when: "A partition's user asked how others use the machine.",
        remedy: "The operator gives it by SET SECURITY userid GLOBALPERF ON.")
    // MARK: The system
    case .shutdownDelayed:
      MessageDefinition(
        960, .information, "SHU",
        "System shutdown may be delayed for up to &1 seconds",
        when: "SHUTDOWN WITHIN waits for the guests.",
        remedy: "Wait.")
    case .shutdownComplete:
      MessageDefinition(
        961, .warning, "WRP",
        "SYSTEM SHUTDOWN COMPLETE",
        when: "All partitions are down.",
        remedy: "Nothing.")
    case .waitTimedOut:
      MessageDefinition(
        8845, .error, nil,
        "WAIT ended: &1 not &2 within &3 seconds",
        when: "The limit of WAIT is over in simulated time.",
        remedy: "Look at the console, or give WITHIN.")
    case .waitInterrupted:
      MessageDefinition(
        8852, .error, nil,
        "WAIT ended: interrupted",
        when: "The console's user ended the wait before its limit.",
        remedy: "Give the command again to go on waiting.")
    case .noSuchMessage:
      MessageDefinition(
        8846, .error, nil,
        "No message &1",
        when: "No message has the number.",
        remedy: "Give the number as it was shown: HELP HCP045E.")
    case .noHelp:
      MessageDefinition(
        8847, .error, nil,
        "No help for &1",
        when: "No command has the name.",
        remedy: "HELP alone lists the commands.")
    case .scriptUnreadable:
      MessageDefinition(
        8850, .error, "SCR",
        "Script &1 cannot be read: &2",
        when: "A script file is missing, cannot be read, or has more than 16 MiB.",
        remedy: "See whether it is there and a script.")
    case .scriptStatement:
      MessageDefinition(
        8851, .error, "SCR",
        "Invalid script statement - &1",
        when: "A statement that begins with & is none of the script's own.",
        remedy: "Use &ERROR &CONTINUE, &ERROR &EXIT, &EXIT n (0 to 255) or &TYPE "
          + "text.")
    // MARK: The console
    case .endsMachine:
      MessageDefinition(
        8960, .action, nil,
        "&1 end with this console; enter YES or NO",
        when: "DISCONN, LOGOFF or Ctrl-D at the machine's only console, which the "
          + "machine does not outlive.",
        remedy: "YES takes the machine down; anything else leaves it as it is, and a "
          + "command is performed.")
    case .machineGoesOn:
      MessageDefinition(
        8961, .information, nil,
        "The machine goes on",
        when: "The question whether to end it was not answered with YES.",
        remedy: "Nothing.")
    case .ownPartitionMissing:
      MessageDefinition(
        8962, .error, nil,
        "* is one's own partition, and &1 has none; name a partition",
        when: "A user without a partition wrote * for its name.",
        remedy: "Write a partition's name or a pattern.")
    case .shutdownAtOnce:
      MessageDefinition(
        8963, .information, "SHU",
        "&1 are taken down at once, without a signal",
        when: "SHUTDOWN without WITHIN begins.",
        remedy: "SHUTDOWN WITHIN n lets guests end themselves.")
    case .shutdownSignalled:
      MessageDefinition(
        8964, .information, "SHU",
        "&1 of &2 listen to the shutdown signal; all are taken down when those have ended",
        when: "SHUTDOWN WITHIN begins.",
        remedy: "Wait, or end the wait by Ctrl-C.")
    case .familiarWord:
      MessageDefinition(
        8965, .information, "CMD",
        "&1",
        when: "A word that means something elsewhere was entered as a command.",
        remedy: "Enter what the message says.")
    case .eventsLost:
      MessageDefinition(
        8966, .warning, nil,
        "&1 events came faster than they could be shown and are left out",
        when: "More happened at once than the firmware keeps for its readers.",
        remedy: "QUERY EVENTLOG has the changes among them.")
    }
  }
}
