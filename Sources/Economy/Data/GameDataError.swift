/// One thing that is wrong in a file of the game folder.
public struct GameDataProblem: Sendable, Equatable, Comparable, CustomStringConvertible {
    /// The file, relative to the game folder.
    public var file: String
    /// The line, from 1; 0 where the problem is the file as a whole.
    public var line: Int
    /// The column, from 1; 0 where the problem is the file as a whole.
    public var column: Int
    /// The field, like `payload[1].type`; empty for the file as a whole.
    public var field: String
    /// What is wrong.
    public var wrong: String
    /// What would be right.
    public var right: String

    /// `file:line:column: field: what is wrong; what would be right`.
    public var description: String {
        let place = line > 0 ? "\(file):\(line):\(column)" : file
        return "\(place): \(field.isEmpty ? "" : field + ": ")\(wrong); \(right)"
    }

    /// By file, then line, then column.
    public static func < (left: GameDataProblem, right: GameDataProblem) -> Bool {
        (left.file, left.line, left.column, left.field) < (right.file, right.line, right.column, right.field)
    }
}

/// Everything that is wrong in a game folder, at once.
public struct GameDataError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The problems, by file and line; at least one.
    public var problems: [GameDataProblem]

    /// One problem a line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
