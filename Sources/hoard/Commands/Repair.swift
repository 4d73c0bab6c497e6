import ArgumentParser
import EVM
import Economy
import Foundation
import Gateway
import Ledger

/// `hoard repair`: puts damaged records and files back from a backup.
struct Repair: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put back from a backup what is damaged in a data folder.",
        discussion: """
            A record is put back only where the chain of digests proves that the backup has the very same block; nothing \
            else is changed. The server must not be running. Run `hoard verify` afterwards.
            """)

    @Option(help: "The data folder.")
    var data: String

    @Option(help: "The backup.")
    var from: String

    @Option(help: "The game folder; by default the one that the data folder was made with.")
    var game: String?

    @Flag(help: "Print one JSON object: records, files, block, head.")
    var json = false

    private struct Output: Encodable {
        struct Record: Encodable {
            let block: UInt64
            let segment: UInt32
            let offset: Int
        }

        let records: [Record]
        let files: [String]
        let block: UInt64
        let head: String
    }

    func run() async throws {
        try await reportingFailures {
            let folder = DataFolder(path: data)
            try folder.requireExisting()
            try DataFolder(path: from).requireWorld()
            let game = try GameFolder.load(try GameFolder.locate(game, data: folder))
            let report = try Ledger.repair(folder: data, from: from, genesis: Gateway.ledgerGenesis(of: game))
            if json {
                return try printJSON(
                    Output(
                        records: report.records.map { .init(block: $0.block, segment: $0.segment, offset: $0.offset) },
                        files: report.files, block: report.block, head: report.head.hex))
            }
            for record in report.records {
                print("block \(record.block) put back in segment \(record.segment) at byte \(record.offset)")
            }
            for file in report.files { print("\(file) put back") }
            if report.records.isEmpty, report.files.isEmpty { print("nothing was damaged") }
            print("the chain is whole up to block \(report.block), head \(report.head.hex)")
        }
    }
}
