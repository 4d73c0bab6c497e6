import ArgumentParser
import Client
import EVM
import Economy
import Foundation
import Gateway
import Ledger
import Proofs
import Wire

/// `hoard receipt`: receipts that can be shown to anybody.
struct ReceiptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt", abstract: "Get a receipt with its proof, and verify it without the server.",
        discussion: """
            hoard receipt key --data data; hoard receipt get 0192... --token ... --out purchase.proof; hoard receipt verify purchase.proof --key ... \
            The key is given to whoever verifies once, by a way he trusts, such as the game's own site; docs/PROOFS.md says what a proof holds and whom it binds.
            """,
        subcommands: [ReceiptGet.self, ReceiptVerify.self, ReceiptHead.self, ReceiptCompare.self, ReceiptKey.self])
}

/// The keys that a user trusts.
struct TrustedKeys: ParsableArguments {
    @Option(help: ArgumentHelp("The world's public key, 64 hexadecimal digits; repeat it where the key was changed.", valueName: "hex"))
    var key: [String] = []

    /// The keys.
    func keys() throws -> [ProofPublicKey] {
        try key.map { text in
            guard let key = ProofPublicKey(hex: text) else { throw ValidationError("--key takes 64 hexadecimal digits; '\(text)' is not that") }
            return key
        }
    }

    func validate() throws { _ = try keys() }
}

/// Where a running server is.
struct ServerAddress: ParsableArguments {
    @Option(help: "The server, HOST:PORT.")
    var server = ListenAddress(host: "127.0.0.1", port: 7777)

    @Option(help: "A token: hoard token ...")
    var token: String?

    /// A client of the server; fails without a token.
    func client() async throws -> HoardClient {
        guard let token else { throw ValidationError("give --token for a running server, or --data for a folder whose server does not run") }
        return try await HoardClient.connect(host: server.host, port: server.port, token: token)
    }
}

/// `hoard receipt get ID`.
struct ReceiptGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Get the proof of an operation's receipt, from a running server or a data folder.",
        discussion: """
            The server must run with --proofs or --http. From a folder the whole log must be there, and proof.key. With --key the proof is verified before it is kept: \
            exit code 1 where it does not hold.
            """)

    @Argument(help: "The operation's id: 32 hexadecimal digits, or #NAME.")
    var operation: String

    @OptionGroup var address: ServerAddress

    @Option(help: "A data folder, instead of a server; the server must not be running.")
    var data: String?

    @Option(help: "The game folder; by default the one that the data folder was made with, or GameData here or above the program.")
    var game: String?

    @OptionGroup var trusted: TrustedKeys

    @Option(help: "Where the proof is written.")
    var out: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        try await reportingFailures {
            guard let bytes = FieldText.id(operation), let id = Wire.OperationID(bytes: bytes) else {
                throw ValidationError("an operation id has 32 hexadecimal digits, or is #NAME; '\(operation)' is neither")
            }
            let proof: ReceiptProof
            if let data {
                proof = try fromFolder(data, id)
            } else {
                let client = try await address.client()
                defer { client.close() }
                guard let found = try await client.receiptProof(of: id) else { throw Failure(message: "no operation \(id.hex) is in the ledger") }
                proof = found
            }
            let keys = try trusted.keys()
            let shown = ShownProof(game: game, json: json)
            // Without a trusted key the one that the proof itself names shows that the bytes are whole, and no more.
            try shown.show(proof, keys: keys.isEmpty ? [proof.head.publicKey] : keys, operation: id, isTrusted: !keys.isEmpty)
            if let out { try Data(proof.encoded).write(to: URL(fileURLWithPath: out), options: .atomic) }
        }
    }

    private func fromFolder(_ data: String, _ id: Wire.OperationID) throws -> ReceiptProof {
        let folder = DataFolder(path: data)
        try folder.requireWorld()
        let key = try ProofKeyFile.open(dataFolder: data, isMade: false)
        let game = try GameFolder.load(try GameFolder.locate(game, data: folder))
        let genesis = Gateway.ledgerGenesis(of: game)
        let world = try LedgerInspection(folder: data, genesis: genesis)
        guard let entry = try world.entry(.init(high: id.high, low: id.low)) else { throw Failure(message: "no operation \(id.hex) is in the ledger") }
        guard let block = try world.block(entry.block) else {
            throw Failure(message: "block \(entry.block) is not in the log any more; `hoard serve --proofs` keeps all of it")
        }
        let leaves = zip(block.block.operations, block.receipts).map { operation, receipt in
            ReceiptProof.leaf(
                operationID: operation.id.bytes, transaction: BlockCoding.encoded(operation.transaction), receipt: BlockCoding.encoded(receipt))
        }
        let tree = MerkleTree(leaves: leaves)
        let head = SignedHead(worldID: genesis.digest.bytes, header: block.block.header.encoded, receiptsRoot: tree.root, key: key)
        return ReceiptProof(head: head, tree: tree, index: Int(entry.index), leaf: leaves[Int(entry.index)])
    }
}

