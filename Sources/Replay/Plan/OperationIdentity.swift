import EVM

/// Makes the 128-bit operation ids of a replay: the same match, event and part always give the same id.
enum OperationIdentity {
    /// The digest whose first half is the id of one part of an event.
    static func digest(match: String, sequence: Int64, part: Int) -> Hash256 {
        var text: [UInt8] = []
        text.reserveCapacity(96)
        text += "hoard:replay:".utf8
        text += match.utf8
        text.append(0x3a)
        text += String(sequence).utf8
        text.append(0x3a)
        text += String(part).utf8
        return sha256(text)
    }

    /// The id of one part of an event.
    static func bytes(match: String, sequence: Int64, part: Int) -> [UInt8] {
        Array(digest(match: match, sequence: sequence, part: part).bytes.prefix(16))
    }
}
