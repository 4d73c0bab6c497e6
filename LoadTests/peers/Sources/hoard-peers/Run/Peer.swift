import Foundation

/// A store that does workload W: started by us with fresh data, driven, asked for its totals, stopped.
protocol Peer: AnyObject {
    /// Starts it, makes its tables and gives every player what they start with.
    func open() throws
    /// Takes operations from the source until it has none for now and nothing is under way.
    func drive(_ source: any WorkSource) throws
    /// What the store holds, by its own sums.
    func totals() throws -> Totals
    /// CPU time of all its processes so far.
    var processorTime: ProcessorTime { get }
    /// Stops it.
    func close()
}

/// One operation on its way to a peer.
struct Request {
    /// The two halves of the idempotency key: time and chance, running number.
    var high: UInt64
    var low: UInt64
    var operation: LoadOperation
    /// When it was handed out.
    var startedNanoseconds: UInt64 = 0
}

/// How an operation ended.
enum Outcome: Int, Equatable {
    case done = 0
    /// Too little gold or too few items.
    case refused = 1
}

/// Where a driver gets operations, and whom it tells how they ended.
protocol WorkSource: AnyObject {
    /// The next operation; nil when there is none any more.
    func next() -> Request?
    /// An operation has ended, durably.
    func ended(_ request: Request, _ outcome: Outcome)
}

/// Sums over a store, by which the end of a run is judged.
struct Totals: Equatable {
    /// Gold of all players.
    var gold: Int64
    /// Gold of the treasury.
    var treasury: Int64
    /// Items of all players, by kind.
    var items: [Int64]
    /// Lines of the ledger.
    var ledgerEntries: Int64
}

/// A peer that could not be started or driven, or that answered what it should not.
struct PeerFailure: Error, CustomStringConvertible {
    let description: String
}

/// What every peer is given.
struct PeerSettings {
    /// The file in Designs that the store is set up from.
    var design: String
    var clients: Int
    /// Operations under way on each connection, or in each batch.
    var pipeline: Int
    var scenario: Scenario
    /// An empty folder on the disk that counts.
    var folder: String

    /// The text of a file in Designs, with the scenario's numbers in it.
    func designText(_ ending: String) throws -> String {
        let program = ServerPaths.ownProgram()
        let name = "LoadTests/peers/Designs/\(design).\(ending)"
        guard
            let path = ServerPaths.upwards(from: [ServerPaths.currentFolder(), program], name: name),
            let text = try? String(contentsOfFile: path, encoding: .utf8)
        else { throw PeerFailure(description: "no file \(name) above the working folder or the program") }
        return
            text
            .replacing(":players", with: String(scenario.players))
            .replacing(":kinds", with: String(scenario.start.itemKinds))
            .replacing(":quantity", with: String(scenario.start.itemQuantity))
            .replacing(":gold", with: String(scenario.start.gold))
    }
}

extension LoadOperation {
    /// The kind as the designs number them.
    var peerKind: Int32 {
        switch kind {
        case .purchase: 0
        case .trade: 1
        case .reward: 2
        default: preconditionFailure("workload W has no operation of kind \(kind)")
        }
    }

    /// What of a trade's gold goes to the treasury: 2.5 %, rounded down, as in GameData's contract.
    var fee: UInt64 { kind == .trade ? gold * 250 / 10_000 : 0 }
}
