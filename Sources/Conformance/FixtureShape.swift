/// What an entry of a file of tests is, by the fields that it has; a folder may hold many kinds.
public enum FixtureShape: Sendable, Hashable {
    /// A state, a transaction, and what comes of it by fork.
    case state
    /// A genesis and blocks.
    case block
    /// A chain of a network whose rules of blocks are not known.
    case blockOfNetwork(String)
    /// A genesis and payloads as a consensus client hands them over.
    case engine
    /// Bytes that are or are not a transaction.
    case transaction
    /// Containers of a format of code that no fork here has.
    case container
    /// Something else.
    case unknown

    /// The shape of an entry.
    init(_ fixture: JSONValue) {
        func has(_ name: String) -> Bool { fixture.isObject && fixture[name] != nil }
        self =
            if has("engineNewPayloads") || has("syncPayload") {
                .engine
            } else if has("blocks") {
                .block
            } else if has("post") && has("transaction") {
                .state
            } else if has("txbytes") {
                .transaction
            } else if has("vectors") {
                .container
            } else {
                .unknown
            }
    }

    /// The shape in words, and what runs it.
    public var description: String {
        switch self {
        case .state: "state tests (hoard statetest runs them)"
        case .block: "blockchain tests (hoard blocktest runs them)"
        case .blockOfNetwork(let name): "blockchain tests of \(name) (chains from Paris on are run)"
        case .engine: "blockchain tests as payloads of the engine interface (nothing here runs them)"
        case .transaction: "transaction tests (hoard conformance runs them)"
        case .container: "tests of code containers (no fork here has them)"
        case .unknown: "entries that are no tests"
        }
    }
}
