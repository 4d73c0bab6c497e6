internal import Foundation
internal import Gateway
internal import History
internal import Ledger
internal import Synchronization

/// What Prometheus scrapes: read off counters that exist anyway, at the moment of asking.
struct MetricsText {
    let service: RPCService
    let counters: @Sendable () -> GatewayCounters
    let version: String

    /// The text, with what the server of HTTP counts itself.
    func make(site: Site?) -> String {
        var text = Exposition()
        let status = service.ledger.status
        text.family("hoard_build_info", "gauge", "The version of the server.")
        text.sample("hoard_build_info", [("version", version)], 1)
        ledger(status, &text)
        blocks(&text)
        history(status, &text)
        gateway(&text)
        if let site { http(site, &text) }
        process(&text)
        return text.text
    }

    private func ledger(_ status: LedgerStatus, _ text: inout Exposition) {
        text.single("hoard_blocks_total", "counter", "Durable micro-blocks.", Double(status.blocks))
        text.single("hoard_final_operations_total", "counter", "Operations in durable blocks.", Double(status.operations))
        text.single("hoard_gas_total", "counter", "Gas used by operations.", Double(status.gas))
        text.single("hoard_refused_operations_total", "counter", "Operations that the ledger refused.", Double(status.refused))
        text.single(
            "hoard_conservation_violations_total", "counter", "Operations whose effects broke an asset rule.",
            Double(status.conservationViolations))
        text.family("hoard_queue_length", "gauge", "What waits, by queue.")
        text.sample("hoard_queue_length", [("queue", "ledger")], Double(service.ledger.queuedCount))
        text.family("hoard_log_sync_seconds", "summary", "Write and sync of the block log together.")
        for share in [0.5, 0.9, 0.99, 1] {
            text.sample(
                "hoard_log_sync_seconds", [("quantile", String(share))], Double(status.syncs.quantileNanoseconds(share)) / 1e9)
        }
        text.sample("hoard_log_sync_seconds_count", [], Double(status.syncs.count))
        text.single("hoard_log_writes_total", "counter", "Writes to the log; each holds one or more blocks.", Double(status.writes))
        text.single("hoard_stalled", "gauge", "Whether the disk takes no writes for now.", status.stall == nil ? 0 : 1)
        text.single("hoard_closings_total", "counter", "Operations that ended micro-blocks: clearings of order books.", Double(status.closings))
        text.single("hoard_failed_closings_total", "counter", "Those of them that failed or were left out.", Double(status.closingsFailed))
        text.single("hoard_stalls_total", "counter", "How often the disk has refused writes for a while.", Double(status.stalls))
        text.single("hoard_failed", "gauge", "Whether the ledger has failed for good.", status.failure == nil ? 0 : 1)
        text.single("hoard_checkpoints_total", "counter", "Checkpoints made.", Double(status.checkpoints))
        text.single("hoard_checkpoint_block", "gauge", "The block of the last checkpoint.", Double(status.checkpointBlock))
        let anchor = status.anchor?.block ?? 0
        text.single("hoard_anchor_block", "gauge", "The block of the last anchor.", Double(anchor))
        text.single(
            "hoard_anchors_behind_blocks", "gauge", "Durable blocks behind the last anchor.",
            Double(status.blocks - min(status.blocks, anchor)))
        guard let parallel = status.parallel else { return }
        text.family("hoard_executions_total", "counter", "Executions of units of operations, by what came of them.")
        text.sample("hoard_executions_total", [("result", "confirmed")], Double(parallel.confirmedUnits))
        text.sample("hoard_executions_total", [("result", "repeated")], Double(parallel.repeatedUnits))
        text.sample("hoard_executions_total", [("result", "in_turn")], Double(parallel.inTurnUnits))
        text.sample("hoard_executions_total", [("result", "shifted")], Double(parallel.shiftedUnits))
        text.sample("hoard_executions_total", [("result", "sequential")], Double(parallel.sequentialUnits))
        let units = parallel.confirmedUnits + parallel.repeatedUnits + parallel.inTurnUnits + parallel.sequentialUnits
        text.single(
            "hoard_executions_per_transaction", "gauge", "Executions that a unit of operations takes on average.",
            units == 0 ? 1 : 1 + Double(parallel.repeatedUnits) / Double(units))
    }

    private func blocks(_ text: inout Exposition) {
        let recent = service.history.recentBlocks(from: 0)
        let sizes = recent.map { Double($0.header.operationCount) }.sorted()
        let times = recent.filter { $0.durableMilliseconds > 0 }.map {
            Double($0.durableMilliseconds - min($0.durableMilliseconds, $0.header.timestampMilliseconds)) / 1e3
        }.sorted()
        func at(_ share: Double, _ sorted: [Double]) -> Double {
            sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
        }
        text.family("hoard_block_operations", "summary", "Operations in a block, over the last blocks.")
        for share in [0.5, 0.9, 0.99] {
            text.sample("hoard_block_operations", [("quantile", String(share))], at(share, sizes))
        }
        text.family("hoard_block_seconds", "summary", "From the opening of a block until it was durable, over the last blocks.")
        for share in [0.5, 0.9, 0.99] {
            text.sample("hoard_block_seconds", [("quantile", String(share))], at(share, times))
        }
    }

