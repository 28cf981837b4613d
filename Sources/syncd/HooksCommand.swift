import ArgumentParser
import Console
import Foundation
import ProjectHost

/// `syncd hooks`: git tells the server when a checkout or a merge is done.
struct HooksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hooks",
    abstract: "Has git tell the running server when files changed, and merge catalogs by uuid.",
    subcommands: [Install.self, Remove.self, Status.self]
  )

  fileprivate static let noHooks = "and git has no hooks for it"

  struct Install: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Installs the hooks and the merge driver; a hook that is there already is kept and run first."
    )

    @OptionGroup var project: ProjectArguments

    func run() throws {
      let location = try project.sources(for: HooksCommand.noHooks)
      let hooks = try GitHooks(around: location.root)
      let call = GitHooks.Call(
        program: try GitHooks.program(),
        project: location.root,
        stateFolder: project.state.folder
      )
      for line in try hooks.install(call) { Terminal.say(line) }
      Terminal.say(try GitMergeDriver(around: location.root).install(program: call.program))
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Removes the hooks; a hook that was there before comes back."
    )

    @OptionGroup var project: ProjectArguments

    func run() throws {
      let root = try project.sources(for: HooksCommand.noHooks).root
      for line in try GitHooks(around: root).remove() { Terminal.say(line) }
      Terminal.say(try GitMergeDriver(around: root).remove())
    }
  }

  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows which hooks are installed.")

    @OptionGroup var project: ProjectArguments

    func run() throws {
      let root = try project.sources(for: HooksCommand.noHooks).root
      for line in try GitHooks(around: root).status() { Terminal.say(line) }
      Terminal.say(try GitMergeDriver(around: root).status())
    }
  }
}
