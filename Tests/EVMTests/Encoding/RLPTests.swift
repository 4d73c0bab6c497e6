import EVM
import Testing

@Suite struct RLPTests {
    @Test(arguments: [
        ("", RLPError.truncated(offset: 0, have: 0, need: 1)),
        ("8100", .byteWithLength(offset: 0)),
        ("817f", .byteWithLength(offset: 0)),
        ("83aabb", .truncated(offset: 0, have: 2, need: 3)),
        ("b800", .lengthNotMinimal(offset: 0)),
        ("b837" + String(repeating: "00", count: 55), .lengthNotMinimal(offset: 0)),
        ("b90040", .lengthNotMinimal(offset: 0)),
        ("bfffffffffffffffff", .lengthTooLarge(offset: 0)),
        ("c101" + "05", .trailingBytes(offset: 2, count: 1)),
        ("c28100", .byteWithLength(offset: 1)),
        ("c3c281", .truncated(offset: 0, have: 2, need: 3)),
    ])
    func `bytes that are not canonical are refused with their place`(hex: String, error: RLPError) throws {
        let bytes = try #require(bytesFromHex(hex))
        #expect(throws: error) { try RLP.decode(bytes) }
    }

    @Test func `lists nested beyond the limit are refused`() {
        var bytes: [UInt8] = [0xC0]
        for _ in 0..<5_000 {
            var writer = RLPWriter()
            writer.appendList { $0.appendEncoded(bytes) }
            bytes = writer.bytes
        }
        #expect(throws: RLPError.self) { try RLP.decode(bytes) }
    }

    @Test func `the reader returns what the writer wrote`() throws {
        var random = SplitMix(state: 21)
        for _ in 0..<500 {
            let word = random.word()
            let number = random.next() >> (random.next() % 64)
            let payload = [UInt8](repeating: 9, count: Int(random.next() % 300))
            var writer = RLPWriter()
            writer.appendList { list in
                list.append(word)
                list.append(number)
                list.appendList { $0.append(payload) }
                list.append(Address(word: word))
                list.append(Hash256(word: word))
            }
            var outer = RLPReader(writer.bytes)
            var list = try outer.readList()
            try outer.finish()
            #expect(try list.readNumber() == word)
            #expect(try list.readUInt64() == number)
            var inner = try list.readList()
            #expect(try Array(inner.readBytes()) == payload)
            #expect(try list.readAddress() == Address(word: word))
            #expect(try list.readHash() == Hash256(word: word))
            try list.finish()
            #expect(RLP.encode(try RLP.decode(writer.bytes)) == writer.bytes)
        }
    }

    @Test func `numbers with leading zeros and fields of another size are refused`() {
        var reader = RLPReader([0x82, 0x00, 0x01])
        #expect(throws: RLPError.leadingZero(offset: 0)) { try reader.readNumber() }
        var zero = RLPReader([0x00])
        #expect(throws: RLPError.leadingZero(offset: 0)) { try zero.readUInt64() }
        var long = RLPReader(RLP.encode(bytes: [UInt8](repeating: 1, count: 9)))
        #expect(throws: RLPError.wrongSize(offset: 0, have: 9, need: 8)) { try long.readUInt64() }
        var list = RLPReader([0xC0])
        #expect(throws: RLPError.expectedBytes(offset: 0)) { try list.readBytes() }
        var string = RLPReader([0x80])
        #expect(throws: RLPError.expectedList(offset: 0)) { try string.readList() }
    }
}
