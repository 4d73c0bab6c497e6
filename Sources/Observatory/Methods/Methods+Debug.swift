internal import EVM
internal import History
internal import Ledger
internal import Synchronization

extension RPCMethod {
    /// Transactions run once more, instruction by instruction.
    static let debugging: [RPCMethod] = [
        RPCMethod("debug_traceTransaction", ["hash", "options"]) { (service, given) throws(RPCError) in
            try service.trace(try given.hash(0), try TraceOptions(given[1]))
        }
    ]
}

/// What a trace is to show.
struct TraceOptions {
    var isCallTracer = false
    var showsStack = true
    var showsMemory = false
    var showsStorage = true
    var showsReturnData = false
    var onlyTopCall = false
    var withLog = false

    init(_ json: JSON?) throws(RPCError) {
        guard let json else { return }
        guard case .object = json else { throw Read.wrong("options", "an object", json) }
        switch json["tracer"] {
        case nil, .null: break
        case .string("callTracer"): isCallTracer = true
        case .some(let other): throw Read.wrong("options.tracer", "callTracer, or nothing for the struct log", other)
        }
        func flag(_ name: String, in json: JSON?) -> Bool { json?[name] == .bool(true) }
        showsStack = !flag("disableStack", in: json)
        showsStorage = !flag("disableStorage", in: json)
        showsMemory = flag("enableMemory", in: json)
        showsReturnData = flag("enableReturnData", in: json)
        onlyTopCall = flag("onlyTopCall", in: json["tracerConfig"])
        withLog = flag("withLog", in: json["tracerConfig"])
    }
}

/// One trace at a time: each executes part of the log again.
private let oneTrace = Mutex(())

extension RPCService {
    func trace(_ hash: Hash256, _ options: TraceOptions) throws(RPCError) -> JSON {
        guard let found = try transaction(hash) else { throw .notFound("transaction not found") }
        return try slowly { () throws(RPCError) in
            let result: Result<JSON, RPCError> = oneTrace.withLock { _ in
                do throws(RPCError) { return .success(try traceNow(found.block, found.place, options)) } catch {
                    return .failure(error)
                }
            }
            return try result.get()
        }
    }

    private func traceNow(_ block: HistoryBlock, _ place: Int, _ options: TraceOptions) throws(RPCError) -> JSON {
        let world = try pastStates.fresh(before: block.number)
        let environment = environment(block.number)
        let entries = block.entries
        for entry in entries[..<place] {
            guard case .success(let result) = machines.with({ $0.transition(world, environment, entry.entry.transaction) })
            else { throw .inside("an operation of block \(block.number) cannot be executed again") }
            world.apply(result.diff)
        }
        let entry = entries[place].entry
        let tracer = TracingMachine()
        tracer.reportBytesLeft = limits.traceStepBytesMax
        let outcome: Result<TransitionResult, TransactionRefusal>
        let answer: JSON
        if options.isCallTracer {
            let calls = CallTracer(entry.transaction, options, limits.traceBytesMax)
            tracer.keepsMemory = true
            tracer.keepsMemoryOfCallsAlone = true
            outcome = tracer.transition(world, environment, entry.transaction) { [unowned tracer] step in
                calls.take(step)
                if calls.isCut { tracer.reportBytesLeft = 0 }
            }
            if tracer.reportBytesLeft == 0 { calls.isCut = true }
            answer = try calls.answer(entry.receipt)
        } else {
            let log = StructLog(options, limits)
            tracer.keepsMemory = options.showsMemory
            outcome = tracer.transition(world, environment, entry.transaction) { [unowned tracer] step in
                log.take(step)
                if log.isCut { tracer.reportBytesLeft = 0 }
            }
            if tracer.reportBytesLeft == 0 { log.isCut = true }
            answer = log.answer(entry.receipt)
        }
        guard case .success(let result) = outcome, result.receipt == entry.receipt else {
            throw .inside("running the transaction again gave another receipt")
        }
        return answer
    }
}

/// The struct log of debug_traceTransaction.
private final class StructLog {
    private let options: TraceOptions
    private let stepsMax: Int
    /// Bytes that its text may still take.
    private var bytesLeft: Int
    private var steps: [JSON] = []
    /// Whether steps are missing because there would be too many, or too much in them.
    var isCut = false
    /// Slots seen so far, by frame, and the frames that run.
    private var storage: [[U256: U256]] = [[:]]

    init(_ options: TraceOptions, _ limits: ObservatoryLimits) {
        self.options = options
        stepsMax = limits.traceStepsMax
        bytesLeft = limits.traceBytesMax
    }

