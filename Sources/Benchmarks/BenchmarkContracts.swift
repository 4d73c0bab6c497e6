internal import EVM

/// Small contracts for workloads that no action of the game makes.
enum BenchmarkContracts {
    /// A book of orders: numbers them, keeps each under its number, and keeps the best price.
    static func book(_ number: Int) -> Address { Address(word: U256(UInt64(0xb00c00 + number))) }
    /// Adds one to the slot that the call names.
    static func counter(_ number: Int) -> Address { Address(word: U256(UInt64(0xc0c000 + number))) }
    /// Writes and takes it back.
    static let reverting = Address(word: 0xdead01)
    /// Creates a contract that stores 7.
    static let factory = Address(word: 0xfac701)
    /// Creates a contract that destroys itself at once.
    static let mortalFactory = Address(word: 0xfac702)
    /// Creation code that stores 1 and leaves one byte of code.
    static let creation: [UInt8] = [0x60, 0x01, 0x5f, 0x55, 0x60, 0x01, 0x5f, 0xf3]

    private static let bookCode: [UInt8] = [
        // id = slot 0; slot 0 = id + 1; slot (id + 2^16) = price
        0x5f, 0x54, 0x80, 0x60, 0x01, 0x01, 0x5f, 0x55, 0x62, 0x01, 0x00, 0x00, 0x01, 0x5f, 0x35, 0x90, 0x55,
        // where slot 1 < price: slot 1 = price
        0x5f, 0x35, 0x80, 0x60, 0x01, 0x54, 0x10, 0x60, 0x1d, 0x57, 0x50, 0x00, 0x5b, 0x60, 0x01, 0x55, 0x00,
    ]
    private static let counterCode: [UInt8] = [0x60, 0x01, 0x5f, 0x35, 0x54, 0x01, 0x5f, 0x35, 0x55, 0x00]
    private static let revertingCode: [UInt8] = [0x60, 0x01, 0x5f, 0x54, 0x01, 0x5f, 0x55, 0x5f, 0x5f, 0xfd]
    private static let factoryCode: [UInt8] = [
        // The child: slot 0 = 7
        0x63, 0x60, 0x07, 0x5f, 0x55, 0x5f, 0x52, 0x60, 0x04, 0x60, 0x1c, 0x5f, 0xf0, 0x00,
    ]
    private static let mortalFactoryCode: [UInt8] = [
        // The child: CALLER SELFDESTRUCT
        0x61, 0x33, 0xff, 0x5f, 0x52, 0x60, 0x02, 0x60, 0x1e, 0x5f, 0xf0, 0x00,
    ]

    /// A world that has them too.
    static func added(to genesis: StateDiff) -> StateDiff {
        var diff = genesis
        func add(_ address: Address, _ code: [UInt8], slots: [U256] = []) {
            diff.accounts.append(
                AccountChange(
                    address: address, account: AccountState(nonce: 1, codeHash: keccak256(code)), codeWritten: code))
            for slot in slots { diff.storage.append(StorageChange(address: address, slot: slot, value: 1)) }
        }
        for number in 0..<16 { add(book(number), bookCode, slots: [0, 1]) }
        for number in 0..<32 { add(counter(number), counterCode, slots: (0..<8).map { U256(UInt64($0)) }) }
        add(reverting, revertingCode, slots: [0])
        add(factory, factoryCode)
        add(mortalFactory, mortalFactoryCode)
        return diff
    }
}

/// A key that signs transactions. Its signatures are right and quick to make, and anything but secret: the curve point of
/// every one is that of the key 1.
struct Signer {
    let key: U256
    let address: Address

    /// The x of the point that belongs to the key 1, whose y is even.
    private static let pointX = U256(
        0x59F2_815B_16F8_1798, 0x029B_FCDB_2DCE_28D9, 0x55A0_6295_CE87_0B07, 0x79BE_667E_F9DC_BBAC)

    init(key: U256) {
        self.key = key
        let hash = Hash256(word: 1)
        let signature = Self.sign(hash, key)
        address = recoverSender(hash: hash, r: signature.r, s: signature.s, yParity: signature.v == 1) ?? .zero
    }

    /// s = z + r * key, of the nonce 1, brought below half the order.
    private static func sign(_ hash: Hash256, _ key: U256) -> TransactionSignature {
        let order = Secp256k1.order
        let s = (hash.word % order).addmod(pointX.mulmod(key, order), order)
        let isHigh = s > Secp256k1.halfOrder
        return TransactionSignature(v: isHigh ? 1 : 0, r: pointX, s: isHigh ? order &- s : s)
    }

    /// Signs a legacy transaction for its chain.
    func sign(_ transaction: Transaction) -> TransactionSignature {
        var signature = Self.sign(transaction.signingHash(), key)
        signature.v = signature.v &+ U256(35) &+ U256((transaction.chainID ?? 0) * 2)
        return signature
    }
}
