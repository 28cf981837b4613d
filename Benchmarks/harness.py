"""What the benchmark drivers (and scripts/replay-check) share: scratch folders, child processes that never outlive us,
a running syncd, its event stream, and the arithmetic. Standard library only; talks to 127.0.0.1 only."""

import ctypes
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
GENERATOR = os.path.join(os.path.dirname(HERE), "fixtures", "generate.py")
READY = re.compile(r"^syncd: serving (.+) at (.+):(\d+), generation ([0-9a-f]+):(\d+)\s*$")


class Failure(Exception):
    """Something did not work; the text is a sentence for the person who ran the driver."""


def main(function):
    """Runs a driver's main function: signals end it in order, failures are one sentence."""
    def leave(number, _):
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)
    try:
        sys.exit(function())
    except Failure as failure:
        sys.exit(f"{os.path.basename(sys.argv[0])}: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)


# Processes

_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    _libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


# Peers that scripts/setup leaves alone, and who brings them.
PEERS = {"nginx": "nginx libnginx-mod-nchan", "wrk": "wrk", "cc": "gcc"}


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            remedy = f"install it with: apt-get install {PEERS[program]}" if program in PEERS else "scripts/setup installs it."
            raise Failure(f"{program} is not installed; {remedy}")


def program(path):
    full = os.path.abspath(path)
    if not os.access(full, os.X_OK) or os.path.isdir(full):
        raise Failure(f"{path} is not a program; build it with: swift build -c release --product syncd")
    return full


def spawn(arguments, **options):
    return subprocess.Popen(arguments, preexec_fn=_die_with_parent, **options)


def stop(process, seconds=10):
    """SIGTERM, then SIGKILL; waits. Its pipes are left alone: a thread may be reading them."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run(arguments, timeout=120, allowed=(0,), **options):
    """Runs a command to its end; a Failure if it takes too long or ends with another status."""
    try:
        done = subprocess.run(arguments, timeout=timeout, capture_output=True, **options)
    except subprocess.TimeoutExpired:
        raise Failure(f"{' '.join(arguments[:3])} … took longer than {timeout} s.") from None
    if done.returncode not in allowed:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()[-2000:]
        raise Failure(f"{' '.join(arguments[:3])} … ended with status {done.returncode}: {said}")
    return done


class Scratch:
    """A temporary folder, removed on leaving."""

    def __init__(self, keep=False):
        self.keep = keep

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="syncd-bench-")
        os.makedirs(self.at("home"))
        return self

    def __exit__(self, *_):
        if self.keep:
            print(f"kept {self.path}", file=sys.stderr)
        else:
            shutil.rmtree(self.path, ignore_errors=True)

    def at(self, *names):
        return os.path.join(self.path, *names)

    def environment(self):
        """Ours, without the user's own syncd settings and state."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SYNCD_", "XDG_"))}
        home = self.at("home")
        kept.update(HOME=home, XDG_STATE_HOME=home + "/state", XDG_CONFIG_HOME=home + "/config", XDG_CACHE_HOME=home + "/cache")
        return kept


class Output:
    """Reads a child's pipe on a thread, line by line, so that it never blocks and can be waited for."""

    def __init__(self, pipe):
        self.lines = []
        self.changed = threading.Condition()
        self.ended = False
        threading.Thread(target=self._read, args=(pipe,), daemon=True).start()

    def _read(self, pipe):
        try:
            for line in pipe:
                with self.changed:
                    self.lines.append(line.rstrip("\n"))
                    del self.lines[:-1000]
                    self.changed.notify_all()
        except ValueError:
            pass  # closed while we read
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait(self, matches, seconds):
        """The first line that `matches` gives something for, and what it gave; None when time or the output is over."""
        deadline = time.monotonic() + seconds
        seen = 0
        with self.changed:
            while True:
                for line in self.lines[seen:]:
                    found = matches(line)
                    if found:
                        return found
                seen = len(self.lines)
                left = deadline - time.monotonic()
                if left <= 0 or self.ended:
                    return None
                self.changed.wait(left)

    def tail(self):
        return "\n".join(self.lines[-15:])


class Server:
    """A running `syncd serve` on a port of 127.0.0.1, a free one where none is named."""

    def __init__(self, binary, project, scratch, name="server", seconds=120, port=0, extra=()):
        self.state = scratch.at(name + "-state")
        self.process = spawn(
            [binary, "serve", project, "--listen", f"127.0.0.1:{port}", "--state-dir", self.state, *extra],
            cwd=scratch.path,
            env=scratch.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, encoding="utf-8", errors="replace")
        self.output, self.complaints = Output(self.process.stdout), Output(self.process.stderr)
        started = time.monotonic()
        found = self.output.wait(READY.match, seconds)
        if found is None:
            status = self.process.poll()
            stop(self.process)
            state = "did not get ready" if status is None else f"ended with status {status}"
            raise Failure(f"syncd serve {state}. It said:\n{self.output.tail()}\n{self.complaints.tail()}")
        self.ready_seconds = time.monotonic() - started
        self.port = int(found.group(3))
        self.epoch, self.gen = found.group(4), int(found.group(5))

    @property
    def pid(self):
        return self.process.pid

    def require_alive(self):
        if self.process.poll() is not None:
            raise Failure(f"syncd serve ended with status {self.process.returncode}. It said:\n{self.complaints.tail()}")

    def __enter__(self):
        return self

    def __exit__(self, *failed):
        # Whatever else went wrong: that the server died comes first.
        died = failed[0] is not None and self.process.poll() is not None
        stop(self.process)
        if died:
            self.require_alive()


def memory(pid):
    """VmRSS, VmHWM, Pss and anonymous memory in kB."""
    found = {}
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        for text in file:
            name, _, value = text.partition(":")
            if name in ("VmRSS", "VmHWM"):
                found[name] = int(value.split()[0])
            elif name == "Threads":
                found["threads"] = int(value)
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
            for text in file:
                name, _, value = text.partition(":")
                if name in ("Pss", "Anonymous"):
                    found[name] = int(value.split()[0])
    except OSError:
        pass  # the kernel has no such file, or does not let us read it
    return found


def processor(pids):
    """Processor seconds of these processes so far."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            # The name in parentheses may hold anything; the fields after it do not.
            fields = file.read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def descriptors(pid):
    """How many files and sockets a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


class EventStream:
    """`GET /v1/events` on a raw socket. The time of an event is when the bytes that complete it were received."""

    def __init__(self, port, seconds=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall((f"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n"
                             "Cache-Control: no-cache\r\n\r\n").encode())
        head = b""
        while b"\r\n\r\n" not in head:
            received = self.socket.recv(65536)
            if not received:
                raise Failure(f"the server closed the event stream before its answer: {head[:200]!r}")
            head += received
            if len(head) > 65536:
                raise Failure("the server's answer to GET /v1/events has no end of head")
        head, rest = head.split(b"\r\n\r\n", 1)
        status = head.split(b"\r\n", 1)[0].decode("latin-1")
        if " 200" not in status:
            raise Failure(f"GET /v1/events was answered with: {status} {rest[:300]!r}")
        self.chunked = re.search(rb"(?im)^transfer-encoding:.*chunked", head) is not None
        self.raw, self.text, self.events = b"", b"", []
        self._take(rest, time.perf_counter_ns())

    def _take(self, received, moment):
        if self.chunked:
            self.raw += received
            while b"\r\n" in self.raw:
                size, rest = self.raw.split(b"\r\n", 1)
                length = int(size.split(b";")[0], 16)
                if len(rest) < length + 2:
                    break
                self.text += rest[:length]
                self.raw = rest[length + 2:]
        else:
            self.text += received
        self.text = self.text.replace(b"\r\n", b"\n")
        while b"\n\n" in self.text:
            block, self.text = self.text.split(b"\n\n", 1)
            kind, data = "message", []
            for line in block.decode("utf-8", "replace").split("\n"):
                name, _, value = line.partition(":")
                value = value[1:] if value.startswith(" ") else value
                if name == "event":
                    kind = value
                elif name == "data":
                    data.append(value)
            if data:
                self.events.append((moment, kind, "\n".join(data)))

    def next(self, kind, seconds):
        """The next event of a kind as (receipt in ns of perf_counter, data); None when it does not come in time."""
        deadline = time.monotonic() + seconds
        while True:
            while self.events:
                moment, found, data = self.events.pop(0)
                if found == kind:
                    return moment, json.loads(data)
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            if not select.select([self.socket], [], [], left)[0]:
                return None
            received = self.socket.recv(65536)
            moment = time.perf_counter_ns()
            if not received:
                raise Failure("the server closed the event stream")
            self._take(received, moment)

    def close(self):
        self.socket.close()


# Projects

def generate(target, files, seed=1):
    run([sys.executable, GENERATOR, target, "--files", str(files), "--seed", str(seed)], timeout=300)
    return target


def copy_project(source, target):
    """Only Project/: settings may hold passwords that would close the server to us."""
    folder = os.path.join(os.path.abspath(source), "Project")
    if not os.path.isdir(folder):
        raise Failure(f"{source} holds no folder called Project")
    shutil.copytree(folder, os.path.join(target, "Project"), symlinks=True)
    return target


def project_size(project):
    files = size = 0
    for folder, _, names in os.walk(os.path.join(project, "Project")):
        for name in names:
            files += 1
            size += os.lstat(os.path.join(folder, name)).st_size
    return files, size


def methods_of(project):
    """Paths of ordinary project methods, sorted, for saving."""
    folder = os.path.join(project, "Project", "Sources", "Methods")
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    found = [os.path.join(folder, n) for n in names if n.endswith(".4dm")]
    found = [f for f in found if 200 <= os.path.getsize(f) <= 5000 and not os.path.islink(f)]
    if not found:
        raise Failure(f"{project} has no methods between 200 and 5,000 bytes to save")
    return found


def save(path, content):
    """Saves as an editor does that writes in place; gives the moment at which close() returned, in ns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)
    return time.perf_counter_ns()


# Figures

def quantile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(part * len(ordered) + 0.5) - 1))]


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def load():
    return round(os.getloadavg()[0], 2)


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"processor": model, "cores": os.cpu_count(), "kernel": os.uname().release}


def heading(title):
    about = machine()
    print(f"{title}\n  {about['cores']} cores, {about['processor']}, Linux {about['kernel']}, load average {load()}")


def report(result, to_json):
    """The result as JSON on standard output, or into a file: `--json` or `--json FILE`."""
    if to_json is None:
        return
    text = json.dumps(result, indent=2, ensure_ascii=False)
    if to_json == "-":
        print(text)
    else:
        with open(to_json, "w", encoding="utf-8") as file:
            file.write(text + "\n")
