import EVM
import Economy
import Foundation
import Ledger
import Wire

/// A value that `inspect` shows: as text for people or as JSON.
indirect enum InspectValue: Encodable {
    case number(UInt64)
    case text(String)
    case flag(Bool)
    case list([InspectValue])
    case object([(String, InspectValue)])

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Writes numbers as numbers, objects with their names.
    func encode(to encoder: any Encoder) throws {
        switch self {
        case .number(let number):
            var container = encoder.singleValueContainer()
            try container.encode(number)
        case .text(let text):
            var container = encoder.singleValueContainer()
            try container.encode(text)
        case .flag(let flag):
            var container = encoder.singleValueContainer()
            try container.encode(flag)
        case .list(let values):
            var container = encoder.unkeyedContainer()
            for value in values { try container.encode(value) }
        case .object(let fields):
            var container = encoder.container(keyedBy: Key.self)
            for (name, value) in fields { try container.encode(value, forKey: Key(stringValue: name)) }
        }
    }

    /// One line for people; lists take a line an entry.
    var text: String {
        switch self {
        case .number(let number): "\(number)"
        case .text(let text): text
        case .flag(let flag): flag ? "yes" : "no"
        case .list(let values): values.isEmpty ? "none" : "\(values.count)\n" + values.map { "  " + $0.text }.joined(separator: "\n")
        case .object(let fields): fields.map { "\($0.0)=\($0.1.text)" }.joined(separator: " ")
        }
    }
}

/// The fields of operations and accounts as `inspect` shows them.
enum InspectFields {
    /// What an operation asked for and what became of it.
    static func operation(
        _ id: String, _ transaction: Transaction, _ receipt: Receipt, _ game: Game
    ) -> [(String, InspectValue)] {
        let outcome =
            switch receipt.outcome {
            case .success: "success"
            case .reverted: "reverted"
            case .halted(let halt): "halted: \(halt)"
            }
        let movements = game.movements(of: receipt).map { movement in
            InspectValue.object([
                ("asset", .text("\(movement.asset)")), ("amount", .text("\(movement.amount)")),
                ("from", .text(movement.from.hex)), ("to", .text(movement.to.hex)),
            ])
        }
        return [
            ("id", .text(id)), ("sender", .text(transaction.sender.hex)), ("to", .text(transaction.to?.hex ?? "")),
            ("contract", .text(transaction.to.flatMap { address in game.contracts.first { $0.value == address }?.key } ?? "")),
            ("input", .text(hex(transaction.data))), ("outcome", .text(outcome)), ("gasUsed", .number(receipt.gasUsed)),
            ("output", .text(hex(receipt.output))), ("logs", .number(UInt64(receipt.logs.count))),
            ("movements", .list(movements)),
        ]
    }

    /// The balances of an account in every currency and item of the catalog that it has any of.
    static func balances(of address: Address, _ world: LedgerInspection, _ game: Game) throws -> [(String, InspectValue)] {
        let reader = BalanceReader(world: world, game: game)
        let assets = game.catalog.currencies.map { ($0.asset, $0.name) } + game.catalog.items.map { ($0.asset, $0.name) }
        var fields: [(String, InspectValue)] = []
        for (asset, name) in assets {
            guard let amount = reader.balance(address, asset), amount != 0 else { continue }
            fields.append(("\(name) (\(asset))", .text("\(amount)")))
        }
        return fields
    }

    /// The address that a text names.
    static func address(_ text: String, isPlayer: Bool) throws -> Address {
        if isPlayer { return Address(bytes: Account(playerName: text).bytes) }
        guard let address = Address(hex: text) else {
            throw ValidationFailure.address(text)
        }
        return address
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        "0x" + bytes.map { String(format: "%02x", $0) }.joined()
    }
}

/// Arguments of `inspect` that are not what they must be.
enum ValidationFailure: Error, CustomStringConvertible {
    case address(String)

    var description: String {
        switch self {
        case .address(let text):
            "'\(text)' is no account: 0x and 40 hexadecimal digits, or a player's name with --player"
        }
    }
}
