internal import EVM
internal import History

/// An error of JSON-RPC: its code, its sentence, and what else there is to say.
public struct RPCError: Error, Sendable, Equatable {
    /// The code.
    public var code: Int
    /// The sentence.
    public var message: String
    /// What else there is to say.
    public var data: JSON?

    /// An error.
    public init(_ code: Int, _ message: String, data: JSON? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    /// The text is no JSON.
    static func parse(_ reason: String) -> RPCError { RPCError(-32_700, "parse error: \(reason)") }
    /// The JSON is no request.
    static func invalidRequest(_ reason: String) -> RPCError { RPCError(-32_600, "invalid request: \(reason)") }
    /// There is no such method.
    static func unknownMethod(_ name: String) -> RPCError {
        RPCError(-32_601, "the method \(name.prefix(100)) does not exist")
    }
    /// The parameters are not those of the method.
    static func invalidParameters(_ reason: String) -> RPCError { RPCError(-32_602, "invalid params: \(reason)") }
    /// The server is to blame.
    static func inside(_ reason: String) -> RPCError { RPCError(-32_603, "internal error: \(reason)") }
    /// What was asked for is not there.
    static func notFound(_ reason: String) -> RPCError { RPCError(-32_001, reason) }
    /// A limit was exceeded (EIP-1474).
    static func limit(_ reason: String) -> RPCError { RPCError(-32_005, reason) }
    /// The transaction is refused.
    static func rejected(_ reason: String) -> RPCError { RPCError(-32_003, reason) }
    /// The server can do it, but not now or not with this state.
    static func server(_ reason: String) -> RPCError { RPCError(-32_000, reason) }

    /// A call that reverted, with the contract's own bytes.
    static func reverted(_ output: [UInt8]) -> RPCError {
        var message = "execution reverted"
        if let reason = revertReason(output) { message += ": " + reason }
        return RPCError(3, message, data: .data(output))
    }

    /// The text of `Error(string)`.
    private static func revertReason(_ output: [UInt8]) -> String? {
        guard output.count >= 68, Array(output[..<4]) == [0x08, 0xc3, 0x79, 0xa0],
            let length = U256(bigEndian: output[36..<68]).asUInt64, length <= UInt64(output.count - 68)
        else { return nil }
        return String(decoding: output[68..<68 + Int(length)], as: UTF8.self)
    }

    /// What the history says.
    init(_ error: HistoryError) {
        self = error.isLimit ? .limit(error.description) : error.isEarly ? .server(error.description) : .inside(error.description)
    }

    var json: JSON {
        var members: [(name: String, value: JSON)] = [("code", .int(code)), ("message", .string(message))]
        if let data { members.append(("data", data)) }
        return .object(members)
    }
}

extension RPCError {
    /// Runs a reading of the history; its errors become errors of JSON-RPC.
    static func reading<Value>(_ body: () throws(HistoryError) -> Value) throws(RPCError) -> Value {
        do throws(HistoryError) { return try body() } catch { throw RPCError(error) }
    }
}
