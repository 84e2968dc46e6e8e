import Foundation
import Partitioning

@testable import Records

/// The files that a killed machine left, with bytes changed, put in, cut off or gone: they are opened,
/// what is in them is put back, and a machine goes on with them.
///
/// Each six bytes of a case are one change. Where only one file was changed, what is not as it was kept
/// must have been told.
enum FilesTarget: FuzzTarget {
  private static let names = ["records.sqlite", "records.sqlite-wal", "records.copy"]

  static func run(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let setsAside = input.byte() & 1 == 1
    var files: [Data?] = original.files
    var touched: Set<Int> = []
    while !input.isAtEnd { touched.insert(change(&files, &input)) }
    clear()
    for (name, file) in zip(names, files) {
      guard let file else { continue }
      guard (try? file.write(to: URL(fileURLWithPath: "\(folder)/\(name)"))) != nil else {
        fail("\(folder) cannot be written")
      }
    }
    do throws(RecordStoreError) {
      let found = try open(setsAside: setsAside)
      if touched.count < 2, found.isSilent, found.contents != original.contents {
        fail("what is kept has changed, and nothing was told")
      }
    } catch {
      if error.description.isEmpty { fail("a refusal without a text") }
    }
  }

  // MARK: The files

  /// Where the files are while a case runs.
  private static let folder: String = {
    let root = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
    let path = "\(root)/endicott-fuzz-\(getpid())"
    atexit { FilesTarget.remove() }
    return path
  }()

  private static func remove() { try? FileManager.default.removeItem(atPath: folder) }

  private static func clear() {
    remove()
    let made: Void? = try? FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    if made == nil { fail("\(folder) cannot be made") }
  }

  /// Changes one file.
  ///
  /// - Returns: Which one.
  private static func change(_ files: inout [Data?], _ input: inout FuzzInput) -> Int {
    let choice = input.byte()
    let index = Int(choice & 0x7F) % names.count
    let place = Int(input.word(UInt16.self)) << 8 | Int(input.byte())
    let kind = input.byte()
    let value = input.byte()
    guard var file = files[index], !file.isEmpty else { return index }
    // Near the front is where headers are.
    let at = file.startIndex + place % (choice & 0x80 == 0 ? file.count : min(file.count, 128))
    switch kind & 7 {
    case 0...2: file[at] ^= 1 << (value & 7)
    case 3: file[at] = value
    case 4:
      file.replaceSubrange(at..<min(file.endIndex, at + 8), with: repeatElement(value, count: 8))
    case 5: file.insert(contentsOf: repeatElement(value, count: Int(kind >> 3) + 1), at: at)
    case 6: file.removeSubrange(at...)
    default: file.removeSubrange(at..<min(file.endIndex, at + Int(value) + 1))
    }
    files[index] = kind == 0xFF && value == 0xFF ? nil : file
    return index
  }

  // MARK: What is in them

  /// What must not change silently.
  private struct Contents: Equatable {
    var changes: [LoggedChange] = []
    var configuration: RunningConfiguration?
  }

  /// Opens the records, goes on with them and ends.
  private static func open(
    setsAside: Bool
  ) throws(RecordStoreError) -> (contents: Contents, isSilent: Bool) {
    let store = try RecordStore(folder: folder, setsAsideDamaged: setsAside)
    let contents = try contents(of: store)
    for sample in try store.sampleTimes(start: 1) { _ = try? store.sample(sample.id) }
    _ = try store.accounting(RowSelection(start: 1))
    let machine = FuzzMachine()
    let recorder = try Recorder(store, machine.manager) { 7 }
    _ = recorder.kept?.lines()
    for name in machine.manager.partitionNames {
      _ = try? machine.manager.perform(.recover(name))
    }
    machine.run(epochs: 1)
    recorder.keepUp()
    machine.check()
    _ = recorder.close()
    return (contents, store.salvage.isEmpty && store.setAside == nil)
  }

  private static func contents(of store: RecordStore) throws(RecordStoreError) -> Contents {
    Contents(
      changes: try store.changes(RowSelection(start: 1)),
      configuration: try store.runningConfiguration())
  }

  /// The files of a machine that did some work and ended without a word, and what is in them.
  private static let original: (files: [Data?], contents: Contents) = {
    clear()
    do {
      let machine = FuzzMachine()
      let store = try RecordStore(folder: folder)
      let recorder = try Recorder(store, machine.manager) { 5 }
      machine.start(["ONE", "TWO"])
      recorder.keepUp()
      for line in [
        "SET WEIGHT ONE 20", "FOR ONE CMD CONFIG CPU(1),ONLINE", "SET CAP TWO ABSOLUTE 0.5",
        "XAUTOLOG FULL", "SET SHARE IDLE RELATIVE 7", "FORCE FULL",
      ] {
        _ = machine.console.execute(line)
        machine.run(epochs: 2)
        recorder.keepUp()
      }
      try store.waitForSamples()
      let files = names.map { try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")) }
      let contents = try contents(of: store)
      guard !files.contains(nil), contents.changes.count > 6 else { fail("no records were made") }
      try store.close()
      return (files, contents)
    } catch {
      fail("the records could not be made: \(error)")
    }
  }()

  static var seeds: [[UInt8]] {
    // Every kind of change at some places of each file; headers apart.
    var seeds: [[UInt8]] = [[0], [1]]
    for file in 0..<3 as Range<UInt8> {
      for kind in 0..<8 as Range<UInt8> {
        for place in [0, 16, 64, 200] as [UInt8] {
          seeds.append([kind & 1, file, place, 7, place, kind, 4])
          seeds.append([kind & 1, file | 0x80, place, 7, place, kind, 1])
        }
      }
      seeds.append([0, file, 0, 0, 0, 0xFF, 0xFF])
    }
    return seeds
  }
}
