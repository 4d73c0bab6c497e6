import Client
import EventLoop
import Wire

/// What a connection tells its owner.
protocol LoadConnectionOwner: AnyObject {
    /// The handshake is done, or failed for a reason.
    func opened(_ connection: LoadConnection)
    /// An operation was answered; its slot is free again after the call.
    func replied(_ connection: LoadConnection, slot: Int, reply: ReplyBody)
    /// A query was answered; its slot is free again after the call.
    func answered(_ connection: LoadConnection, slot: Int, answer: QueryAnswer)
    /// The connection is to be cut and opened again.
    func cutWanted(_ connection: LoadConnection)
    /// The connection is gone.
    func lost(_ connection: LoadConnection, reason: String)
}

/// One session of role server with a fixed number of operations in flight; no allocation per operation.
///
/// Each operation under way holds a slot. The request id of its frame is (running number, slot), so that the
/// answer finds its way back without a table.
final class LoadConnection {
    /// Slots and so operations in flight at most; the request id has 16 bits for them.
    static let slotsMax = 65_535
    private static let slotMask: UInt64 = 0xFFFF

    /// Its place among the connections of a run.
    let number: Int
    /// Operations in flight at most: what was asked for, or the server's credit if that is less.
    private(set) var capacity: Int
    /// Slots that hold nothing.
    var freeSlots: [Int]
    /// What is under way in each slot; the owner's to use.
    var operations: [LoadOperation]
    /// When the operation of each slot was sent or due.
    var startedNanoseconds: [UInt64]
    /// The running number of the operation of each slot; the owner's to use.
    var sequences: [Int]

    private unowned let owner: any LoadConnectionOwner
    private var client: PipelinedClient?
    private var isQuery: [Bool]
    private var requests: UInt64 = 0

    /// A connection that will hold this many operations in flight.
    init(number: Int, inFlight: Int, owner: any LoadConnectionOwner) {
        self.number = number
        self.owner = owner
        capacity = min(inFlight, Self.slotsMax)
        freeSlots = (0..<capacity).reversed()
        let nothing = LoadOperation(
            kind: .transfer, player: 0, counterparty: 0, item: 0, quantity: 0, gold: 0)
        operations = Array(repeating: nothing, count: capacity + 1)
        startedNanoseconds = Array(repeating: 0, count: capacity + 1)
        sequences = Array(repeating: 0, count: capacity + 1)
        isQuery = Array(repeating: false, count: capacity + 1)
    }

    /// Whether the handshake is done and the connection stands.
    var isOpen: Bool { client != nil }

    /// A slot beyond the others, for one question of the owner's own at a time.
    var controlSlot: Int { operations.count - 1 }

    /// Operations under way.
    var inFlight: Int { capacity - freeSlots.count }

    /// Connects and shakes hands; the owner hears of either end.
    func open(_ loop: EventLoop, host: String, port: Int, token: String) {
        PipelinedClient.connect(
            loop: loop, host: host, port: port, token: token, clientName: "hoard-load"
        ) { result in
            // No weak reference to self anywhere: a side table makes every later retain slow.
            switch result {
            case .failure(let error): self.owner.lost(self, reason: error.description)
            case .success(let client): self.greeted(client)
            }
        }
    }

    /// Asks the owner to cut it at the next opportunity.
    func wantCut() { owner.cutWanted(self) }

    /// Ends it at once, as a crash would; what is under way stays in its slots, and the owner hears nothing.
    func cut() {
        client?.onClose = nil
        client?.abort()
        client = nil
    }

    /// The slots that hold something.
    var busySlots: [Int] {
        var isFree = [Bool](repeating: false, count: capacity)
        for slot in freeSlots { isFree[slot] = true }
        return (0..<capacity).filter { !isFree[$0] }
    }

    /// Closes; the owner hears nothing more.
    func close() {
        client?.onClose = nil
        client?.close()
        client = nil
    }

    /// Sends an action.
    @inline(__always)
    func act(_ written: ActionWriter.Written, id: OperationID, slot: Int) {
        isQuery[slot] = false
        client?.send(
            code: written.code, actor: written.actor, payloadBytes: written.payload.count,
            operationID: id, requestID: requestID(slot)
        ) { $0.append(contentsOf: written.payload) }
    }

    /// Sends a question.
    func ask(_ query: QueryBody, slot: Int) {
        isQuery[slot] = true
        client?.send(query, requestID: requestID(slot))
    }

    private func requestID(_ slot: Int) -> UInt64 {
        requests &+= 1
        return requests << 16 | UInt64(slot)
    }

    private func greeted(_ client: PipelinedClient) {
        guard client.welcome.role != .player else {
            client.close()
            return owner.lost(self, reason: "the token is a player's; it must be a server's")
        }
        // One is kept for the control slot.
        let credit = Int(client.welcome.credit) - 1
        if credit < capacity {
            capacity = max(1, credit)
            freeSlots = (0..<capacity).reversed()
        }
        self.client = client
        client.onReply = { [unowned self] request, reply in
            owner.replied(self, slot: slot(of: request), reply: reply)
        }
        client.onResult = { [unowned self] request, result in
            owner.answered(self, slot: slot(of: request), answer: result.answer)
        }
        client.onObjection = { [unowned self] in objected(slot(of: $0), $1) }
        client.onClose = { error in
            self.client = nil
            self.owner.lost(self, reason: error.description)
        }
        owner.opened(self)
    }

    private func slot(of request: UInt64) -> Int {
        let slot = Int(request & Self.slotMask)
        precondition(slot < operations.count, "an answer to request \(request), which was never sent")
        return slot
    }

    /// An objection to a frame is the answer to what the frame asked.
    private func objected(_ slot: Int, _ error: ErrorBody) {
        if isQuery[slot] {
            owner.answered(self, slot: slot, answer: .refused(.balance, error))
        } else {
            let status: ReplyStatus = error.code == ErrorCode.busy.rawValue ? .busy : .refused
            let reply = ReplyBody(
                status: status, refusalCode: error.code, have: error.have, need: error.need,
                message: error.message)
            owner.replied(self, slot: slot, reply: reply)
        }
    }
}
