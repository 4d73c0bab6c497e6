import Foundation

/// What a load run does: the players, what they start with, and the mix of operations.
struct Scenario: Codable, Equatable {
    /// The name on the command line; equal to the file's name.
    var name: String
    /// One sentence for people.
    var about: String
    /// How many players act.
    var players: Int
    /// The exponent of the Zipf law that players are drawn by; 0 is uniform.
    var zipf: Double
    /// What each player gets before the run.
    var start: StartingGoods
    /// The operations and their shares, which sum to 100.
    var operations: [OperationShare]
    /// Connections when the command line names none.
    var connections: Int
    /// Operations in flight on each connection when the command line names none.
    var inFlight: Int
    /// Seconds of load before the measured window.
    var warmUpSeconds: Double
    /// Seconds of the measured window when the command line names none.
    var seconds: Double
    /// Operations a second in an open loop when the command line names none; a closed loop when absent.
    var rate: Double?
    /// What goes wrong on purpose; nothing when absent.
    var disturbances: Disturbances?
}

/// What goes wrong on purpose, in percent of the operations.
struct Disturbances: Codable, Equatable {
    /// Operations answered before that are sent once more: the same receipt must come back.
    var repeatPercent: Double
    /// Payments of more gold than anybody has: they must be refused.
    var tooLittlePercent: Double
    /// Operations after which the connection is cut at once; what was under way on it is sent again on a new one.
    var disconnectPercent: Double
}

/// What each player starts with.
struct StartingGoods: Codable, Equatable {
    /// Gold.
    var gold: UInt64
    /// The first so many item kinds of the shop's offers.
    var itemKinds: Int
    /// Of each of these kinds.
    var itemQuantity: UInt64
}

/// A kind of operation.
enum OperationKind: String, Codable, CaseIterable {
    /// Gold from one player to another.
    case transfer
    /// Items at the price of an offer, paid to the treasury.
    case purchase
    /// Items of one player against gold of another, atomic, with a fee to the treasury.
    case trade
    /// Gold and one item from the rewards' faucet.
    case reward
    /// An offer to another player: items against gold, as a trade; the items stand in escrow until it is accepted.
    case proposal
    /// The other player accepts an open proposal; a new proposal where none is open.
    case acceptance
    /// Items of one kind used up, one item of the next kind made.
    case craft

    /// Whether two players take part.
    var hasCounterparty: Bool { [.transfer, .trade, .proposal, .acceptance].contains(self) }
    /// Whether an amount of gold is drawn for it.
    var movesGold: Bool { self != .purchase && self != .craft }
}

/// One line of a scenario's mix.
struct OperationShare: Codable, Equatable {
    var kind: OperationKind
    /// Of a hundred operations, so many are of this kind.
    var percent: Int
    /// Least and most gold that moves; unused by purchases, whose price is the offer's.
    var gold: [UInt64]?
    /// Least and most items that move; unused by transfers.
    var quantity: [UInt64]?
}

/// Why a scenario cannot be used.
struct ScenarioFailure: Error, CustomStringConvertible {
    let description: String
}

extension Scenario {
    /// Bounds on what a file may ask for; the reason is in each message.
    static let playersMax = 10_000_000
    /// As many as one address of loopback has ports for, and most servers descriptors.
    static let connectionsMax = 20_000

    /// Reads and checks a scenario.
    static func parse(_ data: Data, file: String) throws -> Scenario {
        do {
            try UnknownKeys.check(data)
            let scenario = try JSONDecoder().decode(Scenario.self, from: data)
            try scenario.check()
            return scenario
        } catch let failure as ScenarioFailure {
            throw ScenarioFailure(description: "\(file): \(failure.description)")
        } catch let DecodingError.keyNotFound(key, context) {
            let place = (context.codingPath + [key]).map(\.stringValue).joined(separator: ".")
            throw ScenarioFailure(description: "\(file): the field \(place) is missing")
        } catch let DecodingError.typeMismatch(type, context) {
            let place = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw ScenarioFailure(description: "\(file): the field \(place) should be of type \(type)")
        } catch {
            throw ScenarioFailure(description: "\(file): \(error)")
        }
    }

    /// Checks what a decoder cannot see.
    func check() throws {
        func require(_ holds: Bool, _ message: @autoclosure () -> String) throws {
            if !holds { throw ScenarioFailure(description: message()) }
        }
        try require(
            (2...Self.playersMax).contains(players),
            "players is \(players), should be 2...\(Self.playersMax)")
        try require((0...10).contains(zipf), "zipf is \(zipf), should be 0...10")
        try require(
            (1...Self.connectionsMax).contains(connections),
            "connections is \(connections), should be 1...\(Self.connectionsMax)")
        try require((1...65_536).contains(inFlight), "inFlight is \(inFlight), should be 1...65536")
        try require(seconds > 0, "seconds is \(seconds), should be above 0")
        try require(warmUpSeconds >= 0, "warmUpSeconds is \(warmUpSeconds), should be 0 or more")
        let sum = operations.reduce(0) { $0 + $1.percent }
        try require(sum == 100, "the percentages of the operations sum to \(sum), should be 100")
        try require((rate ?? 1) > 0, "rate is \(rate ?? 0), should be above 0")
        if let disturbances {
            let shares = [
                disturbances.repeatPercent, disturbances.tooLittlePercent, disturbances.disconnectPercent,
            ]
            try require(
                shares.allSatisfy { (0...50).contains($0) }, "each of the disturbances should be 0...50 percent")
        }
        for share in operations {
            let name = share.kind.rawValue
            try require((0...100).contains(share.percent), "\(name): percent is \(share.percent)")
            try require(
                !share.kind.movesGold || Self.isRange(share.gold),
                "\(name): gold should be [least, most], at least 1")
            try require(
                share.kind == .transfer || Self.isRange(share.quantity),
                "\(name): quantity should be [least, most], at least 1")
            try require(
                share.kind == .transfer || start.itemKinds >= 1,
                "\(name): start.itemKinds is \(start.itemKinds), should be at least 1")
        }
    }

    private static func isRange(_ range: [UInt64]?) -> Bool {
        guard let range, range.count == 2 else { return false }
        return range[0] >= 1 && range[0] <= range[1] && range[1] <= 1_000_000_000
    }
}

/// Refuses keys that a scenario does not know, so that a slip of the pen is not silently ignored.
private enum UnknownKeys {
    static let known: Set<String> = [
        "name", "about", "players", "zipf", "start", "operations", "connections", "inFlight",
        "warmUpSeconds", "seconds", "gold", "itemKinds", "itemQuantity", "kind", "percent", "quantity",
        "rate", "disturbances", "repeatPercent", "tooLittlePercent", "disconnectPercent",
    ]

    static func check(_ data: Data) throws {
        try check(JSONSerialization.jsonObject(with: data), path: "")
    }

    private static func check(_ value: Any, path: String) throws {
        if let object = value as? [String: Any] {
            for (key, member) in object {
                guard known.contains(key) else {
                    throw ScenarioFailure(description: "unknown field \(path)\(key)")
                }
                try check(member, path: path + key + ".")
            }
        } else if let list = value as? [Any] {
            for member in list { try check(member, path: path) }
        }
    }
}
