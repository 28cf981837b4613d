#!/usr/bin/env python3
"""Writes a project's bundle the simple way: the independent twin of Sources/Bundler for tests.

usage: detzip.py ROOT OUT [constant|file [full|compiled]]  writes OUT and prints the digest of its manifest
       detzip.py --serve                      reads lines "ROOT<TAB>OUT<TAB>RULE[<TAB>PROFILE]", answers each with the digest
       detzip.py --manifest ROOT [RULE]       prints the canonical manifest
"""
import calendar, fnmatch, hashlib, os, stat, struct, sys, time, zlib

JUNK = [".DS_Store", "._*", "Thumbs.db", "desktop.ini", "*~", ".*.sw?", "4913", ".#*", "#*#", "*.tmp", ".goutputstream-*"]
STORED = (".zip", ".4dz", ".gz", ".7z", ".jpg", ".jpeg", ".mp3", ".mp4", ".mov", ".woff", ".woff2")
EXCLUDED = {
    "full": (b"Project/DerivedData", b"Project/Trash"),
    "compiled": (b"Project/Trash", b"Project/Sources/Classes", b"Project/Sources/DatabaseMethods", b"Project/Sources/Methods",
                 b"Project/Sources/Triggers"),
}
M32, M16 = 0xFFFFFFFF, 0xFFFF


def utf8(name):
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return None


def left_out(path, text, profile):
    """Whether a file is no member."""
    if profile == "compiled" and (text.lower().endswith(".4dm") or path == b"Project/Sources/dependencies.json"):
        return True
    return any(fnmatch.fnmatchcase(text, p) for p in JUNK)


def walk(root, path, profile):
    """Yields (path, is folder): the folder, its files by bytes, then its sub-folders."""
    yield path, True
    files, folders = [], []
    for name in os.listdir(os.path.join(root, path)):
        text, child = utf8(name), path + b"/" + name
        mode = os.lstat(os.path.join(root, child)).st_mode
        if text is None:
            continue
        if stat.S_ISDIR(mode):
            if child not in EXCLUDED[profile]:
                folders.append(child)
        elif stat.S_ISREG(mode) and not left_out(child, text, profile):
            files.append(child)
    for child in sorted(files):
        yield child, False
    for child in sorted(folders):
        yield from walk(root, child, profile)


def dos(seconds):
    t = time.gmtime(seconds)
    if t.tm_year < 1980:
        return 0x00210000
    if t.tm_year > 2107:
        return 0xFF9FBF7D
    return ((t.tm_year - 1980) << 9 | t.tm_mon << 5 | t.tm_mday) << 16 | t.tm_hour << 11 | t.tm_min << 5 | t.tm_sec // 2


def pack(path, data):
    if data and not path.decode().lower().endswith(STORED):
        packer = zlib.compressobj(6, zlib.DEFLATED, -15, 9)
        packed = packer.compress(data) + packer.flush()
        if len(packed) < len(data):
            return 8, packed
    return 0, data


def escape(path):
    return b"".join(b"\\x%02X" % c if c < 32 or c in (127, 92) else bytes([c]) for c in path)


def sha(data):
    return hashlib.sha256(data)


def digest(header, leaves):
    level, number = leaves, 1
    while len(level) > 1:
        above, group = [], []
        for leaf in level:
            group.append(leaf)
            if len(group) >= 2 and leaf[31] % 64 == 0:
                above.append(sha(bytes([number]) + b"".join(group)).digest())
                group = []
        if group:
            above.append(sha(bytes([number]) + b"".join(group)).digest())
        level, number = above, min(number + 1, 255)
    return sha(header + level[0]).hexdigest()


def build(root, rule, profile="full"):
    """Returns the archive as a list of parts, and the manifest's lines."""
    body, central, lines, offset = [], [], [], 0
    for path, folder in walk(root, b"Project", profile):
        full = os.path.join(root, path)
        when = dos(os.lstat(full).st_mtime) if rule == "file" else 0x00210000
        data = b"" if folder else open(full, "rb").read()
        method, packed = (0, b"") if folder else pack(path, data)
        name = path + (b"/" if folder else b"")
        crc, size, count = zlib.crc32(data), len(data), len(packed)
        big = size >= M32 or count >= M32
        common = struct.pack("<HHHHI", 0x800, method, when & 0xFFFF, when >> 16, crc)
        extra = struct.pack("<HHQQ", 1, 16, size, count) if big else b""
        local = b"PK\3\4" + struct.pack("<H", 45 if big else 20) + common
        local += struct.pack("<IIHH", M32 if big else count, M32 if big else size, len(name), len(extra)) + name + extra
        wide = [v for v in (size, count, offset) if v >= M32]
        extra = struct.pack("<HH%dQ" % len(wide), 1, 8 * len(wide), *wide) if wide else b""
        record = b"PK\1\2" + struct.pack("<HH", 0x033F, 45 if wide else 20) + common
        record += struct.pack("<IIHHHHHII", min(count, M32), min(size, M32), len(name), len(extra), 0, 0, 0,
                              0x41FF0000 if folder else 0x81A40000, min(offset, M32)) + name + extra
        central.append(record)
        body += [local, packed]
        offset += len(local) + count
        fields = ["folder" if folder else "file", "deflated" if method else "stored", "%08x" % when, "%08x" % crc,
                  str(size), str(count), sha(data).hexdigest(), sha(packed).hexdigest()]
        lines.append("\t".join(fields).encode() + b"\t" + escape(path) + b"\n")
    directory = b"".join(central)
    n, end = len(central), b""
    if n >= M16 or offset >= M32 or len(directory) >= M32:
        end += b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 0x033F, 45, 0, 0, n, n, len(directory), offset)
        end += b"PK\6\7" + struct.pack("<IQI", 0, offset + len(directory), 1)
    end += b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, min(n, M16), min(n, M16), min(len(directory), M32), min(offset, M32), 0)
    return body + [directory, end], lines


def header(rule, profile="full"):
    return ("syncd-manifest 1 profile=%s timestamps=%s\n" % (profile, rule)).encode()


def write(root, out, rule="constant", profile="full"):
    parts, lines = build(os.fsencode(root), rule, profile)
    with open(out, "wb") as file:
        file.writelines(parts)
    return digest(header(rule, profile), [sha(line).digest() for line in lines])


if sys.argv[1] == "--serve":
    for request in sys.stdin:
        print(write(*request.rstrip("\n").split("\t")), flush=True)
elif sys.argv[1] == "--manifest":
    rule = sys.argv[3] if len(sys.argv) > 3 else "constant"
    sys.stdout.buffer.write(header(rule) + b"".join(build(os.fsencode(sys.argv[2]), rule)[1]))
else:
    print(write(*sys.argv[1:5]))
