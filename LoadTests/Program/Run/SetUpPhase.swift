import Wire

/// Gives every player what the scenario lets them start with, through the wire.
final class SetUpPhase: LoadPhase {
    /// Answers that were not `applied`.
    private(set) var failures: [String] = []
    private let start: StartingGoods
    private let writer: ActionWriter
    private let assets: [UInt64]
    private let ids: OperationIDSource
    private let grantsPerPlayer: Int
    private let grantCount: Int
    private var next = 0
    private var done = 0
    private var retries: [Int] = []

    /// A phase for all players of the writer; `assets` are those of the item kinds.
    init(start: StartingGoods, assets: [UInt64], writer: ActionWriter, ids: OperationIDSource) {
        self.start = start
        self.assets = assets
        self.writer = writer
        self.ids = ids
        let lines = (start.gold > 0 ? 1 : 0) + (start.itemQuantity > 0 ? start.itemKinds : 0)
        grantsPerPlayer = (lines + writer.lineCount - 1) / writer.lineCount
        grantCount = grantsPerPlayer * writer.accounts.count
    }

    var isComplete: Bool { done == grantCount }

    var progress: String {
        "handing out \(ProgressLine.bar(done: UInt64(done), of: UInt64(max(1, grantCount))))"
    }

    /// How many ids it uses, from the source's first on.
    var idCount: Int { grantCount }

    func sendNext(on connection: LoadConnection, slot: Int) -> Bool {
        let grant: Int
        if let retry = retries.popLast() {
            grant = retry
        } else {
            guard next < grantCount else { return false }
            grant = next
            next += 1
        }
        connection.sequences[slot] = grant
        connection.act(written(grant), id: ids.id(grant), slot: slot)
        return true
    }

    func replied(on connection: LoadConnection, slot: Int, reply: ReplyBody) {
        if reply.status == .busy {
            retries.append(connection.sequences[slot])
            return
        }
        done += 1
        if reply.status != .applied, failures.count < 10 {
            failures.append("a grant was not applied: \(reply.message) (code \(reply.refusalCode))")
        }
    }

    /// Grant n of player p, player by player; the first holds the gold.
    private func written(_ grant: Int) -> ActionWriter.Written {
        let player = UInt32(grant / grantsPerPlayer)
        let part = grant % grantsPerPlayer
        let hasGold = start.gold > 0
        let goldLines = hasGold && part == 0 ? 1 : 0
        let first = part * writer.lineCount - (hasGold && part > 0 ? 1 : 0)
        let kinds = start.itemQuantity > 0 ? start.itemKinds : 0
        let count = max(0, min(writer.lineCount - goldLines, kinds - first))
        return writer.writeGrant(
            player: player, gold: goldLines == 1 ? start.gold : 0, count: count
        ) { (assets[first + $0], start.itemQuantity) }
    }
}
