/// What an operation is to suffer on purpose.
enum Disturbance {
    case none
    /// One that was answered before is sent instead.
    case repeated
    /// It asks for more gold than anybody has.
    case tooLittle
    /// The connection is cut once it is sent.
    case disconnected
}

/// Draws disturbances with a scenario's shares, from numbers of its own: the operations are the same with and without.
struct DisturbanceDice {
    private var random: SeededRandom
    private let repeatedBelow: UInt64
    private let tooLittleBelow: UInt64
    private let disconnectedBelow: UInt64

    /// Dice for these shares.
    init(_ shares: Disturbances, seed: UInt64) {
        random = SeededRandom(seed: seed ^ 0xD1CE)
        func parts(_ percent: Double) -> UInt64 { UInt64((percent * 10_000).rounded()) }
        repeatedBelow = parts(shares.repeatPercent)
        tooLittleBelow = repeatedBelow + parts(shares.tooLittlePercent)
        disconnectedBelow = tooLittleBelow + parts(shares.disconnectPercent)
    }

    /// What the next operation suffers.
    mutating func next() -> Disturbance {
        let dice = random.below(1_000_000)
        if dice >= disconnectedBelow { return .none }
        return dice < repeatedBelow ? .repeated : dice < tooLittleBelow ? .tooLittle : .disconnected
    }

    /// A place among the last `count` answered operations.
    mutating func place(_ count: Int) -> Int { Int(random.below(UInt64(count))) }
}

/// How often each disturbance was tried; that each ended as it must is among the errors.
struct DisturbanceCounts: Equatable {
    /// Operations sent once more.
    var repeats: UInt64 = 0
    /// Payments of too much.
    var tooLittle: UInt64 = 0
    /// Connections cut.
    var disconnects: UInt64 = 0
    /// Operations that were under way on them and were sent again.
    var retried: UInt64 = 0
    /// Of these, how many the server had done already.
    var alreadyDone: UInt64 = 0

    /// As the report's `disturbances`.
    var json: JSONText {
        .object([
            ("repeats", .count(repeats)), ("tooLittle", .count(tooLittle)), ("disconnects", .count(disconnects)),
            ("retried", .count(retried)), ("alreadyDone", .count(alreadyDone)),
        ])
    }
}
