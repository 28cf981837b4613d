extension DirectoryOperation: Codable {
  private enum Word: String, Codable {
    case addUser = "add-user"
    case renameUser = "rename-user"
    case deleteUser = "delete-user"
    case setPassword = "set-password"
    case clearPassword = "clear-password"
    case setStartupMethod = "set-startup-method"
    case addGroup = "add-group"
    case renameGroup = "rename-group"
    case emptyGroup = "empty-group"
    case deleteGroup = "delete-group"
    case addMember = "add-member"
    case removeMember = "remove-member"
    case setSetting = "set-setting"
    case setRemoteGranter = "set-remote-granter"
    case setSQLGranter = "set-sql-granter"
  }

  private enum CodingKeys: String, CodingKey {
    case op, name, newName, alias, startupMethod, user, password, group, memberGroup, key, value
    case schema
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    func text(_ key: CodingKeys) throws -> String { try fields.decode(String.self, forKey: key) }
    func optional(_ key: CodingKeys) throws -> String? {
      try fields.decodeIfPresent(String.self, forKey: key)
    }
    switch try fields.decode(Word.self, forKey: .op) {
    case .addUser:
      self = .addUser(
        name: try text(.name),
        alias: try optional(.alias),
        startupMethod: try optional(.startupMethod)
      )
    case .renameUser: self = .renameUser(name: try text(.name), newName: try text(.newName))
    case .deleteUser: self = .deleteUser(name: try text(.name))
    case .setPassword:
      let password = try fields.decode(ClearPassword.self, forKey: .password)
      self = .setPassword(user: try text(.user), password: password)
    case .clearPassword: self = .clearPassword(user: try text(.user))
    case .setStartupMethod:
      self = .setStartupMethod(user: try text(.user), method: try optional(.startupMethod))
    case .addGroup: self = .addGroup(name: try text(.name))
    case .renameGroup: self = .renameGroup(name: try text(.name), newName: try text(.newName))
    case .emptyGroup: self = .emptyGroup(name: try text(.name))
    case .deleteGroup: self = .deleteGroup(name: try text(.name))
    case .addMember: self = .addMember(try Self.member(in: fields), group: try text(.group))
    case .removeMember: self = .removeMember(try Self.member(in: fields), group: try text(.group))
    case .setSetting: self = .setSetting(key: try text(.key), value: try text(.value))
    case .setRemoteGranter: self = .setRemoteGranter(key: try text(.key), group: try text(.group))
    case .setSQLGranter:
      self = .setSQLGranter(
        schema: try optional(.schema),
        key: try text(.key),
        group: try text(.group)
      )
    }
  }

  private static func member(
    in fields: KeyedDecodingContainer<CodingKeys>
  ) throws -> DirectoryMember {
    let user = try fields.decodeIfPresent(String.self, forKey: .user)
    let group = try fields.decodeIfPresent(String.self, forKey: .memberGroup)
    switch (user, group) {
    case (let user?, nil): return .user(user)
    case (nil, let group?): return .group(group)
    default:
      throw DecodingError.dataCorruptedError(
        forKey: .user,
        in: fields,
        debugDescription: "a member is either \"user\" or \"memberGroup\": name one of them"
      )
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    func put(_ word: Word, _ values: [CodingKeys: String?]) throws {
      try fields.encode(word, forKey: .op)
      for (key, value) in values { try fields.encodeIfPresent(value, forKey: key) }
    }
    switch self {
    case .addUser(let name, let alias, let method):
      try put(.addUser, [.name: name, .alias: alias, .startupMethod: method])
    case .renameUser(let name, let new): try put(.renameUser, [.name: name, .newName: new])
    case .deleteUser(let name): try put(.deleteUser, [.name: name])
    case .setPassword(let user, let password):
      try put(.setPassword, [.user: user])
      try fields.encode(password, forKey: .password)
    case .clearPassword(let user): try put(.clearPassword, [.user: user])
    case .setStartupMethod(let user, let method):
      try put(.setStartupMethod, [.user: user, .startupMethod: method])
    case .addGroup(let name): try put(.addGroup, [.name: name])
    case .renameGroup(let name, let new): try put(.renameGroup, [.name: name, .newName: new])
    case .emptyGroup(let name): try put(.emptyGroup, [.name: name])
    case .deleteGroup(let name): try put(.deleteGroup, [.name: name])
    case .addMember(.user(let user), let group):
      try put(.addMember, [.group: group, .user: user])
    case .addMember(.group(let member), let group):
      try put(.addMember, [.group: group, .memberGroup: member])
    case .removeMember(.user(let user), let group):
      try put(.removeMember, [.group: group, .user: user])
    case .removeMember(.group(let member), let group):
      try put(.removeMember, [.group: group, .memberGroup: member])
    case .setSetting(let key, let value): try put(.setSetting, [.key: key, .value: value])
    case .setRemoteGranter(let key, let group):
      try put(.setRemoteGranter, [.key: key, .group: group])
    case .setSQLGranter(let schema, let key, let group):
      try put(.setSQLGranter, [.schema: schema, .key: key, .group: group])
    }
  }
}
