/// Times as people write them, in milliseconds since 1970.
enum WrittenTime {
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let weekdays: Set<String> = [
        "mon", "tue", "wed", "thu", "fri", "sat", "sun", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    ]

    /// `2024-05-01T12:34:56.789+02:00`, `2024-05-01 12:34`, `1 May 2024 3:04 pm`, `13.05.2024`, `Dec 06 2012 01: +0`; nil for
    /// anything else. In `05/06/2024` the day or the month comes first, as the caller knows.
    static func milliseconds(_ text: String, dayFirst: Bool? = nil) -> Int64? {
        let lower = text.lowercased()
        var start = lower.firstIndex(of: ":") ?? lower.endIndex
        while start > lower.startIndex, start < lower.endIndex, lower[lower.index(before: start)].isNumber {
            start = lower.index(before: start)
        }
        guard let date = date(lower[..<start], dayFirst), let clock = clock(lower[start...]) else { return nil }
        return days(date.year, date.month, date.day) * 86_400_000 + clock
    }

    /// Whether the day comes first in times like `13/05/2024`, told by those in which it must; nil where all could be both.
    static func dayFirst(_ texts: some Sequence<String>) -> Bool? {
        for text in texts {
            let numbers = text.split { !$0.isNumber }.prefix(3).compactMap { Int64($0) }
            guard numbers.count == 3, text.contains("/") || text.contains("-"), numbers[0] < 1_000 else { continue }
            if numbers[0] > 12 { return true }
            if numbers[1] > 12 { return false }
        }
        return nil
    }

    private static func date(_ text: Substring, _ dayFirst: Bool?) -> (year: Int64, month: Int64, day: Int64)? {
        var numbers: [Int64] = []
        var month: Int64?
        for word in text.split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
            if word.allSatisfy(\.isNumber) {
                guard let number = Int64(word) else { return nil }
                numbers.append(number)
            } else if let index = months.firstIndex(where: { word.hasPrefix($0) }), word.allSatisfy(\.isLetter) {
                month = Int64(index + 1)
            } else if word.last == "t", let number = Int64(word.dropLast()) {
                numbers.append(number)
            } else if let number = Int64(word.dropLast(2)), ["st", "nd", "rd", "th"].contains(word.suffix(2)) {
                numbers.append(number)
            } else if !weekdays.contains(String(word)) {
                return nil
            }
        }
        let found: (Int64, Int64, Int64)
        if let month {
            guard numbers.count == 2 else { return nil }
            found = numbers[0] >= 1_000 ? (numbers[0], month, numbers[1]) : (numbers[1], month, numbers[0])
        } else {
            guard numbers.count == 3 else { return nil }
            let isDayFirst = text.contains(".") ? true : Self.dayFirst([String(text)]) ?? dayFirst
            if numbers[0] >= 1_000 {
                found = (numbers[0], numbers[1], numbers[2])
            } else if let isDayFirst {
                found = isDayFirst ? (numbers[2], numbers[1], numbers[0]) : (numbers[2], numbers[0], numbers[1])
            } else {
                return nil
            }
        }
        guard (1900...9_999).contains(found.0), (1...12).contains(found.1), (1...31).contains(found.2) else { return nil }
        return (year: found.0, month: found.1, day: found.2)
    }

    /// The milliseconds of a clock in Greenwich: `12:34:56.789+02:00`, `3:04 pm`, `01: +0`, nothing at all.
    private static func clock(_ text: Substring) -> Int64? {
        var rest = text
        func take(_ holds: (Character) -> Bool) -> Substring {
            let part = rest.prefix(while: holds)
            rest = rest.dropFirst(part.count)
            return part
        }
        func digits() -> Int64? { Int64(take { $0.isASCII && $0.isNumber }) }
        func skip(_ mark: Character) -> Bool {
            guard rest.first == mark else { return false }
            rest = rest.dropFirst()
            return true
        }
        if rest.isEmpty { return 0 }
        guard var hours = digits(), skip(":") else { return nil }
        let minutes = digits() ?? 0
        var seconds: Int64 = 0
        var fraction: Int64 = 0
        if skip(":") {
            guard let whole = digits() else { return nil }
            seconds = whole
            if skip(".") || skip(",") {
                let part = take { $0.isASCII && $0.isNumber }.prefix(3)
                fraction = Int64(part + String(repeating: "0", count: 3 - part.count)) ?? 0
            }
        }
        _ = take { $0 == " " }
        if rest.hasPrefix("am") || rest.hasPrefix("pm") {
            guard (1...12).contains(hours) else { return nil }
            hours = hours % 12 + (rest.hasPrefix("pm") ? 12 : 0)
            rest = rest.dropFirst(2)
        }
        guard hours <= 24, minutes <= 59, seconds <= 60, let zone = zone(rest) else { return nil }
        return ((hours * 60 + minutes - zone) * 60 + seconds) * 1_000 + fraction
    }

    /// Minutes east of Greenwich; nil for a zone that is a name.
    private static func zone(_ text: Substring) -> Int64? {
        var rest = text.drop { $0 == " " }
        for name in ["utc", "gmt", "z"] where rest.hasPrefix(name) {
            rest = rest.dropFirst(name.count)
            break
        }
        guard let sign = rest.first else { return 0 }
        guard sign == "+" || sign == "-" else { return nil }
        let parts = rest.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard let first = parts.first, (1...4).contains(first.count), let number = Int64(first), parts.count <= 2 else { return nil }
        let minutes = parts.count == 2 ? Int64(parts[1]) : first.count > 2 ? number % 100 : 0
        guard let minutes, minutes < 60 else { return nil }
        let hours = first.count > 2 ? number / 100 : number
        guard hours <= 14 else { return nil }
        return (hours * 60 + minutes) * (sign == "-" ? -1 : 1)
    }

    /// Days from 1970-01-01 to a date, counted in years that begin in March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let monthFromMarch = (month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }
}

