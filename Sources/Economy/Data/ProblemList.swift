/// Collects what is wrong while a game folder is read; confined to the one thread that loads.
final class ProblemList {
    /// What was found so far, in the order of finding.
    private(set) var problems: [GameDataProblem] = []

    /// Notes one problem at a place.
    func add(_ node: DataNode, _ wrong: String, _ right: String) {
        problems.append(
            GameDataProblem(
                file: node.file, line: node.line, column: node.column, field: node.path, wrong: wrong, right: right))
    }

    /// Notes a problem of a file as a whole, or at a line of it.
    func add(file: String, line: Int = 0, column: Int = 0, _ wrong: String, _ right: String) {
        problems.append(
            GameDataProblem(file: file, line: line, column: column, field: "", wrong: wrong, right: right))
    }

    /// Throws everything that was found, if anything was.
    func throwIfAny() throws(GameDataError) {
        if !problems.isEmpty { throw GameDataError(problems: problems.sorted()) }
    }
}
