/// The number of a precompiled contract: its address.
struct PrecompileReference {
    var number: UInt64
}

extension Interpreter {
    /// The precompiled contract at an address, if the fork has one there.
    @inline(__always)
    func precompile(_ address: U256) -> PrecompileReference? {
        // Addresses are 20 bytes: what an instruction leaves above them does not count.
        if address.l0 > 0x100 || address.l1 != 0 || UInt32(truncatingIfNeeded: address.l2) != 0 { return nil }
        return rules.hasPrecompile(address.l0) ? PrecompileReference(number: address.l0) : nil
    }

    /// Runs a precompiled contract and leaves its output in `returnData`; the gas left, negative when it fails.
    mutating func run(_ precompile: PrecompileReference, _ input: UnsafeRawBufferPointer, _ gas: Int64) -> Int64 {
        return -1
    }
}
