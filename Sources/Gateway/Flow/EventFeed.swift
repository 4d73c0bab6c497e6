internal import Wire

/// Who hears of which accounts, and the recent events for those that come back.
///
/// Nothing is kept before the first subscription, so that a server without subscribers does not
/// pay for them.
struct EventFeed {
    /// Whether events are made at all.
    private(set) var isRecording = false
    /// The first cursor that a subscription can still begin at.
    private(set) var oldestCursor: UInt64 = 0

    private let recentMax: Int
    private var recent: [EventBody] = []
    private var recentStart = 0
    private var byAccount: [Account: [Session]] = [:]
    private var all: [Session] = []

    init(recentMax: Int) {
        self.recentMax = recentMax
    }

    /// The cursor of an event: its block, the operation's place in it, and the event's place in
    /// that, so that cursors mean the same after a restart.
    static func cursor(block: UInt64, index: UInt32, place: Int) -> UInt64 {
        EventBody.cursor(block: block, index: index, place: place)
    }

    /// Begins to keep events, the first of which has a cursor of `cursor` or more.
    mutating func startRecording(from cursor: UInt64) {
        if isRecording { return }
        isRecording = true
        oldestCursor = cursor
    }

    /// Adds a session to those who hear of an account (nil: of all).
    mutating func subscribe(_ session: Session, to account: Account?) {
        if let account {
            if session.subscriptions.contains(account) { return }
            session.subscriptions.append(account)
            byAccount[account, default: []].append(session)
        } else if !session.hearsAll {
            session.hearsAll = true
            all.append(session)
        }
    }

    /// Ends that.
    mutating func unsubscribe(_ session: Session, from account: Account?) {
        if let account {
            session.subscriptions.removeAll { $0 == account }
            byAccount[account]?.removeAll { $0 === session }
            if byAccount[account]?.isEmpty == true { byAccount[account] = nil }
        } else if session.hearsAll {
            session.hearsAll = false
            all.removeAll { $0 === session }
        }
    }

    /// Ends all subscriptions of a session that is gone.
    mutating func forget(_ session: Session) {
        for account in session.subscriptions { unsubscribe(session, from: account) }
        unsubscribe(session, from: nil)
    }

    /// Keeps an event.
    mutating func keep(_ event: EventBody) {
        if recent.count < recentMax {
            recent.append(event)
            return
        }
        recent[recentStart] = event
        recentStart = (recentStart + 1) % recentMax
        oldestCursor = recent[recentStart].cursor
    }

    /// The kept events from a cursor on.
    func kept(from cursor: UInt64) -> [EventBody] {
        (recent[recentStart...] + recent[..<recentStart]).filter { $0.cursor >= cursor }
    }

    /// Who hears of this account.
    func listeners(of account: Account) -> [Session] {
        (byAccount[account] ?? []).filter { !$0.hearsAll } + all
    }
}
