public import EVM

/// The value of a payload field, by which programs that link this library name what they ask for.
public enum FieldValue: Sendable, Equatable {
    /// An integer of up to 64 bits, or an asset.
    case number(UInt64)
    /// A 128-bit integer.
    case wide(UInt128)
    /// An account.
    case account(Address)
    /// A 16-byte id.
    case id([UInt8])
    /// One line or several; missing ones are unused.
    case lines([AssetLine])
    /// Several integers; missing ones are zero.
    case numbers([UInt64])
    /// One word of 32 bytes or several; missing ones are zero.
    case words([U256])
}

/// Why a payload cannot be encoded.
public enum PayloadError: Error, Sendable, Equatable {
    /// There is no action of this name.
    case unknownAction(String)
    /// The action has no field of this name.
    case unknownField(String)
    /// The value is of another kind than the field.
    case wrongKind(field: String, type: PayloadType)
    /// The value is too large for the field, or there are too many.
    case tooLarge(field: String, have: UInt64, maximum: UInt64)
}

extension ActionDefinition {
    /// The bytes of a payload with these fields; the others are zero.
    public func encodePayload(_ fields: [String: FieldValue]) throws(PayloadError) -> [UInt8] {
        var payload = [UInt8](repeating: 0, count: payloadLength)
        for (name, value) in fields {
            guard let field = field(name) else { throw .unknownField(name) }
            try Self.store(value, field, &payload)
        }
        return payload
    }

    private static func store(
        _ value: FieldValue, _ field: PayloadField, _ payload: inout [UInt8]
    ) throws(PayloadError) {
        switch (value, field.type) {
        case (.number(let number), .u8), (.number(let number), .u16), (.number(let number), .u32),
            (.number(let number), .u64), (.number(let number), .u128), (.number(let number), .asset):
            try store([number], field, &payload)
        case (.numbers(let numbers), .u8), (.numbers(let numbers), .u16), (.numbers(let numbers), .u32),
            (.numbers(let numbers), .u64), (.numbers(let numbers), .asset):
            try store(numbers, field, &payload)
        case (.wide(let wide), .u128):
            for index in 0..<16 { payload[field.offset + index] = UInt8(truncatingIfNeeded: wide >> (8 * index)) }
        case (.account(let account), .account):
            payload.replaceSubrange(field.offset..<(field.offset + 20), with: account.bytes)
        case (.id(let bytes), .id) where bytes.count == 16:
            payload.replaceSubrange(field.offset..<(field.offset + 16), with: bytes)
        case (.lines(let lines), .line):
            guard lines.count <= field.count else {
                throw .tooLarge(field: field.name, have: UInt64(lines.count), maximum: UInt64(field.count))
            }
            for (index, line) in lines.enumerated() {
                store(line.asset, at: field.offset + index * 16, 8, &payload)
                store(line.amount, at: field.offset + index * 16 + 8, 8, &payload)
            }
        case (.words(let words), .hash):
            guard words.count <= field.count else {
                throw .tooLarge(field: field.name, have: UInt64(words.count), maximum: UInt64(field.count))
            }
            for (index, word) in words.enumerated() {
                let start = field.offset + index * 32
                payload.replaceSubrange(start..<(start + 32), with: word.bigEndianBytes)
            }
        default: throw .wrongKind(field: field.name, type: field.type)
        }
    }

    private static func store(
        _ numbers: [UInt64], _ field: PayloadField, _ payload: inout [UInt8]
    ) throws(PayloadError) {
        guard numbers.count <= field.count else {
            throw .tooLarge(field: field.name, have: UInt64(numbers.count), maximum: UInt64(field.count))
        }
        for (index, number) in numbers.enumerated() {
            let size = field.type.size
            let maximum = size >= 8 ? UInt64.max : UInt64(1) << (8 * size) - 1
            guard number <= maximum else { throw .tooLarge(field: field.name, have: number, maximum: maximum) }
            store(number, at: field.offset + index * size, min(size, 8), &payload)
        }
    }

    private static func store(_ number: UInt64, at offset: Int, _ count: Int, _ payload: inout [UInt8]) {
        for index in 0..<count { payload[offset + index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
    }
}
