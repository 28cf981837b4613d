package import ProjectModel

/// How a server makes itself known on the network.
package struct Publication: Sendable {
  /// What people look for.
  package var name: String
  /// Whether 4D's own discovery datagrams are answered too.
  package var announcesTo4D = false
  /// Who gets an answer; the same table decides who may connect.
  package var rules = AddressRules.everybody
  /// Asked before each answer: a server that refuses new clients is not shown.
  package var isHidden: @Sendable () -> Bool = { false }

  package init(name: String) { self.name = name }
}
