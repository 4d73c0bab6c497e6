internal import Glibc

/// A picture of the speed-up over workers: for each workload what was measured, what virtual cores reach, and what would be
/// ideal.
struct SpeedupPicture {
    let lines: [ParallelBenchmark.Line]

    private static let width = 360.0
    private static let height = 240.0
    private static let margin = 40.0

    /// Writes the picture to a file.
    func write(to path: String) throws {
        let text = Array(svg.utf8)
        guard let file = fopen(path, "w") else {
            throw BenchmarkFailure(description: "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        guard fwrite(text, 1, text.count, file) == text.count else {
            throw BenchmarkFailure(description: "\(path) cannot be written whole")
        }
    }

    /// The picture as SVG, a panel for each workload.
    var svg: String {
        var names: [Workload] = []
        for line in lines where !names.contains(line.workload) { names.append(line.workload) }
        let columns = min(3, max(1, names.count))
        let rows = (names.count + columns - 1) / columns
        let (width, height) = (Self.width * Double(columns), Self.height * Double(rows) + 30)
        var text =
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" "
            + "font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        for (index, name) in names.enumerated() {
            let x = Double(index % columns) * Self.width
            let y = Double(index / columns) * Self.height
            text += "<g transform=\"translate(\(Int(x)),\(Int(y)))\">\n" + panel(name) + "</g>\n"
        }
        let legend: [(String, String)] = [
            ("#999", "ideal: cores, or the longest chain"), ("#d62728", "measured"), ("#1f77b4", "virtual cores"),
        ]
        for (index, (colour, label)) in legend.enumerated() {
            let x = 20 + index * 230
            text += "<rect x=\"\(x)\" y=\"\(Int(height) - 20)\" width=\"12\" height=\"4\" fill=\"\(colour)\"/>"
            text += "<text x=\"\(x + 18)\" y=\"\(Int(height) - 14)\">\(label)</text>\n"
        }
        return text + "</svg>\n"
    }

    /// Both axes count in powers of two, from 1 to the greatest number of workers.
    private func panel(_ workload: Workload) -> String {
        let own = lines.filter { $0.workload == workload }
        let top = max(2, own.map(\.workers).max() ?? 2)
        let scale = log2(Double(top))
        func x(_ workers: Double) -> Double {
            Self.margin + log2(workers) / scale * (Self.width - 2 * Self.margin)
        }
        func y(_ speedup: Double) -> Double {
            Self.height - Self.margin - log2(max(0.5, speedup)) / scale * (Self.height - 2 * Self.margin)
        }
        func path(_ points: [(Double, Double)], _ colour: String, dots: Bool) -> String {
            let places = points.map { "\(Int(x($0.0))),\(Int(y($0.1)))" }
            var text =
                "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\" points=\"\(places.joined(separator: " "))\"/>"
            for (workers, speedup) in points where dots {
                text += "<circle cx=\"\(Int(x(workers)))\" cy=\"\(Int(y(speedup)))\" r=\"3\" fill=\"\(colour)\"/>"
            }
            return text + "\n"
        }
        var text = "<text x=\"\(Int(Self.margin))\" y=\"20\" font-size=\"13\">\(workload.rawValue)</text>\n"
        var count = 1
        while count <= top {
            let (column, row) = (Int(x(Double(count))), Int(y(Double(count))))
            text += "<text x=\"\(column - 4)\" y=\"\(Int(Self.height - Self.margin) + 16)\">\(count)</text>"
            text += "<text x=\"12\" y=\"\(row + 4)\">\(count)x</text>"
            text +=
                "<line x1=\"\(Int(Self.margin))\" y1=\"\(row)\" x2=\"\(Int(Self.width - Self.margin))\" y2=\"\(row)\" "
                + "stroke=\"#eee\"/>\n"
            count *= 2
        }
        let ideal = own.map(\.idealSpeedup).max() ?? 1
        let counts = Set(own.map(\.workers) + [1]).sorted()
        text += path(counts.map { (Double($0), min(Double($0), ideal)) }, "#999", dots: false)
        for (isSimulated, colour) in [(true, "#1f77b4"), (false, "#d62728")] {
            let points = own.filter { $0.isSimulated == isSimulated }.sorted { $0.workers < $1.workers }
            if !points.isEmpty { text += path(points.map { (Double($0.workers), $0.speedup) }, colour, dots: true) }
        }
        return text
    }
}
