import ArgumentParser

/// A store, one of its designs, and how it is driven; written PEER/DESIGN/CLIENTS/PIPELINE.
struct Setting: ExpressibleByArgument, Equatable {
    /// The stores there are.
    enum Store: String, CaseIterable {
        case postgres, redis, sqlite
    }

    var store: Store
    /// Of PostgreSQL ledger, hot-row or arrays; of the others what they are durable by.
    var design: String
    var clients: Int
    /// Operations under way on each connection; of SQLite, operations of a transaction.
    var pipeline: Int

    /// The designs of each store.
    static let designs: [Store: [String]] = [
        .postgres: ["ledger", "hot-row", "arrays"], .redis: ["always"], .sqlite: ["full"],
    ]

    /// Clients at most: what PostgreSQL is set up for, what Redis takes as it comes, SQLite's one writer.
    static let clientsMax: [Store: Int] = [.postgres: 190, .redis: 1000, .sqlite: 1]

    /// What is run when nothing is named: each store's best on two cores, and what shows a limit.
    static let standard = [
        "postgres/ledger/8/1", "postgres/ledger/32/1", "postgres/arrays/16/1", "postgres/hot-row/8/1",
        "redis/always/64/1",
        "redis/always/64/16", "redis/always/64/40", "sqlite/full/1/1", "sqlite/full/1/100", "sqlite/full/1/1000",
    ].compactMap { Setting(argument: $0) }

    /// What is run to find the best settings.
    static let sweep =
        ([4, 8, 16, 32, 64].flatMap { clients in
            ["ledger", "arrays", "hot-row"].map { "postgres/\($0)/\(clients)/1" }
        }
        + [(1, 1), (16, 1), (64, 1), (128, 1), (256, 1), (64, 4), (64, 16), (64, 40), (16, 64)].map {
            "redis/always/\($0.0)/\($0.1)"
        } + [1, 10, 100, 1000, 3600].map { "sqlite/full/1/\($0)" }).compactMap { Setting(argument: $0) }

    /// Reads PEER/DESIGN/CLIENTS/PIPELINE.
    init?(argument: String) {
        let parts = argument.split(separator: "/").map(String.init)
        guard parts.count == 4, let store = Store(rawValue: parts[0]), let clients = Int(parts[2]),
            let pipeline = Int(parts[3]), Self.designs[store]?.contains(parts[1]) == true,
            (1...100_000).contains(pipeline), (1...(Self.clientsMax[store] ?? 1)).contains(clients),
            store != .postgres || pipeline == 1
        else { return nil }
        self.store = store
        design = parts[1]
        self.clients = clients
        self.pipeline = pipeline
    }

    /// As it is written.
    var text: String { "\(store.rawValue)/\(design)/\(clients)/\(pipeline)" }

    /// The name of its file in Designs, without the ending.
    var designFile: String { store == .postgres ? "postgres-\(design)" : store.rawValue }
}
