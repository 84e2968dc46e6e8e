// What can be wrong with files and folders.

import Quantities

extension Problem {
  static func unreadable(reason: String) -> Problem {
    error("050", "the file cannot be read: \(reason)", "give a text file with read permission")
  }

  static func tooLarge(limit: Int) -> Problem {
    error(
      "051", "the file is larger than \(sizeText(UInt64(clamping: limit)))",
      "split it, or remove what is not text")
  }

  static let notUTF8 = error(
    "052", "this byte is not UTF-8 text", "save the file as UTF-8")

  static func noFolder(reason: String) -> Problem {
    error("053", "the folder cannot be read: \(reason)", "name the folder of a machine")
  }

  static let noConfiguration = error(
    "054", "the folder has no machine.config", "name the folder of a machine, or add the file")

  static func twoConfigurations(_ other: String) -> Problem {
    error(
      "054", "the folder has \(shown(other)) besides machine.config", "keep one of them")
  }
  static let emptyFileName = error("055", "the file name is empty", "name a file")

  static func outsideFolder(_ name: String) -> Problem {
    error(
      "056", "\(shown(name)) leads outside the machine's folder",
      "put the file into the folder and name it relative to it")
  }

  static func fileMissing(_ name: String) -> Problem {
    error("057", "\(shown(name)) does not exist", "name a file in the machine's folder")
  }

  static func filePrepared(_ name: String) -> Problem {
    warning(
      "058", "\(shown(name)) does not exist, an IPL will refuse",
      "put it into the machine's folder; Partitions/setup prepares the demo's")
  }

  static func fileIsFolder(_ name: String) -> Problem {
    error("059", "\(shown(name)) is a folder", "name a file in the machine's folder")
  }

  static func fileUnreadable(_ name: String) -> Problem {
    error("059", "\(shown(name)) is not a file that can be read", "name a regular file")
  }

  static func fileLength(_ name: String, _ length: UInt64) -> Problem {
    error(
      "060", "\(shown(name)) has \(length) bytes, not a whole number of blocks of 512",
      "make its length a multiple of 512")
  }

  static let writableWithoutFile = error(
    "061", "WRITABLE says nothing without a file", "write it after FILE and the name")

  static func keepWithoutWritable(_ keyword: String) -> Problem {
    error(
      "063", "\(keyword) says nothing of a disk that writes to no file",
      "write it after FILE, the name and WRITABLE")
  }

  static func writableTwice(_ name: String, first place: Place?) -> Problem {
    error(
      "062", "two devices would write to \(shown(name))" + (place.map { ", " + first($0) } ?? ""),
      "give each its own file, or leave out WRITABLE")
  }

  static func writtenAndRead(_ name: String, first place: Place) -> Problem {
    error(
      "117", "one device would write to \(shown(name)), which another reads, \(first(place))",
      "give each its own file, or leave out WRITABLE")
  }
}
