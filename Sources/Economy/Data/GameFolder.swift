import Foundation
import Yams

/// Reads the files of a game folder.
struct GameFolder {
    /// The folder's path.
    let path: String
    /// Where problems are noted.
    let problems: ProblemList

    /// Whether there is a file that may be missing.
    func has(_ file: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + file) }

    /// The root of a file, or nil after noting why it cannot be read.
    func read(_ file: String) -> DataNode? {
        guard let content = FileManager.default.contents(atPath: path + "/" + file) else {
            problems.add(file: file, "the file cannot be read", "it must be there in \(path)")
            return nil
        }
        guard content.count <= EconomyLimits.fileBytesMax, let text = String(data: content, encoding: .utf8) else {
            problems.add(
                file: file, "the file has \(content.count) bytes or is not UTF-8",
                "write UTF-8 of at most \(EconomyLimits.fileBytesMax) bytes")
            return nil
        }
        do {
            guard let node = try compose(yaml: text) else {
                problems.add(file: file, line: 1, column: 1, "the file is empty", "write an object")
                return nil
            }
            return DataNode(file: file, path: "", node: node, problems: problems)
        } catch {
            note(error, file)
            return nil
        }
    }

    /// The names of the JSON files in a folder, sorted.
    func jsonFiles(in folder: String) -> [String] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path + "/" + folder) else {
            problems.add(file: folder, "the folder cannot be read", "it must be there in \(path)")
            return []
        }
        return names.filter { $0.hasSuffix(".json") }.sorted()
    }

    private func note(_ error: any Error, _ file: String) {
        let right = "write JSON"
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            problems.add(file: file, line: mark.line, column: mark.column, problem, right)
        case .duplicatedKeysInMapping(let duplicates, let context):
            problems.add(
                file: file, line: context.mark.line, column: context.mark.column,
                "the field \(duplicates.map(\.description).sorted().joined(separator: ", ")) stands there twice",
                "write it once")
        default:
            problems.add(file: file, "\(error)", right)
        }
    }
}
