import Foundation
import Testing

@testable import Partitioning

/// Guests that do their worst: what they cost is bounded, what they have is right.
///
/// Oracle: `Docs/Operations.md`, "What a guest can ask of its host".
struct HostileGuestTests {
  /// A machine of 5 MHz processors whose first partition runs 32-bit code at 1 MiB + 32.
  private func machine(
    _ code: [UInt8], processors: Int = 1, reservedMegabytes: UInt64 = 0, threads: Int = 1
  ) throws -> GuestMachine {
    let flags: UInt32 = 0x1_0003
    let words: [UInt32] = [
      0x1BAD_B002, flags, 0 &- 0x1BAD_B002 &- flags, 0x10_0000, 0x10_0000, 0, 0, 0x10_0020,
    ]
    let image = Data(
      words.flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 0xFF) } } + code)
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("endicott-" + UUID().uuidString).path
    try image.write(to: URL(fileURLWithPath: path))
    var evil = GuestMachine.partition(
      "EVIL", processors: processors, megabytes: 4, reservedMegabytes: reservedMegabytes)
    evil.loadableFiles = [Self.junk]
    evil.ipl = .multiboot(file: path, modules: [], parameters: "")
    let machine = try GuestMachine(
      processors: 2, threads: threads, [evil, GuestMachine.partition("GOOD")])
    try machine.activateAll()
    return machine
  }

  /// A file of 2 MiB that is no kernel.
  private static let junk: String = {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("endicott-" + UUID().uuidString).path
    _ = FileManager.default.createFile(atPath: path, contents: Data(count: 2 << 20))
    return path
  }()

  /// MOV DX, port; MOV EAX, value.
  private func load(port: UInt16, value: UInt8) -> [UInt8] {
    [0x66, 0xBA, UInt8(port & 0xFF), UInt8(port >> 8), 0xB8, value, 0, 0, 0]
  }

  /// Writes 1 to the reset register, and waits.
  private var reset: [UInt8] { load(port: 0x602, value: 1) + [0xEE, 0xEB, 0xFE] }

  @Test("a guest that resets itself begins later and later", arguments: [1, 2])
  func resetLoop(threads: Int) throws {
    let machine = try machine(reset, threads: threads)
    machine.run(seconds: 1)
    var position = ReaderPosition()
    func events() -> [FirmwareEvent] { machine.manager.events(since: &position).elements }
    let first = events().filter { $0.partition == "EVIL" }
    // Two at once, then after 10, 20, 40, ... 320 ms more, and one that waits.
    #expect(first.count { $0.kind == .restarted } == 9)
    let delays = first.compactMap { event -> UInt64? in
      if case .restartHeld(_, let delay) = event.kind { delay / 1_000_000 } else { nil }
    }
    #expect(delays == [10, 20, 40, 80, 160, 320, 640])
    #expect(machine.manager.allChanges.count < 20)
    machine.run(seconds: 12)
    let later = events().filter { $0.kind == .restarted }
    // At 1.27, 2.55, 5.11 and 10.23 s.
    #expect((3...5).contains(later.count))
    #expect(try machine.view("EVIL").state == .operating)
    #expect(try machine.used(over: 1)[1] > 0.99)
    // An operator need not wait, and a partition that is stopped stays so.
    try machine.manager.perform(.load("EVIL", image: nil, parameters: nil, force: true))
    machine.run(seconds: 0.001)
    #expect(events().contains { $0.kind == .restarted })
    try machine.manager.perform(.stop("EVIL", processor: nil))
    machine.run(seconds: 3)
    #expect(!events().contains { $0.kind == .restarted })
    try machine.manager.perform(.start("EVIL", processor: nil))
    machine.run(seconds: 0.01)
    #expect(events().contains { $0.kind == .restarted })
  }

  @Test func resetLoopsHaveOneHistory() throws {
    let digests = try [1, 2].map { threads in
      let machine = try machine(reset, threads: threads)
      machine.run(seconds: 3)
      return machine.manager.storageDigest(of: nil)
    }
    #expect(digests[0] == digests[1])
  }

  /// Ejects processors 1 and 0 again and again.
  private var ejecting: [UInt8] {
    (load(port: 0x620, value: 1) + [0xEF] + load(port: 0x624, value: 8) + [0xEE]
      + load(port: 0x620, value: 0) + [0xEF] + load(port: 0x624, value: 8) + [0xEE])
      .withJumpBack()
  }

  @Test("a guest gives up all processors but its first", arguments: [1, 2])
  func ejects(processors: Int) throws {
    let machine = try machine(ejecting, processors: processors)
    machine.run(seconds: 0.5)
    #expect(try machine.view("EVIL").state == .operating)
    #expect(
      machine.manager.partitions[0]?.isOnline.elements == Array([true, false].prefix(processors)))
    let events = machine.manager.allEvents.filter { $0.partition == "EVIL" }
    #expect(
      events.map(\.kind).filter { $0 != .activated }.dropFirst()
        == (processors == 2 ? [.processorGivenBack(1)] : []))
    let changes = machine.manager.allChanges.filter { $0.author == .partition("EVIL") }
    #expect(
      changes.map(\.action)
        == (processors == 2
          ? [
            .configureProcessor(
              "EVIL", processor: 1, online: false, insistence: .polite, within: nil)
          ] : []))
    #expect(try machine.used(over: 0.1)[0] > 0.99)
    try machine.manager.perform(.restart("EVIL"))
  }

  /// MOV EAX, 0x44490008; MOV EBX, text; MOV ECX, 1; XOR EDX, EDX; VMCALL; and again.
  private var commanding: [UInt8] { commanding(text: 0x10_0000, byteCount: 1).withJumpBack() }

  private func commanding(text: UInt32, byteCount: UInt8) -> [UInt8] {
    var code: [UInt8] = [0xB8, 0x08, 0, 0x49, 0x44, 0xBB]
    code += (0..<4).map { UInt8(truncatingIfNeeded: text >> (8 * $0)) }
    code += [0xB9, byteCount, 0, 0, 0, 0x31, 0xD2, 0x0F, 0x01, 0xC1] as [UInt8]
    return code
  }

  /// A line feed separates them as X'15' does.
  @Test(arguments: [0x15, 0x0A] as [UInt8])
  func commandsOfOneTextCountEachByItself(lineEnd: UInt8) throws {
    // Ten commands of one letter with line ends between them, behind the loop.
    let loop = commanding(text: 0x10_0020 + 25, byteCount: 19).withJumpBack()
    let text = (0..<19).map { $0 % 2 == 0 ? UInt8(0x51) : lineEnd }
    #expect(loop.count == 25)
    let machine = try machine(loop + text)
    var texts: [String] = []
    let interpreter = StandInInterpreter { _, text in
      texts.append(text)
      return GuestCommandAnswer(reply: "", returnCode: 0)
    }
    machine.run(seconds: 10, answeredBy: interpreter)
    // 100 commands a second, ten in each text.
    #expect((99...101).contains(texts.count))
    #expect(Set(texts) == [Array(repeating: "Q", count: 10).joined(separator: "\n")])
  }

  @Test func actionsOfCommandsCountAsTheCommandsDo() throws {
    let machine = try machine(commanding)
    let manager = machine.manager
    var calls = 0
    let interpreter = StandInInterpreter { [unowned manager] _, _ in
      calls += 1
      for _ in 0..<9 {
        _ = try? manager.perform(.deactivate("GOOD", force: true), by: .partition("EVIL"))
      }
      return GuestCommandAnswer(reply: "", returnCode: 0)
    }
    machine.run(seconds: 10, answeredBy: interpreter)
    // 100 a second, a command and its nine actions ten of them.
    #expect((99...101).contains(calls))
    // Ten a second; the last epoch ends in the eleventh.
    #expect(manager.allChanges.count { $0.refusal != nil } <= 110)
    #expect(manager.journal.count == 2)
    #expect(try machine.view("GOOD").state == .operating)
  }

  @Test func whatIsReadInVainIsPaidByTheByte() throws {
    let machine = try machine(commanding)
    let manager = machine.manager
    var calls = 0
    let interpreter = StandInInterpreter { [unowned manager] _, _ in
      calls += 1
      #expect(throws: ManagementError.self) {
        try manager.perform(
          .load(
            "EVIL", image: .kernel(file: Self.junk, initialRamdisk: nil, parameters: ""),
            parameters: nil, force: true), by: .partition("EVIL"))
      }
      return GuestCommandAnswer(reply: "", returnCode: 0)
    }
    machine.run(seconds: 10, answeredBy: interpreter)
    // 50,000,000 cycles of its own processor; each command costs 2,097,152 and 2,500.
    #expect((22...24).contains(calls))
    #expect(try machine.view("GOOD").state == .operating)
  }

  @Test(
    "sizes and times beyond all bounds are refused",
    arguments: [
      0xFFFF_FFFF_FFF0_0000, 0x8000_0000_0000_0000, 17_592_186_044_400 << 20,
    ] as [UInt64])
  func impossibleSizes(size: UInt64) throws {
    let machine = try machine([0xEB, 0xFE], reservedMegabytes: 4)
    let manager = machine.manager
    for insistence in [Insistence.polite, .force] {
      for online in [true, false] {
        #expect(throws: ManagementError.self) {
          try manager.perform(
            .configureStorage(
              "EVIL", byteCount: size, online: online, insistence: insistence, within: Int.max),
            by: .partition("EVIL"))
        }
      }
    }
    #expect(throws: ManagementError.storageLimit("EVIL", requested: size, limit: 8 << 20)) {
      try manager.perform(.defineStorage("EVIL", byteCount: size))
    }
    #expect(manager.ledger.isBalanced)
    try manager.perform(
      .configureStorage(
        "EVIL", byteCount: 4 << 20, online: true, insistence: .polite, within: Int.max))
    #expect(try machine.view("EVIL").storageByteCount == 8 << 20)
  }

  @Test func withoutItsFirstProcessorAPartitionIsNotLoaded() throws {
    let machine = try GuestMachine(
      processors: 1, [GuestMachine.partition("NONE", processors: 0, reserved: 1)])
    let refusal = ManagementError.noFirstProcessor("NONE")
    #expect(throws: refusal) { try machine.activateAll() }
    try machine.manager.perform(.activate("NONE", load: false))
    #expect(throws: refusal) {
      try machine.manager.perform(.load("NONE", image: nil, parameters: nil))
    }
    try machine.manager.perform(.deactivate("NONE"))
  }
}

extension [UInt8] {
  /// The code with a jump to its beginning behind it.
  fileprivate func withJumpBack() -> [UInt8] {
    let distance = UInt32(bitPattern: Int32(-(count + 5)))
    return self + [0xE9] + (0..<4).map { UInt8(distance >> (8 * UInt32($0)) & 0xFF) }
  }
}

/// The rule by itself.
///
/// Oracle: `Docs/Operations.md`: two in a row at once; then 10 ms, 20 ms, ... 10 s.
struct RestartPaceTests {
  @Test func doublesUpToTenSecondsAndForgetsAfterOne() {
    var pace = RestartPace()
    pace.begin(at: 5_000_000_000)
    var now: UInt64 = 5_000_000_000
    var delays: [UInt64] = []
    for _ in 0..<16 {
      let next = pace.beginAgain(at: now)
      delays.append((next - now) / 1_000_000)
      now = next + 999_999_999
    }
    #expect(
      delays == [
        0, 0, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_000, 10_000, 10_000, 10_000,
      ])
    now += 1
    #expect(pace.beginAgain(at: now) == now)
    #expect(pace.beginAgain(at: .max) == .max)
    for _ in 0..<100 { #expect(pace.beginAgain(at: .max) == .max) }
  }
}
