// A recorded step is a line of columns separated by tabs:
//   id   where it starts: place, flags, selectors of ES CS SS DS FS GS, bases of FS and GS, number of
//   the palette and of the floating-point image (both made from the file's seed by StepGenerator and
//   FloatingImages, which are part of the format)   code   patches of data, offset:bytes   registers
//   how it ended: vector, error code, CR2, RIP, flags, selectors, bases   registers that changed,
//   number=value   bytes of the image that changed, offset:bytes   memory that changed, chunk:bytes
// Numbers are hexadecimal; lists have commas. A line that begins with # is a comment.
import CNativeStep

/// Writes and reads the lines of a file of recorded steps.
enum RecordedStep {
  private static func list(_ values: [UInt64]) -> String { values.map(hex).joined(separator: ",") }

  private static func selectors(_ state: StepState) -> [UInt64] {
    (0..<6).map { UInt64(state.selector($0)) } + [state.base(0), state.base(1)]
  }

  // MARK: Writing

  static func line(id: Int, _ test: StepCase) -> String {
    let raw = test.raw.pointee
    let (start, end) = (test.start, test.end)
    let patches = (0..<Int(raw.patch_count)).map { index in
      let patch = test.patches[index]
      return "\(hex(UInt64(patch.offset))):\(bytes(of: patch.bytes))"
    }
    let registers = (0..<16).filter { start[$0] != end[$0] }.map { "\($0)=\(hex(end[$0]))" }
    let columns = [
      String(id),
      list(
        [raw.place, start.flags] + selectors(start)
          + [UInt64(raw.palette), UInt64(raw.floating_number)]),
      hexadecimal(test.codeBytes), patches.joined(separator: ","), list((0..<16).map { start[$0] }),
      list(
        [UInt64(raw.vector), raw.error, raw.fault_address, end.pointer, end.flags]
          + selectors(end)),
      registers.joined(separator: ","), floatingChanges(start, end).joined(separator: ","),
      (0..<test.keptChanges).map {
        "\(hex(UInt64(test.changes[$0].chunk))):\(bytes(of: test.changes[$0].bytes))"
      }.joined(separator: ","),
    ]
    return columns.joined(separator: "\t")
  }

  private static func bytes<T>(of value: T) -> String {
    withUnsafeBytes(of: value) { hexadecimal(Array($0)) }
  }

  private static func floatingChanges(_ start: StepState, _ end: StepState) -> [String] {
    stride(from: 0, to: StepState.floatingByteCount, by: 8).compactMap { offset in
      let before = (start.floating + offset).loadUnaligned(as: UInt64.self)
      let after = (end.floating + offset).loadUnaligned(as: UInt64.self)
      return before == after ? nil : "\(hex(UInt64(offset))):\(hex(after))"
    }
  }

  // MARK: Reading

  /// Fills a case with a line; false if it does not have the form.
  static func read(_ line: Substring, into test: StepCase, images: [[UInt8]]) -> Bool {
    let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
    guard columns.count == 9, let place = numbers(columns[1]), place.count == 12,
      let code = bytes(columns[2]), code.count <= Int(native_code_limit),
      let registers = numbers(columns[4]), registers.count == 16,
      let ending = numbers(columns[5]), ending.count == 13, Int(place[11]) < images.count
    else { return false }
    test.raw.pointee = native_case()
    test.raw.pointee.place = place[0]
    test.raw.pointee.palette = UInt32(truncatingIfNeeded: place[10])
    test.setCode(code)
    let (start, end) = (test.start, test.end)
    start.flags = place[1]
    set(start, selectors: Array(place[2..<10]))
    start.pointer = place[0] &- StepSelector.base(start.selector(1))
    images[Int(place[11])].withUnsafeBytes {
      start.floating.copyMemory(
        from: $0.baseAddress ?? UnsafeRawPointer(start.floating), byteCount: $0.count)
    }
    end.floating.copyMemory(from: start.floating, byteCount: StepState.floatingByteCount)
    for index in 0..<16 {
      start[index] = registers[index]
      end[index] = registers[index]
    }
    test.raw.pointee.vector = UInt32(truncatingIfNeeded: ending[0])
    test.raw.pointee.error = ending[1]
    test.raw.pointee.fault_address = ending[2]
    test.raw.pointee.status = UInt32(native_status_done)
    end.pointer = ending[3]
    end.flags = ending[4]
    set(end, selectors: Array(ending[5..<13]))
    return readPatches(columns[3], test) && readChanges(columns, test)
  }

  private static func set(_ state: StepState, selectors: [UInt64]) {
    for index in 0..<6 { state.setSelector(index, UInt16(truncatingIfNeeded: selectors[index])) }
    state.setBase(0, selectors[6])
    state.setBase(1, selectors[7])
  }

  private static func readPatches(_ column: Substring, _ test: StepCase) -> Bool {
    for part in column.split(separator: ",") {
      let index = Int(test.raw.pointee.patch_count)
      guard let (offset, value) = pair(part), let bytes = bytes(value), bytes.count == 16,
        index < Int(native_patch_limit)
      else { return false }
      test.patches[index].offset = UInt32(truncatingIfNeeded: offset)
      withUnsafeMutableBytes(of: &test.patches[index].bytes) { $0.copyBytes(from: bytes) }
      test.raw.pointee.patch_count += 1
    }
    return true
  }

  private static func readChanges(_ columns: [Substring], _ test: StepCase) -> Bool {
    for part in columns[6].split(separator: ",") {
      let sides = part.split(separator: "=")
      guard sides.count == 2, let number = Int(sides[0]), (0..<16).contains(number),
        let value = UInt64(sides[1], radix: 16)
      else { return false }
      test.end[number] = value
    }
    for part in columns[7].split(separator: ",") {
      guard let (offset, text) = pair(part), let value = UInt64(text, radix: 16),
        offset <= UInt64(StepState.floatingByteCount - 8)
      else { return false }
      (test.end.floating + Int(offset)).storeBytes(of: value, as: UInt64.self)
    }
    for part in columns[8].split(separator: ",") {
      guard let (chunk, text) = pair(part), let bytes = bytes(text),
        bytes.count == Int(native_chunk_bytes)
      else { return false }
      bytes.withUnsafeBufferPointer {
        native_image_record(test.raw, UInt32(truncatingIfNeeded: chunk), $0.baseAddress)
      }
    }
    return true
  }

  private static func pair(_ part: Substring) -> (UInt64, Substring)? {
    let sides = part.split(separator: ":")
    guard sides.count == 2, let number = UInt64(sides[0], radix: 16) else { return nil }
    return (number, sides[1])
  }

  private static func numbers(_ column: Substring) -> [UInt64]? {
    let values = column.split(separator: ",").map { UInt64($0, radix: 16) }
    return values.contains(nil) ? nil : values.compactMap { $0 }
  }

  private static func bytes(_ text: Substring) -> [UInt8]? {
    let digits = text.compactMap(\.hexDigitValue)
    guard digits.count == text.count, digits.count % 2 == 0 else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }
}