/// Numbers as people write them: `$1,234.50`, `1.234,50 EUR`, `12,50`.
enum WrittenNumber {
    /// The same as a program writes it, nil where it is no number. A comma is a fraction's where it stands last and has not
    /// three digits behind it.
    static func plain(_ text: String) -> String? {
        if let number = Double(text) { return number.isFinite ? text : nil }
        var body = text.filter { !$0.isWhitespace && $0 != "'" && $0 != "_" && !$0.isCurrencySymbol }
        for code in ["USD", "EUR", "GBP", "CHF", "JPY", "gold", "Gold", "g"] where body.hasPrefix(code) || body.hasSuffix(code) {
            body = body.hasPrefix(code) ? String(body.dropFirst(code.count)) : String(body.dropLast(code.count))
            break
        }
        let sign = body.hasPrefix("-") ? "-" : ""
        if body.hasPrefix("-") || body.hasPrefix("+") { body.removeFirst() }
        guard !body.isEmpty, body.allSatisfy({ $0.isASCII && $0.isNumber || $0 == "," || $0 == "." }) else { return nil }
        let commas = body.count { $0 == "," }
        let points = body.count { $0 == "." }
        let mark: Character?
        if commas > 0, points > 0 {
            mark = body.last { $0 == "," || $0 == "." }
        } else if commas + points == 1 {
            let only: Character = commas == 1 ? "," : "."
            let behind = body.split(separator: only, omittingEmptySubsequences: false)[1].count
            mark = only == "." || behind != 3 ? only : nil
        } else {
            mark = nil
        }
        var plain = sign
        for (place, character) in body.enumerated() {
            if character == mark, body.lastIndex(of: character) == body.index(body.startIndex, offsetBy: place) {
                plain += "."
            } else if character.isNumber {
                plain.append(character)
            }
        }
        return Double(plain) == nil ? nil : plain
    }
}
