internal import EVM

/// How a contract came to a word: as it stands, or as the hash of two others.
indirect enum AccessTerm {
    case word(U256)
    case hash(upper: AccessTerm, lower: AccessTerm)
}

/// What one transaction read of the storage, and how the contracts came to the places.
struct AccessSample {
    /// A slot that was read.
    struct Read {
        var address: Address
        var slot: U256
        /// The hash that the slot lies at, or just behind.
        var term: AccessTerm
        var offset: UInt64
    }

    /// Words of the call that a place may depend on.
    static let wordsMax = 16
    private static let depthMax = 3

    let sender: U256
    let words: [U256]
    let reads: [Read]

    /// The sample of a transaction that has just run and read these slots; the memo knows its hashes still.
    init(_ transaction: Transaction, reads: [(address: Address, slot: U256)], memo: KeccakMemo) {
        sender = transaction.sender.word
        words = transaction.data.withUnsafeBytes { data in
            (0..<AccessCall.wordCount(data)).map { AccessCall.word($0, of: data) }
        }
        let origins = Self.explain(reads.map(\.slot), memo, depth: Self.depthMax)
        self.reads = zip(reads, origins).map { read, origin in
            Read(address: read.address, slot: read.slot, term: origin.term, offset: origin.offset)
        }
    }

    private static func explain(
        _ words: [U256], _ memo: KeccakMemo, depth: Int
    ) -> [(term: AccessTerm, offset: UInt64)] {
        if depth == 0 || words.isEmpty { return words.map { (.word($0), 0) } }
        let origins = memo.origins(of: words)
        // A hash has a high limb; numbers and addresses have none.
        let inner = origins.flatMap { $0.map { [$0.upper, $0.lower] } ?? [] }.filter { $0.l3 != 0 }
        var explained = explain(inner, memo, depth: depth - 1)[...]
        func term(_ word: U256) -> AccessTerm {
            guard word.l3 != 0, let next = explained.popFirst() else { return .word(word) }
            return next.offset == 0 ? next.term : .word(word)
        }
        return zip(words, origins).map { word, origin in
            guard let origin else { return (.word(word), 0) }
            let upper = term(origin.upper)
            return (.hash(upper: upper, lower: term(origin.lower)), origin.offset)
        }
    }
}

/// The parts of a call's data.
enum AccessCall {
    /// The first four bytes, which name the function.
    @inline(__always)
    static func selector(_ data: UnsafeRawBufferPointer) -> UInt32 {
        data.count < 4 ? 0 : data.loadUnaligned(as: UInt32.self)
    }

    /// Words behind the selector, as many as a sample looks at.
    @inline(__always)
    static func wordCount(_ data: UnsafeRawBufferPointer) -> Int {
        max(0, min(AccessSample.wordsMax, (data.count - 4) / 32))
    }

    /// One of them; zero beyond the end.
    @inline(__always)
    static func word(_ index: Int, of data: UnsafeRawBufferPointer) -> U256 {
        let start = 4 + 32 * index
        guard start + 32 <= data.count, let base = data.baseAddress else { return .zero }
        return U256(loadingBigEndian: base + start)
    }
}

/// The world, which notes what slots are asked for.
final class SampledView: StateView {
    /// Reads of one transaction that are noted.
    private static let readsMax = 24
    private let world: WorldState
    private(set) var reads: [(address: Address, slot: U256)] = []

    init(_ world: WorldState) { self.world = world }

    func account(_ address: Address) -> AccountState? { world.account(address) }
    func storage(_ address: Address, _ slot: U256) -> U256 {
        if reads.count < Self.readsMax { reads.append((address, slot)) }
        return world.storage(address, slot)
    }
    func code(_ hash: Hash256) -> [UInt8] { world.code(hash) }
    func hasStorage(_ address: Address) -> Bool { world.hasStorage(address) }
    func blockHash(_ number: UInt64) -> Hash256 { world.blockHash(number) }
}
