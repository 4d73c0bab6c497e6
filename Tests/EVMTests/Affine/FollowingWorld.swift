import Testing

@testable import EVM

/// A world whose slots are all followed, and what a run over it found out.
final class FollowingWorld: StateView {
    private let world: TestWorld
    private let notes: DeltaNotes
    /// Followed slots in the order of their reads.
    private(set) var order: [(address: Address, slot: U256)] = []

    init(_ world: TestWorld, _ notes: DeltaNotes) {
        self.world = world
        self.notes = notes
    }

    func account(_ address: Address) -> AccountState? { world.account(address) }
    func storage(_ address: Address, _ slot: U256) -> U256 {
        if notes.noted.pointee.followLast() { order.append((address, slot)) }
        return world.storage(address, slot)
    }
    func code(_ hash: Hash256) -> [UInt8] { world.code(hash) }
    func hasStorage(_ address: Address) -> Bool { world.hasStorage(address) }
    func blockHash(_ number: UInt64) -> Hash256 { world.blockHash(number) }
}

/// A machine that follows slots and one that does not.
final class MachinePair {
    let plain = Machine(fork: .prague, chainID: 1, codeCache: CodeCache())
    let following = Machine(fork: .prague, chainID: 1, codeCache: CodeCache())
}

/// One transaction run with all slots followed, to be held against runs over other values.
struct FollowedRun {
    let world: TestWorld
    let order: [(address: Address, slot: U256)]
    let notes = DeltaNotes()
    let result: TransitionResult
    private let machines: MachinePair

    init(_ world: TestWorld, _ machines: MachinePair, data: [UInt8] = [], defect: AffineDefect? = nil) {
        self.world = world
        self.machines = machines
        let view = FollowingWorld(world, notes)
        machines.following.plantedDefect = defect
        result = machines.following.transition(view, world.block, Self.transaction(data), notes: notes).accepted
        machines.following.plantedDefect = nil
        order = view.order
    }

    private static func transaction(_ data: [UInt8]) -> Transaction {
        .session(sender: TestWorld.sender, to: TestWorld.contract, data: data, gasLimit: 500_000)
    }

    /// What the run says that it would have been with other values, which its intervals allow.
    func predicted(_ shifts: [U256]) -> TransitionResult {
        var predicted = result
        for (index, shift) in shifts.enumerated() {
            notes.elements[index].shift = shift
            guard notes.elements[index].isDelta else { continue }
            for change in predicted.diff.storage.indices
            where predicted.diff.storage[change].address == order[index].address
                && predicted.diff.storage[change].slot == order[index].slot
            {
                predicted.diff.storage[change].value = predicted.diff.storage[change].value &+ shift
            }
        }
        notes.change(&predicted.receipt)
        return predicted
    }

    /// Runs the transaction over other values and says where that ends otherwise than predicted.
    func difference(_ shifts: [U256], data: [UInt8] = []) -> String? {
        let former = world.slots
        defer { world.slots = former }
        for (index, shift) in shifts.enumerated() {
            let (address, slot) = order[index]
            world.slots[address, default: [:]][slot] = world.storage(address, slot) &+ shift
        }
        let actual = machines.plain.transition(world, world.block, Self.transaction(data)).accepted
        let predicted = predicted(shifts)
        return actual == predicted ? nil : "\(shifts.map(\.hex)): \(actual) instead of \(predicted)"
    }

    /// A shift that a read allows: an end of its interval, or any.
    private func shift(_ read: IntervalRead, _ random: inout SystemRandom) -> U256 {
        if read.isFree {
            return U256(random.next(), random.next(), random.next(), random.next() >> (random.next() % 64))
        }
        switch random.next() % 6 {
        case 0: return .zero
        case 1: return .zero &- read.down
        case 2: return read.up
        case 3: return read.up.isZero ? .zero : U256(random.next() % 4) % read.up
        case 4: return read.down.isZero ? .zero : .zero &- (U256(random.next() % 300) % read.down)
        default:
            let width = read.down &+ read.up
            let word = U256(random.next(), random.next(), random.next(), random.next())
            return (width == .max ? word : word % (width &+ 1)) &- read.down
        }
    }

    /// The first difference among so many runs over values that the intervals allow, the ends among them; nil if there is none.
    func firstDifference(_ rounds: Int, _ random: inout SystemRandom, data: [UInt8] = []) -> String? {
        for _ in 0..<rounds {
            let shifts = notes.elements.map { shift($0, &random) }
            for (read, shift) in zip(notes.elements, shifts) {
                if !read.holds(read.base &+ shift) { return "a value that the interval refuses: \(read) \(shift.hex)" }
            }
            if let difference = difference(shifts, data: data) { return difference }
        }
        return nil
    }
}

/// A seeded generator (splitmix64).
struct SystemRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number below a limit.
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}
