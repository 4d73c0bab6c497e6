/// Writes a match in the canonical form, so that any recording can be kept, read and edited as JSON Lines.
public enum CanonicalWriter {
    /// The whole file: a header and one line for each event.
    public static func text(_ match: Match) -> String {
        var text = "{\"match\":\(quoted(match.name)),\"kind\":\"match\",\"tolerance\":\(match.tolerance)"
        if match.scale != 1 { text += ",\"scale\":\(match.scale)" }
        if !match.currencies.isEmpty {
            text += ",\"currencies\":[\(match.currencies.map(quoted).joined(separator: ","))]"
        }
        text += ",\"source\":\(quoted(match.format))}\n"
        for event in match.events { text += line(event) + "\n" }
        return text
    }

    /// One event as a line, its keys in the order of the document.
    public static func line(_ event: MatchEvent) -> String {
        var parts = [
            "\"seq\":\(event.sequence)", "\"t\":\(event.timeMilliseconds)", "\"kind\":\"\(event.kind.rawValue)\"",
        ]
        if event.actor != slotOfTheGame { parts.append("\"actor\":\(quoted(event.actor))") }
        func add(_ key: String, _ text: String?) {
            if let text { parts.append("\"\(key)\":\(quoted(text))") }
        }
        func add(_ key: String, _ number: Int64?) {
            if let number { parts.append("\"\(key)\":\(number)") }
        }
        add("counterparty", event.counterparty)
        add("item", event.item)
        add("quantity", event.quantity)
        add("unitPrice", event.unitPrice)
        add("amount", event.amount)
        add("currency", event.currency)
        add("fee", event.fee)
        add("ref", event.reference)
        add("source", event.source)
        return "{" + parts.joined(separator: ",") + "}"
    }

    /// A text as JSON.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
