import Wire

/// Makes the 128-bit operation ids of a replay: the same match, event and part always give the same id.
enum OperationIdentity {
    /// The id of one part of an event.
    static func bytes(match: String, sequence: Int64, part: Int) -> [UInt8] {
        Array(SHA256.digest(Array("hoard:replay:\(match):\(sequence):\(part)".utf8)).prefix(16))
    }
}
