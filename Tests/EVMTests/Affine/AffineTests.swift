import Foundation
import Testing

@testable import EVM

/// Followed slots: what is demanded of each, and that everything goes as predicted for whatever value is allowed.
@Suite struct AffineTests {
    private static let child = Address(word: 0xc01d)

    private static func world(_ example: AffineCase) -> TestWorld {
        let world = TestWorld(example.code, storage: [0: example.base, 1: 100])
        if let child = example.child { world.add(Self.child, child, storage: [0: example.base]) }
        return world
    }

    /// What is wrong with a case's outcome; nil if nothing is.
    private static func fault(
        _ example: AffineCase, _ machines: MachinePair = MachinePair(), defect: AffineDefect? = nil
    ) -> String? {
        let run = FollowedRun(world(example), machines, defect: defect)
        let account = example.child == nil ? TestWorld.contract : Self.child
        guard let index = run.order.firstIndex(where: { $0.address == account && $0.slot.isZero }) else {
            return "slot 0 was not read"
        }
        let read = run.notes.elements[index]
        let interval = read.isFree ? nil : AffineCase.ClosedPair(low: read.base &- read.down, high: read.base &+ read.up)
        if interval != example.interval { return "\(interval as Any) instead of \(example.interval as Any)" }
        var effect = AffineCase.Effect.nothing
        if read.isDelta {
            effect = .delta(small(read.change))
        } else if let change = run.result.diff.storage.first(where: { $0.address == account && $0.slot.isZero }) {
            effect = .write(small(change.value))
        }
        if effect != example.effect { return "\(effect) instead of \(example.effect)" }
        if run.notes.patches.count != example.patches { return "\(Array(run.notes.patches))" }
        var random = SystemRandom(state: 1)
        return run.firstDifference(24, &random)
    }

    private static func small(_ word: U256) -> Int {
        word.l3 >> 63 == 1 ? -Int((U256.zero &- word).l0) : Int(word.l0)
    }

    @Test(arguments: AffineCase.all)
    func `a program demands what its answers rest on`(_ example: AffineCase) {
        let fault = Self.fault(example)
        #expect(fault == nil, "\(example.name): \(fault ?? "")")
    }

    @Test func `what a checked addition pays for zero and for taking all is part of its interval`() {
        let takesAll = FollowedRun(Self.world(AffineCase.all.first { $0.name == "3 takes all" }!), MachinePair())
        let takesSome = FollowedRun(Self.world(AffineCase.all.first { $0.name == "4 takes 3" }!), MachinePair())
        // 26,106 gas of which a fifth comes back, for a slot that is cleared.
        #expect(takesSome.result.receipt.gasUsed > takesAll.result.receipt.gasUsed)
    }

    // MARK: Random programs

    /// A program of statements that leave the stack as it was, over slots 0 to 2 and one child contract.
    private struct Programs {
        var random: SystemRandom
        static let words: [String] = [
            "5f", "6001", "6002", "6007", "60ff", "61ffff", "6080", "601f", "6fffffffffffffffffffffffffffffffff",
            "7f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "7f8000000000000000000000000000000000000000000000000000000000000000",
            "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        ]

        mutating func word() -> String { Self.words[random.below(Self.words.count)] }
        mutating func slot() -> String { ["5f", "6001", "6002"][random.below(3)] }

        mutating func operand() -> String { random.below(5) == 0 ? slot() + "54" : word() }

        /// Leaves one word.
        mutating func expression(_ depth: Int) -> String {
            if depth == 0 { return random.below(4) == 0 ? word() : slot() + "54" }
            let inner = expression(depth - 1)
            switch random.below(12) {
            case 0...4: return operand() + inner + ["01", "03"][random.below(2)]
            case 5: return inner + operand() + ["01", "03"][random.below(2)]
            case 6, 7:
                return operand() + inner + ["10", "11", "12", "13", "14", "18"][random.below(6)]
            case 8:
                let other = operand()
                let operation = ["02", "04", "05", "06", "07", "16", "17", "18", "0b", "1a", "1b", "1c", "1d"]
                return (random.below(2) == 0 ? other + inner : inner + other)
                    + operation[random.below(operation.count)]
            case 9: return inner + ["15", "19", "1e"][random.below(2)]
            case 10: return inner + "80" + ["10", "14", "18", "03", "12"][random.below(5)]
            default: return inner + memory()
            }
        }

        /// Sends a word through memory.
        mutating func memory() -> String {
            switch random.below(5) {
            case 0: return "602052 602051"
            case 1: return "602052 6020 6020 6080 5e 608051"
            case 2: return "602052 6001 6028 53 602051"
            case 3: return "602052 602151"
            default: return "602052 6018 6020 6080 5e 608051"
            }
        }

        mutating func skip(_ statement: String) -> String {
            let size = statement.filter { !$0.isWhitespace }.count / 2
            // condition, then PC + distance as the target
            return expression(random.below(3)) + "58 60" + hex(size + 5) + "01 57" + statement + "5b"
        }

        private func hex(_ value: Int) -> String { (value < 16 ? "0" : "") + String(value, radix: 16) }

        mutating func statement(_ depth: Int = 1) -> String {
            switch random.below(14) {
            case 0...4:
                let slot = slot()
                return word() + slot + "54" + ["01", "03"][random.below(2)] + slot + "55"
            case 5, 6: return expression(random.below(4)) + slot() + "55"
            case 7: return expression(random.below(3)) + "50"
            case 8: return expression(random.below(2)) + "5f52 6020 5f a0"
            case 9: return expression(1) + "6020 5f a1"
            case 10 where depth > 0:
                let inner = statement(0)
                return inner.filter { !$0.isWhitespace }.count / 2 < 120 ? skip(inner) : inner
            case 11: return "6040 5f 5f 5f 5f 61c01d 62ffffff f1 50"
            case 12: return "6040 51 " + slot() + "55"
            default: return expression(1) + "5f 5d 5f 5c 50"
            }
        }

        mutating func program() -> String {
            var code = ""
            for _ in 0...random.below(6) { code += statement() }
            switch random.below(4) {
            case 0: return code + expression(1) + "5f52 6040 5f f3"
            case 1: return code + expression(0) + "5f52 6020 5f fd"
            default: return code + "00"
            }
        }

        mutating func base() -> U256 {
            let sizes: [U256] = [
                0, 1, 2, 5, 9, 100, 255, 256, 1 << 20, U256(.max, .max, 0, 0), U256(0, 0, 0, 1 << 63), .max, .max &- 3,
            ]
            return sizes[random.below(sizes.count)]
        }
    }