/// Verifies proofs and prints what they say.
struct ShownProof {
    /// The game folder, where one was named.
    let game: String?
    /// Whether one JSON object is printed.
    let json: Bool

    /// Verifies and prints; exit code 1 where the proof does not hold.
    func show(_ proof: ReceiptProof, keys: [ProofPublicKey], operation: Wire.OperationID?, world: [UInt8]? = nil, isTrusted: Bool) throws {
        let receipt: ProvenReceipt
        do {
            receipt = try proof.verify(keys: keys, worldID: world, operationID: operation)
        } catch {
            try refuse("\(error)")
            throw ExitCode(1)
        }
        var fields: [(String, InspectValue)] = [
            ("verified", .flag(isTrusted)), ("key", .text(proof.head.publicKey.hex)),
            ("world", .text(ProofHex.digits(of: proof.head.worldID))), ("block", .number(receipt.block)),
            ("digest", .text(ProofHex.digits(of: proof.head.digest))), ("index", .number(UInt64(receipt.index))),
            ("time", .text(Date(timeIntervalSince1970: Double(receipt.timestampMilliseconds) / 1_000).ISO8601Format())),
        ]
        if let (game, entry) = try known(proof, receipt) {
            fields.append(("action", .text(game.actionName(of: entry.transaction) ?? "")))
            fields += InspectFields.operation(receipt.operationID.hex, entry.transaction, entry.receipt, game)
        } else {
            fields += [
                ("id", .text(receipt.operationID.hex)), ("sender", .text(receipt.sender.hex)), ("to", .text(receipt.contract?.hex ?? "")),
                ("input", .text("0x" + ProofHex.digits(of: receipt.input))), ("outcome", .text("\(receipt.outcome)")), ("gasUsed", .number(receipt.gasUsed)),
                ("output", .text("0x" + ProofHex.digits(of: receipt.output))), ("logs", .number(UInt64(receipt.events.count))),
            ]
        }
        if json { return try printJSON(InspectValue.object(fields)) }
        print(isTrusted ? "verified: the world's key has signed this" : "not verified: nobody has said which key is the world's; give it with --key")
        for (name, value) in fields.dropFirst() { print(name.padding(toLength: 12, withPad: " ", startingAt: 0) + value.text) }
    }

    /// Says why something does not hold.
    func refuse(_ reason: String) throws {
        if json { return try printJSON(InspectValue.object([("verified", .flag(false)), ("reason", .text(reason))])) }
        print("refused: \(reason)")
    }

    /// The operation in the words of its game, where that is at hand and is of the proof's world.
    private func known(_ proof: ReceiptProof, _ receipt: ProvenReceipt) throws -> (Game, LedgerEntry)? {
        guard let folder = game ?? (try? GameFolder.locate(nil)) else { return nil }
        let loaded = try GameFolder.load(folder)
        guard Gateway.ledgerGenesis(of: loaded).digest.bytes == proof.head.worldID else {
            if game == nil { return nil }
            throw Failure(message: "the proof is of the world \(ProofHex.digits(of: proof.head.worldID)), which is not that of the game \(folder)")
        }
        let id = receipt.operationID.bytes
        let entries = (id + [0] + receipt.transactionBytes).withUnsafeBytes { operations in
            (id + receipt.receiptBytes).withUnsafeBytes { results in
                try? BlockCoding.entries(block: receipt.block, count: 1, operations: operations, results: results).entries
            }
        }
        return entries?.first.map { (loaded, $0) }
    }

    /// The bytes of a file.
    static func bytes(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else { throw Failure(message: "\(path) cannot be read") }
        return [UInt8](data)
    }
}

