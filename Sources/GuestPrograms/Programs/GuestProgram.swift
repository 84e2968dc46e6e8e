/// The guest programs of this package, assembled at run time; `GuestLayout` has their memory map.
package enum GuestProgram: String, CaseIterable, Sendable {
  /// Uses all it gets on all its processors. PARM: PARK leaves parked processors alone, WARN gives a
  /// processor up when its time slice ends, YIELD gives processor 0 the place of the others. Work:
  /// loops of three instructions.
  case spin = "SPIN"
  /// Works and waits. PARM: percent of each period (default 5), period in ms (default 100), PARK to
  /// leave parked processors alone, STEADY for a constant demand: processors begin one after the other,
  /// and do later what they could not do in time.
  case pulse = "PULSE"
  /// Fills and verifies all its storage for ever. No PARM. Work: 8-byte words verified.
  case toucher = "TOUCHER"
  /// Talks on its console. PARM: a first command. Work: lines read.
  case talker = "TALKER"
  /// Writes and reads blocks. PARM: ms between requests (default 10). Work: blocks moved.
  case ioDriver = "IODRIVER"
  /// Misbehaves on a console command or PARM: WILD, TRIPLE, LOOP, OUTSIDE, PORTS, HANG.
  case faulty = "FAULTY"

  /// The program of a name, in upper case; nil if there is none.
  package static func named(_ name: String) -> GuestProgramImage? {
    GuestProgram(rawValue: name)?.image
  }

  /// Assembles the program.
  package var image: GuestProgramImage {
    switch self {
    case .spin: spinImage()
    case .pulse: pulseImage()
    case .toucher: toucherImage()
    case .talker: talkerImage()
    case .ioDriver: ioDriverImage()
    case .faulty: faultyImage()
    }
  }
}
