internal import EVM

/// Where a word of a foreseen hash comes from.
struct WordSource: BitwiseCopyable, Equatable {
    enum Kind: UInt8 { case constant, sender, data, digest }

    var kind: Kind
    /// The word of the data, or the step whose digest it is.
    var index: UInt8 = 0
    var constant = U256.zero

    static func constant(_ word: U256) -> WordSource { WordSource(kind: .constant, constant: word) }
}

/// A hash of two words, at a level above the steps whose digests it takes.
struct HashStep: BitwiseCopyable {
    var upper: WordSource
    var lower: WordSource
    var level: UInt8
}

/// A slot at the digest of a step, or just behind it.
struct ForeseenRead: BitwiseCopyable {
    var address: Address
    var step: UInt8
    var offset: UInt64
}

/// What transactions of one kind read of the storage, as far as it follows from their sender and their data: learnt from
/// what two of them have read, and held against a third.
struct AccessPattern {
    /// Steps and reads of a pattern: what the longest actions of a game need.
    static let stepsMax = 16

    private(set) var steps: [HashStep] = []
    private(set) var reads: [ForeseenRead] = []

    /// What both samples have in common.
    init(_ a: AccessSample, _ b: AccessSample, memo: KeccakMemo) {
        for (one, other) in zip(a.reads, b.reads) where one.address == other.address && one.offset == other.offset {
            let known = steps
            guard case .hash = one.term, let source = source(one.term, a, other.term, b, isUpper: true, memo),
                source.kind == .digest, reads.count < Self.stepsMax
            else {
                steps = known
                continue
            }
            reads.append(ForeseenRead(address: one.address, step: source.index, offset: one.offset))
        }
    }

    /// Keeps the reads that came true in another sample.
    mutating func keepWhatIsTrue(of sample: AccessSample, memo: KeccakMemo) {
        var digests: [U256] = []
        func word(_ source: WordSource) -> U256 {
            switch source.kind {
            case .constant: source.constant
            case .sender: sample.sender
            case .data: Int(source.index) < sample.words.count ? sample.words[Int(source.index)] : .zero
            case .digest: digests[Int(source.index)]
            }
        }
        for step in steps { digests.append(memo.hash(word(step.upper), word(step.lower))) }
        reads.removeAll { read in
            let slot = digests[Int(read.step)] &+ U256(read.offset)
            return !sample.reads.contains { $0.address == read.address && $0.slot == slot }
        }
        removeUnusedSteps()
    }

    /// A step that no read needs any more would only cost.
    private mutating func removeUnusedSteps() {
        var isUsed = [Bool](repeating: false, count: steps.count)
        for read in reads { isUsed[Int(read.step)] = true }
        for index in steps.indices.reversed() where isUsed[index] {
            for source in [steps[index].upper, steps[index].lower] where source.kind == .digest {
                isUsed[Int(source.index)] = true
            }
        }
        var number: UInt8 = 0
        var numbers: [UInt8] = []
        for used in isUsed {
            numbers.append(number)
            if used { number += 1 }
        }
        func renumbered(_ source: WordSource) -> WordSource {
            var source = source
            if source.kind == .digest { source.index = numbers[Int(source.index)] }
            return source
        }
        steps = steps.indices.filter { isUsed[$0] }.map {
            HashStep(upper: renumbered(steps[$0].upper), lower: renumbered(steps[$0].lower), level: steps[$0].level)
        }
        for index in reads.indices { reads[index].step = numbers[Int(reads[index].step)] }
    }

    /// Where both words come from; nil where that cannot be told.
    private mutating func source(
        _ one: AccessTerm, _ a: AccessSample, _ other: AccessTerm, _ b: AccessSample, isUpper: Bool, _ memo: KeccakMemo
    ) -> WordSource? {
        switch (one, other) {
        case (.word(let one), .word(let other)): return source(one, a, other, b, isUpper: isUpper)
        case (.hash(let upperOne, let lowerOne), .hash(let upperOther, let lowerOther)):
            guard let upper = source(upperOne, a, upperOther, b, isUpper: true, memo),
                let lower = source(lowerOne, a, lowerOther, b, isUpper: false, memo)
            else { return nil }
            if upper.kind == .constant, lower.kind == .constant {
                return .constant(memo.hash(upper.constant, lower.constant))
            }
            return step(upper, lower)
        default: return nil
        }
    }

    private mutating func step(_ upper: WordSource, _ lower: WordSource) -> WordSource? {
        if let known = steps.firstIndex(where: { $0.upper == upper && $0.lower == lower }) {
            return WordSource(kind: .digest, index: UInt8(known))
        }
        guard steps.count < Self.stepsMax else { return nil }
        let below = [upper, lower].filter { $0.kind == .digest }.map { steps[Int($0.index)].level + 1 }
        steps.append(HashStep(upper: upper, lower: lower, level: below.max() ?? 0))
        return WordSource(kind: .digest, index: UInt8(steps.count - 1))
    }

    private func source(
        _ one: U256, _ a: AccessSample, _ other: U256, _ b: AccessSample, isUpper: Bool
    ) -> WordSource? {
        // What is first in a hash is mostly the mapping's own place, which a small number of the call may equal by chance.
        if one == other, isUpper { return .constant(one) }
        if one == a.sender, other == b.sender { return WordSource(kind: .sender) }
        if let index = zip(a.words, b.words).enumerated().first(where: { $1 == (one, other) })?.offset {
            return WordSource(kind: .data, index: UInt8(index))
        }
        return one == other ? .constant(one) : nil
    }
}
