import Foundation

/// Charts as inline SVG: no script, no outside resource.
enum SVGChart {
    /// A named row of values.
    struct Series {
        let name: String
        let values: [Double]
    }

    private static let width = 960.0
    private static let height = 300.0
    private static let left = 70.0
    private static let bottom = 34.0
    private static let top = 12.0
    /// Told apart by lightness as well as by hue.
    private static let colours = [
        "#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22",
        "#0b3c5d", "#7a1020",
    ]

    /// Lines over time, with a legend below.
    static func lines(_ series: [Series], xLabels: [String]) -> String {
        let values = series.flatMap(\.values)
        guard let highest = values.max(), let lowest = values.min(), let count = series.map(\.values.count).max(),
            count > 1
        else { return "<p class=\"none\">Nothing to draw.</p>" }
        let scale = Scale(low: min(0, lowest), high: max(highest, lowest + 1))
        var parts = [grid(scale)]
        for (index, row) in series.enumerated() {
            let points = row.values.enumerated().map { place, value in
                "\(number(x(place, of: count))),\(number(scale.y(value)))"
            }.joined(separator: " ")
            parts.append(
                "<polyline fill=\"none\" stroke=\"\(colour(index))\" stroke-width=\"1.8\" points=\"\(points)\"><title>\(HTMLText.escaped(row.name))</title></polyline>"
            )
        }
        parts.append(axis(xLabels))
        return svg(parts) + legend(series.map(\.name))
    }

    /// Bars side by side over time.
    static func columns(_ values: [Double], xLabels: [String]) -> String {
        guard !values.isEmpty, let highest = values.max(), highest > 0 else { return "<p class=\"none\">Nothing to draw.</p>" }
        let scale = Scale(low: 0, high: highest)
        let step = (width - left - 8) / Double(values.count)
        var parts = [grid(scale)]
        for (place, value) in values.enumerated() where value > 0 {
            let y = scale.y(value)
            parts.append(
                "<rect x=\"\(number(left + Double(place) * step + step * 0.1))\" y=\"\(number(y))\" width=\"\(number(step * 0.8))\" height=\"\(number(height - bottom - y))\" fill=\"\(colours[0])\"><title>\(text(value))</title></rect>"
            )
        }
        parts.append(axis(xLabels))
        return svg(parts)
    }

    /// Named bars across, the largest first.
    static func bars(_ rows: [(name: String, value: Double)], colour: String) -> String {
        let sorted = rows.filter { $0.value != 0 }.sorted { abs($0.value) > abs($1.value) }.prefix(14)
        guard let most = sorted.first.map({ abs($0.value) }), most > 0 else { return "<p class=\"none\">Nothing to draw.</p>" }
        let row = 22.0
        var parts: [String] = []
        for (index, entry) in sorted.enumerated() {
            let y = Double(index) * row
            let length = abs(entry.value) / most * (width - 380)
            parts.append("<text x=\"190\" y=\"\(number(y + 15))\" text-anchor=\"end\">\(HTMLText.escaped(entry.name))</text>")
            parts.append(
                "<rect x=\"200\" y=\"\(number(y + 3))\" width=\"\(number(max(1, length)))\" height=\"15\" fill=\"\(colour)\"/>")
            parts.append("<text x=\"\(number(206 + length))\" y=\"\(number(y + 15))\">\(text(entry.value))</text>")
        }
        let tall = Double(sorted.count) * row + 4
        return "<svg viewBox=\"0 0 \(number(width)) \(number(tall))\" role=\"img\">\(parts.joined())</svg>"
    }

    // MARK: Parts

    private struct Scale {
        let low: Double
        let high: Double

        func y(_ value: Double) -> Double {
            height - bottom - (value - low) / (high - low) * (height - bottom - top)
        }
    }

    private static func x(_ place: Int, of count: Int) -> Double {
        left + Double(place) / Double(count - 1) * (width - left - 8)
    }

    private static func grid(_ scale: Scale) -> String {
        (0...4).map { index in
            let value = scale.low + (scale.high - scale.low) * Double(index) / 4
            let y = number(scale.y(value))
            return
                "<line x1=\"\(number(left))\" x2=\"\(number(width - 8))\" y1=\"\(y)\" y2=\"\(y)\" stroke=\"#ddd\"/><text x=\"\(number(left - 6))\" y=\"\(y)\" dy=\"4\" text-anchor=\"end\">\(text(value))</text>"
        }.joined()
    }

    private static func axis(_ labels: [String]) -> String {
        labels.enumerated().map { place, label in
            let x = labels.count > 1 ? left + Double(place) / Double(labels.count - 1) * (width - left - 8) : left
            let anchor = place == 0 ? "start" : place == labels.count - 1 ? "end" : "middle"
            return
                "<text x=\"\(number(x))\" y=\"\(number(height - 12))\" text-anchor=\"\(anchor)\">\(HTMLText.escaped(label))</text>"
        }.joined()
    }

    private static func svg(_ parts: [String]) -> String {
        "<svg viewBox=\"0 0 \(number(width)) \(number(height))\" role=\"img\">\(parts.joined())</svg>"
    }

    private static func legend(_ names: [String]) -> String {
        let entries = names.enumerated().map { index, name in
            "<span><i style=\"background:\(colour(index))\"></i>\(HTMLText.escaped(name))</span>"
        }
        return "<p class=\"legend\">\(entries.joined())</p>"
    }

    private static func colour(_ index: Int) -> String { colours[index % colours.count] }

    private static func number(_ value: Double) -> String { String(format: "%.1f", value) }

    /// A figure short enough for an axis.
    static func text(_ value: Double) -> String {
        let size = abs(value)
        if size >= 10_000_000 { return String(format: "%.1fM", value / 1_000_000) }
        if size >= 10_000 { return String(format: "%.1fk", value / 1_000) }
        return size < 10 && value != value.rounded() ? String(format: "%.2f", value) : String(format: "%.0f", value)
    }
}

/// Text that goes into HTML.
enum HTMLText {
    /// With the signs of HTML written out.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }
}
