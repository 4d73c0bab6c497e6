import Economy
import Wire

/// What goes over the wire for one step of a plan, encoded before the clock starts.
enum ReplayMove {
    case action(ActionBody, OperationID)
    /// Actions that are applied together or not at all.
    case linked(BatchBody)
    case query(QueryBody, SnapshotCheck)
}

/// A move with what the player must know of it.
struct ScheduledMove {
    let move: ReplayMove
    let sequence: Int64
    /// The match's time.
    let timeMilliseconds: Int64
    /// Whether only an operator may send it.
    let byOperator: Bool
    /// How many operations it puts in flight.
    let weight: Int
    /// How much a command asks for that may be clamped.
    var requested: UInt64?
}

extension ReplayPlan {
    /// The moves of the plan in order.
    func moves(game: Game) throws(ReplayError) -> [ScheduledMove] {
        var encoder = ActionEncoder(game: game)
        var moves: [ScheduledMove] = []
        var linked: [BatchItem] = []
        for step in steps {
            switch step {
            case .check(let check):
                let query = QueryBody(
                    kind: .balance, account: encoder.account(.player(check.player)), subject: check.asset)
                moves.append(
                    ScheduledMove(
                        move: .query(query, check), sequence: check.sequence, timeMilliseconds: check.timeMilliseconds,
                        byOperator: false, weight: 1))
            case .action(let action):
                guard let id = OperationID(bytes: action.operationID) else {
                    throw .gameDoesNotFit("an operation id of \(action.operationID.count) bytes")
                }
                let body = try encoder.body(action)
                let time = Int64(action.clockMilliseconds) - epochMilliseconds
                if action.linkedWithNext || !linked.isEmpty {
                    linked.append(BatchItem(operationID: id, action: body))
                    if action.linkedWithNext { continue }
                    moves.append(
                        ScheduledMove(
                            move: .linked(BatchBody(items: linked)), sequence: action.sequence, timeMilliseconds: time,
                            byOperator: false, weight: linked.count))
                    linked = []
                } else {
                    moves.append(
                        ScheduledMove(
                            move: .action(body, id), sequence: action.sequence, timeMilliseconds: time,
                            byOperator: action.authority == .operatorRole, weight: 1, requested: action.requested))
                }
            }
        }
        return moves
    }
}
