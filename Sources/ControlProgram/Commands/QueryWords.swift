import Definitions
import Partitioning
import Quantities

// QUERY of a word that is none of its keywords: a device first, as in CP, and what z/VM shows and this
// machine has not.

/// z/VM's operands of QUERY that are not here, with what is.
///
/// Source: z/VM CP Commands and Utilities Reference, QUERY.
private let unavailableQueries: [(words: String, instead: String)] = [
  ("SRM|QUICKDSP", "use QUERY RUNTIME and QUERY WEIGHTS"),
  ("PRIORity|CPUAFFIN", "use QUERY SHARE and QUERY POLARITY"),
  ("ALLOC|FRAMES|RESERVED|PAGing|NSS|CPOWNed", "use QUERY STORAGE MAP"),
  (
    "TAPes|GRAF|LINES|UR|OSA|FCP|SYStem|VDISK|TDsk|SWITCHes",
    "use QUERY DASD, QUERY PATHS rdev or QUERY CHPIDS"
  ),
  ("CHPIDV|CPUID|IPLPARMS|VMRELOcate", "use FOR userid CMD QUERY VIRTUAL ALL and QUERY PROFILE"),
  ("SET|TERMinal|PF|SCReen|TRACE|AUTODial|BYUSER", "consoles have no such settings"),
  ("FILes|Reader|PRinter|PUnch|HOLd|DUMP", "use QUERY CONSOLE for the files of consoles"),
  ("LOGmsg|MAXUSERS|SSI|TIMEZONEs|SIGNALs|SASsist|CPAssist", "use QUERY CPLEVEL and QUERY LPARS"),
  ("LAN|VMLAN|CONTROLLER", "use QUERY VSWITCH"),
]

/// What to say of a word that z/VM's QUERY takes; nil for one that it does not.
func unavailableQuery(_ word: String) -> CommandMessage? {
  for entry in unavailableQueries {
    for keyword in keywordChoices(entry.words) where keyword.accepts(word) {
      return CommandMessage(.queryUnavailable, keyword.name, entry.instead)
    }
  }
  return nil
}

/// Answers for a device number; false when the word means something else.
///
/// - Throws: 040E for a number that no device has and that no user is named.
func queryDevice(_ call: Invocation, _ word: String) throws(CommandMessage) -> Bool {
  guard call.issuer.classes.permits(PrivilegeClasses(letters: "BCE")), word.utf8.count <= 4,
    let number = hexadecimal(word)
  else { return false }
  let text = hexDigits(number, 4)
  guard let device = call.system.definition.inputOutput.device(UInt16(clamping: number)) else {
    // FACE is a number too, but who types it means a user.
    guard word.first?.isNumber == true, !call.control.isDefined(word) else { return false }
    throw CommandMessage(.deviceDoesNotExist, text)
  }
  try call.operands.end()
  call.reply(call.system.deviceView(device.number).map(dasdLines) ?? [])
  return true
}
