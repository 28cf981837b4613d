internal import Glibc
internal import ProjectModel

/// Mirrors a project's folder and makes snapshots of its bundle, reading only what changed.
///
/// A failed build or update loses nothing: what could not be read stays dirty, and the next update,
/// also one without changes, tries again. Calls are served one after the other.
package actor BundleBuilder {
  /// How often a file that moves while it is read is tried, with pauses of 1, 2, 4 … ms between.
  private static let rounds = 8

  private let rootPath: String
  private let options: BundleOptions
  private let inspector: (any MemberInspector)?
  private let scratch: String
  private let rules: ContentRules
  private let lineage = Lineage()

  private var root: Descriptor?
  private var index = BundleIndex()
  private var contentProblems: [ProjectPath: [Problem]] = [:]
  private var leftOut: [ProjectPath: Problem] = [:]
  /// Where the index may differ from the disk.
  private var dirtyPaths: Set<ProjectPath> = []
  private var dirtySubtrees: Set<ProjectPath> = [UpdatePlanner.project]

  private var fresh = FreshPieces()
  private var base: BundleFile?
  /// The number of the last snapshot.
  private var number: UInt64 = 0
  private var manifests: ManifestBuilder
  private let turn = Turn()

  /// A builder for the project in the folder `root`.
  ///
  /// Packed members that are in no bundle yet go to nameless files in the folder `scratch` when they
  /// are many or large.
  package init(
    root: String,
    options: BundleOptions = .init(),
    inspector: (any MemberInspector)? = nil,
    scratch: String = "/var/tmp"
  ) {
    rootPath = root
    self.options = options
    self.inspector = inspector
    self.scratch = scratch
    rules = ContentRules(profile: options.profile)
    manifests = ManifestBuilder(profile: options.profile, timestamps: options.timestamps)
  }

  /// Reads and packs everything, whatever is known.
  package func build(
    progress: (@Sendable (BuildProgress) -> Void)? = nil
  ) async throws(BundleError) -> Snapshot {
    await turn.take()
    defer { turn.give() }
    forget()
    return try await settle(progress)
  }

  /// Goes on from the bundle of an earlier run.
  ///
  /// Files that are in it unchanged are not packed again, and not even read where `index`, from
  /// `savedIndex()`, vouches for them.
  package func resume(
    from bundle: BundleFile,
    index saved: [UInt8]?,
    progress: (@Sendable (BuildProgress) -> Void)? = nil
  ) async throws(BundleError) -> Snapshot {
    await turn.take()
    defer { turn.give() }
    forget()
    if bundle.manifest.timestamps == options.timestamps,
      bundle.manifest.profile == options.profile
    {
      let root = try openRoot()
      let sidecar = saved.flatMap { IndexSidecar(decoding: $0, root: root.signature) }
      index = BundleIndex(bundle.manifest.members, sidecar)
      for (path, file) in sidecar?.files ?? [:] where !file.problems.isEmpty {
        let key = BundleIndex.Key(path: path, isFolder: false)
        if index.entry(key)?.isInspected == true { contentProblems[path] = file.problems }
      }
      base = bundle
      manifests.begin(with: bundle.manifest.members)
    }
    return try await settle(progress)
  }

  /// What is known of the disk, for `resume` in a later run; `nil` before the first snapshot.
  package func savedIndex() -> [UInt8]? {
    guard let root, number > 0 else { return nil }
    return IndexSidecar.encoded(index.entries, problems: contentProblems, root: root.signature)
  }

  /// Reads what changed: where `changes` say, and where an earlier call failed.
  package func update(
    _ changes: [TreeChange],
    progress: (@Sendable (BuildProgress) -> Void)? = nil
  ) async throws(BundleError) -> Snapshot {
    await turn.take()
    defer { turn.give() }
    for change in changes {
      switch change {
      case .path(let path): dirtyPaths.insert(path)
      case .subtree(let path): dirtySubtrees.insert(path)
      }
    }
    return try await settle(progress)
  }

  private func forget() {
    index.removeAll()
    contentProblems = [:]
    leftOut = [:]
    fresh = FreshPieces()
    base = nil
    dirtyPaths = []
    dirtySubtrees = [UpdatePlanner.project]
  }

  private func settle(
    _ progress: (@Sendable (BuildProgress) -> Void)?
  ) async throws(BundleError) -> Snapshot {
    adoptPublished()
    let root = try openRoot()
    let scanner = TreeScanner(root: root, rules: rules)
    var paths = dirtyPaths
    var subtrees = dirtySubtrees
    var failures: [ProjectPath: BundleError] = [:]
    var round = 0
    while !paths.isEmpty || !subtrees.isEmpty {
      if round > 0 { try? await Task.sleep(for: .milliseconds(1 << (round - 1))) }
      let plan = try plan(scanner, paths, subtrees)
      let outcomes = await read(plan.jobs, root, progress)
      let again = apply(plan, outcomes, &failures)
      round += 1
      paths = Set(again)
      subtrees = []
      if round == Self.rounds {
        for path in again { failures[path] = .unstable(path) }
        break
      }
    }
    dirtySubtrees = []
    dirtyPaths = Set(failures.keys)
    if let first = failures.min(by: { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }) {
      throw first.value
    }
    try fresh.trim(index.entries, scratch: scratch)
    return snapshot()
  }

  /// Plans in a call of its own, so that nobody shares the index when it changes.
  private func plan(
    _ scanner: TreeScanner,
    _ paths: Set<ProjectPath>,
    _ subtrees: Set<ProjectPath>
  ) throws(BundleError) -> UpdatePlan {
    try UpdatePlanner(scanner: scanner, index: index, timestamps: options.timestamps)
      .plan(paths: paths, subtrees: subtrees)
  }

  /// Lets packed bytes go that are in a bundle by now.
  private func adoptPublished() {
    if let published = lineage.published, published.bundle !== base {
      base = published.bundle
      fresh.drop(upTo: published.number)
    }
    // Somebody wrote to the bundle that holds the packed members: they are made anew.
    if let base, !base.isIntact { forget() }
  }

  /// The package folder; when its path leads elsewhere by now, everything is in doubt.
  private func openRoot() throws(BundleError) -> Descriptor {
    let remedy = "check that the project is where it should be; the last bundle stays"
    switch Descriptor.open(rootPath, openPathOnly | O_DIRECTORY) {
    case .failure(let error) where error.isGone:
      throw BundleError(
        .projectMissing,
        "the project's folder is not there",
        path: rootPath,
        remedy: remedy
      )
    case .failure(let error):
      throw .unreadable(error.number, isFolder: true, path: rootPath)
    case .success(let opened):
      if let root, let now = try? opened.status().get(), let then = try? root.status().get(),
        now.st_dev == then.st_dev, now.st_ino == then.st_ino
      {
        return root
      }
      if root != nil { dirtySubtrees.insert(UpdatePlanner.project) }
      root = opened
      return opened
    }
  }

  private func read(
    _ jobs: [ReadJob],
    _ root: Descriptor,
    _ progress: (@Sendable (BuildProgress) -> Void)?
  ) async -> [ReadOutcome] {
    let size = jobs.reduce(UInt64(0)) { $0 &+ $1.size }
    guard jobs.count <= 16, size <= 4 << 20 else {
      return await ParallelReader(
        root: root,
        options: options,
        inspector: inspector,
        scratch: scratch,
        progress: progress
      ).outcomes(of: jobs)
    }
    // Few files are read here and now: a task costs more than they do.
    let packer = FilePacker(
      root: root,
      options: options,
      inspector: inspector,
      sink: RecordSink(folder: scratch, keepsSmallInMemory: true)
    )
    return jobs.map { packer.outcome(of: $0) }
  }

  /// Brings results into the index; returns the paths to look at again.
  private func apply(
    _ plan: UpdatePlan,
    _ outcomes: [ReadOutcome],
    _ failures: inout [ProjectPath: BundleError]
  ) -> [ProjectPath] {
    var edits = plan.edits
    var again = plan.listing.again
    failures.merge(plan.listing.failures) { _, new in new }
    for (job, outcome) in zip(plan.jobs, outcomes) {
      failures[job.path] = nil
      switch outcome {
      case .read(let result):
        let key = BundleIndex.Key(path: job.path, isFolder: false)
        edits[key] = BundleIndex.Entry(
          member: result.member,
          signature: result.signature,
          isSettled: result.isSettled
        )
        if let piece = result.piece {
          fresh.put(piece, of: result.member, number: number + 1)
        }
        if let problems = result.problems {
          contentProblems[job.path] = problems.isEmpty ? nil : problems
        }
      case .gone, .unstable: again.append(job.path)
      case .failed(let error): failures[job.path] = error
      }
    }
    for (key, entry) in edits where entry == nil && !key.isFolder {
      contentProblems[key.path] = nil
    }
    if !leftOut.isEmpty {
      leftOut = leftOut.filter { !$0.key.lies(in: plan.examined) }
    }
    leftOut.merge(plan.listing.problems) { _, new in new }
    index.apply(edits)
    return again
  }

  private func snapshot() -> Snapshot {
    let manifest = manifests.manifest(of: index)
    number += 1
    let problems = contentProblems.map { ($0.key, $0.value) } + leftOut.map { ($0.key, [$0.value]) }
    return Snapshot(
      manifest: manifest,
      problems: problems.sorted { $0.0.bytes.lexicographicallyPrecedes($1.0.bytes) }
        .flatMap(\.1),
      fresh: fresh.pieces,
      base: base,
      number: number,
      lineage: lineage
    )
  }
}

extension BundleError {
  static func unstable(_ path: ProjectPath) -> BundleError {
    BundleError(
      .unstable,
      "the file changed every time while it was being read",
      path: path.display,
      remedy: "the last bundle stays, and the next reload tries again"
    )
  }
}