    /// About as many bytes as the text of a step takes, and what holds it in memory more than its text does.
    private func cost(_ step: TraceStep) -> Int {
        let slots = options.showsStorage && step.opcode == 0x55 ? storage[step.depth - 1].count + 1 : 0
        let words = options.showsStack ? step.stack.reduce(0) { $0 + ($1.l1 | $1.l2 | $1.l3 == 0 ? 40 : 120) } : 0
        return 512 + words + 4 * step.memory.count + 160 * slots
            + (options.showsReturnData ? 2 * step.returnData.count : 0)
    }

    func take(_ step: TraceStep) {
        while storage.count < step.depth { storage.append([:]) }
        while storage.count > step.depth { storage.removeLast() }
        bytesLeft -= cost(step)
        guard steps.count < stepsMax, bytesLeft >= 0, !isCut else {
            isCut = true
            return
        }
        var members: [(name: String, value: JSON)] = [
            ("pc", .int(step.position)), ("op", .string(OpcodeNames.name(step.opcode))), ("gas", .int(step.gas)),
            ("gasCost", .int(step.gasCost)), ("depth", .int(step.depth)),
        ]
        if step.refund > 0 { members.append(("refund", .int(step.refund))) }
        if let halt = step.halt { members.append(("error", .string(RPCService.reason(halt)))) }
        if options.showsStack { members.append(("stack", .array(step.stack.map { .quantity($0) }))) }
        if options.showsMemory {
            let words = stride(from: 0, to: step.memory.count, by: 32).map { start in
                JSON.string("0x" + hexDigits(of: step.memory[start..<min(start + 32, step.memory.count)]))
            }
            members.append(("memory", .array(words)))
        }
        if options.showsReturnData { members.append(("returnData", .data(step.returnData))) }
        if options.showsStorage, step.opcode == 0x55, step.stack.count >= 2 {
            storage[step.depth - 1][step.stack[step.stack.count - 1]] = step.stack[step.stack.count - 2]
            let slots = storage[step.depth - 1].sorted { $0.key < $1.key }
            members.append(
                ("storage", .object(slots.map { (name: hexDigits(of: $0.key.bigEndianBytes), value: JSON.string(hexDigits(of: $0.value.bigEndianBytes))) })))
        }
        steps.append(.object(members))
    }

    func answer(_ receipt: Receipt) -> JSON {
        [
            "gas": .int(receipt.gasUsed), "failed": .bool(!receipt.succeeded), "returnValue": .data(receipt.output),
            "structLogs": .array(steps), "isCut": .bool(isCut),
        ]
    }
}

/// The tree of calls of debug_traceTransaction.
private final class CallTracer {
    private struct Call {
        var type: String
        var from: Address
        var to: Address?
        var value: U256?
        var gas: UInt64
        var input: [UInt8]
        var gasUsed: UInt64 = 0
        var output: [UInt8] = []
        var error: String?
        var calls: [JSON] = []
        /// The account whose storage it works on: who its own calls come from.
        var context: Address?
        var lastGas: UInt64 = 0
    }

    private let options: TraceOptions
    private var stack: [Call]
    private var pending: Call?
    /// Bytes that its text may still take.
    private var bytesLeft: Int
    /// Whether calls are missing because there would be too many, or too much in them.
    var isCut = false

    init(_ transaction: Transaction, _ options: TraceOptions, _ bytesMax: Int) {
        self.options = options
        bytesLeft = bytesMax
        stack = [
            Call(
                type: transaction.to == nil ? "CREATE" : "CALL", from: transaction.sender, to: transaction.to,
                value: transaction.value, gas: transaction.gasLimit, input: transaction.data, context: transaction.to)
        ]
    }

    /// Takes what a call shows from what may be shown: its input, what it returns, and its names.
    private func charge(_ count: Int) {
        bytesLeft -= 512 + 2 * count
        if bytesLeft < 0 { isCut = true }
    }

