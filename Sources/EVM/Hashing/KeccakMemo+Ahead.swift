internal import CShims

/// The hash of two words that will be needed soon.
public struct WantedHash: BitwiseCopyable {
    /// The first word.
    public var upper: U256
    /// The second word.
    public var lower: U256
    /// The digest, once it is known.
    public var digest = U256.zero

    /// A hash that is not known yet.
    @inline(__always)
    public init(upper: U256, lower: U256) {
        self.upper = upper
        self.lower = lower
    }
}

// Hashes that are needed soon, and the way back from a digest.
extension KeccakMemo {
    private static let sideBySide = KeccakBatch.messagesMax

    /// Finds the digests of many pairs of words and remembers them: the memory of all is asked for first, and those that it
    /// does not hold are hashed side by side.
    public func hashAll(_ wanted: UnsafeMutableBufferPointer<WantedHash>) {
        for pair in wanted {
            let entry = UnsafeRawPointer(place(pair.upper, pair.lower))
            hoard_prefetch(entry)
            hoard_prefetch(entry + (MemoryLayout<Entry>.size - 1))
        }
        withUnsafeTemporaryAllocation(of: Int.self, capacity: Self.sideBySide) { missing in
            var count = 0
            for index in wanted.indices {
                let entry = place(wanted[index].upper, wanted[index].lower)
                if entry.pointee.upper == wanted[index].upper && entry.pointee.lower == wanted[index].lower {
                    wanted[index].digest = entry.pointee.digest
                    continue
                }
                missing[count] = index
                count += 1
                if count == Self.sideBySide {
                    fill(wanted, missing[..<count])
                    count = 0
                }
            }
            if count > 0 { fill(wanted, missing[..<count]) }
        }
    }

    @inline(never)
    private func fill(_ wanted: UnsafeMutableBufferPointer<WantedHash>, _ missing: Slice<UnsafeMutableBufferPointer<Int>>) {
        let most = Self.sideBySide
        withUnsafeTemporaryAllocation(byteCount: most * 96, alignment: 32) { bytes in
            withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: most) { messages in
                withUnsafeTemporaryAllocation(of: Int.self, capacity: most) { counts in
                    guard let base = bytes.baseAddress, let first = messages.baseAddress, let lengths = counts.baseAddress
                    else { return }
                    let digests = base + most * 64
                    for (place, index) in missing.enumerated() {
                        let message = base + place * 64
                        wanted[index].upper.storeBigEndian(at: message)
                        wanted[index].lower.storeBigEndian(at: message + 32)
                        messages.initializeElement(at: place, to: UnsafePointer(message.assumingMemoryBound(to: UInt8.self)))
                        counts.initializeElement(at: place, to: 64)
                    }
                    hoard_keccak256_of_many(
                        digests.assumingMemoryBound(to: UInt8.self), first, lengths, missing.count)
                    for (number, index) in missing.enumerated() {
                        let digest = U256(loadingBigEndian: digests + number * 32)
                        wanted[index].digest = digest
                        place(wanted[index].upper, wanted[index].lower).pointee =
                            Entry(upper: wanted[index].upper, lower: wanted[index].lower, digest: digest)
                    }
                }
            }
        }
    }

    /// What each of these words is the hash of, or lies just behind the hash of, among those that are remembered. Looks
    /// through the whole memory: for rare occasions.
    public func origins(of words: [U256]) -> [(upper: U256, lower: U256, offset: UInt64)?] {
        var found = [(upper: U256, lower: U256, offset: UInt64)?](repeating: nil, count: words.count)
        // Most entries are told from all of the words by six bits.
        var some: UInt64 = 0
        for word in words { some |= 1 &<< (word.l3 & 63) }
        for index in 0..<Self.entryCount {
            let digest = entries[index].digest
            guard some &>> (digest.l3 & 63) & 1 == 1 else { continue }
            for (place, word) in words.enumerated()
            where word.l3 == digest.l3 && word.l2 == digest.l2 && word.l1 == digest.l1 && word.l0 &- digest.l0 < 256 {
                found[place] = (entries[index].upper, entries[index].lower, word.l0 &- digest.l0)
            }
        }
        return found
    }
}
