/// A JSON value that keeps the order of its keys and prints numbers as people write them.
indirect enum JSONText: Equatable {
    case null
    case truth(Bool)
    case whole(Int64)
    /// A number printed with at most this many decimals.
    case decimal(Double, places: Int)
    case text(String)
    case list([JSONText])
    case object([(key: String, value: JSONText)])

    /// A count, as a whole number.
    static func count(_ value: some BinaryInteger) -> JSONText { .whole(Int64(clamping: value)) }

    /// The text on one line.
    var line: String {
        switch self {
        case .null: "null"
        case .truth(let value): value ? "true" : "false"
        case .whole(let value): String(value)
        case .decimal(let value, let places): Self.number(value, places: places)
        case .text(let value): Self.quoted(value)
        case .list(let values): "[" + values.map(\.line).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0.key) + ":" + $0.value.line }.joined(separator: ",")
                + "}"
        }
    }

    static func == (left: JSONText, right: JSONText) -> Bool { left.line == right.line }

    /// A number with at most `places` decimals and no trailing zeros; not-a-number becomes null.
    static func number(_ value: Double, places: Int) -> String {
        guard value.isFinite else { return "null" }
        var scale: Double = 1
        for _ in 0..<places { scale *= 10 }
        let scaled = (value * scale).rounded()
        guard places > 0, abs(scaled) < 9e15 else {
            return abs(value) < 9e18 ? String(Int64(value.rounded())) : String(value)
        }
        let whole = Int64(scaled)
        let sign = whole < 0 ? "-" : ""
        let magnitude = whole.magnitude
        let divisor = UInt64(scale)
        let fraction = magnitude % divisor
        guard fraction != 0 else { return sign + String(magnitude / divisor) }
        var digits = String(fraction)
        while digits.count < places { digits = "0" + digits }
        while digits.last == "0" { digits.removeLast() }
        return sign + String(magnitude / divisor) + "." + digits
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
