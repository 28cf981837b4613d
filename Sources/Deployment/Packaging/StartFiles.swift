import ProjectModel

/// The texts of the files that start an application: shell scripts, menu entries, a systemd unit.
///
/// The names in them hold no quotes, no `$` and no `%`: `ApplicationKeys` sees to it.
struct StartFiles {
  let keys: ApplicationKeys

  /// Debian's packages for the libraries that the programs load.
  private static let packages = [
    ("libxml2.so", "libxml2"), ("libz.so", "zlib1g"), ("libcrypto.so", "libssl3"),
    ("libcrypt.so", "libcrypt1"), ("libinotifytools.so", "libinotifytools0"),
    ("libsqlite3.so", "libsqlite3-0"), ("libstdc++.so", "libstdc++6"),
    ("libgcc_s.so", "libgcc-s1"),
  ]

  /// The folder that a script is in, whatever link it is called by; never the current one for want of
  /// the programs that say it.
  static func here(_ name: String) -> String {
    """
    PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}
    export PATH
    here=$(readlink -f -- "$0" 2>/dev/null) && here=$(dirname -- "$here" 2>/dev/null) &&
      [ -n "$here" ] && here=$(CDPATH= cd -- "$here" && pwd) && [ -n "$here" ] || {
      printf '%s\\n' "\(name): the folder of $0 cannot be told: PATH has to name readlink and dirname." >&2
      exit 1
    }
    """
  }

  /// Ends a script with one sentence when a library of `$program` is not there.
  private func libraryCheck(_ name: String) -> String {
    let cases = Self.packages.map { "    \($0)*) packages=\"$packages \($1)\" ;;" }
    return """
      # Before the program is loaded: the loader itself names one missing library and no package.
      # Where there is no ldd, the loader has the word.
      needs=$(LC_ALL=C ldd "$program" 2>&1)
      missing=$(printf '%s\\n' "$needs" | sed -n 's/^[[:space:]]*\\([^ ]*\\) => not found.*/\\1/p')
      if [ -n "$missing" ]; then
        packages=
        for library in $missing; do
          case $library in
      \(cases.joined(separator: "\n"))
          esac
        done
        printf '%s\\n' "\(name): this system lacks" $missing "(Debian: apt-get install$packages)." |
          tr '\\n' ' ' >&2
        echo >&2
        exit 1
      fi
      old=$(printf '%s\\n' "$needs" |
        sed -n 's/.*version .\\([A-Z][A-Za-z0-9_.]*\\). not found.*/\\1/p' | sort -u)
      if [ -n "$old" ]; then
        printf '%s ' "\(name): this system's libraries are too old, they lack" $old >&2
        printf '%s\\n' "(take a newer system, or make the programs on one as old)." >&2
        exit 1
      fi
      """
  }

  /// The name that clients know the server by may be no name of its machine.
  private var namedHost: String {
    guard let host = keys.host, IPAddress(host) == nil else { return "" }
    return " --allow-host \"\(host)\""
  }

  /// Every address of the machine.
  ///
  /// A name may stand for one of IPv6 too, where the machine has it and takes the others on the same
  /// socket.
  private var listening: String {
    let any = "listen='0.0.0.0'"
    guard let host = keys.host else { return any }
    guard let address = IPAddress(host) else {
      return """
        \(any)
        { read -r alone </proc/sys/net/ipv6/bindv6only; } 2>/dev/null
        [ "${alone-}" != 0 ] || [ ! -e /proc/net/if_inet6 ] || listen='[::]'
        """
    }
    return address.isIPv4 ? any : "listen='[::]'"
  }

  var server: String {
    """
    #!/bin/sh
    # Starts the server of \(keys.name). Options are those of `syncd serve`, and the last one counts.
    \(Self.here(keys.name + "Server"))
    program=$here/bin/syncd
    \(libraryCheck(keys.name + "Server"))
    \(listening)
    exec "$program" serve "$here/Server Database/\(keys.project).4DZ" \\
      --application "$here/application.json" --listen "$listen:\(keys.port)"\(namedHost) "$@"

    """
  }

