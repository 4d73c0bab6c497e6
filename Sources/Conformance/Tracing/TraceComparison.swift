import EVM
import Glibc

/// Where two traces part.
public struct TraceDifference: Sendable, Equatable {
    /// One trace at the place where they part.
    public struct Place: Sendable, Equatable {
        /// The line in its file, from 1; 0 where the trace has ended.
        public var lineNumber: Int
        /// The line itself; empty where the trace has ended.
        public var line: String
    }

    /// Instructions that are the same in both before this one.
    public var sameInstructions: Int
    /// The fields that disagree; none where one trace has ended.
    public var fields: [String]
    /// The first trace there.
    public var first: Place
    /// The second trace there.
    public var second: Place
}

/// Compares traces in the form of EIP-3155 instruction by instruction; lines that are no instruction do not count.
public enum TraceComparison {
    /// The fields that are compared where both traces state them: `gasCost` follows from the gas of two lines, and
    /// what it holds for calls is not the same everywhere.
    public static let comparedFields = ["pc", "op", "gas", "depth", "stack", "memSize", "refund"]

    /// How the comparison ended.
    public enum Outcome: Sendable, Equatable {
        /// The same instructions to the end of both.
        case same(instructions: Int)
        /// They part.
        case different(TraceDifference)
    }

    /// Compares two files.
    public static func compare(
        _ first: String, _ second: String, ignoring ignored: Set<String> = []
    ) throws -> Outcome {
        let left = try TraceReader(first)
        let right = try TraceReader(second)
        let fields = comparedFields.filter { !ignored.contains($0) }
        var same = 0
        while true {
            let (a, b) = (try left.next(), try right.next())
            if a == nil && b == nil { return .same(instructions: same) }
            let parted = a.flatMap { a in b.map { b in fields.filter { !Self.agree(a.value[$0], b.value[$0]) } } }
            if let parted, parted.isEmpty {
                same += 1
                continue
            }
            return .different(
                TraceDifference(
                    sameInstructions: same, fields: parted ?? [], first: a?.place ?? .init(lineNumber: 0, line: ""),
                    second: b?.place ?? .init(lineNumber: 0, line: "")))
        }
    }

    /// Whether two values are the same number or the same list of numbers; one that is not stated agrees with all.
    private static func agree(_ a: JSONValue?, _ b: JSONValue?) -> Bool {
        guard let a, let b, !a.isNull, !b.isNull else { return true }
        if a.isArray || b.isArray {
            let (left, right) = (a.elements, b.elements)
            return left.count == right.count && zip(left, right).allSatisfy { number($0) == number($1) }
        }
        return number(a) == number(b)
    }

    /// The number that a value stands for: JSON's, or hexadecimal with 0x.
    private static func number(_ value: JSONValue) -> U256? { try? value.asWord("") }
}

/// Reads a trace line by line.
private final class TraceReader {
    private let path: String
    private let file: UnsafeMutablePointer<FILE>
    private var buffer: UnsafeMutablePointer<CChar>?
    private var capacity = 0
    private var lineNumber = 0

    init(_ path: String) throws {
        self.path = path
        guard let file = fopen(path, "r") else { throw FixtureError(description: "\(path): cannot be read") }
        self.file = file
    }

    deinit {
        fclose(file)
        free(buffer)
    }

    /// The next instruction, or nil at the end.
    func next() throws -> (value: JSONValue, place: TraceDifference.Place)? {
        while true {
            let count = getline(&buffer, &capacity, file)
            if count < 0 { return nil }
            lineNumber += 1
            guard let buffer, count > 1, buffer[0] == CChar(UInt8(ascii: "{")) else { continue }
            let bytes = UnsafeRawBufferPointer(start: buffer, count: count)
            let document = try JSONDocument(bytes, name: "\(path):\(lineNumber)")
            let value = JSONValue(document: document, index: 0)
            if value["pc"] == nil { continue }
            let line = String(decoding: bytes, as: UTF8.self)
            let place = TraceDifference.Place(
                lineNumber: lineNumber, line: line.hasSuffix("\n") ? String(line.dropLast()) : line)
            return (value, place)
        }
    }
}
