import EVM

/// Where a number stands in a log.
enum LogPlace: Sendable, Equatable {
    /// Nowhere: the result is zero.
    case none
    /// In a topic.
    case topic(Int)
    /// In a word of the data.
    case word(Int)
}

/// How the receipt of an action becomes a reply.
struct ReplyPlan: Sendable, Equatable {
    /// The first topic of the event.
    let topic: U256
    /// The event's topics, the first one with.
    let topicCount: Int
    /// Where result 0 stands.
    let result0: LogPlace
    /// Where result 1 stands.
    let result1: LogPlace

    /// The number at a place of a log, or the greatest 64-bit number where it is larger.
    static func number(at place: LogPlace, of log: EmittedLog) -> UInt64 {
        switch place {
        case .none: 0
        case .topic(let index): index < log.topics.count ? log.topics[index].clampedToUInt64 : 0
        case .word(let index): ABIReader(bytes: log.data).word(index)?.clampedToUInt64 ?? 0
        }
    }
}
