import Foundation
import Testing

@testable import hoard_load

/// Scenario files: the ones that come with the program, and the slips that are refused.
struct ScenarioTests {
    private static var folder: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("LoadTests/Scenarios")
    }

    @Test func `every scenario file is valid and named as its file`() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(files.count >= 2)
        for file in files {
            let data = try Data(contentsOf: Self.folder.appendingPathComponent(file))
            let scenario = try Scenario.parse(data, file: file)
            #expect(scenario.name + ".json" == file)
        }
    }

    @Test func `the shop mix is the agreed workload`() throws {
        let data = try Data(contentsOf: Self.folder.appendingPathComponent("shop-mix.json"))
        let scenario = try Scenario.parse(data, file: "shop-mix.json")
        #expect(scenario.players == 10_000)
        #expect(scenario.zipf == 1)
        #expect(scenario.start == StartingGoods(gold: 1000, itemKinds: 32, itemQuantity: 100))
        #expect(scenario.operations.map(\.kind) == [.purchase, .trade, .reward])
        #expect(scenario.operations.map(\.percent) == [50, 20, 30])
    }

    @Test func `the match night is the agreed mix with its disturbances`() throws {
        let data = try Data(contentsOf: Self.folder.appendingPathComponent("match.json"))
        let scenario = try Scenario.parse(data, file: "match.json")
        #expect(scenario.operations.map(\.kind) == [.reward, .purchase, .trade, .craft, .proposal])
        #expect(scenario.operations.map(\.percent) == [60, 25, 10, 3, 2])
        #expect(
            scenario.disturbances == Disturbances(repeatPercent: 1, tooLittlePercent: 0.5, disconnectPercent: 0.1))
    }

    @Test(arguments: [
        (#""percent": 100"#, #""percent": 90"#, "sum to 90"),
        (#""players": 10"#, #""players": 1"#, "players is 1"),
        (#""zipf": 0"#, #""zipf": -1"#, "zipf is -1.0"),
        (#""zipf": 0"#, #""zipff": 0"#, "unknown field zipff"),
        (#""gold": [1, 10]"#, #""gold": [10, 1]"#, "gold should be"),
        (#""gold": [1, 10]"#, #""gold": [0, 10]"#, "gold should be"),
        (#""zipf": 0"#, #""zipf": 0, "rate": 0"#, "rate is 0.0"),
        (
            #""zipf": 0"#,
            #""zipf": 0, "disturbances": {"repeatPercent": 60, "tooLittlePercent": 0, "disconnectPercent": 0}"#,
            "disturbances should be 0...50"
        ),
        (#""connections": 2"#, #""connections": 20001"#, "connections is 20001"),
        (#""seconds": 1"#, #""seconds": 0"#, "seconds is 0.0"),
        (#""players": 10,"#, "", "players is missing"),
        (#""players": 10"#, #""players": "ten""#, "players should be of type Int"),
    ])
    func `a wrong scenario is refused with the field`(
        right: String, wrong: String, message: String
    ) {
        let text = Self.text.replacingOccurrences(of: right, with: wrong)
        #expect(text != Self.text)
        do {
            _ = try Scenario.parse(Data(text.utf8), file: "file.json")
            Issue.record("was taken")
        } catch {
            let said = String(describing: error)
            #expect(said.hasPrefix("file.json: ") && said.contains(message), "\(said)")
        }
    }

    private static let text = """
        {"name": "test", "about": "test", "players": 10, "zipf": 0,
         "start": {"gold": 1000, "itemKinds": 0, "itemQuantity": 0},
         "operations": [{"kind": "transfer", "percent": 100, "gold": [1, 10]}],
         "connections": 2, "inFlight": 2, "warmUpSeconds": 0, "seconds": 1}
        """
}
