extension DirectoryOperation: Codable {
  private enum Word: String {
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

  package init(from decoder: any Decoder) throws {
    var fields = try OperationFields(decoder)
    let op = try fields.string("op")
    guard let word = Word(rawValue: op) else {
      throw fields.failure("there is no directory operation \"\(op.prefix(60))\"")
    }
    self = try Self.operation(word, &fields)
    try fields.finish()
  }

  private static func operation(_ word: Word, _ fields: inout OperationFields) throws -> Self {
    switch word {
    case .addUser:
      .addUser(
        name: try fields.string("name"),
        alias: try fields.optional("alias"),
        startupMethod: try fields.optional("startupMethod")
      )
    case .renameUser:
      .renameUser(name: try fields.string("name"), newName: try fields.string("newName"))
    case .deleteUser: .deleteUser(name: try fields.string("name"))
    case .setPassword:
      .setPassword(
        user: try fields.string("user"),
        password: ClearPassword(try fields.string("password"))
      )
    case .clearPassword: .clearPassword(user: try fields.string("user"))
    case .setStartupMethod:
      .setStartupMethod(user: try fields.string("user"), method: try fields.optional("method"))
    case .addGroup: .addGroup(name: try fields.string("name"))
    case .renameGroup:
      .renameGroup(name: try fields.string("name"), newName: try fields.string("newName"))
    case .emptyGroup: .emptyGroup(name: try fields.string("name"))
    case .deleteGroup: .deleteGroup(name: try fields.string("name"))
    case .addMember: .addMember(try member(&fields), group: try fields.string("group"))
    case .removeMember: .removeMember(try member(&fields), group: try fields.string("group"))
    case .setSetting:
      .setSetting(key: try fields.string("key"), value: try fields.string("value"))
    case .setRemoteGranter:
      .setRemoteGranter(key: try fields.string("key"), group: try fields.string("group"))
    case .setSQLGranter:
      .setSQLGranter(
        schema: try fields.optional("schema"),
        key: try fields.string("key"),
        group: try fields.string("group")
      )
    }
  }

  private static func member(_ fields: inout OperationFields) throws -> DirectoryMember {
    switch (try fields.optional("user"), try fields.optional("memberGroup")) {
    case (let user?, nil): return .user(user)
    case (nil, let group?): return .group(group)
    default:
      throw fields.failure("a member is either \"user\" or \"memberGroup\": name one of them")
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var out = OperationOutput(encoder)
    func put(_ word: Word, _ values: [String: String?]) throws {
      try out.put(op: word.rawValue, values)
    }
    switch self {
    case .addUser(let name, let alias, let method):
      try put(.addUser, ["name": name, "alias": alias, "startupMethod": method])
    case .renameUser(let name, let new): try put(.renameUser, ["name": name, "newName": new])
    case .deleteUser(let name): try put(.deleteUser, ["name": name])
    case .setPassword(let user, let password):
      try put(.setPassword, ["user": user])
      try out.put(key: "password", password)
    case .clearPassword(let user): try put(.clearPassword, ["user": user])
    case .setStartupMethod(let user, let method):
      try put(.setStartupMethod, ["user": user, "method": method])
    case .addGroup(let name): try put(.addGroup, ["name": name])
    case .renameGroup(let name, let new): try put(.renameGroup, ["name": name, "newName": new])
    case .emptyGroup(let name): try put(.emptyGroup, ["name": name])
    case .deleteGroup(let name): try put(.deleteGroup, ["name": name])
    case .addMember(.user(let user), let group):
      try put(.addMember, ["group": group, "user": user])
    case .addMember(.group(let member), let group):
      try put(.addMember, ["group": group, "memberGroup": member])
    case .removeMember(.user(let user), let group):
      try put(.removeMember, ["group": group, "user": user])
    case .removeMember(.group(let member), let group):
      try put(.removeMember, ["group": group, "memberGroup": member])
    case .setSetting(let key, let value): try put(.setSetting, ["key": key, "value": value])
    case .setRemoteGranter(let key, let group):
      try put(.setRemoteGranter, ["key": key, "group": group])
    case .setSQLGranter(let schema, let key, let group):
      try put(.setSQLGranter, ["schema": schema, "key": key, "group": group])
    }
  }
}
