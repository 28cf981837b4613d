// swift-tools-version: 6.2
// One section a room, in the order of docs/architecture.md, each with its tests.

import PackageDescription

let package = Package(
  name: "syncd",
  products: [
    .executable(name: "syncd", targets: ["syncd"]),
    .executable(name: "syncd-client", targets: ["syncd-client"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(
      url: "https://github.com/hummingbird-project/hummingbird",
      from: "2.28.1",
      traits: []
    ),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
  ],
  targets: [
    // System libraries: a module map and a header each, no logic.
    // libcrypt.pc belongs to libxcrypt, which is what Debian's libcrypt is.
    .systemLibrary(name: "CCrypt", providers: [.apt(["libcrypt-dev"])]),
    .systemLibrary(
      name: "CCrypto",
      pkgConfig: "libcrypto",
      providers: [.apt(["libssl-dev"])]
    ),
    // libinotifytools ships no .pc file; its module map names the library.
    .systemLibrary(name: "CInotifyTools", providers: [.apt(["libinotifytools0-dev"])]),
    .systemLibrary(
      name: "CLibXML2",
      pkgConfig: "libxml-2.0",
      providers: [.apt(["libxml2-dev"])]
    ),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    // ProjectModel
    .target(
      name: "ProjectModel",
      dependencies: ["CLibXML2"],
      swiftSettings: [.strictMemorySafety()]
    ),
    .testTarget(name: "ProjectModelTests", dependencies: ["ProjectModel"]),

    // Watcher
    .target(
      name: "Watcher",
      dependencies: ["CInotifyTools"],
      swiftSettings: [.strictMemorySafety()]
    ),
    .testTarget(name: "WatcherTests", dependencies: ["Watcher"]),

    // Bundler
    .target(
      name: "Bundler",
      dependencies: ["CCrypto", "CZlib", "ProjectModel"],
      swiftSettings: [.strictMemorySafety()]
    ),
    .testTarget(name: "BundlerTests", dependencies: ["Bundler", "ProjectModel"]),

    // Sessions
    .target(name: "Sessions", dependencies: ["ProjectModel"]),
    .testTarget(name: "SessionsTests", dependencies: ["Sessions"]),

    // SessionFile
    .target(
      name: "SessionFile",
      dependencies: [
        "ProjectModel", "Sessions",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]
    ),
    .testTarget(
      name: "SessionFileTests",
      dependencies: ["ProjectModel", "SessionFile", "Sessions"]
    ),

    // SyncProtocol
    .target(name: "SyncProtocol", dependencies: ["ProjectModel"]),
    .testTarget(name: "SyncProtocolTests", dependencies: ["ProjectModel", "SyncProtocol"]),

    // ProjectHost
    .target(
      name: "ProjectHost",
      dependencies: [
        "Bundler", "CCrypt", "ProjectModel", "SyncProtocol", "Watcher",
        .product(name: "Logging", package: "swift-log"),
      ]
    ),
    .testTarget(
      name: "ProjectHostTests",
      dependencies: [
        "Bundler", "ProjectHost", "ProjectModel", "SyncProtocol", "TestPrograms", "Watcher",
        .product(name: "Logging", package: "swift-log"),
      ]
    ),

    // SyncServer
    .target(
      name: "SyncServer",
      dependencies: [
        "Bundler", "CCrypto", "ProjectHost", "ProjectModel", "Sessions", "SyncProtocol",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]
    ),
    .testTarget(
      name: "SyncServerTests",
      dependencies: [
        "Bundler", "ProjectHost", "ProjectModel", "Sessions", "SyncClient", "SyncProtocol",
        "SyncServer", "TestPrograms", "syncd",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]
    ),

    // SyncClient
    .target(
      name: "SyncClient",
      dependencies: [
        "Bundler", "ProjectModel", "SyncProtocol",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOTLS", package: "swift-nio"),
      ]
    ),
    .testTarget(
      name: "SyncClientTests",
      dependencies: ["Bundler", "ProjectModel", "SyncClient", "SyncProtocol"]
    ),

    // Deployment
    .target(
      name: "Deployment",
      dependencies: [
        "Bundler", "CCrypto", "ProjectModel", "SyncProtocol",
        .product(name: "Subprocess", package: "swift-subprocess"),
      ]
    ),
    .testTarget(
      name: "DeploymentTests",
      dependencies: ["Bundler", "Deployment", "ProjectModel", "SyncProtocol", "TestPrograms"]
    ),

    // Console
    .target(
      name: "Console",
      dependencies: [
        "ProjectModel", "SyncClient", "SyncProtocol",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),
    .testTarget(name: "ConsoleTests", dependencies: ["Console"]),

    // Other programs as tests start them
    .systemLibrary(name: "CSpawn", path: "Tests/CSpawn"),
    .target(name: "TestPrograms", dependencies: ["CSpawn"], path: "Tests/TestPrograms"),

    // syncd: the commands and the composition root
    .executableTarget(
      name: "syncd",
      dependencies: [
        "Bundler", "Console", "Deployment", "ProjectHost", "ProjectModel", "SessionFile",
        "Sessions", "SyncClient",
        "SyncProtocol", "SyncServer", "Watcher",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ]
    ),

    // syncd-client: the program of packaged clients, without the server's parts
    .executableTarget(
      name: "syncd-client",
      dependencies: [
        "Bundler", "Console", "Deployment", "ProjectModel", "SyncClient", "SyncProtocol",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),

    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "Bundler", "ProjectModel", "SyncProtocol", "TestPrograms", "syncd", "syncd-client",
      ]
    ),
  ]
)

for target in package.targets where target.type != .system {
  target.swiftSettings =
    (target.swiftSettings ?? []) + [
      // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
      .enableUpcomingFeature("ExistentialAny"),
      // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
      .enableUpcomingFeature("MemberImportVisibility"),
      // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
      .enableUpcomingFeature("InternalImportsByDefault"),
      // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
      .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
      // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0470-isolated-conformances.md
      .enableUpcomingFeature("InferIsolatedConformances"),
      .treatAllWarnings(as: .error),
    ]
}
