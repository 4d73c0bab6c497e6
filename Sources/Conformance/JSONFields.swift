import EVM
import Foundation

/// Why a test file cannot be read.
public struct FixtureError: Error, CustomStringConvertible {
    /// The field or file, and what is wrong with it.
    public let description: String
}

/// A JSON object whose fields are hexadecimal strings, as the official tests write them.
struct JSONFields {
    let fields: [String: Any]

    /// The object in a file.
    static func file(_ path: String) throws -> JSONFields {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw FixtureError(description: "\(path): cannot be read")
        }
        guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw FixtureError(description: "\(path): is not an object")
        }
        return JSONFields(fields: object)
    }

    /// A field that must be there as text.
    func text(_ name: String) throws -> String {
        guard let text = fields[name] as? String else { throw FixtureError(description: "\(name): no text") }
        return text
    }

    /// A number of 256 bits, zero when absent.
    func word(_ name: String) throws -> U256 { try Self.word(fields[name] as? String ?? "0x0", name) }

    /// A number of 64 bits, zero when absent.
    func number(_ name: String) throws -> UInt64 {
        let word = try word(name)
        guard let number = word.asUInt64 else { throw FixtureError(description: "\(name): \(word) is over 64 bits") }
        return number
    }

    /// An address, or nil when absent or empty.
    func address(_ name: String) throws -> Address? {
        guard let text = fields[name] as? String, text != "", text != "0x" else { return nil }
        guard let address = Address(hex: text) else { throw FixtureError(description: "\(name): \(text)") }
        return address
    }

    /// Bytes, none when absent.
    func bytes(_ name: String) throws -> [UInt8] { try Self.bytes(fields[name] as? String ?? "0x", name) }

    /// An object, empty when absent.
    func object(_ name: String) -> JSONFields { JSONFields(fields: fields[name] as? [String: Any] ?? [:]) }

    /// A list of texts, empty when absent.
    func texts(_ name: String) -> [String] { fields[name] as? [String] ?? [] }

    /// A list of objects, empty when absent.
    func objects(_ name: String) -> [JSONFields] { (fields[name] as? [[String: Any]] ?? []).map(JSONFields.init) }

    /// Hexadecimal digits, or decimal ones, as a number; more than 256 bits do not fit.
    static func word(_ text: String, _ name: String) throws -> U256 {
        // Some old tests mark numbers that are too large on purpose.
        let plain = text.hasPrefix("0x:bigint ") ? String(text.dropFirst(10)) : text
        if let word = plain.hasPrefix("0x") ? U256(hex: plain == "0x" ? "0x0" : plain) : U256(decimal: plain) {
            return word
        }
        throw FixtureError(description: "\(name): \(text) is no number of 256 bits")
    }

    /// Hexadecimal digits as bytes.
    static func bytes(_ text: String, _ name: String) throws -> [UInt8] {
        guard let bytes = bytesFromHex(text) else { throw FixtureError(description: "\(name): no hexadecimal digits") }
        return bytes
    }

    /// A state: an object from addresses to accounts.
    func state() throws -> MemoryState {
        var accounts: [Address: MemoryState.Account] = [:]
        for (text, value) in fields {
            guard let address = Address(hex: text), let object = value as? [String: Any] else {
                throw FixtureError(description: "\(text): no account")
            }
            let account = JSONFields(fields: object)
            var storage: [U256: U256] = [:]
            for (slot, value) in account.object("storage").fields {
                storage[try Self.word(slot, slot)] = try Self.word(value as? String ?? "", slot)
            }
            accounts[address] = MemoryState.Account(
                nonce: try account.number("nonce"), balance: try account.word("balance"),
                code: try account.bytes("code"), storage: storage)
        }
        return MemoryState(accounts)
    }
}
