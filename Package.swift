// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: warnings are errors, imports are internal unless a signature needs more.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
]

/// Hot modules are optimised in debug builds too: unoptimised, the EVM is 45-65 times slower.
let hot: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// In the modules that execute, every field of a class is confined to one thread or under a lock; checking its
/// exclusive use at run time costs 8 % of the sequencer. Functions begin at lines of the instruction cache: where the
/// interpreter's loop lies in them moves a purchase by 15 %, and would otherwise hang on the size of whatever is linked before.
let executing: [SwiftSetting] =
    hot + [.unsafeFlags(["-enforce-exclusivity=unchecked", "-Xllvm", "-align-all-functions=6"])]

/// The modules between the socket and the ledger: the loop's thread alone uses them.
let confined: [SwiftSetting] =
    strict + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

let package = Package(
    name: "hoard",
    products: [
        .executable(name: "hoard", targets: ["hoard"]),
        .executable(name: "hoard-load", targets: ["hoard-load"]),
        .executable(name: "hoard-bench", targets: ["hoard-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // System libraries (scripts/setup installs them).
        .systemLibrary(name: "CLibuv", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
        .systemLibrary(name: "CSecp256k1", pkgConfig: "libsecp256k1", providers: [.apt(["libsecp256k1-dev"])]),
        .systemLibrary(name: "CGMP", pkgConfig: "gmp", providers: [.apt(["libgmp-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "CShims", cSettings: [.unsafeFlags(["-falign-functions=64"])]),

        // The house: what a target may import is its line here.
        .target(name: "EventLoop", dependencies: ["CLibuv"], swiftSettings: executing),
        .target(name: "Wire", dependencies: ["CShims"], swiftSettings: executing),
        .target(name: "Proofs", dependencies: ["Wire", "CCrypto"], swiftSettings: hot),
        .target(name: "EVM", dependencies: ["CSecp256k1", "CGMP", "CCrypto", "CShims"], swiftSettings: executing),
        .target(name: "Ledger", dependencies: ["EVM", "CShims"], swiftSettings: executing),
        .target(
            name: "Economy",
            dependencies: ["Wire", "EVM", .product(name: "Yams", package: "Yams")],
            swiftSettings: confined),
        .target(
            name: "Tokens",
            dependencies: [
                .product(name: "JWTKit", package: "jwt-kit"), .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(
            name: "Gateway", dependencies: ["EventLoop", "Wire", "Economy", "EVM", "Ledger", "Tokens"],
            swiftSettings: confined),
        .target(
            name: "Simulation", dependencies: ["EventLoop", "Wire", "EVM", "Ledger", "Economy", "Gateway", "Tokens"],
            swiftSettings: hot),
        .target(
            name: "History",
            dependencies: ["Proofs", "EVM", "Ledger", "Economy", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),
        .target(
            name: "Observatory",
            dependencies: [
                "Wire", "Proofs", "EVM", "Ledger", "Economy", "Gateway", "History",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(name: "Client", dependencies: ["EventLoop", "Wire", "Proofs"], swiftSettings: strict),
        .target(
            name: "Replay", dependencies: ["EventLoop", "Wire", "EVM", "Ledger", "Economy", "Client"],
            swiftSettings: strict),
        .target(
            name: "Benchmarks",
            dependencies: [
                "EVM", "Ledger", "Economy", "Wire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "hoard-bench",
            dependencies: [
                "Benchmarks", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .target(name: "Conformance", dependencies: ["EVM", "Ledger"], swiftSettings: hot),
        .target(name: "Fuzzing", dependencies: ["EVM"], swiftSettings: hot),
        .executableTarget(
            name: "hoard",
            dependencies: [
                "Benchmarks", "Conformance", "Fuzzing", "EventLoop", "Wire", "EVM", "Ledger", "Economy", "Gateway", "Tokens", "Client", "Replay", "Proofs",
                "Simulation", "History", "Observatory",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "hoard-load",
            dependencies: [
                "EventLoop", "Wire", "Client", "Economy", "EVM",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            path: "LoadTests/Program", swiftSettings: strict),

        // Tests mirror Sources.
        .testTarget(name: "EventLoopTests", dependencies: ["EventLoop"], swiftSettings: strict),
        .testTarget(name: "WireTests", dependencies: ["Wire"], swiftSettings: strict),
        .testTarget(name: "ProofsTests", dependencies: ["Proofs", "Wire"], swiftSettings: strict),
        .testTarget(name: "ClientTests", dependencies: ["Client", "Wire", "EventLoop"], swiftSettings: strict),
        .testTarget(name: "EVMTests", dependencies: ["EVM", "CGMP", "CShims", "Fuzzing"], swiftSettings: strict),
        .testTarget(name: "LedgerTests", dependencies: ["Ledger", "EVM"], swiftSettings: strict),
        .testTarget(name: "EconomyTests", dependencies: ["Economy", "EVM", "Wire", "CSecp256k1"], swiftSettings: strict),
        .testTarget(
            name: "TokensTests",
            dependencies: [
                "Tokens", .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "GatewayTests",
            dependencies: ["Gateway", "EventLoop", "Wire", "Economy", "EVM", "Ledger", "Tokens", "Client"],
            swiftSettings: strict),
        .testTarget(
            name: "ReplayTests",
            dependencies: ["Replay", "Wire", "EVM", "Economy", "Gateway", "Ledger", "Tokens"], swiftSettings: strict),
        .testTarget(
            name: "LoadTests", dependencies: ["hoard-load", "Wire", "Economy", "EVM"], path: "Tests/LoadTests",
            swiftSettings: strict),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation", "Economy"], swiftSettings: strict),
        .testTarget(name: "ConformanceTests", dependencies: ["Conformance", "EVM", "Ledger"], swiftSettings: strict),
        .testTarget(name: "ProgramTests", dependencies: ["hoard", "hoard-load"], swiftSettings: strict),
        .testTarget(name: "HistoryTests", dependencies: ["History", "Proofs", "Ledger", "EVM", "Economy", "Gateway", "Wire"], swiftSettings: strict),
        .testTarget(
            name: "ObservatoryTests",
            dependencies: ["Observatory", "Proofs", "History", "Gateway", "Ledger", "EVM", "Economy", "Tokens", "Wire"],
            swiftSettings: strict),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ]
)
