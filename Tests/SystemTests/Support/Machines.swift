import Foundation

/// Folders of small machines.
enum Machines {
  /// A machine of three guests that starts in a moment.
  static func small() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    _ = try folder.write(
      "machine.config",
      """
      MACHINE   SMALL
      PROCESSOR CP 2 MHZ 5
      STORAGE   1G INCREMENT 16M
      PACE      FAST

      """)
    _ = try folder.write(
      "small.direct",
      """
      PARTITION SPIN001 THRU SPIN002
        PROCESSOR CP SHARED INITIAL 1 WEIGHT 10
        STORAGE   INITIAL 16M
        IPL       PROGRAM SPIN
        START     AUTO
      PARTITION TALKER
        PROCESSOR CP SHARED INITIAL 1 WEIGHT 10
        STORAGE   INITIAL 16M
        IPL       PROGRAM TALKER
        START     AUTO

      """)
    return folder
  }

  /// A machine with a guest that writes to a file of the host all the time.
  static func withDisk(_ keep: String = "") throws -> TemporaryFolder {
    let machine = try small()
    _ = try machine.write(
      "disk.direct",
      """
      PARTITION WRITER
        PROCESSOR CP SHARED INITIAL 1 WEIGHT 10
        STORAGE   INITIAL 16M
        DEDICATE  0100 0200
        IPL       PROGRAM IODRIVER PARM '1'
        START     AUTO

      """)
    _ = try machine.write(
      "disk.iocp",
      """
             RESOURCE PARTITION=((CSS(0),(WRITER,1)))
             CHPID  PATH=(CSS(0),10),SHARED,PCHID=110,TYPE=FC
             CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),UNITADD=((00,001)),UNIT=2107
             IODEVICE ADDRESS=(0200,001),CUNUMBR=(0200),UNIT=3390

      """)
    _ = try machine.write("disk.media", "DEVICE 0200 FILE disk.img WRITABLE \(keep)\n")
    _ = try machine.write("disk.img", String(repeating: "0123456789abcdef", count: 32 << 10))
    return machine
  }

  /// A machine of the demo's Linux, of which each file says what it is given.
  static func linux(
    _ configuration: String, _ directory: String, deck: String? = nil, media: String? = nil
  ) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    _ = try folder.write("machine.config", configuration)
    _ = try folder.write("linux.direct", directory)
    if let deck { _ = try folder.write("linux.iocp", deck) }
    if let media { _ = try folder.write("linux.media", media) }
    for name in ["vmlinuz", "initrd.gz"] {
      try FileManager.default.copyItem(
        atPath: Project.path("Partitions/demo/linux/" + name), toPath: folder.path + "/" + name)
    }
    return folder
  }
}
