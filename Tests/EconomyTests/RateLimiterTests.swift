import EVM
import Economy
import Testing

/// Rates of the actions' files: so many at once, then one by one, each player for himself.
struct RateLimiterTests {
    /// A limiter that can be asked inside an expectation.
    private final class Counter {
        private var limiter: RateLimiter
        init(_ limiter: RateLimiter) { self.limiter = limiter }
        var entryCount: Int { limiter.entryCount }
        func admit(_ code: UInt16, of account: Address, atMilliseconds now: UInt64) -> RateLimiter.Wait? {
            limiter.admit(code, of: account, atMilliseconds: now)
        }
    }

    let game: Game
    let anna = NamedAccount.player("anna")
    let ben = NamedAccount.player("ben")

    init() throws { game = try TestWorld.sharedGame.get() }

    @Test func `a player may ask so often, and hears when to ask again to the millisecond`() throws {
        let action = try #require(game.actionsByName["listItem"])
        let rule = try #require(action.rate)
        let interval = rule.seconds * 1_000 / rule.count
        let limiter = Counter(RateLimiter(game: game))
        let now: UInt64 = 5_000_000
        for _ in 0..<rule.count { #expect(limiter.admit(action.code, of: anna, atMilliseconds: now) == nil) }
        let wait = limiter.admit(action.code, of: anna, atMilliseconds: now)
        #expect(wait?.have == rule.count + 1 && wait?.need == rule.count && wait?.retryAfterMilliseconds == interval)
        // Others, and other actions, are counted apart; what has no rate is not counted.
        #expect(limiter.admit(action.code, of: ben, atMilliseconds: now) == nil)
        let other = try #require(game.actionsByName["openAuction"]).code
        #expect(limiter.admit(other, of: anna, atMilliseconds: now) == nil)
        let free = try #require(game.actionsByName["transferCoins"]).code
        for _ in 0..<1_000 { #expect(limiter.admit(free, of: anna, atMilliseconds: now) == nil) }
        #expect(limiter.entryCount == 3)
        // A refused one is not counted: asking all the time does not make the wait longer.
        #expect(limiter.admit(action.code, of: anna, atMilliseconds: now + interval - 1)?.retryAfterMilliseconds == 1)
        #expect(limiter.admit(action.code, of: anna, atMilliseconds: now + interval) == nil)
        #expect(limiter.admit(action.code, of: anna, atMilliseconds: now + interval) != nil)
    }

    @Test func `no window holds more than twice the rule, and the long run keeps to it`() throws {
        let action = try #require(game.actionsByName["listItem"])
        let rule = try #require(action.rate)
        let limiter = Counter(RateLimiter(game: game))
        var random = SplitMix(state: 3)
        var times: [UInt64] = []
        var now: UInt64 = 0
        while now < 600_000 {
            now += UInt64(random.below(400))
            if limiter.admit(action.code, of: anna, atMilliseconds: now) == nil { times.append(now) }
        }
        #expect(UInt64(times.count) <= rule.count * (600 / rule.seconds) + rule.count)
        #expect(UInt64(times.count) >= rule.count * (600 / rule.seconds) - 2)
    }

    @Test func `the table has a bound, and idle players make room`() {
        let limiter = Counter(RateLimiter(game: game, entriesMax: 100))
        let code = game.actionsByName["listItem"]?.code ?? 0
        func player(_ number: Int) -> Address { NamedAccount.player("p\(number)") }
        for number in 0..<100 { #expect(limiter.admit(code, of: player(number), atMilliseconds: 10) == nil) }
        #expect(limiter.admit(code, of: player(100), atMilliseconds: 10) != nil)
        #expect(limiter.entryCount == 100)
        #expect(limiter.admit(code, of: player(5), atMilliseconds: 10) == nil, "who is counted already goes on")
        #expect(limiter.admit(code, of: player(100), atMilliseconds: 100_000) == nil)
        #expect(limiter.entryCount == 1)
    }
}
