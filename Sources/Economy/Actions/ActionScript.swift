public import EVM
import Foundation
import Wire

/// A recorded session of a game: actions as they were asked for, what was answered, and balances on the way; JSON Lines.
///
///     {"script": "name", "says": "what it tells"}
///     {"t": 0, "as": "player:ana", "action": "purchase", "fields": {"offer": 1, "quantity": 1, "maxCost": "50"}, "result1": 50}
///     {"t": 9, "as": "player:ana", "action": "sell", "fields": {"asset": "boots", "quantity": 9}, "expect": "insufficientItems"}
///     {"t": 9, "balance": "player:ana", "asset": "gold", "amount": 450}
///
/// `t` is milliseconds since the start; `as` is `server`, `operator` or a player; fields are written as `FieldText` reads them.
public struct ActionScript: Sendable {
    /// Who asks for an action.
    public enum Actor: Sendable, Equatable {
        case server, `operator`
        /// A player, by name.
        case player(Address)
    }

    /// An action with what it was answered.
    public struct Step: Sendable {
        /// The line of the file, from 1.
        public var line: Int
        /// Milliseconds since the start.
        public var milliseconds: UInt64
        /// Who asks.
        public var actor: Actor
        /// The action's name.
        public var action: String
        /// Its code.
        public var code: UInt16
        /// Its payload.
        public var payload: [UInt8]
        /// The code of the refusal that it meets; nil where it is applied.
        public var refusal: UInt16?
        /// Results that were recorded, where they were.
        public var results: [UInt64?]
    }

    /// A balance that was recorded.
    public struct Balance: Sendable {
        /// The line of the file, from 1.
        public var line: Int
        /// Whose.
        public var account: Address
        /// The asset.
        public var asset: UInt64
        /// What was there.
        public var amount: Int64
    }

    /// A line of the script.
    public enum Entry: Sendable {
        case step(Step)
        case balance(Balance)
    }

    /// A line that cannot be read.
    public struct Mistake: Error, Sendable, Equatable, CustomStringConvertible {
        /// The line, from 1.
        public var line: Int
        /// What is wrong, and what would be right.
        public var reason: String

        /// `line N: what is wrong`.
        public var description: String { "line \(line): \(reason)" }
    }

    /// The script's name; operation ids are made of it.
    public private(set) var name = ""
    /// Its lines in order.
    public private(set) var entries: [Entry] = []

    /// Reads a script for a game.
    public init(text: String, game: Game) throws(Mistake) {
        let texts = FieldText(game: game)
        var last: UInt64 = 0
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy(\.isWhitespace) { continue }
            let reader = LineReader(line: index + 1, game: game, texts: texts)
            let object = try reader.object(String(line))
            if object["script"] != nil {
                name = try reader.text(object, "script")
                continue
            }
            let time = try reader.number(object, "t") ?? last
            guard time >= last else { throw Mistake(line: index + 1, reason: "t is \(time), the line before has \(last); lines stand in the order of time") }
            last = time
            entries.append(object["balance"] != nil ? .balance(try reader.balance(object)) : .step(try reader.step(object, time)))
        }
        guard !name.isEmpty else { throw Mistake(line: 1, reason: "the script has no name; begin with {\"script\": \"NAME\"}") }
    }

    /// The id of the operation of a line: the first half of SHA-256 over `hoard:play:NAME:LINE`.
    public func operationID(line: Int) -> [UInt8] { Array(sha256(Array("hoard:play:\(name):\(line)".utf8)).bytes.prefix(16)) }
}

/// Reads one line of a script.
private struct LineReader {
    let line: Int
    let game: Game
    let texts: FieldText

    static let keys: Set<String> = [
        "script", "says", "t", "as", "action", "fields", "expect", "result0", "result1", "balance", "asset", "amount",
    ]

    func mistake(_ reason: String) -> ActionScript.Mistake { ActionScript.Mistake(line: line, reason: reason) }

    func object(_ text: String) throws(ActionScript.Mistake) -> [String: Any] {
        guard let object = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] else {
            throw mistake("it is no JSON object; write one a line")
        }
        if let unknown = object.keys.sorted().first(where: { !Self.keys.contains($0) }) {
            throw mistake("'\(unknown)' is unknown; there are \(Self.keys.sorted().joined(separator: ", "))")
        }
        return object
    }

    func text(_ object: [String: Any], _ key: String) throws(ActionScript.Mistake) -> String {
        guard let text = object[key] as? String, !text.isEmpty else { throw mistake("\(key) is missing or no text") }
        return text
    }

    func number(_ object: [String: Any], _ key: String) throws(ActionScript.Mistake) -> UInt64? {
        guard let value = object[key] else { return nil }
        guard let number = value as? NSNumber, let whole = UInt64("\(number)") else {
            throw mistake("\(key) is no whole number from 0 on")
        }
        return whole
    }

    func step(_ object: [String: Any], _ time: UInt64) throws(ActionScript.Mistake) -> ActionScript.Step {
        let action = try text(object, "action")
        let actor = try actor(try text(object, "as"))
        var written: [String: String] = [:]
        for (name, value) in object["fields"] as? [String: Any] ?? [:] {
            switch value {
            case let text as String: written[name] = text
            case let number as NSNumber: written[name] = "\(number)"
            default: throw mistake("\(action).\(name) is neither a text nor a number")
            }
        }
        let encoded: (code: UInt16, payload: [UInt8])
        do {
            encoded = try game.encodePayload(action: action, fields: try texts.fields(written, of: action))
        } catch {
            throw mistake("\(error)")
        }
        var refusal: UInt16?
        if object["expect"] != nil {
            let name = try text(object, "expect")
            if name != "applied" {
                guard let known = game.refusals.first(where: { $0.name == name }) else {
                    throw mistake("there is no refusal '\(name)'; write applied or a name of errors.json")
                }
                refusal = known.code
            }
        }
        let results = [try number(object, "result0"), try number(object, "result1")]
        return ActionScript.Step(
            line: line, milliseconds: time, actor: actor, action: action, code: encoded.code, payload: encoded.payload,
            refusal: refusal, results: results)
    }

    func balance(_ object: [String: Any]) throws(ActionScript.Mistake) -> ActionScript.Balance {
        let account = try text(object, "balance")
        guard let address = texts.account(account) else { throw mistake("'\(account)' is no account; write player:NAME") }
        let name = (object["asset"] as? String) ?? (object["asset"] as? NSNumber).map { "\($0)" } ?? ""
        guard let asset = texts.asset(name), game.catalog.isAsset(asset) else { throw mistake("asset '\(name)' is not in the catalog") }
        guard let number = object["amount"] as? NSNumber, let amount = Int64("\(number)") else { throw mistake("amount is missing or no whole number") }
        return ActionScript.Balance(line: line, account: address, asset: asset, amount: amount)
    }

    private func actor(_ name: String) throws(ActionScript.Mistake) -> ActionScript.Actor {
        switch name {
        case "server": return .server
        case "operator": return .operator
        default:
            guard name.hasPrefix("player:"), let account = texts.account(name) else {
                throw mistake("'\(name)' cannot act; write server, operator or player:NAME")
            }
            return .player(account)
        }
    }
}
