import Foundation
import Testing

@testable import hoard_load

/// Figures: how they are taken and how they are printed.
struct MeasureTests {
    @Test func `percentiles are those of the recorded latencies`() {
        var recorder = LatencyRecorder()
        for microseconds in 1...10_000 as ClosedRange<UInt64> {
            recorder.record(nanoseconds: microseconds * 1000)
        }
        let summary = recorder.summary
        #expect(abs(summary.p50 - 5) < 0.01)
        #expect(abs(summary.p90 - 9) < 0.02)
        #expect(abs(summary.p99 - 9.9) < 0.02)
        #expect(abs(summary.max - 10) < 0.02)
    }

    @Test func `an empty recorder reports zeros`() {
        #expect(LatencyRecorder().summary == LatencySummary(p50: 0, p90: 0, p99: 0, p999: 0, max: 0))
    }

    @Test(arguments: [
        (1.0, 3, "1"), (0.5, 3, "0.5"), (1234.5678, 2, "1234.57"), (0.0004, 3, "0"),
        (-2.25, 2, "-2.25"), (-0.05, 1, "-0.1"), (3.05, 2, "3.05"), (.nan, 1, "null"),
        (1e12, 0, "1000000000000"),
    ])
    func `numbers are printed as people write them`(value: Double, places: Int, text: String) {
        #expect(JSONText.number(value, places: places) == text)
    }

    @Test func `text is quoted so that any reader gets it back`() throws {
        let text = "a \"b\" \\ \n\t\u{1} ü 日"
        let line = JSONText.object([("key", .text(text))]).line
        let read = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
        #expect(read == ["key": text])
    }

    @Test func `the report has the agreed keys in order`() throws {
        let line = report.json.line
        let keys = [
            "scenario", "operations", "operationsPerSecond", "refused", "errors",
            "latencyMilliseconds", "serverCpuMicrosecondsPerOperation", "gasPerOperation",
            "gasPerSecond", "blocks", "operationsPerBlock", "executor", "workers", "cores",
            "diskSyncMilliseconds", "bareSyncMilliseconds", "generatorCpuMicrosecondsPerOperation", "connections",
            "inFlight", "residentBytesPerConnection", "disturbances", "cost",
        ]
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(Set(object.map(\.keys).map(Array.init) ?? []) == Set(keys))
        let places = keys.compactMap { line.range(of: "\"\($0)\":")?.lowerBound }
        #expect(places == places.sorted() && places.count == keys.count)
        let latency = object?["latencyMilliseconds"] as? [String: Any]
        #expect(Set(latency?.keys.map { $0 } ?? []) == ["p50", "p90", "p99", "p999", "max"])
        #expect(object?["gasPerOperation"] as? Double == 50)
        #expect(object?["gasPerSecond"] as? Double == 25_000)
        #expect(object?["operationsPerBlock"] as? Double == 100)
    }

    @Test func `unknown figures are null, not zero`() {
        var report = report
        report.server = nil
        report.serverCpuMicrosecondsPerOperation = nil
        #expect(report.json.line.contains(#""gasPerOperation":null"#))
        #expect(report.json.line.contains(#""serverCpuMicrosecondsPerOperation":null"#))
    }

    @Test func `a million operations cost their CPU time, and energy and money by it`() {
        let assumptions = CostAssumptions(wattsPerCore: 5, pricePerCoreHour: 0.036)
        let assumed = Cost(
            cpuMicrosecondsPerOperation: 20, joulesOfWindow: nil, operations: 1000, assumptions: assumptions)
        #expect(assumed.cpuSecondsPerMillion == 20 && assumed.joulesPerMillion == 100)
        #expect(abs(assumed.moneyPerMillion - 0.0002) < 1e-12)
        #expect(assumed.json.line.contains(#""joulesFrom":"assumed""#))
        let measured = Cost(
            cpuMicrosecondsPerOperation: 20, joulesOfWindow: 3, operations: 100_000, assumptions: assumptions)
        #expect(measured.joulesPerMillion == 30 && measured.json.line.contains(#""joulesFrom":"RAPL""#))
    }

