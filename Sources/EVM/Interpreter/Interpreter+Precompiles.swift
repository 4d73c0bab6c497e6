extension Interpreter {
    /// The precompiled contract at an address, if the fork has one there.
    @inline(__always)
    mutating func precompile(_ address: U256) -> Precompile? {
        Precompiles.lookup(Address(word: address), rules.fork)
    }

    /// Runs a precompiled contract and leaves its output in `returnData`; the gas left, negative when it fails.
    @inline(never)
    mutating func run(_ precompile: Precompile, _ input: UnsafeRawBufferPointer, _ gas: Int64) -> Int64 {
        returnData.truncate(to: 0)
        if precompile.kind == .identity {
            // Compilers copy memory with it, so it goes without an array between.
            let left = gas &- 15 &- 3 &* Int64((input.count + 31) / 32)
            if left < 0 { return left }
            if let start = input.baseAddress {
                returnData.append(from: start.assumingMemoryBound(to: UInt8.self), count: input.count)
            }
            return left
        }
        guard case .success(let used, let output) = precompile.run(input: input, gasLimit: UInt64(gas)) else {
            return -1
        }
        output.withUnsafeBufferPointer { bytes in
            if let start = bytes.baseAddress { returnData.append(from: start, count: bytes.count) }
        }
        return gas &- Int64(used)
    }
}