/// `hoard receipt verify FILE`.
struct ReceiptVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify a proof, without a server.",
        discussion: "Exit code 0 where the proof holds, 1 where it does not, with the reason.")

    @Argument(help: "The file: hoard receipt get ... --out FILE.")
    var file: String

    @OptionGroup var trusted: TrustedKeys

    @Option(help: "The operation that it must be of: 32 hexadecimal digits, or #NAME.")
    var operation: String?

    @Option(help: "The world that it must be of: the digest of its genesis, 64 hexadecimal digits.")
    var world: String?

    @Option(help: "The game folder, for names and movements; by default GameData here or above the program, where it is of this world.")
    var game: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if trusted.key.isEmpty { throw ValidationError("give the world's --key: without it a proof proves nothing") }
    }

    func run() async throws {
        try await reportingFailures {
            let id = try operation.map { text in
                guard let bytes = FieldText.id(text), let id = Wire.OperationID(bytes: bytes) else {
                    throw ValidationError("an operation id has 32 hexadecimal digits, or is #NAME; '\(text)' is neither")
                }
                return id
            }
            let worldID = try world.map { text in
                guard let bytes = ProofHex.bytes(of: text), bytes.count == 32 else {
                    throw ValidationError("--world takes 64 hexadecimal digits; '\(text)' is not that")
                }
                return bytes
            }
            let shown = ShownProof(game: game, json: json)
            let proof: ReceiptProof
            let bytes = try ShownProof.bytes(file)
            do throws(ProofError) { proof = try ReceiptProof(encoded: bytes) } catch {
                try shown.refuse("\(file): \(error)")
                throw ExitCode(1)
            }
            try shown.show(proof, keys: try trusted.keys(), operation: id, world: worldID, isTrusted: true)
        }
    }
}

/// `hoard receipt head`.
struct ReceiptHead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "head", abstract: "Get the newest head that a server signs, to keep it and compare it with others'.",
        discussion: "A signed head stands for the whole history up to its block. With --key: exit code 1 where another key signed.")

    @OptionGroup var address: ServerAddress
    @OptionGroup var trusted: TrustedKeys

    @Option(help: "Where the head is written.")
    var out: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        try await reportingFailures {
            let client = try await address.client()
            defer { client.close() }
            let head = try await client.signedHead()
            let keys = try trusted.keys()
            do throws(ProofError) { try head.verify(keys: keys.isEmpty ? [head.publicKey] : keys, worldID: client.welcome.worldID) } catch {
                try ShownProof(game: nil, json: json).refuse("\(error)")
                throw ExitCode(1)
            }
            if let out { try Data(head.encoded).write(to: URL(fileURLWithPath: out), options: .atomic) }
            let fields: [(String, InspectValue)] = [
                ("block", .number(head.number)), ("digest", .text(ProofHex.digits(of: head.digest))), ("key", .text(head.publicKey.hex)),
                ("world", .text(ProofHex.digits(of: head.worldID))),
            ]
            if json { return try printJSON(InspectValue.object(fields)) }
            for (name, value) in fields { print(name.padding(toLength: 8, withPad: " ", startingAt: 0) + value.text) }
        }
    }
}

/// `hoard receipt compare A B`.
struct ReceiptCompare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Look whether two proofs or heads can both be true.",
        discussion: """
            Two that the same key has signed and that cannot both be true show to anybody that its holder has told two histories. Exit code 0 where nothing speaks against \
            either, 1 where they contradict each other or one does not verify.
            """)

    @Argument(help: "Two files, proofs or heads.")
    var files: [String]

    @OptionGroup var trusted: TrustedKeys

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if files.count != 2 { throw ValidationError("name two files, not \(files.count)") }
        if trusted.key.isEmpty { throw ValidationError("give the world's --key: without it a proof proves nothing") }
    }

    func run() async throws {
        try await reportingFailures {
            let keys = try trusted.keys()
            var heads: [SignedHead] = []
            var finding: String?
            for file in files {
                let bytes = try ShownProof.bytes(file)
                do throws(ProofError) {
                    if let head = try? SignedHead(encoded: bytes) {
                        try head.verify(keys: keys)
                        heads.append(head)
                    } else {
                        let proof = try ReceiptProof(encoded: bytes)
                        _ = try proof.verify(keys: keys)
                        heads.append(proof.head)
                    }
                } catch {
                    finding = finding ?? "\(file): \(error)"
                }
            }
            if heads.count == 2 { finding = heads[0].contradiction(with: heads[1]) }
            if json {
                try printJSON(InspectValue.object([("agree", .flag(finding == nil)), ("reason", .text(finding ?? ""))]))
            } else {
                print(finding ?? "nothing speaks against blocks \(heads[0].number) and \(heads[1].number) of one history")
            }
            if finding != nil { throw ExitCode(1) }
        }
    }
}

/// `hoard receipt key`.
struct ReceiptKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Print the public key of a data folder, which those who verify have to know.",
        discussion: "The secret half is DATA/proof.key, which a backup does not hold: keep a copy of it where secrets are kept.")

    @Option(help: "The data folder.")
    var data: String

    func run() async throws {
        try await reportingFailures {
            let folder = DataFolder(path: data)
            try folder.requireExisting()
            print(try ProofKeyFile.open(dataFolder: data, isMade: false).publicKey.hex)
        }
    }
}
