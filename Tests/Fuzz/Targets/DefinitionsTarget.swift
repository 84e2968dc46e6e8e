import Foundation

@testable import Definitions
@testable import Partitioning

/// Arbitrary text as the four kinds of definition file: everything wrong is a finding with a place.
///
/// The case is text; a line that begins with a form feed and a letter begins the next file.
enum DefinitionsTarget: FuzzTarget {
  static func run(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    var sources = DefinitionSources()
    var count = 0
    for part in text.unicodeScalars.split(separator: "\u{C}", omittingEmptySubsequences: false) {
      guard let kind = part.first, count < 8 else { continue }
      count += 1
      let body = String(String.UnicodeScalarView(part.dropFirst()))
      switch kind {
      case "m": sources.machine = DefinitionFile(name: "machine.config", text: body)
      case "d": sources.directories.append(DefinitionFile(name: "d\(count).direct", text: body))
      case "i": sources.decks.append(DefinitionFile(name: "i\(count).iocp", text: body))
      default: sources.media.append(DefinitionFile(name: "m\(count).media", text: body))
      }
    }
    let log = FindingLog()
    let definition = sources.definition(files: FolderFiles(folder: nil), log: log)
    for finding in log.findings {
      guard !finding.text.isEmpty, finding.line >= 0, finding.column >= 0 else {
        fail("\(finding)")
      }
    }
    if !log.hasErrors {
      // What was found right must be buildable.
      _ = definition.channelConfiguration()
    }
  }

  static var seeds: [[UInt8]] {
    let machine = """
      MACHINE     DEMO                             /* comment */
      PROCESSOR   CP  16 MHZ 10
      PROCESSOR   IFL  2 MHZ 100
      STORAGE     64G INCREMENT 64M
      HOSTSTORAGE 8G
      EPOCH       100US
      PACE        REAL
      TOD         2026-01-01T00:00:00Z
      TIMEZONE    UTC
      SEED        1
      USER        OPERATOR CLASS ABCDEFG
      PROFILE     profile.cp
      """
    let deck = """
             ID     MSG1='DEMO MACHINE'
             RESOURCE PARTITION=((CSS(0),(LINUX1,1),(LINUX2,2)))
             CHPID  PATH=(CSS(0),10),SHARED,PARTITION=((LINUX1,LINUX2),(=)),PCHID=110,TYPE=FC
             CHPID  PATH=(CSS(0),11),SHARED,PCHID=111,TYPE=FC
             CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10,11)),UNITADD=((00,064)),UNIT=2107
             IODEVICE ADDRESS=(0200,064),CUNUMBR=(0200),UNIT=3390
      """
    let media = """
      CHPID  10 RATE 800MB LATENCY 200US
      DEVICE 0200 FILE linux1.img  RATE 200MB LATENCY 500US
      DEVICE 0201-020F SCRATCH 1G
      """
    let directory = """
      PROFILE LINUX
        PROCESSOR IFL SHARED INITIAL 2 RESERVED 2 WEIGHT 100
        STORAGE   INITIAL 256M RESERVED 768M
        CONSOLE   0009
        IPL       KERNEL vmlinuz INITRD initrd.gz PARM 'console=ttyS0 quiet'
      PARTITION LINUX1
        INCLUDE   LINUX
        PROCESSOR IFL WEIGHT 300 ABSCAP 1.50
        DEDICATE  0100 0200
        NICDEF    0600 TYPE QDIO LAN SYSTEM VSW1
        START     AUTO
      PARTITION LINUX2
        INCLUDE   LINUX
      PARTITION SPIN001 THRU SPIN008
        PROCESSOR CP SHARED INITIAL 1 WEIGHT 10
        STORAGE   INITIAL 64M
        IPL       PROGRAM SPIN
      """
    let all = "\u{C}m\(machine)\n\u{C}d\(directory)\n\u{C}i\(deck)\n\u{C}x\(media)\n"
    return [all, "\u{C}m\(machine)", "\u{C}d\(directory)", "\u{C}i\(deck)", "\u{C}x\(media)"]
      .map { Array($0.utf8) }
  }
}
