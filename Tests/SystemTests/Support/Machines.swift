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
}