    @Test func `energy is the sum of the packages, and unknown where there is no counter`() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        #expect(EnergyMeter.joules(folder: folder.path) == nil)
        for (name, text) in [("intel-rapl:0", "2000000\n"), ("intel-rapl:1", "500000"), ("intel-rapl:0:0", "9")] {
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder.path)/\(name)/energy_uj"))
        }
        #expect(EnergyMeter.joules(folder: folder.path) == 2.5)
    }

    @Test func `a bare sync takes time and leaves nothing`() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let sync = try #require(BareSync.measure(folder: folder.path))
        #expect(sync.p50Milliseconds > 0 && sync.p99Milliseconds >= sync.p50Milliseconds)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        #expect(BareSync.measure(folder: folder.path + "/none") == nil)
    }

    @Test func `a baseline line repeats the command without its token`() {
        let command = Baseline.command([
            "/long/way/hoard-load", "--token", "secret", "--seconds", "3",
        ])
        #expect(command == "hoard-load --token TOKEN --seconds 3")
        let line = Baseline.line(.count(1), commit: "c", machine: "m", command: command)
        #expect(
            line == #"{"commit":"c","machine":"m","command":"\#(command)","value":1}"#)
    }

    @Test func `CPU time is read past a name with spaces and brackets`() {
        let text = "42 (a ) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 9"
        let time = ProcessorTime.parse(text, ticksPerSecond: 100)
        #expect(time == ProcessorTime(userMicroseconds: 2_500_000, systemMicroseconds: 500_000))
        #expect(ProcessorTime.parse("nonsense", ticksPerSecond: 100) == nil)
    }

    @Test func `our own CPU time rises when we work`() throws {
        let before = try #require(ProcessorTime.of(processID: getpid()))
        let start = MonotonicClock.nanoseconds()
        var random = SeededRandom(seed: 1)
        var sum: UInt64 = 0
        while MonotonicClock.nanoseconds() - start < 60_000_000 { sum ^= random.next() }
        let after = try #require(ProcessorTime.of(processID: getpid()))
        #expect(after.since(before).totalMicroseconds > 0 || sum == 0)
    }

    private var report: LoadReport {
        LoadReport(
            scenario: "test", operations: 1000, seconds: 2, refused: 10, errors: 0,
            latency: LatencySummary(p50: 1, p90: 2, p99: 3, p999: 4, max: 5),
            serverCpuMicrosecondsPerOperation: 7.5,
            server: ServerFigures(
                blocks: 20, operations: 2000, gas: 100_000, executor: "sequential", workers: 1,
                diskSyncP50Milliseconds: 0.1, diskSyncP99Milliseconds: 0.2),
            cores: 2)
    }
}

/// Reading what a server says of itself.
struct ServerStatusTests {
    @Test func `the status is read with 64-bit numbers as text or as numbers`() throws {
        let text = """
            {"cpuMicroseconds":"5000000","executor":"parallel","workers":2,"blocks":"30",
             "operations":"18446744073709551615","gas":700,"conservationViolations":"0",
             "diskSyncMilliseconds":{"p50":0.125,"p99":"0.5"}}
            """
        let status = try #require(ServerStatus.parse(text))
        #expect(status.operations == .max && status.blocks == 30 && status.gas == 700)
        #expect(status.executor == "parallel" && status.workers == 2)
        #expect(status.diskSyncP50Milliseconds == 0.125 && status.diskSyncP99Milliseconds == 0.5)
        #expect(status.cpuMicroseconds == 5_000_000)
        #expect(ServerStatus.parse("[]") == nil && ServerStatus.parse("") == nil)
    }

    @Test func `the figures of a window are differences`() throws {
        let begin = try #require(ServerStatus.parse(#"{"blocks":"5","operations":"50","gas":"500"}"#))
        let end = try #require(ServerStatus.parse(#"{"blocks":"9","operations":"90","gas":"940"}"#))
        let figures = end.since(begin)
        #expect(figures.blocks == 4 && figures.operations == 40 && figures.gas == 440)
    }
}
