/// Why the history cannot answer, or cannot be kept.
public struct HistoryError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, for people.
    public var description: String
    /// Whether a limit was exceeded.
    public var isLimit: Bool
    /// Whether it could be answered later, when the index has come further.
    public var isEarly: Bool

    /// An error with its sentence.
    public init(_ description: String, isLimit: Bool = false, isEarly: Bool = false) {
        self.description = description
        self.isLimit = isLimit
        self.isEarly = isEarly
    }
}
