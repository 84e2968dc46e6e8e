import Channels
import Foundation
import X86

@testable import Partitioning
@testable import Platform

/// Calls of a guest to the firmware with any registers, in any order with what the operator does:
/// commands, notices taken and answered, storage and processors that come and go.
enum HypercallsTarget: FuzzTarget {
  private static let code: UInt64 = 0x14_0000
  private static let text: UInt64 = 0x15_0000

  static func run(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let machine = FuzzMachine()
    machine.start(["ONE", "TWO"])
    var steps = 0
    while !input.isAtEnd, steps < 24 {
      steps += 1
      let choice = input.byte()
      if choice & 3 == 0 {
        _ = machine.console.execute(operatorLines[Int(choice >> 2) % operatorLines.count])
      } else {
        call(machine, partition: Int(choice >> 2 & 1), &input)
      }
      machine.run(epochs: 1 + UInt64(choice >> 7))
    }
    machine.check()
  }

  /// Has a guest make up to four calls, then spin.
  private static func call(_ machine: FuzzMachine, partition: Int, _ input: inout FuzzInput) {
    guard let computer = machine.manager.partitions[partition]?.computer else { return }
    var code: [UInt8] = []
    for _ in 0...Int(input.byte() & 3) {
      for register: UInt8 in [0xB8, 0xBB, 0xB9, 0xBA, 0xBE] {
        code += [0x48, register] + MachineLanguage.littleEndian(operand(register, &input))
      }
      code += [0x0F, 0x01, 0xD9]
    }
    let memory = computer.memory
    let line = commandText(&input)
    _ = line.withUnsafeBytes { memory.write(text, from: $0) }
    _ = (code + [0xEB, 0xFE]).withUnsafeBytes { memory.write(Self.code, from: $0) }
    let processor = computer.processors[0]
    guard processor.efer & 0x400 != 0 else { return }
    processor.instructionPointer = Self.code
  }

  private static let codes: [UInt64] = [
    0x08, 0x08, 0x600, 0x600, 0x600, 0x0C, 0x44, 0x60, 0x9C, 0x49C, 0x610, 0x620,
  ]

  private static func operand(_ register: UInt8, _ input: inout FuzzInput) -> UInt64 {
    let choice = input.byte()
    switch (register, choice & 3) {
    case (0xB8, 0...2): return 0x4449_0000 + codes[Int(choice >> 2) % codes.count]
    case (0xB8, _): return UInt64(choice >> 2)
    case (0xBB, 0): return text
    case (_, 0): return UInt64(choice >> 2)
    case (_, 1): return 1 << UInt64(choice >> 2)
    case (_, 2): return (UInt64(choice >> 2) << 20)
    default: return input.number()
    }
  }

  private static func commandText(_ input: inout FuzzInput) -> [UInt8] {
    let choice = input.byte()
    guard choice & 1 == 0 else { return input.take(Int(choice >> 1)) }
    let verbs = [
      "CONFIG STOR(%M),ONLINE", "CONFIG STOR(%M),OFFLINE", "CONFIG CPU(%),ONLINE",
      "CONFIG CPU(%),OFFLINE,FORCE", "CONFIG CHP(%),OFFLINE", "DEFINE STORAGE %M", "DEFINE CPU %",
      "DETACH CPU %", "DISPLAY T%.%", "STORE S% %", "CPU % CMD CPU % CMD STOP", "BEGIN %",
      "QUERY VIRTUAL", "IPL PROGRAM SPIN PARM %", "SYSTEM RESET", "SYSTEM CLEAR", "SIGNAL SHUTDOWN",
      "COMMAND ACTIVATE TWO FORCE", "CONFIG % CANCEL", "SET SHARE * RELATIVE %", "XAUTOLOG TWO",
      "CONFIG STOR(%M),ONLINE WITHIN %", "LOGOFF", "QUERY JOURNAL FROM %", "MESSAGE TWO %",
    ]
    var line = verbs[Int(choice >> 1) % verbs.count]
    while let place = line.range(of: "%") {
      line.replaceSubrange(place, with: edges[Int(input.byte()) % edges.count])
    }
    return Array(line.utf8)
  }

  static let edges = [
    "0", "1", "2", "3", "63", "64", "4", "FF", "-1", "255", "65535", "65536", "2147483647",
    "2147483648", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808",
    "18446744073709551615", "18446744073709551616", "17592186044415", "17592186044400",
    "99999999999999999999999999999999", "0.00", "1.5", "*", "10-11", "7FFFFFFFFFFFFFFF",
    "FFFFFFFFFFFFFFFF", "8000000000000000", "2611-01-01T00:00:00", "9999-12-31T23:59:59",
    "0000-00-00T00:00:00", "100%", "1-18446744073709551615", "",
  ]

  private static let operatorLines = [
    "FOR ONE CMD CONFIG CPU(1),ONLINE", "FOR ONE CMD CONFIG CPU(1),OFFLINE",
    "FOR ONE CMD CONFIG STOR(1M),ONLINE", "FOR ONE CMD CONFIG STOR(2M),OFFLINE",
    "FOR ONE CMD CONFIG STOR(1M),ONLINE", "FOR TWO CMD CONFIG STOR(1M),ONLINE",
    "FOR ONE CMD CONFIG CPU(0),OFFLINE,FORCE", "FOR ONE CMD CONFIG CPU CANCEL",
    "FOR ONE CMD CONFIG STOR CANCEL", "SIGNAL SHUTDOWN ONE WITHIN 1", "SIGNAL SHUTDOWN TWO",
    "FOR ONE CMD STOP", "FOR ONE CMD BEGIN", "XAUTOLOG FULL", "XAUTOLOG ONE", "XAUTOLOG TWO",
    "FORCE TWO", "FORCE ONE", "FOR ONE CMD SYSTEM RESET", "FOR TWO CMD SYSTEM RESTART",
    "SET WEIGHT ONE 1", "SET SECURITY ONE CROSSPARTITION ON", "FOR ONE CMD CONFIG CHP(10),OFFLINE",
    "FOR ONE CMD CONFIG CHP(10),ONLINE", "VARY OFFLINE PROCESSOR 1", "VARY ONLINE PROCESSOR 1",
    "QUERY NAMES", "QUERY STORAGE MAP", "INDICATE LPAR", "SET CAP ONE ABSOLUTE 0.01",
  ]

  static var seeds: [[UInt8]] {
    // Every code once with plain operands; every command of a guest; notices asked for and taken.
    var calls: [UInt8] = []
    for code in 0..<12 as Range<UInt8> { calls += [1, 0, code << 2, 0, 0, 0, 0, 0, 1] }
    var commands: [UInt8] = []
    for verb in 0..<25 as Range<UInt8> {
      commands += [1, 0, 0, 0, 40 << 2 | 0, 0, 0, verb << 1, 16, 20]
    }
    var notices: [UInt8] = []
    for line in 0..<30 as Range<UInt8> {
      notices += [line << 2, 1, 0, 2 << 2, 1 << 2, 0, 0, 0, 0, 1, 0, 2 << 2, 2 << 2, 0, 0, 0, 0]
    }
    return [calls, notices]
      + stride(from: 0, to: commands.count, by: 50).map {
        Array(commands[$0..<min($0 + 50, commands.count)])
      }
  }
}
