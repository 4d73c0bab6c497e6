// swift-tools-version: 6.2
import PackageDescription

/// As in the package above: warnings are errors, imports are internal unless a signature needs more.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
]

// A package of its own: who only builds Hoard needs neither the peers nor their libraries.
let package = Package(
    name: "peers",
    products: [.executable(name: "hoard-peers", targets: ["hoard-peers"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .executableTarget(
            name: "hoard-peers",
            dependencies: [
                "CPostgres", "CSQLite",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: strict),
        .testTarget(name: "PeersTests", dependencies: ["hoard-peers"], swiftSettings: strict),
    ]
)
