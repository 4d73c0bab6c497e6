import Wire

/// A part of a run: what to send on free slots, and what to make of the answers.
protocol LoadPhase: AnyObject {
    /// Sends the next piece of work in a free slot; false when there is none at the moment.
    func sendNext(on connection: LoadConnection, slot: Int) -> Bool
    /// Takes the answer to an operation.
    func replied(on connection: LoadConnection, slot: Int, reply: ReplyBody)
    /// Takes the answer to a query.
    func answered(on connection: LoadConnection, slot: Int, answer: QueryAnswer)
    /// Called about a thousand times a second, before free slots are filled.
    func tick()
    /// A connection that was cut on purpose stands again: what was under way on it has to be sent once more.
    func reopened(_ connection: LoadConnection)
    /// Whether nothing is left to send; the phase ends when nothing is under way either.
    var isComplete: Bool { get }
    /// How far it is, for people.
    var progress: String { get }
}

extension LoadPhase {
    func tick() {}
    func reopened(_ connection: LoadConnection) {}
    func answered(on connection: LoadConnection, slot: Int, answer: QueryAnswer) {}
    func replied(on connection: LoadConnection, slot: Int, reply: ReplyBody) {}
}

/// Makes the ids of a run: unique by time and chance, and in order.
struct OperationIDSource {
    /// The upper half of every id.
    let high: UInt64

    /// A source whose ids begin with these milliseconds since 1970 and 16 bits of chance.
    init(milliseconds: UInt64, chance: UInt64) {
        high = milliseconds << 16 | chance & 0xFFFF
    }

    /// The id of a running number.
    func id(_ sequence: Int) -> OperationID {
        OperationID(high: high, low: UInt64(sequence))
    }
}
