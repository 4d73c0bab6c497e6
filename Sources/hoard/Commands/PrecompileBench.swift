import ArgumentParser
import EVM
import Foundation

/// `hoard bench precompiles`: what each precompile costs in time beside its gas.
struct PrecompileBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "precompiles",
        abstract: "Time every precompile on usual and worst inputs.",
        discussion:
            "Each figure is the median processor time of at least 9 runs. Exit code 1 where a case stays under --floor."
    )

    @Option(help: "Only cases whose name holds this text.")
    var filter: String?

    @Option(help: "Fail where a case runs below this many million gas a second.")
    var floor = 0.0

    @Flag(help: "Print one JSON object a case: name, gas, microseconds, megagasPerSecond.")
    var json = false

    struct Output: Encodable {
        let name: String
        let gas: UInt64
        let microseconds: Double
        let megagasPerSecond: Double
    }

    func run() throws {
        var slow = 0
        for test in PrecompileCases.all() where filter.map(test.name.contains) ?? true {
            let gas = test.run().gas
            let microseconds = Self.medianMicroseconds(test)
            let speed = Double(gas) / microseconds
            if speed < floor { slow += 1 }
            if json {
                try printJSON(
                    Output(name: test.name, gas: gas, microseconds: microseconds, megagasPerSecond: speed))
            } else {
                let name = test.name.padding(toLength: 32, withPad: " ", startingAt: 0)
                print(name + String(format: "%10d gas %12.2f us %9.1f Mgas/s", gas, microseconds, speed))
            }
        }
        if slow > 0 { throw ExitCode(1) }
    }

    /// The median over at least 9 samples and a tenth of a second; short calls are timed many at once.
    private static func medianMicroseconds(_ test: PrecompileCase) -> Double {
        let once = processorSeconds { _ = test.run() }
        let calls = max(1, Int(0.000_2 / max(once, 1e-9)))
        var samples: [Double] = []
        var total = 0.0
        while samples.count < 9 || total < 0.1 {
            let seconds = processorSeconds { for _ in 0..<calls { _ = test.run() } }
            total += seconds
            samples.append(seconds / Double(calls) * 1e6)
        }
        return samples.sorted()[samples.count / 2]
    }

    private static func processorSeconds(_ body: () -> Void) -> Double {
        let start = ProcessorTime.threadSeconds()
        body()
        return ProcessorTime.threadSeconds() - start
    }
}
