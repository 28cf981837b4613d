import ArgumentParser
import Console
import ProjectHost

/// `syncd doctor`: is the project's system folder sound.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Examines the project's system folder, and repairs it if told to."
  )

  @OptionGroup var project: ProjectArguments

  @Flag(help: "Repair what can be repaired; nothing while a server runs.")
  var repair = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  private struct Result: Encodable {
    let folder: String
    let served: Bool
    let findings: [SystemFolderExamination.Finding]
  }

  func run() throws {
    let location = try project.location()
    let folder = project.state.servedFolder(for: location)
    try folder.check(against: location)
    var examination = SystemFolderExamination(of: folder, for: location)
    if repair { examination = try examination.repair() }
    if json {
      try Terminal.say(
        json: Result(
          folder: folder.path,
          served: examination.isServed,
          findings: examination.findings
        )
      )
    } else {
      say(examination)
    }
    guard examination.findings.contains(where: \.isProblem) else { return }
    throw ExitStatus.leave(.failed)
  }

  private func say(_ examination: SystemFolderExamination) {
    Terminal.say("system folder \(examination.folder.path)")
    for finding in examination.findings {
      let repair = finding.repair == nil ? "" : " (--repair puts it right)"
      Terminal.say(
        "\(finding.isProblem ? "problem" : "note"): \(finding.path): \(finding.what)\(repair)"
      )
    }
    if repair, examination.isServed {
      Terminal.say("A server runs: nothing was repaired; stop it first.")
    }
  }
}
