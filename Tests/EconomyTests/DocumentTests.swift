import Economy
import Foundation
import Testing

/// docs/WIRE.md shows the actions as the game folder has them.
struct DocumentTests {
    /// With HOARD_UPDATE_DOCS=1 the test writes the table instead of comparing it.
    @Test func `the table of actions in WIRE_md equals the game folder`() throws {
        let path = TestWorld.root + "/docs/WIRE.md"
        guard let document = try? String(contentsOfFile: path, encoding: .utf8) else {
            Issue.record("docs/WIRE.md is missing")
            return
        }
        let table = ActionDocument.markdown(try TestWorld.sharedGame.get())
        if ProcessInfo.processInfo.environment["HOARD_UPDATE_DOCS"] == "1" {
            let updated = try #require(ActionDocument.replacing(in: document, with: table))
            try updated.write(toFile: path, atomically: true, encoding: .utf8)
            return
        }
        let section = try #require(ActionDocument.section(of: document), "WIRE.md has no markers for the actions")
        #expect(section == table, "run the tests once with HOARD_UPDATE_DOCS=1")
    }

    @Test func `a table is put between its markers and found there`() throws {
        let document = "a\n\(ActionDocument.begin)\nolder\n\(ActionDocument.end)\nb\n"
        let updated = try #require(ActionDocument.replacing(in: document, with: "newer\n"))
        #expect(updated == "a\n\(ActionDocument.begin)\nnewer\n\(ActionDocument.end)\nb\n")
        #expect(ActionDocument.section(of: updated) == "newer\n")
        #expect(ActionDocument.section(of: "no markers\n") == nil)
    }
}
