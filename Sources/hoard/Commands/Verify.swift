import ArgumentParser
import EVM
import Economy
import Foundation
import Gateway
import Ledger

/// `hoard verify`: executes the log again from genesis and compares every digest.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Execute a data folder's log again and compare every digest and the last state root.",
        discussion: """
            From the genesis on where the log is whole (`hoard serve --keep-log`); else from the oldest checkpoint on, whose \
            state is then taken as it is, and the output says from which block. Reading, executing and comparing go on at \
            once; with --executor parallel several workers execute. \
            Exit code 0 when everything agrees, 1 with the first bad block otherwise. The server must not be running.
            """)

    @Option(help: "The data folder.")
    var data: String

    @OptionGroup var execution: ExecutionOptions

    @Flag(help: "Print one JSON object: blocks, firstBlock, transactions, head, stateRoot, ok.")
    var json = false

    struct Output: Encodable {
        let blocks: UInt64
        let firstBlock: UInt64
        let transactions: UInt64
        let head: String
        let stateRoot: String
        let operationsDigest: String
        let ok: Bool
        let firstBadBlock: UInt64?
        let failure: String?
        let tornTail: Bool
    }

    func run() async throws {
        let report = try await reportingFailures {
            let folder = DataFolder(path: data)
            try folder.requireWorld()
            let game = try GameFolder.load(try GameFolder.locate(execution.game, data: folder))
            let progress = ProgressLine("blocks verified:")
            defer { progress.finish() }
            let genesis = Gateway.ledgerGenesis(of: game)
            return try Ledger.verify(folder: data, genesis: genesis, executor: execution.makeExecutor(genesis)) {
                progress.update($0)
            }
        }
        if json {
            try printJSON(
                Output(
                    blocks: report.blocks, firstBlock: report.firstBlock, transactions: report.transactions,
                    head: report.head.hex,
                    stateRoot: report.stateRoot.hex, operationsDigest: report.operationsDigest.hex, ok: report.ok,
                    firstBadBlock: report.firstBadBlock, failure: report.failure?.description,
                    tornTail: report.hasTornTail))
        } else {
            print("blocks        \(report.blocks)")
            print("transactions  \(report.transactions)")
            print("head          \(report.head.hex)")
            print("state root    \(report.stateRoot.hex)")
            if report.firstBlock > 1 {
                print(
                    "executed from block \(report.firstBlock) on: the log before it was cut behind a checkpoint (--keep-log keeps it)"
                )
            }
            if report.hasTornTail {
                print("an unfinished record behind the last block was never answered and does not count")
            }
            if let failure = report.failure, let bad = report.firstBadBlock {
                print("BAD at block  \(bad): \(failure.description)")
            } else {
                print("ok            every digest agrees")
            }
        }
        if !report.ok { throw ExitCode(1) }
    }
}
