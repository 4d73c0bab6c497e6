import Foundation

/// The scenario files that come with the program.
enum ScenarioLibrary {
    /// The scenario of a name, or of a file when the name ends in .json.
    static func load(_ name: String) throws -> Scenario {
        if name.hasSuffix(".json") { return try read(name) }
        guard let folder = folder() else {
            throw ScenarioFailure(
                description: "no folder LoadTests/Scenarios above the program or the working folder;"
                    + " name a scenario file instead")
        }
        let path = folder + "/" + name + ".json"
        guard FileManager.default.fileExists(atPath: path) else {
            let names = names().joined(separator: ", ")
            throw ScenarioFailure(description: "no scenario \(name); there are: \(names)")
        }
        let scenario = try read(path)
        guard scenario.name == name else {
            throw ScenarioFailure(
                description: "\(path): name is \(scenario.name), should be \(name) as the file")
        }
        return scenario
    }

    /// The names of all scenario files, sorted.
    static func names() -> [String] {
        guard let folder = folder(),
            let files = try? FileManager.default.contentsOfDirectory(atPath: folder)
        else { return [] }
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }

    /// The folder of the scenario files, if it can be found.
    static func folder() -> String? {
        let program = (ServerPaths.ownProgram() as NSString).deletingLastPathComponent
        return ServerPaths.upwards(
            from: [ServerPaths.currentFolder(), program], name: "LoadTests/Scenarios")
    }

    private static func read(_ path: String) throws -> Scenario {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ScenarioFailure(description: "cannot read \(path)")
        }
        return try Scenario.parse(data, file: path)
    }
}
