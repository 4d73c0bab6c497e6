import Testing

@testable import Observatory

/// The reader of JSON: strict, bounded, and the inverse of the writer.
struct JSONTests {
    @Test(arguments: [
        "null", "true", "[]", "{}", "[1,-2.5e3,\"a\"]", "{\"a\":{\"b\":[null,false]}}", "\"\\u00e9\\ud83d\\ude00\\n\"",
        " [ 1 , 2 ] ",
    ])
    func `what is JSON is read`(text: String) throws {
        let value = try JSONReader.value(Array(text.utf8))
        #expect(try JSONReader.value(value.encoded) == value)
    }

    @Test(arguments: [
        "", "nul", "[1,]", "{\"a\"}", "{a:1}", "[1 2]", "01", "1.", "-", "\"", "\"\\x\"", "\"\\ud800\"", "\"\u{1}\"", "[1]]",
        "// no", "{\"a\":1,}", "\"\\u12\"", "+1", ".5", "1e", "tru", "[", "{", "{\"a\":",
    ])
    func `what is not JSON is refused with its place`(text: String) {
        #expect(throws: JSONError.self) { try JSONReader.value(Array(text.utf8)) }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(throws: JSONError.self) { try JSONReader.value([0x22, 0xff, 0xfe, 0x22]) }
    }

    @Test func `nesting has a limit, which is no crash`() throws {
        let deep = Array(String(repeating: "[", count: 200_000).utf8)
        #expect(throws: JSONError.self) { try JSONReader.value(deep, depthMax: 32) }
        let fine = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        _ = try JSONReader.value(Array(fine.utf8), depthMax: 32)
        #expect(throws: JSONError.self) { try JSONReader.value(Array(("[" + fine + "]").utf8), depthMax: 32) }
    }
}
