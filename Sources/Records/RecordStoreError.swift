import Foundation
import GRDB
import Quantities

/// Why a machine's records cannot be used; each names the file and what to do.
package enum RecordStoreError: Error, Equatable, Sendable {
  /// The file is not an SQLite database, or one that something else wrote.
  case notRecords(file: String)
  /// The file has a form that only a later Endicott knows.
  case newerForm(file: String)
  /// SQLite's integrity check found the file damaged; the text is its first finding.
  case damaged(file: String, finding: String)
  /// A name of the state folder's belongs to something else: a folder where a file is needed, a pipe.
  case wrongKind(file: String, needed: String)
  /// The folder or file cannot be created, read or written.
  case inaccessible(file: String, reason: String)
  /// Nothing more can be written: the disk or the process's limit is full.
  case noSpace(file: String)
  /// The disk or the way to it fails (EIO and its like); the reason is the system's.
  case failing(file: String, reason: String)
  /// The process or the host may open no more files.
  case noDescriptor(file: String)
  /// A file that is being written was removed, renamed, or put in another's place.
  case vanished(file: String)
  /// Another process runs the machine of this folder; nil when it did not say which.
  case inUse(file: String, process: Int32?)
  /// There are no records where they were asked for.
  case absent(file: String)
  /// A row is not what this program writes: table, row and what is wrong.
  case unreadableRow(file: String, row: String, reason: String)
  /// Anything else that SQLite refused.
  case failed(file: String, reason: String)
}

extension RecordStoreError: CustomStringConvertible {
  /// One line: file, what is wrong, what would be right.
  package var description: String {
    switch self {
    case .notRecords(let file):
      "\(file): is not a file of records of Endicott; move it away or choose another state folder"
    case .newerForm(let file):
      "\(file): was written by a later version of Endicott; use that version, or another state folder"
    case .damaged(let file, let finding):
      "\(file): is damaged (\(finding)); restore a copy, or start with --set-aside-state to keep it"
        + " under another name and begin anew"
    case .wrongKind(let file, let needed):
      "\(file): is not a \(needed); move it away or choose another state folder"
    case .inaccessible(let file, let reason):
      "\(file): \(reason); give read and write permission, or choose another state folder"
    case .noSpace(let file):
      "\(file): no space to write; free space on its disk or raise the limit on file sizes"
    case .failing(let file, let reason):
      "\(file): the disk fails (\(reason)); see what the host says of it, then put the state folder on"
        + " another"
    case .noDescriptor(let file):
      "\(file): too many open files; raise the limit on open files (ulimit -n)"
    case .vanished(let file):
      "\(file): is not there any more; put it back as it was, or what changes from now on is lost"
    case .inUse(let file, let process):
      "\(file): in use by another endicott\(process.map { ", process \($0)" } ?? ""); end it first,"
        + " or choose another state folder"
    case .absent(let file):
      "\(file): there are no records; run the machine with a state folder first"
    case .unreadableRow(let file, let row, let reason):
      "\(file): \(row) cannot be read (\(reason)); restore a copy, or start with --set-aside-state"
    case .failed(let file, let reason):
      "\(file): \(reason)"
    }
  }
}

extension RecordStoreError {
  /// Performs work on a file; what SQLite refuses becomes an error that names the file.
  static func naming<Result>(
    _ file: String, _ work: () throws -> Result
  ) throws(RecordStoreError) -> Result {
    do {
      return try work()
    } catch let error as RecordStoreError {
      throw error
    } catch let error as RowError {
      throw .unreadableRow(file: file, row: error.row, reason: error.reason)
    } catch let error as SystemFailure {
      throw RecordStoreError(error.error, system: error.number, file: file)
    } catch let error as DatabaseError {
      throw RecordStoreError(error, system: 0, file: file)
    } catch {
      throw .failed(file: file, reason: "\(error)")
    }
  }

  /// What a system call refused about a file.
  init(system number: Int32, file: String) {
    let reason = systemReason(number)
    switch number {
    case ENOSPC, EDQUOT, EFBIG: self = .noSpace(file: file)
    case EMFILE, ENFILE: self = .noDescriptor(file: file)
    case EACCES, EPERM, EROFS, ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG:
      self = .inaccessible(file: file, reason: reason)
    default: self = .failing(file: file, reason: reason)
    }
  }

  /// What SQLite refused, with the system's error behind it, 0 when it is not known.
  init(_ error: DatabaseError, system number: Int32, file: String) {
    let reason = error.message ?? "SQLite error \(error.resultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_NOTADB: self = .notRecords(file: file)
    case .SQLITE_CORRUPT: self = .damaged(file: file, finding: reason)
    case .SQLITE_FULL: self = .noSpace(file: file)
    case .SQLITE_IOERR where number != 0: self = RecordStoreError(system: number, file: file)
    case .SQLITE_IOERR: self = .failing(file: file, reason: reason)
    case .SQLITE_CANTOPEN:
      let number = number != 0 ? number : RecordStoreError.obstacle(to: file)
      self =
        number != 0
        ? RecordStoreError(system: number, file: file)
        : .inaccessible(file: file, reason: reason)
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .inUse(file: file, process: nil)
    case .SQLITE_READONLY, .SQLITE_PERM: self = .inaccessible(file: file, reason: reason)
    default: self = .failed(file: file, reason: reason)
    }
  }

  /// What the system refuses when a file is opened as SQLite does it, with the files beside it and its
  /// folder; 0 for nothing.
  private static func obstacle(to file: String) -> Int32 {
    var descriptors: [Int32] = []
    defer { for descriptor in descriptors { close(descriptor) } }
    for _ in 0..<4 {
      let descriptor = open(file, O_RDWR | O_CLOEXEC)
      guard descriptor >= 0 else { return errno }
      descriptors.append(descriptor)
    }
    return 0
  }
}

/// A value in a row that this program would not have written.
struct RowError: Error {
  /// The table, and what tells the row from others.
  let row: String
  let reason: String
}
