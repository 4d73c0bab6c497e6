public import EVM

/// How often one player may ask for an action: so many at once, and then one by one as time goes.
public struct RateRule: Sendable, Equatable {
    /// How many in a window.
    public let count: UInt64
    /// How long a window is.
    public let seconds: UInt64

    /// Milliseconds after which one more is allowed.
    var intervalMilliseconds: UInt64 { max(1, seconds * 1_000 / count) }
}

/// Counts what players ask for against the rules of the actions' files; the time is the caller's.
///
/// For each player and action one number is kept: when the allowance would be whole again. An entry whose time is past says nothing and is dropped
/// when room is needed, so that the table is as large as the number of players that act at once.
public struct RateLimiter: Sendable {
    /// Why an action has to wait.
    public struct Wait: Sendable, Equatable {
        /// How many were asked for in the window.
        public var have: UInt64
        /// How many are allowed.
        public var need: UInt64
        /// When to ask again.
        public var retryAfterMilliseconds: UInt64
    }

    private struct Key: Hashable {
        var account: Address
        var code: UInt16
    }

    private let rules: [UInt16: RateRule]
    private let entriesMax: Int
    private var wholeAt: [Key: UInt64] = [:]
    private var sweptAt: UInt64 = 0

    /// A limiter for a game's actions.
    public init(game: Game, entriesMax: Int? = nil) {
        rules = game.actions.compactMapValues(\.rate)
        self.entriesMax = entriesMax ?? EconomyLimits.rateEntriesMax
    }

    /// How many players and actions are counted now.
    public var entryCount: Int { wholeAt.count }

    /// Counts one action of a player; how long it has to wait where it is one too many, which is not counted.
    public mutating func admit(_ code: UInt16, of account: Address, atMilliseconds now: UInt64) -> Wait? {
        guard let rule = rules[code] else { return nil }
        let key = Key(account: account, code: code)
        let interval = rule.intervalMilliseconds
        let whole = max(wholeAt[key] ?? 0, now)
        // So far ahead of now is the allowance spent.
        let room = interval * (rule.count - 1)
        if whole > now + room {
            return Wait(have: rule.count + 1, need: rule.count, retryAfterMilliseconds: whole - now - room)
        }
        if wholeAt[key] == nil, wholeAt.count >= entriesMax, !makeRoom(now) {
            return Wait(have: UInt64(wholeAt.count), need: UInt64(entriesMax), retryAfterMilliseconds: 1_000)
        }
        wholeAt[key] = whole + interval
        return nil
    }

    /// Drops what says nothing any more, once a second at most; false where nothing went.
    private mutating func makeRoom(_ now: UInt64) -> Bool {
        guard now >= sweptAt + 1_000 || sweptAt == 0 else { return false }
        sweptAt = now
        wholeAt = wholeAt.filter { $0.value > now }
        return wholeAt.count < entriesMax
    }
}
