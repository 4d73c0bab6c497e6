public import EVM
import Foundation
public import Wire

/// A value of an action's field that a person wrote wrongly.
public struct FieldTextError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The action.
    public var action: String
    /// The field; empty where the action itself is wrong.
    public var field: String
    /// What is wrong.
    public var wrong: String
    /// What would be right.
    public var right: String

    /// `action.field: what is wrong; what would be right`.
    public var description: String { "\(field.isEmpty ? action : action + "." + field): \(wrong); \(right)" }
}

/// Reads the fields of an action as people write them: in commands, in scripts of actions.
///
/// Several values are divided by commas. Assets are numbers or names of the catalog; accounts `player:NAME`, `treasury`, `faucet:NAME`, `sink:NAME`
/// or `0x...`; lines `ASSET:AMOUNT`; ids 32 hexadecimal digits, or `#NAME` for the first half of SHA-256 over `hoard:id:NAME`.
/// Words of 32 bytes are `0x...`, `text:...` (up to 32 bytes of UTF-8), `seed:NAME` (SHA-256 over `hoard:seed:NAME`), `commit:NAME` (the hash of that
/// seed), or `chance:NAME/ROLL/ACCOUNT/NONCE` (the value of a roll under that seed; the roll is an id or a table's number).
public struct FieldText {
    private let game: Game

    /// A reader for a game's actions and names.
    public init(game: Game) { self.game = game }

    /// The fields of an action from their texts; those that are not named are zero.
    public func fields(_ texts: [String: String], of action: String) throws(FieldTextError) -> [String: FieldValue] {
        guard let definition = game.actionsByName[action] else {
            let near = game.actionsByName.keys.sorted().joined(separator: ", ")
            throw FieldTextError(action: action, field: "", wrong: "there is no such action", right: "there are \(near)")
        }
        var fields: [String: FieldValue] = [:]
        for (name, text) in texts {
            guard let field = definition.field(name) else {
                throw FieldTextError(
                    action: action, field: name, wrong: "the action has no such field",
                    right: "it has \(definition.payload.map(\.name).joined(separator: ", "))")
            }
            do throws(Mistake) {
                fields[name] = try value(text, field)
            } catch {
                throw FieldTextError(action: action, field: name, wrong: error.wrong, right: error.right)
            }
        }
        return fields
    }

    /// The query of a view from the texts of its arguments; those that are not named are zero.
    public func query(_ name: String, _ texts: [String: String]) throws(FieldTextError) -> (view: ViewDefinition, query: QueryBody) {
        guard let view = game.views.first(where: { $0.name == name }) else {
            throw FieldTextError(action: name, field: "", wrong: "there is no such view", right: "there are \(game.views.map(\.name).joined(separator: ", "))")
        }
        var values: [String: FieldValue] = [:]
        for (field, text) in texts {
            guard let argument = view.arguments.first(where: { $0.name == field }) else {
                throw FieldTextError(
                    action: name, field: field, wrong: "the view has no such argument",
                    right: "it has \(view.arguments.map(\.name).joined(separator: ", "))")
            }
            let value: FieldValue? =
                switch argument.source {
                case .account: account(text).map { .account($0) }
                case .id: Self.id(text).map { .id($0) }
                case .idHigh, .idLow, .limit: asset(text).map { .number($0) }
                }
            guard let value else {
                let right = argument.source == .account ? "write player:NAME" : argument.source == .id ? "write 32 digits or #NAME" : "write a number"
                throw FieldTextError(action: name, field: field, wrong: "'\(text)' cannot be read", right: right)
            }
            values[field] = value
        }
        do { return (view, try view.query(values)) } catch {
            throw FieldTextError(action: name, field: "", wrong: "\(error)", right: "write numbers that fit")
        }
    }

    /// The account that a text names.
    public func account(_ text: String) -> Address? {
        text.hasPrefix("0x") ? Address(hex: text) : game.catalog.account(named: text)
    }

    /// The asset that a text names, by number or by name.
    public func asset(_ text: String) -> UInt64? {
        if let number = UInt64(text) { return number }
        return game.catalog.currencies.first { $0.name == text }?.asset ?? game.catalog.items.first { $0.name == text }?.asset
    }

    private struct Mistake: Error {
        var wrong: String
        var right: String
    }

