import ArgumentParser
import Foundation
import Fuzzing

/// `hoard fuzz`: programs by chance against rules that always hold.
struct FuzzCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuzz", abstract: "Run programs made by chance and check what must always hold.",
        subcommands: [FuzzEVM.self])
}

/// `hoard fuzz evm`: bytecode and calldata by chance, on every fork.
struct FuzzEVM: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evm",
        abstract: "Run bytecode and calldata made by chance on every fork.",
        discussion: """
            After every transaction: gas used is within the limit, the machine is empty, the same transaction gives the same result again and \
            on a machine that has decoded no code, the diff is in canonical form, and no balance comes from nowhere. A failure, a crash \
            or a case that takes over two minutes prints the command that repeats it. Exit code 1 when a rule did not hold.
            """)

    @Option(help: "Stop after this many seconds.")
    var seconds = 10.0

    @Option(help: "Stop after this many cases.")
    var cases: Int?

    @Option(help: "Seed of the first case; the others follow. By chance where not given.")
    var seed: UInt64?

    @Flag(help: "Print one JSON object.")
    var json = false

    struct Output: Encodable {
        let cases: Int
        let seconds: Double
        let firstSeed: UInt64
        let succeeded: Int
        let reverted: Int
        let halted: Int
        let refused: Int
        let halts: [String: Int]
        let gasUsed: UInt64
        let failures: [String]
    }

    func run() throws {
        let first = seed ?? UInt64.random(in: 0..<1 << 62)
        let runner = FuzzRunner()
        let progress = ProgressLine("cases:")
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        var failures: [String] = []
        var count = 0
        CrashNote.install()
        while count < cases ?? .max, count & 15 != 0 || ContinuousClock.now < end {
            let seed = first &+ UInt64(count)
            CrashNote.command = "hoard fuzz evm --cases 1 --seed \(seed)"
            alarm(120)
            if let failure = runner.run(FuzzCase(seed: seed)) {
                failures.append("\(failure.reason); repeat with: hoard fuzz evm --cases 1 --seed \(failure.seed)")
                if !json { print("FAILED \(failures[failures.count - 1])") }
            }
            count += 1
            if count & 1023 == 0 { progress.update(UInt64(count)) }
        }
        alarm(0)
        progress.finish()
        let duration = (ContinuousClock.now - start).components
        let elapsed = Double(duration.seconds) + Double(duration.attoseconds) / 1e18
        let counts = runner.counts
        let halts = Dictionary(uniqueKeysWithValues: counts.halts.map { ("\($0.key)", $0.value) })
        if json {
            try printJSON(
                Output(
                    cases: count, seconds: elapsed, firstSeed: first, succeeded: counts.succeeded,
                    reverted: counts.reverted, halted: counts.halted, refused: counts.refused, halts: halts,
                    gasUsed: counts.gasUsed, failures: failures))
        } else {
            let time = String(format: "%.1f", elapsed)
            print(
                "\(count) cases from seed \(first) in \(time) s: \(counts.succeeded) transactions succeeded, "
                    + "\(counts.reverted) reverted, \(counts.halted) halted, \(counts.refused) refused; "
                    + "\(failures.count) failures")
        }
        if !failures.isEmpty { throw ExitCode(1) }
    }
}

/// A line that is printed when the program dies, so that the case is not lost.
private enum CrashNote {
    private static let capacity = 256
    private nonisolated(unsafe) static let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    private nonisolated(unsafe) static var count = 0

    /// What to print: written down at once, because nothing can be put together while dying.
    static var command: String {
        get { String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self) }
        set {
            let line = Array(("died; repeat with: " + newValue + "\n").utf8.prefix(capacity))
            count = 0
            bytes.update(from: line, count: line.count)
            count = line.count
        }
    }

    /// Prints the line on every signal that ends the program, and when the time that was allowed is over.
    static func install() {
        // The address sanitizer reports bad accesses itself and then aborts.
        let isSanitized = getenv("ASAN_OPTIONS") != nil
        for number in [SIGILL, SIGTRAP, SIGABRT, SIGALRM] + (isSanitized ? [] : [SIGBUS, SIGSEGV]) {
            signal(number) { number in
                if number == SIGALRM { _ = write(2, "two minutes are over: ", 22) }
                _ = write(2, CrashNote.bytes, CrashNote.count)
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }
}
