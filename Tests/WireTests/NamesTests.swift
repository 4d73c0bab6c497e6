import Testing
import Wire

/// Accounts come from names, ids sort by time, digests are what the standards say.
struct NamesTests {
    /// FIPS 180-4 examples and NIST's byte-oriented short messages.
    static let digests: [(String, String)] = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("616263", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "6162636462636465636465666465666765666768666768696768696a68696a6b696a6b6c6a6b6c6d6b6c6d6e6c6d6e6f6d6e6f706e6f7071",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        ("d3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"),
        ("11af", "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"),
        ("b4190e", "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2"),
        ("74ba2521", "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"),
    ]

    @Test(arguments: digests)
    func `SHA-256 gives the published digests`(_ message: String, _ digest: String) {
        #expect(Bytes.hex(SHA256.digest(Bytes.fromHex(message))) == digest)
    }

    @Test func `SHA-256 of a million letters, and of every length around a block`() {
        let million = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        #expect(
            Bytes.hex(SHA256.digest(million)) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        // The digest of the digests of 0 to 130 zero bytes, computed with another implementation.
        let all = (0...130).flatMap { SHA256.digest([UInt8](repeating: 0, count: $0)) }
        #expect(Bytes.hex(SHA256.digest(all)) == "d6e99a52e4f306ac462a8669cfa9744fc9ac0cd54f1c1c92b91d2e3257397ead")
    }

    @Test func `CRC-32C gives its published check value`() {
        #expect(Bytes.referenceChecksum(Array("123456789".utf8)) == 0xe306_9283)
    }

    @Test func `a player's account is the beginning of the digest of its name`() {
        #expect(Account(playerName: "alice").hex == "0xe795e61f0ed5b65a34212b622fca052a4c2190ed")
        #expect(Account(playerName: "Zoë 🗡").hex == "0x209549db0776e7b753ac40946a5b29364083d111")
        #expect(Account(label: "hoard:treasury").hex == "0xf8982c73e37b8c4b9fb6ded783239a2114f723b0")
        #expect(Account(playerName: "alice") == Account(label: "hoard:player:alice"))
    }

    @Test func `accounts and ids survive their bytes and their digits`() throws {
        let account = Account(playerName: "bob")
        #expect(Account(bytes: account.bytes) == account)
        #expect(Account(hex: account.hex) == account)
        #expect(Account(bytes: [1, 2, 3]) == nil)
        #expect(Account(hex: "0x12") == nil && Account(hex: String(repeating: "g", count: 40)) == nil)
        let id = OperationID(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10)
        #expect(id.bytes == Array(1...16))
        #expect(OperationID(bytes: id.bytes) == id && OperationID(hex: id.hex) == id)
        #expect(OperationID(bytes: []) == nil && OperationID(hex: "xy") == nil)
    }

    @Test func `ids of a later millisecond sort after those of an earlier one`() {
        let early = OperationID(milliseconds: 1_767_225_600_000, random: (.max, .max))
        let late = OperationID(milliseconds: 1_767_225_600_001, random: (0, 0))
        #expect(early < late)
        #expect(early.bytes.lexicographicallyPrecedes(late.bytes))
        #expect(Array(early.bytes[..<6]) == [0x01, 0x9b, 0x76, 0xda, 0xa8, 0x00])
    }

    @Test func `roles have the numbers and names of the document`() {
        #expect(Role.allCases.map(\.rawValue) == [1, 2, 3])
        #expect(Role.allCases.map(\.name) == ["player", "server", "operator"])
        #expect(Role(name: "server") == .server && Role(name: "admin") == nil)
    }
}
