/// A type of the contract ABI, as far as contracts of the game use them.
enum ABIType: Equatable, Sendable {
    case uint(bits: Int)
    case int(bits: Int)
    case address
    case bool
    case string
    case fixedBytes(Int)
    case bytes
    indirect case array(ABIType, count: Int)
    indirect case list(ABIType)

    /// Reads a type as the ABI writes it; nil for one that is not known.
    init?(_ text: Substring) {
        if text.hasSuffix("]"), let open = text.lastIndex(of: "[") {
            guard let element = ABIType(text[..<open]) else { return nil }
            let inside = text[text.index(after: open)...].dropLast()
            if inside.isEmpty {
                self = .list(element)
            } else if let count = Int(inside), count > 0 {
                self = .array(element, count: count)
            } else {
                return nil
            }
        } else if text == "address" {
            self = .address
        } else if text == "bool" {
            self = .bool
        } else if text == "string" {
            self = .string
        } else if text == "bytes" {
            self = .bytes
        } else if text.hasPrefix("uint"), let bits = Int(text.dropFirst(4)), (8...256).contains(bits) {
            self = .uint(bits: bits)
        } else if text.hasPrefix("int"), let bits = Int(text.dropFirst(3)), (8...256).contains(bits) {
            self = .int(bits: bits)
        } else if text.hasPrefix("bytes"), let count = Int(text.dropFirst(5)), (1...32).contains(count) {
            self = .fixedBytes(count)
        } else {
            return nil
        }
    }

    /// The type as the ABI writes it.
    var text: String {
        switch self {
        case .uint(let bits): "uint\(bits)"
        case .int(let bits): "int\(bits)"
        case .address: "address"
        case .bool: "bool"
        case .string: "string"
        case .fixedBytes(let count): "bytes\(count)"
        case .bytes: "bytes"
        case .array(let element, let count): "\(element.text)[\(count)]"
        case .list(let element): "\(element.text)[]"
        }
    }

    /// Words of a value in the head of an encoding, or nil where the length varies.
    var staticWords: Int? {
        switch self {
        case .uint, .int, .address, .bool, .fixedBytes: 1
        case .string, .bytes, .list: nil
        case .array(let element, let count): element.staticWords.map { $0 * count }
        }
    }
}
