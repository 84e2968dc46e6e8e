import Foundation
import TestSupport
import Testing

@testable import Records

// Oracle: plain copies of the disk's file, taken at the instants that are gone back to.

@Suite("What a disk's file had") struct DiskPastTests {
  private let folder: StateFolders
  private let file: String

  init() throws {
    folder = try StateFolders()
    file = folder.path + "/disk.img"
    var random = RandomNumbers(seed: 3)
    // The last block is a short one.
    let bytes = (0..<(1 << 20) + 512).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    try Data(bytes).write(to: URL(fileURLWithPath: file))
  }

  private var kept: String { folder.path + "/kept" }

  private func open(
    limit: UInt64 = 64 << 20, _ lost: @escaping (String) -> Void = { Issue.record("lost: \($0)") }
  ) throws -> DiskPast {
    try DiskPast(0x200, at: file, keeping: limit, in: kept, onLoss: lost)
  }

  private func contents() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: file)) }

  /// Writes as a guest does, keeping what is there before.
  private func write(_ past: DiskPast, _ random: inout RandomNumbers, times: Int = 5) throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
    for _ in 0..<times {
      let blocks = 1 + random.below(40)
      let block = random.below(2049 - blocks + 1)
      let bytes = (0..<blocks * 512).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      #expect(past.keep(UInt64(block * 512), bytes.count))
      try handle.seek(toOffset: UInt64(block * 512))
      try handle.write(contentsOf: Data(bytes))
    }
    try handle.close()
  }

  @Test("goes to any of the points, to and fro between branches, across ends of the process")
  func anyPoint() throws {
    var random = RandomNumbers(seed: 20)
    var past = try open()
    var copies: [(mark: DiskMark, copy: Data)] = []
    for round in 0..<120 {
      if random.below(4) > 0 { try write(past, &random) }
      switch random.below(5) {
      case 0, 1: copies.append((past.mark(), try contents()))
      case 2 where !copies.isEmpty:
        let (mark, copy) = copies[random.below(copies.count)]
        try past.go(to: mark)
        #expect(try contents() == copy, "round \(round)")
      case 3 where copies.count > 4:
        // A deleted one takes with it what only it needed.
        copies.remove(at: random.below(copies.count))
        past.prune(to: copies.map(\.mark))
      default:
        if random.below(2) == 0 { past.end() }
        past = try open()
      }
      #expect(copies.allSatisfy { past.has($0.mark) })
    }
    for (mark, copy) in copies.shuffled(using: &random) {
      try past.go(to: mark)
      #expect(try contents() == copy)
    }
    past.prune(to: [])
    #expect(try FileManager.default.contentsOfDirectory(atPath: kept) == [])
    #expect(past.byteCount == 0)
  }

  @Test("a stretch that is cut anywhere has all pieces before the cut")
  func torn() throws {
    var random = RandomNumbers(seed: 21)
    let past = try open()
    let mark = past.mark()
    var sizes: [Int] = []
    // As the disk's file and the stretch were before each write.
    var states: [(file: Data, live: Data)] = []
    for _ in 0..<6 {
      states.append(
        (try contents(), (try? Data(contentsOf: URL(fileURLWithPath: kept + "/live"))) ?? Data()))
      try write(past, &random, times: 1)
      sizes.append(try Data(contentsOf: URL(fileURLWithPath: kept + "/live")).count)
    }
    let live = try Data(contentsOf: URL(fileURLWithPath: kept + "/live"))
    let copy = states[0].file
    for cut in stride(from: 1, to: live.count, by: 4999) {
      // Killed while it kept what the next write would have overwritten.
      let number = sizes.firstIndex { $0 > cut } ?? 0
      try states[number].file.write(to: URL(fileURLWithPath: file))
      try live.prefix(cut).write(to: URL(fileURLWithPath: kept + "/live"))
      // Not by this process: to it the file is another.
      try reidentify()
      let again = try open()
      #expect(again.has(mark))
      try again.go(to: mark)
      #expect(try contents() == copy, "cut at \(cut)")
      try live.write(to: URL(fileURLWithPath: kept + "/live"))
    }
  }

  /// Has the tree take the file as it is for the disk's.
  private func reidentify() throws {
    var tree = try #require(try DiskTree.read(kept + "/tree.json"))
    tree.file = try #require(DiskFile(file))
    tree.file.written = nil
    try tree.write(kept + "/tree.json")
  }

  @Test("what was killed on its way to a point gets there, from each step")
  func interrupted() throws {
    var random = RandomNumbers(seed: 26)
    let past = try open()
    let first = past.mark()
    let former = try contents()
    try write(past, &random)
    _ = past.mark()
    let later = try contents()
    let stretch = kept + "/2"
    let before = try Data(contentsOf: URL(fileURLWithPath: stretch))
    try past.go(to: first)
    let exchanged = try Data(contentsOf: URL(fileURLWithPath: stretch))
    #expect(before != exchanged && later != former)

    var tree = try #require(try DiskTree.read(kept + "/tree.json"))
    (tree.position, tree.target) = (2, 1)
    let half = former.prefix(400_000) + later.dropFirst(400_000)
    let steps: [(disk: Data, stretch: Data, files: [String: Data])] = [
      (later, before, [:]), (later, before, ["2.other.new": exchanged.prefix(5000)]),
      (later, before, ["2.other": exchanged]), (half, before, ["2.other": exchanged]),
      (former, before, ["2.other": exchanged]), (former, exchanged, [:]),
    ]
    for (number, step) in steps.enumerated() {
      try step.disk.write(to: URL(fileURLWithPath: file))
      try step.stretch.write(to: URL(fileURLWithPath: stretch))
      for (name, data) in step.files {
        try data.write(to: URL(fileURLWithPath: kept + "/" + name))
      }
      tree.file = try #require(DiskFile(file))
      try tree.write(kept + "/tree.json")
      let again = try open()
      #expect(try contents() == former, "step \(number)")
      #expect(try Data(contentsOf: URL(fileURLWithPath: stretch)) == exchanged, "step \(number)")
      #expect(again.tree?.position == 1 && again.tree?.target == nil)
    }
    // The host ends the way there, and the same process goes back.
    tree.target = nil
    for (number, step) in steps.enumerated() {
      try later.write(to: URL(fileURLWithPath: file))
      try before.write(to: URL(fileURLWithPath: stretch))
      tree.file = try #require(DiskFile(file))
      try tree.write(kept + "/tree.json")
      let again = try open()
      let here = again.mark()
      try again.change { $0.target = 1 }
      let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
      try handle.write(contentsOf: step.disk)
      try handle.close()
      try step.stretch.write(to: URL(fileURLWithPath: stretch))
      for (name, data) in step.files {
        try data.write(to: URL(fileURLWithPath: kept + "/" + name))
      }
      try again.go(to: here)
      #expect(try contents() == later, "back from step \(number)")
      #expect(again.tree?.position == 2 && again.tree?.target == nil)
      try again.go(to: first)
      #expect(try contents() == former, "there after step \(number)")
    }
  }

  @Test("a host without room for the tree refuses the way, and nothing is lost")
  func withoutRoom() throws {
    var random = RandomNumbers(seed: 27)
    let past = try open()
    let mark = past.mark()
    let first = try contents()
    try write(past, &random)
    let now = try contents()
    // A folder in the place of the new tree's file.
    try FileManager.default.createDirectory(
      atPath: kept + "/tree.json.new/x", withIntermediateDirectories: true)
    #expect(throws: CheckpointError.self) { try past.markToComeBack() }
    #expect(try contents() == now)
    try FileManager.default.removeItem(atPath: kept + "/tree.json.new")
    try write(past, &random)
    let later = try contents()
    let here = try past.markToComeBack()
    try past.go(to: mark)
    #expect(try contents() == first)
    try past.go(to: here)
    #expect(try contents() == later)
  }

  @Test("a tree that does not hang together is none") func treeFromOthers() throws {
    var random = RandomNumbers(seed: 28)
    let past = try open()
    _ = past.mark()
    try write(past, &random)
    _ = past.mark()
    let path = kept + "/tree.json"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for (part, other) in [
      (#""next":3"#, #""next":2"#), (#""position":2"#, #""position":3"#),
      (#""kind":"disk""#, #""kind":"tree""#),
    ] {
      #expect(text.contains(part), "\(text)")
      try text.replacingOccurrences(of: part, with: other)
        .write(toFile: path, atomically: false, encoding: .utf8)
      #expect(throws: CheckpointError.self) { try DiskTree.read(path) }
    }
  }

  @Test("a changed byte before the end is told, and nothing is put back")
  func damage() throws {
    var random = RandomNumbers(seed: 22)
    let past = try open()
    let mark = past.mark()
    try write(past, &random)
    let before = try contents()
    var live = try Data(contentsOf: URL(fileURLWithPath: kept + "/live"))
    live[100] ^= 1
    try live.write(to: URL(fileURLWithPath: kept + "/live"))
    let again = try open()
    #expect(throws: CheckpointError.self) { try again.go(to: mark) }
    #expect(try contents() == before)
  }

  @Test("at the bound the oldest points go, and then all that came before")
  func bound() throws {
    var random = RandomNumbers(seed: 23)
    var lost: [String] = []
    let past = try open(limit: 1536 << 10) { lost.append($0) }
    var marks: [(mark: DiskMark, copy: Data)] = []
    for _ in 0..<20 {
      marks.append((past.mark(), try contents()))
      try write(past, &random)
      #expect(past.byteCount <= 1536 << 10)
    }
    let held = marks.filter { past.has($0.mark) }
    #expect((1..<20).contains(held.count))
    // The newest are those that are held.
    #expect(held.map(\.mark) == marks.suffix(held.count).map(\.mark))
    #expect(!lost.isEmpty && lost.allSatisfy { $0.contains("THE OLDEST CHECKPOINTS") })
    for (mark, copy) in held.reversed() {
      try past.go(to: mark)
      #expect(try contents() == copy)
    }
    // More than that since the last.
    let small = try open(limit: 512 << 10) { lost.append($0) }
    #expect(small.keep(0, 1 << 20))
    #expect(marks.allSatisfy { !small.has($0.mark) })
    #expect(lost.last?.contains("EARLIER CHECKPOINTS") == true, "\(lost)")
    let next = small.mark()
    #expect(small.has(next) && next.tree != marks[0].mark.tree)
  }

  @Test("a file that others wrote to, or another file, is not taken for the disk's")
  func others() throws {
    var lost: [String] = []
    var random = RandomNumbers(seed: 24)
    let past = try open()
    let mark = past.mark()
    try write(past, &random)
    past.end()
    #expect(try open().has(mark))
    try "x".write(toFile: file + ".other", atomically: false, encoding: .utf8)
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
    try handle.write(contentsOf: Data([1]))
    try handle.close()
    #expect(try !open { lost.append($0) }.has(mark))
    #expect(lost.count == 1 && lost[0].contains("WRITTEN TO BY OTHERS"), "\(lost)")
  }

  @Test("a file that was replaced while the machine ran is not written to")
  func replaced() throws {
    // Before anything is kept of it, too.
    let early = try open()
    try FileManager.default.copyItem(atPath: file, toPath: file + ".new")
    #expect(rename(file + ".new", file) == 0)
    #expect(early.mark().point == nil)
    // Halfway to a point what is kept stays, for the file that it is of.
    let halfway = try open()
    let start = halfway.mark()
    var random = RandomNumbers(seed: 26)
    try write(halfway, &random)
    _ = halfway.mark()
    try halfway.change { $0.target = start.point }
    try FileManager.default.moveItem(atPath: file, toPath: file + ".old")
    try FileManager.default.copyItem(atPath: file + ".old", toPath: file)
    let copy = try contents()
    #expect(throws: CheckpointError.halfway(folder: kept, disk: file)) { try open() }
    #expect(try contents() == copy)
    #expect(rename(file + ".old", file) == 0)
    #expect(try open().has(start))
    for isMarked in [true, false] {
      var lost: [String] = []
      var random = RandomNumbers(seed: 25)
      let past = try open { lost.append($0) }
      let mark = past.mark()
      try write(past, &random)
      try FileManager.default.copyItem(atPath: file, toPath: file + ".new")
      #expect(rename(file + ".new", file) == 0)
      let new = try contents()
      if isMarked { #expect(past.mark().point == nil) }
      past.end()
      #expect(lost.count == 1 && lost[0].contains("ANOTHER"), "\(lost)")
      #expect(try !open { lost.append($0) }.has(mark))
      #expect(try contents() == new)
    }
  }

  @Test(
    "who only looks sees what the disk had, while its machine writes, takes checkpoints, goes back")
  func looking() throws {
    var random = RandomNumbers(seed: 25)
    let past = try open()
    var marks: [(mark: DiskMark, copy: Data)] = []
    for _ in 0..<4 {
      marks.append((past.mark(), try contents()))
      try write(past, &random)
    }
    try past.go(to: marks[1].mark)
    let lookers = try marks.map { (try #require(FormerDisk($0.mark, in: kept)), $0.copy) }
    for _ in 0..<20 {
      for (looker, copy) in lookers {
        let offset = random.below(1 << 20)
        let count = 1 + random.below((1 << 20) + 512 - offset)
        var bytes = [UInt8](try contents()[offset..<offset + count])
        #expect(bytes.withUnsafeMutableBytes { looker.replace(in: $0, at: UInt64(offset)) })
        #expect(bytes == [UInt8](copy[offset..<offset + count]))
      }
      try write(past, &random, times: 1)
      if random.below(3) == 0 { marks.append((past.mark(), try contents())) }
      if random.below(4) == 0 { try past.go(to: marks[random.below(marks.count)].mark) }
    }
    past.prune(to: [marks[3].mark])
    #expect(FormerDisk(marks[0].mark, in: kept) == nil)
  }
}
