import Bundler
import ProjectModel

/// What systemd starts the server with, and what installs that.
extension StartFiles {
  static let installer = "install-unit"

  /// A template: `install-unit` puts the folder's path in place of `@FOLDER@`.
  ///
  /// systemd starts no program whose path holds a quote or a backslash; an argument may.
  var unit: String {
    """
    # A template: ./\(Self.installer) installs it with the folder's own path.
    # The account in User= has to own application.json and Server Database.
    [Unit]
    Description=Server of \(keys.name)
    After=network-online.target
    Wants=network-online.target

    [Service]
    ExecStart=/bin/sh "@FOLDER@/\(keys.name)Server"
    User=syncd
    StateDirectory=syncd
    Environment=XDG_STATE_HOME=/var/lib
    Restart=on-failure
    NoNewPrivileges=yes\(capability)
    ProtectSystem=strict
    PrivateTmp=yes

    [Install]
    WantedBy=multi-user.target

    """
  }

  /// Ports below 1024 are not for every account.
  private var capability: String {
    keys.port < 1_024 ? "\nAmbientCapabilities=CAP_NET_BIND_SERVICE" : ""
  }

  /// A folder may be called anything: what systemd and sed take for their own is escaped.
  var install: String {
    """
    #!/bin/sh
    # Installs the systemd unit of \(keys.name) for the folder that this file is in: as root, or with
    # another folder for units as its argument.
    case $(readlink -f -- "$0") in
      *'
    '*)
        printf '%s\n' "\(Self.installer): the folder's path holds a line break, which no unit can hold: rename the folder." >&2
        exit 1
        ;;
    esac
    \(Self.here(Self.installer))
    unit='\(unitName)'
    units=${1:-/etc/systemd/system}
    # In a unit, \\ and " are systemd's in quotes, % and $ everywhere; in a replacement, \\ & and | are sed's.
    folder=$(printf '%s\\n' "$here" | LC_ALL=C sed -e 's/[\\\\"]/\\\\&/g' -e 's/[%$]/&&/g' -e 's/[\\\\&|]/\\\\&/g')
    text=$(LC_ALL=C sed "s|@FOLDER@|$folder|" "$here/$unit") || exit 1
    start=$(printf '%s\\n' "$text" | LC_ALL=C sed -n '/^ExecStart=/p')
    # Another application may have the same name without its signs.
    if [ -e "$units/$unit" ] && ! LC_ALL=C grep -qxF -e "$start" "$units/$unit"; then
      printf '%s\\n' "\(Self.installer): $units/$unit starts the server of another folder: remove it first (systemctl disable --now ${unit%.service}; rm $units/$unit)." >&2
      exit 1
    fi
    printf '%s\\n' "$text" >"$units/$unit" || exit 1
    printf '%s\\n' "$units/$unit is installed: systemctl enable --now ${unit%.service}"

    """
  }

  /// Letters and digits of ASCII, which need no escape in a unit's name.
  var unitName: String {
    let words = keys.name.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }
    guard words.isEmpty else { return words.joined(separator: "-") + "server.service" }
    let hasher = SHA256Hasher()
    Array(keys.name.utf8).withUnsafeBytes { hasher.update($0) }
    return "syncd-app-\(hasher.finish().hex.prefix(8)).service"
  }
}
