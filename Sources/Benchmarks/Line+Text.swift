internal import Glibc

extension ParallelBenchmark.Line {
    /// The names of the columns of `text`.
    static let heading =
        "workload        workers     ops/s   Mgas/s  speed-up   ideal  executions  CPU us/op  empty us    one us"

    /// The figures for people.
    var text: String {
        let columns = [
            padded(workload.rawValue, -14), padded(isSimulated ? "\(workers) sim" : "\(workers)", 8), padded("\(Int(operationsPerSecond))", 9),
            padded("\(Int(gasPerSecond / 1e6))", 8), padded(rounded(speedup), 9), padded(rounded(idealSpeedup, 1), 7),
            padded(rounded(executionsPerTransaction), 11), padded(rounded(cpuSecondsPerTransaction * 1e6), 10),
            padded(rounded(fixedMicroseconds.empty, 1), 9), padded(rounded(fixedMicroseconds.one, 1), 9),
        ]
        return columns.joined(separator: " ")
    }

    /// The figures as one JSON object.
    var json: String {
        "{\"workload\":\"\(workload.rawValue)\",\"transactions\":\(transactions),\"workers\":\(workers),"
            + "\"deltas\":\(deltas),\"operationsPerSecond\":\(rounded(operationsPerSecond, 1)),"
            + "\"gasPerSecond\":\(rounded(gasPerSecond, 0)),\"speedup\":\(rounded(speedup, 3)),"
            + "\"idealSpeedup\":\(rounded(idealSpeedup, 2)),"
            + "\"executionsPerTransaction\":\(rounded(executionsPerTransaction, 3)),"
            + "\"cpuSecondsPerTransaction\":\(cpuSecondsPerTransaction),"
            + "\"fixedMicroseconds\":{\"empty\":\(rounded(fixedMicroseconds.empty)),\"one\":\(rounded(fixedMicroseconds.one))},"
            + "\"cores\":\(cores)\(isSimulated ? ",\"simulated\":true" : "")}"
    }
}

/// A number with so many decimals.
func rounded(_ value: Double, _ digits: Int = 2) -> String {
    let scale = pow(10, Double(digits))
    let scaled = (value * scale).rounded() / scale
    return digits == 0 ? "\(Int64(scaled))" : "\(scaled)"
}

/// A text of at least this width: to the left where the width is negative, as in printf.
func padded(_ text: String, _ width: Int) -> String {
    let spaces = String(repeating: " ", count: max(0, abs(width) - text.count))
    return width < 0 ? text + spaces : spaces + text
}
