import Testing

@testable import Ledger

/// The simulator of virtual cores, by units whose outcome can be reckoned.
@Suite struct VirtualCoresTests {
    private static func units(_ count: Int, _ dependencies: (Int) -> [Int]) -> [UnitCost] {
        (0..<count).map { UnitCost(execution: 10_000, commit: 100, dependencies: dependencies($0), gas: 7) }
    }

    private static func time(_ units: [UnitCost], cores: Int) -> VirtualCores.Outcome {
        var virtual = VirtualCores(count: cores, stepNanoseconds: 10)
        return virtual.run(units)
    }

    @Test(arguments: [2, 4, 8, 16]) func `units that share nothing run as many times faster as there are cores`(
        _ cores: Int
    ) {
        let units = Self.units(2_000) { _ in [] }
        let alone = Self.time(units, cores: 1)
        let together = Self.time(units, cores: cores)
        #expect(alone.executions == 2_000 && together.executions == 2_000)
        let speedup = Double(alone.nanoseconds) / Double(together.nanoseconds)
        #expect(speedup > 0.9 * Double(cores) && speedup <= Double(cores), "\(speedup) on \(cores)")
    }

    @Test func `a chain is no faster on many cores and hardly slower`() {
        let units = Self.units(2_000) { $0 == 0 ? [] : [$0 - 1] }
        let alone = Self.time(units, cores: 1)
        let together = Self.time(units, cores: 16)
        let ratio = Double(alone.nanoseconds) / Double(together.nanoseconds)
        #expect(ratio > 0.8 && ratio <= 1.01, "\(ratio)")
        #expect(together.executions < 2_600, "\(together.executions) executions")
    }

    @Test func `commits are one after the other`() {
        let units = (0..<1_000).map { _ in UnitCost(execution: 1_000, commit: 1_000, dependencies: []) }
        #expect(Self.time(units, cores: 64).nanoseconds >= 1_000_000)
    }

    @Test func `a unit that runs alone stops the others`() {
        var units = Self.units(100) { _ in [] }
        units[50].runsAlone = true
        units[50].commit = 1_000_000
        #expect(Self.time(units, cores: 8).nanoseconds > 1_000_000)
        #expect(Self.time(units, cores: 8).executions == 100)
    }

    @Test func `the ideal is all gas over that of the longest chain`() {
        #expect(VirtualCores.idealSpeedup([Self.units(10) { _ in [] }]) == 10)
        #expect(VirtualCores.idealSpeedup([Self.units(10) { $0 == 0 ? [] : [$0 - 1] }]) == 1)
        #expect(VirtualCores.idealSpeedup([Self.units(10) { $0 < 2 ? [] : [$0 - 2] }]) == 2)
    }
}
