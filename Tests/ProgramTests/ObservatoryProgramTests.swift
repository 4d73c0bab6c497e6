import Foundation
import Testing

/// The observatory from outside, with other people's programs.
struct ObservatoryProgramTests {
    @Test func `web3.py reads, signs, sends, waits, filters, subscribes and proves`() throws {
        let hoard = Program.folder.appendingPathComponent("hoard").path
        let run = try Program.run(at: Program.checkout.appendingPathComponent("scripts/web3-check"), [hoard])
        #expect(run.status == 0, "\(run.output)\n\(run.errors)")
        #expect(run.output.contains("checks passed") || run.output.contains("skipped"))
        print(run.output)
    }

    @Test func `the page loads, lives, searches and proves a receipt in a browser`() throws {
        let hoard = Program.folder.appendingPathComponent("hoard").path
        let run = try Program.run(at: Program.checkout.appendingPathComponent("scripts/page-check"), [hoard])
        #expect(run.status == 0, "\(run.output)\n\(run.errors)")
        #expect(run.output.contains("checks passed") || run.output.contains("skipped"))
        print(run.output)
    }
}
