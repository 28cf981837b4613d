import Watcher

extension WatchSettings {
  /// With the service's own times for silence, and limits that no test reaches on a busy machine.
  static var unhurried: WatchSettings {
    var settings = WatchSettings()
    settings.openWriterLimit = .seconds(600)
    settings.gitLockLimit = .seconds(600)
    return settings
  }

  /// Waits long enough for silence that a test's own pauses on a busy machine end no batch.
  static var patient: WatchSettings {
    var settings = unhurried
    settings.quietAfterSingleSave = .milliseconds(150)
    settings.quietAfterBurst = .milliseconds(300)
    settings.longestWait = .seconds(20)
    return settings
  }
}
