// What can be wrong with image, load and group profiles, soft caps and switches.

import Partitioning

extension Problem {
  static func capacityUnitsOfType(_ type: ProcessorType) -> Problem {
    error(
      "100", "MSU says nothing of \(type.rawValue) processors: soft caps reckon with CP only",
      "remove MSU")
  }

  static func capacityWithoutProcessors(_ name: String) -> Problem {
    error(
      "101", "DEFINEDCAP limits CP processors, and \(name) has none",
      "add PROCESSOR CP, or remove DEFINEDCAP")
  }

  static func capacityAndCapped(_ capping: String) -> Problem {
    error(
      "102", "DEFINEDCAP and \(capping) exclude each other on CP processors",
      "keep one of the two")
  }

  static let capacityOfDedicated = error(
    "103", "DEFINEDCAP limits no dedicated processors", "remove it, or write SHARED")

  static func capacityUnrated(_ what: String) -> Problem {
    error(
      "104", "\(what) reckons in MSU, and machine.config does not say what a CP processor has",
      "add MSU and a number to PROCESSOR CP in machine.config")
  }

  static func capacityNeverReached(_ what: String, _ units: Int, installed: Int) -> Problem {
    warning(
      "105", "\(what) \(units) MSU is more than the \(installed) MSU of all CP processors",
      "it never limits; write less, or remove it")
  }

  static func notOfImage(_ verb: String, partition: String) -> Problem {
    error(
      "108", "\(verb) belongs to the partition, not to one of its image profiles",
      "write it in the entry of \(partition)")
  }

  static func notOfLoadProfile(_ verb: String) -> Problem {
    error("109", "\(verb) is not part of a load profile", "write IPL and what is loaded, only")
  }

  static func loadProfileWithoutIPL(_ name: String) -> Problem {
    error("110", "load profile \(name) says nothing to load", "add an IPL statement")
  }

  static func imageOfOwnName(_ name: String) -> Problem {
    error(
      "111", "the image profile of the name \(name) is PARTITION \(name) itself",
      "choose another name for this one")
  }

  static let dedicatedShare = error(
    "112", "SHARE says nothing of dedicated processors", "remove it, or write SHARED")

  static let waitCompletionOfPartition = error(
    "113", "wait completion is the machine's, not a partition's",
    "write WAITCOMPLETION YES in machine.config")

  static func shareOfNothing(_ type: ProcessorType) -> Problem {
    error(
      "114", "SHARE TYPE \(type.rawValue) speaks of processors that the partition has not",
      "add PROCESSOR \(type.rawValue), or name another type")
  }

  static func activationOrder(_ before: String, _ after: String) -> Problem {
    error(
      "047", "ACTIVATE has \(before) before \(after), and \(before) starts after \(after)",
      "exchange them, or remove \(after) from AFTER")
  }
}