    func take(_ step: TraceStep) {
        guard !isCut else { return }
        if var call = pending, step.depth > stack.count {
            call.gas = step.gas
            stack.append(call)
            pending = nil
        } else if var call = pending {
            // Nothing ran: an account without code, a precompiled contract, or a call that could not begin.
            call.output = step.returnData
            charge(call.output.count)
            if step.stack.last == .zero { call.error = "execution failed" }
            stack[stack.count - 1].calls.append(json(call))
            pending = nil
        }
        while stack.count > step.depth {
            var ended = stack.removeLast()
            ended.output = step.returnData
            charge(ended.output.count)
            let top = step.stack.last ?? .zero
            if top.isZero {
                if ended.error == nil { ended.error = "execution reverted" }
            } else if ended.type.hasPrefix("CREATE") {
                ended.to = Address(word: top)
            }
            stack[stack.count - 1].calls.append(json(ended))
        }
        let place = stack.count - 1
        stack[place].gasUsed = stack[place].gas - min(stack[place].gas, step.gas - min(step.gas, step.gasCost))
        if let halt = step.halt { stack[place].error = RPCService.reason(halt) }
        if step.halt == nil, !isCut, let next = call(step) {
            charge(next.input.count)
            pending = next
        }
    }

    /// The call that an instruction begins.
    private func call(_ step: TraceStep) -> Call? {
        let stack = Array(step.stack.reversed())
        func bytes(_ offset: Int, _ size: Int) -> [UInt8] {
            // An instruction may name any place and length and fail for it; a trace shows a mebibyte at most.
            guard stack.count > max(offset, size), let start = stack[offset].asUInt64, let named = stack[size].asUInt64,
                named > 0
            else { return [] }
            let count = min(named, 1 << 20)
            // Memory that the instruction itself extends is zero.
            let available = UInt64(step.memory.count)
            guard start < available else { return [UInt8](repeating: 0, count: Int(count)) }
            let end = min(available, start + count)
            return Array(step.memory[Int(start)..<Int(end)]) + [UInt8](repeating: 0, count: Int(start + count - end))
        }
        let context = self.stack.last?.context ?? .zero
        switch step.opcode {
        case 0xf1, 0xf2:
            guard stack.count >= 7 else { return nil }
            let target = Address(word: stack[1])
            return Call(
                type: step.opcode == 0xf1 ? "CALL" : "CALLCODE", from: context, to: target, value: stack[2],
                gas: stack[0].clampedToUInt64, input: bytes(3, 4), context: step.opcode == 0xf1 ? target : context)
        case 0xf4, 0xfa:
            guard stack.count >= 6 else { return nil }
            let target = Address(word: stack[1])
            return Call(
                type: step.opcode == 0xf4 ? "DELEGATECALL" : "STATICCALL", from: context, to: target, value: nil,
                gas: stack[0].clampedToUInt64, input: bytes(2, 3), context: step.opcode == 0xfa ? target : context)
        case 0xf0, 0xf5:
            guard stack.count >= 3 else { return nil }
            return Call(
                type: step.opcode == 0xf0 ? "CREATE" : "CREATE2", from: context, to: nil, value: stack[0], gas: 0,
                input: bytes(1, 2), context: nil)
        default: return nil
        }
    }

    private func json(_ call: Call) -> JSON {
        var members: [(name: String, value: JSON)] = [
            ("type", .string(call.type)), ("from", .address(call.from)), ("to", .address(call.to)),
            ("gas", .quantity(call.gas)), ("gasUsed", .quantity(call.gasUsed)), ("input", .data(call.input)),
        ]
        if let value = call.value { members.append(("value", .quantity(value))) }
        if !call.output.isEmpty { members.append(("output", .data(call.output))) }
        if let error = call.error { members.append(("error", .string(error))) }
        if !call.calls.isEmpty, !options.onlyTopCall { members.append(("calls", .array(call.calls))) }
        return .object(members)
    }

    func answer(_ receipt: Receipt) throws(RPCError) -> JSON {
        if let call = pending {
            stack[stack.count - 1].calls.append(json(call))
            pending = nil
        }
        while stack.count > 1 {
            let ended = stack.removeLast()
            stack[stack.count - 1].calls.append(json(ended))
        }
        var top = stack[0]
        top.gasUsed = receipt.gasUsed
        top.output = receipt.output
        top.error = nil
        if top.to == nil { top.to = receipt.createdAddress }
        switch receipt.outcome {
        case .success: break
        case .reverted: top.error = "execution reverted"
        case .halted(let halt): top.error = RPCService.reason(halt)
        }
        guard case .object(var members) = json(top) else { throw .inside("no call") }
        if isCut { members.append(("isCut", .bool(true))) }
        if options.withLog {
            members.append(
                (
                    "logs",
                    .array(
                        receipt.logs.map {
                            ["address": .address($0.address), "topics": .array($0.topics.map { .word($0) }), "data": .data($0.data)]
                        })
                ))
        }
        return .object(members)
    }
}
