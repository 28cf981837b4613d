/// A client session as others see it; what belongs to 4D's session object is kept beside it, by id.
package struct OpenSession: Hashable, Sendable {
  package let id: SessionID
  package let userName: String
  package let machineName: String
  package let systemUserName: String
  /// It works in development mode: it may write.
  package private(set) var isDeveloper: Bool

  package init(
    id: SessionID,
    userName: String,
    machineName: String,
    systemUserName: String,
    isDeveloper: Bool
  ) {
    self.id = id
    self.userName = userName
    self.machineName = machineName
    self.systemUserName = systemUserName
    self.isDeveloper = isDeveloper
  }

  mutating func becomeDeveloper() { isDeveloper = true }
}
