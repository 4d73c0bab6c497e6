/// Why a file could not be read as a match: which file, where in it, what is wrong, and what would be right.
public struct ImportError: Error, Sendable, Equatable, CustomStringConvertible {
    public let file: String
    /// The line, from 1; nil when the fault is not at a line.
    public let line: Int?
    /// The path in the JSON, `$.timeline.frames[3].timestamp`; empty when there is none.
    public let path: String
    public let problem: String
    /// What would be right; empty when the problem says it.
    public let remedy: String

    /// An error at a place of a file.
    public init(file: String, line: Int? = nil, path: String = "", problem: String, remedy: String = "") {
        self.file = file
        self.line = line
        self.path = path
        self.problem = problem
        self.remedy = remedy
    }

    public var description: String {
        var text = file
        if let line { text += ":\(line)" }
        if !path.isEmpty { text += ": \(path)" }
        text += ": \(problem)"
        if !remedy.isEmpty { text += "; \(remedy)" }
        return text
    }
}
