/// The contracts that the protocol itself calls at the edges of a block.
public enum SystemContracts {
    /// The sender of such calls.
    public static let caller = Address(word: U256(0xffff_ffff_ffff_fffe, .max, 0xffff_ffff, 0))
    /// Keeps roots of beacon blocks (EIP-4788).
    public static let beaconRoots = address("0x000f3df6d732807ef1319fb7b8bb8522d0beac02")
    /// Keeps hashes of blocks (EIP-2935).
    public static let history = address("0x0000f90827f1c53a10cb7a02335b175320002935")
    /// Queues requests of withdrawals (EIP-7002).
    public static let withdrawalRequests = address("0x00000961ef480eb55e80d19ad83579a64c007002")
    /// Queues requests of consolidations (EIP-7251).
    public static let consolidationRequests = address("0x0000bbddc7ce488642fb579f8b00f3a590007251")
    /// Takes deposits of validators and logs them (EIP-6110).
    public static let deposits = address("0x00000000219ab540356cbb839cbe05303d7705fa")

    private static func address(_ text: String) -> Address {
        guard let address = Address(hex: text) else { preconditionFailure("\(text) is no address") }
        return address
    }

    /// The calls before the transactions of a block: contract and input.
    public static func openingCalls(_ header: BlockHeader, fork: Fork) -> [(contract: Address, input: [UInt8])] {
        var calls: [(contract: Address, input: [UInt8])] = []
        if fork >= .cancun { calls.append((beaconRoots, (header.parentBeaconBlockRoot ?? .zero).bytes)) }
        if fork >= .prague { calls.append((history, header.parentHash.bytes)) }
        return calls
    }

    /// The contracts that hand over requests behind the withdrawals of a block, with the type of the requests.
    public static func closingCalls(fork: Fork) -> [(contract: Address, type: UInt8)] {
        if fork < .prague { return [] }
        return [(contract: withdrawalRequests, type: 1), (contract: consolidationRequests, type: 2)]
    }
}
