import Wire

/// Names that shall not or cannot stand in a record, as digits.
enum SlotHash {
    /// SHA-256 of a text in hexadecimal digits.
    static func hex(_ text: String) -> String {
        SHA256.digest(Array(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }
}
