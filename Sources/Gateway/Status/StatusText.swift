internal import EVM
internal import Ledger

/// The server's status as one JSON object. 64-bit numbers are strings, as in all JSON here.
struct StatusText {
    private var text = "{"
    private var needsComma = false

    /// The status of a gateway and its ledger.
    static func make(
        counters: GatewayCounters, ledger: LedgerStatus, queued: Int, inFlight: Int,
        configuration: GatewayConfiguration, processorMicroseconds: UInt64, uptimeMilliseconds: UInt64
    ) -> String {
        var status = StatusText()
        status.add("uptimeMilliseconds", uptimeMilliseconds)
        status.add("cpuMicroseconds", processorMicroseconds)
        status.add("executor", configuration.executor.rawValue)
        status.addNumber("workers", configuration.workers)
        status.addNumber("cores", GatewayCounters.processorCount)
        status.add("blocks", ledger.blocks)
        status.add("operations", ledger.operations)
        status.add("gas", ledger.gas)
        status.add("head", ledger.head.hex)
        status.add("operationsDigest", ledger.operationsDigest.hex)
        if let anchor = ledger.anchor {
            status.object("anchor") { inner in
                inner.add("block", anchor.block)
                inner.add("stateRoot", anchor.stateRoot.hex)
            }
        }
        if let failure = ledger.failure { status.add("failure", failure) }
        if let stall = ledger.stall { status.add("stall", stall) }
        status.add("stalls", ledger.stalls)
        status.add("checkpoints", ledger.checkpoints)
        status.add("checkpointBlock", ledger.checkpointBlock)
        if let failure = ledger.checkpointFailure { status.add("checkpointFailure", failure) }
        status.add("conservationViolations", ledger.conservationViolations)
        status.object("diskSyncMilliseconds") { inner in
            inner.addMilliseconds("p50", ledger.syncs.quantileNanoseconds(0.5))
            inner.addMilliseconds("p99", ledger.syncs.quantileNanoseconds(0.99))
            inner.addMilliseconds("max", ledger.syncs.maximumNanoseconds)
            inner.add("count", ledger.syncs.count)
        }
        status.addNumber("queued", queued)
        status.addNumber("inFlight", inFlight)
        status.object("gateway") { addCounters(counters, to: &$0) }
        return status.text + "}"
    }

    private static func addCounters(_ counters: GatewayCounters, to inner: inout StatusText) {
        inner.add("connectionsAccepted", counters.connectionsAccepted)
        inner.add("connectionsRefused", counters.connectionsRefused)
        inner.add("connectionsOpen", counters.connectionsOpen)
        inner.add("sessionsOpened", counters.sessionsOpened)
        inner.add("tokensRefused", counters.tokensRefused)
        inner.add("framesReceived", counters.framesReceived)
        inner.add("objections", counters.objections)
        inner.add("operations", counters.operations)
        inner.add("applied", counters.applied)
        inner.add("refusedByContract", counters.refusedByContract)
        inner.add("refused", counters.refused)
        inner.add("busy", counters.busy)
        inner.add("conflicts", counters.conflicts)
        inner.add("repeated", counters.repeated)
        inner.add("answersLost", counters.answersLost)
        inner.add("queries", counters.queries)
        inner.add("events", counters.events)
        inner.add("bytesReceived", counters.bytesReceived)
        inner.add("bytesSent", counters.bytesSent)
        inner.add("submissions", counters.submissions)
        inner.add("submissionsFinished", counters.submissionsFinished)
    }

    private mutating func begin(_ name: String) {
        if needsComma { text += "," }
        needsComma = true
        text += "\"\(name)\":"
    }

    private mutating func add(_ name: String, _ value: UInt64) {
        begin(name)
        text += "\"\(value)\""
    }

    private mutating func addNumber(_ name: String, _ value: Int) {
        begin(name)
        text += String(value)
    }

    private mutating func addMilliseconds(_ name: String, _ nanoseconds: UInt64) {
        begin(name)
        text += String(Double(nanoseconds / 1_000) / 1_000)
    }

    private mutating func add(_ name: String, _ value: String) {
        begin(name)
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case _ where scalar.value < 0x20: text += " "
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    private mutating func object(_ name: String, _ body: (inout StatusText) -> Void) {
        begin(name)
        var inner = StatusText()
        body(&inner)
        text += inner.text + "}"
    }
}