    private func value(_ text: String, _ field: PayloadField) throws(Mistake) -> FieldValue {
        let parts = text.isEmpty ? [] : text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        guard parts.count <= field.count else {
            throw Mistake(wrong: "there are \(parts.count) values", right: "write at most \(field.count)")
        }
        guard let first = parts.first else { throw Mistake(wrong: "the value is empty", right: "leave the field out for zero") }
        switch field.type {
        case .u8, .u16, .u32, .u64, .asset:
            var numbers: [UInt64] = []
            for part in parts { numbers.append(try number(part, field)) }
            return field.isList ? .numbers(numbers) : .number(numbers[0])
        case .u128:
            guard let wide = UInt128(first) else { throw Mistake(wrong: "'\(first)' is no number", right: "write digits") }
            return .wide(wide)
        case .account:
            guard let account = account(first) else {
                throw Mistake(
                    wrong: "'\(first)' is no account", right: "write player:NAME, treasury, faucet:NAME, sink:NAME, escrow:NAME or 0x and 40 digits")
            }
            return .account(account)
        case .id:
            guard let bytes = Self.id(first) else { throw Mistake(wrong: "'\(first)' is no id", right: "write 32 hexadecimal digits or #NAME") }
            return .id(bytes)
        case .line:
            var lines: [AssetLine] = []
            for part in parts { lines.append(try line(part)) }
            return .lines(lines)
        case .hash:
            var words: [U256] = []
            for part in parts { words.append(try word(part)) }
            return .words(words)
        }
    }

    private func number(_ text: String, _ field: PayloadField) throws(Mistake) -> UInt64 {
        if text == "unlimited" { return .max }
        if let number = field.type == .asset ? asset(text) : UInt64(text) { return number }
        let right = field.type == .asset ? "write an asset's number or its name in the catalog" : "write digits: \(field.unit)"
        throw Mistake(wrong: "'\(text)' is no number here", right: right)
    }

    private func line(_ text: String) throws(Mistake) -> AssetLine {
        guard let colon = text.lastIndex(of: ":"), let asset = asset(String(text[..<colon])),
            let amount = UInt64(text[text.index(after: colon)...])
        else { throw Mistake(wrong: "'\(text)' is no line", right: "write ASSET:AMOUNT, the asset by number or by its name in the catalog") }
        return AssetLine(asset: asset, amount: amount)
    }

    /// The id that a text gives: 32 hexadecimal digits, or `#NAME`; nil for anything else.
    public static func id(_ text: String) -> [UInt8]? {
        if text.hasPrefix("#") { return Array(sha256(Array("hoard:id:\(text.dropFirst())".utf8)).bytes.prefix(16)) }
        guard text.utf8.count == 32, let word = U256(hex: "0x" + text) else { return nil }
        return Array(word.bigEndianBytes.suffix(16))
    }

    private func word(_ text: String) throws(Mistake) -> U256 {
        let right = "write 0x and up to 64 digits, text:..., seed:NAME, commit:NAME or chance:SEED/ROLL/ACCOUNT/NONCE"
        if text.hasPrefix("0x"), let word = U256(hex: text) { return word }
        guard let colon = text.firstIndex(of: ":") else { throw Mistake(wrong: "'\(text)' is no word", right: right) }
        let rest = String(text[text.index(after: colon)...])
        switch text[..<colon] {
        case "text":
            let bytes = Array(rest.utf8)
            guard bytes.count <= 32 else { throw Mistake(wrong: "the text has \(bytes.count) bytes", right: "write at most 32") }
            return U256(bigEndian: bytes + [UInt8](repeating: 0, count: 32 - bytes.count))
        case "seed": return Self.seed(rest)
        case "commit": return keccak256(Self.seed(rest).bigEndianBytes).word
        case "chance":
            let parts = rest.split(separator: "/").map(String.init)
            guard parts.count == 4, let player = account(parts[2]), let nonce = UInt64(parts[3]),
                let roll = UInt64(parts[1]).map({ U256($0) }) ?? Self.id(parts[1]).map({ U256(bigEndian: $0) })
            else { throw Mistake(wrong: "'\(text)' is no word", right: right) }
            return LootTable.chance(seed: Self.seed(parts[0]), roll: roll, player: player, nonce: nonce)
        default: throw Mistake(wrong: "'\(text)' is no word", right: right)
        }
    }

    private static func seed(_ name: String) -> U256 { sha256(Array("hoard:seed:\(name)".utf8)).word }
}
