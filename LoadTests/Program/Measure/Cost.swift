import Foundation

/// What is assumed where it cannot be measured; options of the command line that stand beside every figure.
struct CostAssumptions: Equatable {
    /// Power of one busy core with its share of the rest of the machine.
    var wattsPerCore: Double
    /// What a core costs for an hour, in any currency.
    var pricePerCoreHour: Double
}

/// What a million operations cost.
struct Cost: Equatable {
    /// Processor time of the server.
    var cpuSecondsPerMillion: Double
    var joulesPerMillion: Double
    /// Whether the joules were read from the processor's own counter, which counts all that ran, the load generator too.
    var joulesAreMeasured: Bool
    var moneyPerMillion: Double
    var assumptions: CostAssumptions

    /// From the server's processor time and, where it could be read, the energy of the window.
    init(
        cpuMicrosecondsPerOperation: Double, joulesOfWindow: Double?, operations: UInt64, assumptions: CostAssumptions
    ) {
        // A microsecond an operation is a second a million operations.
        cpuSecondsPerMillion = cpuMicrosecondsPerOperation
        joulesAreMeasured = joulesOfWindow != nil
        joulesPerMillion =
            joulesOfWindow.map { $0 * 1e6 / Double(max(1, operations)) } ?? cpuSecondsPerMillion
            * assumptions.wattsPerCore
        moneyPerMillion = cpuSecondsPerMillion / 3600 * assumptions.pricePerCoreHour
        self.assumptions = assumptions
    }

    /// As the report's `cost`.
    var json: JSONText {
        .object([
            ("cpuSecondsPerMillion", .decimal(cpuSecondsPerMillion, places: 2)),
            ("joulesPerMillion", .decimal(joulesPerMillion, places: 1)),
            ("joulesFrom", .text(joulesAreMeasured ? "RAPL" : "assumed")),
            ("moneyPerMillion", .decimal(moneyPerMillion, places: 6)),
            ("wattsPerCore", .decimal(assumptions.wattsPerCore, places: 2)),
            ("pricePerCoreHour", .decimal(assumptions.pricePerCoreHour, places: 4)),
        ])
    }

    /// In words.
    var text: String {
        func number(_ value: Double, _ places: Int) -> String { JSONText.number(value, places: places) }
        let source = joulesAreMeasured ? "RAPL, all that ran" : "at \(number(assumptions.wattsPerCore, 1)) W a core"
        return
            "a million operations: \(number(cpuSecondsPerMillion, 1)) CPU s, \(number(joulesPerMillion, 0)) J (\(source)), "
            + "\(number(moneyPerMillion, 6)) at \(number(assumptions.pricePerCoreHour, 4)) a core and hour"
    }
}

/// The processor's own counter of energy (RAPL), where the system lets us read it.
enum EnergyMeter {
    /// Joules since some moment, of all packages together; nil where there is no counter.
    static func joules(folder: String = "/sys/class/powercap") -> Double? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var sum: Double?
        for name in names where name.split(separator: ":").count == 2 {
            guard let text = try? String(contentsOfFile: "\(folder)/\(name)/energy_uj", encoding: .utf8),
                let microjoules = Double(text.trimmingCharacters(in: .whitespacesAndNewlines))
            else { continue }
            sum = (sum ?? 0) + microjoules / 1e6
        }
        return sum
    }
}