    private func history(_ status: LedgerStatus, _ text: inout Exposition) {
        let history = service.history
        text.family("hoard_operations_total", "counter", "Operations of the index by action and outcome.")
        for total in (try? history.totals()) ?? [] {
            text.sample("hoard_operations_total", [("action", total.name), ("outcome", total.outcome)], Double(total.count))
        }
        text.single("hoard_history_block", "gauge", "The last block of the index.", Double(history.indexedBlock))
        text.single(
            "hoard_history_behind_blocks", "gauge", "Durable blocks that the index lacks.",
            Double(status.blocks - min(status.blocks, history.indexedBlock)))
        text.single(
            "hoard_history_dropped_blocks_total", "counter", "Blocks that the index reads from the log because it was behind.",
            Double(history.feed.droppedCount))
        text.single(
            "hoard_history_failed", "gauge", "Whether the index is not kept any more.", history.indexFailure == nil ? 0 : 1)
    }

    private func gateway(_ text: inout Exposition) {
        let counters = counters()
        text.single("hoard_connections", "gauge", "Connections of players and servers.", Double(counters.connectionsOpen))
        text.family("hoard_connections_total", "counter", "Connections by what became of them.")
        text.sample("hoard_connections_total", [("result", "accepted")], Double(counters.connectionsAccepted))
        text.sample("hoard_connections_total", [("result", "refused")], Double(counters.connectionsRefused))
        text.single("hoard_sessions_total", "counter", "Sessions that were welcomed.", Double(counters.sessionsOpened))
        text.single("hoard_tokens_refused_total", "counter", "Tokens that were refused.", Double(counters.tokensRefused))
        text.single("hoard_frames_received_total", "counter", "Frames received.", Double(counters.framesReceived))
        text.family("hoard_replies_total", "counter", "Replies to operations, by status.")
        let replies: [(String, UInt64)] = [
            ("applied", counters.applied), ("refused_by_contract", counters.refusedByContract),
            ("refused", counters.refused), ("busy", counters.busy), ("conflict", counters.conflicts),
            ("repeated", counters.repeated), ("lost", counters.answersLost),
        ]
        for (status, count) in replies { text.sample("hoard_replies_total", [("status", status)], Double(count)) }
        text.single("hoard_queries_total", "counter", "Queries received.", Double(counters.queries))
        text.single("hoard_events_total", "counter", "Events sent.", Double(counters.events))
        text.single("hoard_received_bytes_total", "counter", "Bytes received from clients.", Double(counters.bytesReceived))
        text.single("hoard_sent_bytes_total", "counter", "Bytes handed to connections that are closed.", Double(counters.bytesSent))
        text.single("hoard_submissions_total", "counter", "Turns of the loop that handed operations to the ledger.", Double(counters.submissions))
        text.single(
            "hoard_submissions_finished_total", "counter", "Those of them that the loop has finished itself, without the other threads.",
            Double(counters.submissionsFinished))
    }

    private func http(_ site: Site, _ text: inout Exposition) {
        text.single("hoard_http_connections", "gauge", "Connections of HTTP and WebSocket.", Double(site.connections.load(ordering: .relaxed)))
        text.single("hoard_websockets", "gauge", "Open WebSockets.", Double(site.webSockets.load(ordering: .relaxed)))
        text.single("hoard_http_requests_total", "counter", "Requests and messages received.", Double(site.requests.load(ordering: .relaxed)))
        text.single(
            "hoard_http_refused_total", "counter", "Requests that were refused for their form, origin or number.",
            Double(site.refusedRequests.load(ordering: .relaxed)))
        text.single("hoard_http_queue_length", "gauge", "Requests that wait for a worker.", Double(site.workers.waitingCount))
        let notifier = site.notifier.counts
        text.single("hoard_subscriptions", "gauge", "Subscriptions.", Double(notifier.subscriptions))
        text.single("hoard_notifications_total", "counter", "Notifications sent.", Double(notifier.sent))
        text.single("hoard_subscribers_dropped_total", "counter", "Subscribers that did not read.", Double(notifier.dropped))
        text.family("hoard_rpc_requests_total", "counter", "Requests by method.")
        let calls = service.callCounts
        for call in calls { text.sample("hoard_rpc_requests_total", [("method", call.method)], Double(call.count)) }
        text.family("hoard_rpc_errors_total", "counter", "Requests by method that ended in an error.")
        for call in calls { text.sample("hoard_rpc_errors_total", [("method", call.method)], Double(call.errors)) }
    }

    private func process(_ text: inout Exposition) {
        let use = ProcessUse.now()
        text.single("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", Double(use.residentBytes))
        text.single("process_open_fds", "gauge", "Number of open file descriptors.", Double(use.openFiles))
        text.single(
            "process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", use.processorSeconds)
        text.single(
            "process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.", use.startSeconds)
        text.family(
            "hoard_stage_cpu_seconds_total", "counter", "Processor time by the thread that does a stage of the work.")
        for (name, seconds) in use.threadSeconds.sorted(by: { $0.key < $1.key }) where name.hasPrefix("hoard") {
            text.sample("hoard_stage_cpu_seconds_total", [("stage", String(name.dropFirst(6)))], seconds)
        }
    }
}