    private static func randomFault(_ seed: UInt64, _ machines: MachinePair, defect: AffineDefect? = nil) -> String? {
        var programs = Programs(random: SystemRandom(state: seed))
        let code = programs.program()
        let world = TestWorld(code, storage: [0: programs.base(), 1: programs.base(), 2: programs.base()])
        let child = programs.program()
        world.add(Self.child, child.contains("61c01d") ? "5f54 5f52 6020 5f f3" : child, storage: [0: programs.base(), 1: 3])
        let run = FollowedRun(world, machines, defect: defect)
        return run.firstDifference(8, &programs.random).map { "seed \(seed): \(code), child \(child): \($0)" }
    }

    @Test func `random programs go as predicted for every value that is allowed`() {
        let count = UInt64(ProcessInfo.processInfo.environment["HOARD_AFFINE_PROGRAMS"] ?? "") ?? 3_000
        let machines = MachinePair()
        for seed in 0..<count {
            if let fault = Self.randomFault(seed, machines) {
                Issue.record("\(fault)")
                return
            }
        }
    }

    @Test(arguments: AffineDefect.allCases)
    func `a forgotten rule is noticed`(_ defect: AffineDefect) {
        let machines = MachinePair()
        let isNoticed =
            AffineCase.all.contains { Self.fault($0, machines, defect: defect) != nil }
            || (0..<UInt64(4_000)).contains { Self.randomFault($0, machines, defect: defect) != nil }
        #expect(isNoticed)
    }

    @Test(arguments: ["5f50", "5f5450", "5f545b50"])
    func `a frame that a call leaves without gas for the rest of its block halts`(_ rest: String) {
        // The word of slot 0 stays on the stack; the call burns all but a 64th of the gas.
        let code =
            "5f54 5f5f5f5f5f 73" + Self.child.hex.suffix(40) + " 62ffffff f1 50" + String(repeating: rest, count: 200) + "00"
        let world = TestWorld(code, storage: [0: 9])
        world.add(Self.child, "fe")
        let machines = MachinePair()
        var endings: Set<Bool> = []
        for gas in stride(from: UInt64(30_000), through: 2_100_000, by: gas(rest)) {
            let transaction = Transaction.session(
                sender: TestWorld.sender, to: TestWorld.contract, data: [], gasLimit: gas)
            let plain = machines.plain.transition(world, world.block, transaction).accepted
            let notes = DeltaNotes()
            let followed = machines.following.transition(
                FollowingWorld(world, notes), world.block, transaction, notes: notes
            ).accepted
            #expect(followed == plain, "\(gas) gas")
            endings.insert(plain.receipt.succeeded)
        }
        #expect(endings == [true, false], "with little gas it halts, with much it ends well")
    }

    /// Steps of gas that meet the frame's last 64th before and behind what the rest costs.
    private func gas(_ rest: String) -> Int { rest == "5f50" ? 1_900 : 23_700 }

    @Test func `a program that loads nothing followed leaves no notes`() {
        let world = TestWorld("6001 6002 01 50")
        #expect(FollowedRun(world, MachinePair()).notes.readCount == 0)
    }
}
