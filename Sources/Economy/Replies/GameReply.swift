public import EVM

/// What an executed action is answered with.
public struct GameReply: Sendable, Equatable {
    /// 0 where it took effect, 1 where the contract refused it; both are final.
    public var status: UInt16
    /// The number of the refusal in errors.json; 0 where it took effect.
    public var refusalCode: UInt16
    /// What there is.
    public var have: UInt64
    /// What there would have to be.
    public var need: UInt64
    /// The first number of the action's reply.
    public var result0: UInt64
    /// The second number of the action's reply.
    public var result1: UInt64
    /// The refusal in words; empty where it took effect.
    public var message: String

    /// It took effect.
    static func done(_ result0: UInt64, _ result1: UInt64) -> GameReply {
        GameReply(status: 0, refusalCode: 0, have: 0, need: 0, result0: result0, result1: result1, message: "")
    }

    /// The contract refused it.
    static func refused(_ refusal: ActionRefusal) -> GameReply {
        GameReply(
            status: 1, refusalCode: refusal.code, have: refusal.have, need: refusal.need, result0: 0, result1: 0,
            message: refusal.message)
    }
}

/// An amount of an asset that moved from one account to another.
public struct AssetMovement: Sendable, Equatable {
    /// The asset.
    public var asset: UInt64
    /// How much, or the greatest 64-bit number.
    public var amount: UInt64
    /// Who gave.
    public var from: Address
    /// Who got.
    public var to: Address

    /// An amount of an asset that moved.
    public init(asset: UInt64, amount: UInt64, from: Address, to: Address) {
        self.asset = asset
        self.amount = amount
        self.from = from
        self.to = to
    }
}

/// Reads asset movements from logs.
struct MovementDecoder: Sendable {
    /// The contracts of currency 1, 2, ...
    let currencies: [Address]
    /// The contract of the items.
    let items: Address

    private static let transfer = ABIEncoder.topic("Transfer(address,address,uint256)")
    private static let single = ABIEncoder.topic("TransferSingle(address,address,address,uint256,uint256)")
    private static let batch = ABIEncoder.topic("TransferBatch(address,address,address,uint256[],uint256[])")

    /// The movements of a receipt in their order.
    func movements(of receipt: Receipt) -> [AssetMovement] {
        var movements: [AssetMovement] = []
        for log in receipt.logs {
            guard let topic = log.topics.first else { continue }
            let reader = ABIReader(bytes: log.data)
            if topic == Self.transfer, log.topics.count == 3, let place = currencies.firstIndex(of: log.address) {
                movements.append(
                    AssetMovement(
                        asset: UInt64(place + 1), amount: reader.word(0)?.clampedToUInt64 ?? 0,
                        from: Address(word: log.topics[1]), to: Address(word: log.topics[2])))
            } else if log.address == items, log.topics.count == 4 {
                let from = Address(word: log.topics[2])
                let to = Address(word: log.topics[3])
                if topic == Self.single, let asset = reader.word(0), let amount = reader.word(1) {
                    movements.append(
                        AssetMovement(
                            asset: asset.clampedToUInt64, amount: amount.clampedToUInt64, from: from, to: to))
                } else if topic == Self.batch, let assets = reader.list(at: 0), let amounts = reader.list(at: 1) {
                    for (asset, amount) in zip(assets, amounts) {
                        movements.append(
                            AssetMovement(
                                asset: asset.clampedToUInt64, amount: amount.clampedToUInt64, from: from, to: to))
                    }
                }
            }
        }
        return movements
    }
}
