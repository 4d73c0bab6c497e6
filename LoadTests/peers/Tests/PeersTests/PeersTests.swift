import Foundation
import Testing

@testable import hoard_peers

/// What of the peers' driver can be checked without a peer.
struct PeersTests {
    @Test(arguments: ["postgres/ledger/8/1", "redis/always/64/16", "sqlite/full/1/1000"])
    func `a setting is read as it is written`(text: String) throws {
        #expect(try #require(Setting(argument: text)).text == text)
    }

    @Test(arguments: [
        "postgres/ledger/8", "postgres/none/8/1", "postgres/ledger/0/1", "postgres/ledger/8/2", "mysql/full/1/1",
        "sqlite/full/2/1", "redis/always/64/0", "redis/always/9999/1",
    ])
    func `a setting that makes no sense is none`(text: String) {
        #expect(Setting(argument: text) == nil)
    }

    @Test func `every standard setting has its design file`() throws {
        #expect(Setting.standard.count == 10)
        for setting in Setting.standard + Setting.sweep {
            let ending = setting.store == .redis ? "lua" : "sql"
            let text = try Self.settings(setting.designFile).designText(ending)
            #expect(!text.contains(":players") && !text.contains(":gold"))
        }
    }

    @Test func `only plain offers of one item for gold have prices`() throws {
        let catalog = """
            {"offers": [
                {"offer": 3, "costs": [[1, 16]], "results": [[12, 1]], "stock": "unlimited"},
                {"offer": 1, "costs": [[1, 2]], "results": [[10, 1]], "stock": "unlimited"},
                {"offer": 2, "costs": [[2, 9]], "results": [[11, 1]], "stock": "unlimited"},
                {"offer": 4, "costs": [[1, 3]], "results": [[13, 1]], "stock": 10},
                {"offer": 5, "costs": [[1, 4]], "results": [[10, 1]], "stock": "unlimited"},
                {"offer": 6, "costs": [[1, 5]], "results": [[14, 2]], "stock": "unlimited"},
                {"offer": 7, "costs": [[1, 6]], "results": [[15, 1]], "stock": "unlimited", "capPerPlayer": 1}
            ]}
            """
        #expect(try Prices.read(Data(catalog.utf8), count: 2) == [2, 16])
        #expect(throws: PeerFailure.self) { try Prices.read(Data(catalog.utf8), count: 3) }
    }

    @Test func `a process's time holds that of children who have ended`() throws {
        let line = "7 (a) b) S 3 7 7 0 -1 0 0 0 0 0 100 50 20 10 20 0 1"
        let (parent, time) = try #require(ProcessTree.parse(line, ticksPerSecond: 100))
        #expect(parent == 3)
        #expect(time == ProcessorTime(userMicroseconds: 1_200_000, systemMicroseconds: 600_000))
    }

    /// A change in one sum of the store, and how many problems it must make.
    @Test(arguments: [(0, 0), (1, 1), (2, 1), (3, 1), (4, 1)])
    func `a store that differs from the answers is found`(place: Int, expected: Int) {
        let scenario = Self.scenario
        let work = MeasuredWork(scenario: scenario, prices: [5, 7], seed: 1, high: 9) { _ in }
        for _ in 0..<500 { if let request = work.next() { work.ended(request, .done) } }
        #expect(work.ended == 500 && work.last.count == MeasuredWork.repeatsMax && work.treasury > 0)
        var totals = Totals(
            gold: work.book.gold.reduce(0, +), treasury: work.treasury,
            items: (0..<2).map { kind in (0..<10).reduce(0) { $0 + work.book.quantity(player: $1, item: kind) } },
            ledgerEntries: 500)
        switch place {
        case 1: totals.gold += 1
        case 2: totals.treasury -= 1
        case 3: totals.items[1] += 1
        case 4: totals.ledgerEntries -= 1
        default: break
        }
        let repeated = RepeatedWork(work.last)
        #expect(PeerRun.problems(totals, work, repeated, scenario).count == expected)
    }

    @Test func `a repeat that ends otherwise is found`() throws {
        let work = MeasuredWork(scenario: Self.scenario, prices: [5, 7], seed: 1, high: 9) { _ in }
        for _ in 0..<3 { if let request = work.next() { work.ended(request, .done) } }
        let repeated = RepeatedWork(work.last)
        while let request = repeated.next() { repeated.ended(request, request.low == 2 ? .refused : .done) }
        #expect(repeated.different == 1)
    }

    private static var scenario: Scenario {
        Scenario(
            name: "small", about: "", players: 10, zipf: 1,
            start: StartingGoods(gold: 1000, itemKinds: 2, itemQuantity: 100),
            operations: [
                OperationShare(kind: .purchase, percent: 50, quantity: [1, 3]),
                OperationShare(kind: .trade, percent: 20, gold: [1, 50], quantity: [1, 3]),
                OperationShare(kind: .reward, percent: 30, gold: [10, 50], quantity: [1, 1]),
            ], connections: 1, inFlight: 1, warmUpSeconds: 0, seconds: 60)
    }

    private static func settings(_ design: String) -> PeerSettings {
        PeerSettings(design: design, clients: 1, pipeline: 1, scenario: scenario, folder: "/nowhere")
    }
}