  /// Starts one version of the client; `--check` looks whether it can be started, and no more.
  var version: String {
    """
    #!/bin/sh
    # Starts version \(keys.versions.current) of \(keys.name).
    \(Self.here(keys.name + "Client"))
    program=$here/bin/syncd-client
    \(libraryCheck(keys.name + "Client"))
    if [ "${1-}" = --check ]; then
      "$program" --version >/dev/null || exit 1
      exit 0
    fi
    exec "$program" "$@"

    """
  }

  /// Starts the installed version, or the one before it, or any that is there.
  var client: String {
    """
    #!/bin/sh
    # Starts the installed version of \(keys.name), or the one before it where that does not start.
    \(Self.here(keys.name + "Client"))
    # A name may hold what ends a word below.
    name='\(keys.name)Client'
    said=
    tried=
    # Without a link that leads to a version: the newest that is there.
    others=$(cd -- "$here/versions" 2>/dev/null && ls | grep -x '[0-9]*-[0-9a-f]*' |
      sort -t - -k 1,1nr | sed 's|^|versions/|')
    for link in current previous $others; do
      version=$(readlink -f -- "$here/$link") || continue
      # Held until the program ends that starts here: others leave this version in its place. Where
      # there is no flock, the program itself does it a moment later. Who removes a version has the lock
      # for a moment and takes the name first; who keeps it longer does not keep the client from starting.
      { command exec 9<"$version" && flock -w 5 -s 9; } 2>/dev/null
      # Another start has changed the versions meanwhile.
      [ "$(readlink -f -- "$here/$link")" = "$version" ] || exec "$here/$name" "$@"
      [ -x "$version/start" ] || continue
      case " $tried " in *" ${version##*/} "*) continue ;; esac
      tried="$tried ${version##*/}"
      if ! why=$("$version/start" --check 2>&1); then
        said=${said:-${why:-$name: ${version##*/} does not start.}}
        continue
      fi
      if [ "$link" = current ] && [ -L "$here/previous" ]; then
        # The first start of a new version; it removes the other one when it has found its server.
        # Standard input may be closed, which would end this shell itself.
        if (: 3<&0) 2>/dev/null; then exec 3<&0; else exec 3</dev/null; fi
        # A program in the background does not hear INT. Who is told to end before the child is known
        # tells it afterwards: it must not go on by itself.
        child= ends=
        trap 'if [ -n "$child" ]; then kill -TERM $child 2>/dev/null; else ends=1; fi' TERM HUP INT
        "$version/start" "$@" <&3 3<&- &
        child=$!
        [ -z "$ends" ] || kill -TERM $child 2>/dev/null
        # The child has its own hold on the version, and may give it up for the next one.
        exec 3<&- 9<&-
        wait $child
        status=$?
        while kill -0 $child 2>/dev/null; do
          wait $child
          status=$?
        done
        trap - TERM HUP INT
        case $status in
          # Not to be run, or ended by its own fault.
          126 | 127 | 132 | 133 | 134 | 135 | 136 | 139) [ -L "$here/previous" ] || exit $status ;;
          *) exit $status ;;
        esac
        said="$name: ${version##*/} ended with status $status on its first start."
        continue
      fi
      [ "$link" = current ] || said=${said:-$name: no version is current in $here.}
      [ -z "$said" ] || printf '%s\\n' "$said" "$name: ${version##*/} goes on." >&2
      exec "$version/start" "$@"
    done
    printf '%s\\n' "${said:-$name: no version is installed in $here; install it again.}" >&2
    exit 1

    """
  }

  /// A menu entry beside the file that it starts: `%k` is where the entry lies.
  func desktop(_ kind: String, comment: String, inTerminal: Bool) -> String {
    // In a value \ begins an escape.
    let comment = comment.split(separator: "\\", omittingEmptySubsequences: false)
      .joined(separator: "\\\\")
    return """
      [Desktop Entry]
      Type=Application
      Version=1.0
      Name=\(keys.name)\(kind == "Server" ? " Server" : "")
      Comment=\(comment)
      Exec=sh -c "exec \\\\"\\\\$(dirname \\\\"\\\\$1\\\\")/\(keys.name)\(kind)\\\\"" sh %k
      Terminal=\(inTerminal)
      Categories=Office;

      """
  }
}
