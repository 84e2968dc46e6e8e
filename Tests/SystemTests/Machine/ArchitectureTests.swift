import Foundation
import Testing

@Suite("Docs/Files.md")
struct ArchitectureTests {
  /// Files under Sources and Tests, relative to the project.
  private func files() throws -> Set<String> {
    var found: Set<String> = []
    for top in ["Sources", "Tests"] {
      let all = try FileManager.default.subpathsOfDirectory(atPath: Project.path(top))
      for file in all where [".swift", ".c", ".h", ".modulemap"].contains(where: file.hasSuffix) {
        found.insert(top + "/" + file)
      }
    }
    return found
  }

  /// Files that the document names: a heading with the folder, then lines beginning with a name.
  private func documented() throws -> [String] {
    let text = try String(contentsOfFile: Project.path("Docs/Files.md"), encoding: .utf8)
    var folder: String?
    var names: [String] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("### `") {
        folder = line.dropFirst(5).prefix { $0 != "`" }.description
      } else if line.hasPrefix("#") {
        folder = nil
      } else if let folder, line.hasPrefix("- `") {
        names.append(folder + line.dropFirst(3).prefix { $0 != "`" })
      }
    }
    return names
  }

  @Test("has one line for every file, and none for a file that is not there")
  func matchesTheTree() throws {
    let files = try files()
    let documented = try documented()
    #expect(files.subtracting(documented).sorted() == [])
    #expect(Set(documented).subtracting(files).sorted() == [])
    #expect(documented.count == Set(documented).count)
  }
}
