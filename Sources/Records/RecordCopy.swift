import Foundation
import Quantities
import Synchronization

// The copy, `records.copy`: a line for each transaction since the database was last whole by itself (at
// the start, and whenever the copy has grown to its limit). SQLite ends its write-ahead log at the first
// frame whose checksum is wrong, without a word; what stood behind it is still here. A line has its own
// checksum. Written without waiting for the disk, as the write-ahead log is: both outlive the process,
// neither is promised to outlive the host.

/// A transaction, or a note that a sample was written, as a line of the copy has it.
struct CopiedTransaction: Sendable, Equatable, Codable {
  /// Number of the transaction; of the last one before in a note.
  var number: Int64
  /// What it did.
  var steps: [KeptStep] = []
  /// Number of a sample that was written.
  var sample: Int64?
  /// In the first line: which database it is a copy of.
  var identity: String?
}

/// What a copy was found to hold.
struct CopyContents: Sendable, Equatable {
  /// Transactions that can be read, in order.
  var transactions: [CopiedTransaction] = []
  /// Lines that are not what was written.
  var damagedCount = 0
  /// The database that it is a copy of; nil when that cannot be read.
  var identity: String? { transactions.first?.identity }

  /// Reads a copy; a last line without an end was being written when the process ended.
  init(_ bytes: [UInt8]) {
    let decoder = JSONDecoder()
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    for line in lines.dropLast() {
      let text = line.dropFirst(RecordCopy.checksumLength)
      guard line.prefix(RecordCopy.checksumLength).elementsEqual(RecordCopy.checksum(text)),
        // Cannot trap: Data copies bytes that are there.
        let transaction = try? decoder.decode(CopiedTransaction.self, from: Data(text))
      else {
        damagedCount = damagedCount.addingClamped(1)
        continue
      }
      transactions.append(transaction)
    }
  }
}

/// The copy of what is kept, open for writing.
final class RecordCopy: Sendable {
  /// Hexadecimal digits and the blank before a line's text.
  static let checksumLength = 17
  /// Bytes after which the database is made whole and the copy begins anew.
  static let limit = 8 << 20
  /// Bytes that are read of a copy at most; no copy grows so long.
  private static let readLimit = 64 << 20

  /// Path of the file.
  let file: String
  private let descriptor: Int32
  private let byteCount = Mutex(0)
  private let fullByteCount = Mutex(RecordCopy.limit)

  /// Opens the copy, and makes it when there is none.
  init(file: String) throws(RecordStoreError) {
    self.file = file
    descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw RecordStoreError(system: errno, file: file) }
  }

  deinit { close(descriptor) }

  /// Whether it has grown so long that it should begin anew.
  var isFull: Bool { byteCount.withLock { $0 } >= fullByteCount.withLock { $0 } }

  /// It cannot begin anew now; that is tried again when it has grown by another piece.
  func postpone() {
    let now = byteCount.withLock { $0 }
    fullByteCount.withLock { $0 = now.addingClamped(1 << 20) }
  }

  /// What it holds.
  func contents() throws(RecordStoreError) -> CopyContents {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < RecordCopy.readLimit {
      let count = pread(descriptor, &piece, piece.count, off_t(bytes.count))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw RecordStoreError(system: errno, file: file) }
      if count == 0 { break }
      bytes += piece.prefix(count)
    }
    return CopyContents(bytes)
  }

  /// Begins anew: the database has everything by itself.
  func begin(identity: String, number: Int64) throws(RecordStoreError) {
    guard ftruncate(descriptor, 0) == 0 else {
      throw RecordStoreError(system: errno, file: file)
    }
    byteCount.withLock { $0 = 0 }
    fullByteCount.withLock { $0 = RecordCopy.limit }
    try append(CopiedTransaction(number: number, identity: identity))
  }

  /// Adds a line; when it cannot be written as a whole nothing of it stays.
  func append(_ transaction: CopiedTransaction) throws(RecordStoreError) {
    guard let text = try? RowJSON.encoder.encode(transaction) else {
      throw .failed(file: file, reason: "a transaction cannot be written as text")
    }
    let line = RecordCopy.checksum(text) + text + [0x0A]
    let failure = byteCount.withLock { byteCount -> Int32 in
      var rest = line[...]
      while !rest.isEmpty {
        let place = byteCount.addingClamped(line.count &- rest.count)
        let count = rest.withUnsafeBytes {
          pwrite(descriptor, $0.baseAddress, $0.count, off_t(place))
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          let number = count < 0 ? errno : ENOSPC
          _ = ftruncate(descriptor, off_t(byteCount))
          return number
        }
        rest = rest.dropFirst(count)
      }
      byteCount = byteCount.addingClamped(line.count)
      return 0
    }
    if failure != 0 { throw RecordStoreError(system: failure, file: file) }
  }

  /// The sum of a line's text in hexadecimal digits, and a blank.
  static func checksum(_ text: some Sequence<UInt8>) -> [UInt8] {
    var sum = Checksum()
    for byte in text { sum.take(byte) }
    return Array((String(sum.value, radix: 16).zeroPadded(to: 16) + " ").utf8)
  }
}
