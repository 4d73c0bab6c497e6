/// A page that needs nothing but itself: style within, charts as inline SVG, no script.
struct HTMLPage {
    private let title: String
    private var parts: [String] = []
    private var headingLevel = 2

    init(title: String) { self.title = title }

    /// Begins a part of the page.
    mutating func heading(_ text: String) {
        parts.append("<h\(headingLevel)>\(HTMLText.escaped(text))</h\(headingLevel)>")
    }

    /// Begins a section that links lead to; headings from here on are within it.
    mutating func section(_ text: String, anchor: String) {
        headingLevel = 3
        parts.append(
            "<h2 id=\"\(HTMLText.escaped(anchor))\" class=\"section\">\(HTMLText.escaped(text)) <a href=\"#top\">overview</a></h2>")
    }

    /// A sentence.
    mutating func paragraph(_ text: String, isWarning: Bool = false) {
        parts.append("<p\(isWarning ? " class=\"warning\"" : "")>\(HTMLText.escaped(text))</p>")
    }

    /// A chart that is SVG already.
    mutating func chart(_ svg: String) { parts.append("<div class=\"chart\">\(svg)</div>") }

    /// A table; everything but the first column stands to the right. With anchors, one a row, the first cells lead to them.
    mutating func table(_ head: [String], _ rows: [[String]], anchors: [String] = []) {
        let headCells = head.map { "<th>\(HTMLText.escaped($0))</th>" }.joined()
        let body = rows.enumerated().map { place, row in
            let cells = row.enumerated().map { column, text in
                column == 0 && place < anchors.count
                    ? "<td><a href=\"#\(HTMLText.escaped(anchors[place]))\">\(HTMLText.escaped(text))</a></td>"
                    : "<td>\(HTMLText.escaped(text))</td>"
            }
            return "<tr>" + cells.joined() + "</tr>"
        }.joined(separator: "\n")
        parts.append("<table><thead><tr>\(headCells)</tr></thead><tbody>\n\(body)\n</tbody></table>")
    }

    /// Figures with their names.
    mutating func facts(_ facts: [(String, String)]) {
        parts.append(
            "<dl>" + facts.map { "<dt>\(HTMLText.escaped($0.0))</dt><dd>\(HTMLText.escaped($0.1))</dd>" }.joined() + "</dl>")
    }

    /// The whole page.
    var text: String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><title>\(HTMLText.escaped(title))</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <style>
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 1040px; margin: 2em auto; padding: 0 1em; color: #222; background: #fff; }
        h1 { font-size: 1.6em; } h2 { font-size: 1.15em; margin-top: 2em; border-bottom: 1px solid #ddd; }
        h2.section { font-size: 1.35em; margin-top: 3em; border-bottom: 2px solid #888; } h2.section a { font-size: .6em; font-weight: 400; } h3 { font-size: 1.05em; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .15em 1.2em; } dt { color: #666; } dd { margin: 0; overflow-wrap: anywhere; }
        table { border-collapse: collapse; } th, td { padding: .2em .8em; text-align: right; border-bottom: 1px solid #eee; }
        th:first-child, td:first-child { text-align: left; } th { color: #666; font-weight: 600; }
        svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; } svg text { fill: #444; }
        .legend span { margin-right: 1.2em; white-space: nowrap; } .legend i { display: inline-block; width: .9em; height: .9em; margin-right: .35em; }
        .warning { background: #fff3cd; border-left: 4px solid #e0a800; padding: .5em 1em; } .none { color: #888; }
        </style></head><body>
        <h1 id="top">\(HTMLText.escaped(title))</h1>
        \(parts.joined(separator: "\n"))
        </body></html>

        """
    }
}
