import EVM

/// Makes the 128-bit operation ids of a replay: the same match, event and part always give the same id.
enum OperationIdentity {
    /// What the text begins with whose digest is an id of a match.
    static func prefix(match: String) -> [UInt8] { Array("hoard:replay:\(match):".utf8) }

    /// The digest whose first half is the id of one part of an event; `text` is room to write in.
    static func digest(prefix: [UInt8], sequence: Int64, part: Int, in text: inout [UInt8]) -> Hash256 {
        text.removeAll(keepingCapacity: true)
        text.append(contentsOf: prefix)
        text.append(contentsOf: String(sequence).utf8)
        text.append(0x3a)
        text.append(contentsOf: String(part).utf8)
        return sha256(text)
    }

    /// The id of one part of an event.
    static func bytes(match: String, sequence: Int64, part: Int) -> [UInt8] {
        var text: [UInt8] = []
        return Array(digest(prefix: prefix(match: match), sequence: sequence, part: part, in: &text).bytes.prefix(16))
    }
}
