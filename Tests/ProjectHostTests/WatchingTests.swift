import Testing

/// The tests that open a project, one after the other: a process has one watcher at a time.
@Suite(.serialized) enum WatchingTests {}
