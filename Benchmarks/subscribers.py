"""Runs `subscribers.c`, the clients of all servers that are compared, and `broadcast.c`, the floor."""

import json
import os
import resource
import socket
import subprocess
import time

import harness
from harness import Failure, Output

HERE = os.path.dirname(os.path.abspath(__file__))
STAMP = "stamp=" + "0" * 20
# With it a notice has 400 bytes or so, as one that tells of a generation.
TEXT = STAMP + " " + "x" * 230


def compile(name, scratch):
    """The built program of a C file of this folder."""
    harness.need("cc")
    target = scratch.at(name)
    if not os.path.exists(target):
        harness.run(["cc", "-O2", "-o", target, os.path.join(HERE, name + ".c")])
    return target


def raise_open_files():
    """As many open files as we may have, for us and for what we start; gives how many."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def require_open_files(count):
    if raise_open_files() < count + 500:
        raise Failure(f"{count} connections need that many open files; raise the limit (ulimit -Hn) or ask for fewer with --clients")


def request(port, method, path, body=b"", fields=()):
    head = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *fields]
    if method == "POST":
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + body


def syncd_publish(port):
    return request(port, "POST", "/v1/clients/messages", json.dumps({"text": TEXT}).encode(), ["Content-Type: application/json"])


def syncd_events(port):
    return request(port, "GET", "/v1/events", fields=["Accept: text/event-stream"])


class Subscribers:
    """COUNT clients of one server, and who publishes on it."""

    def __init__(self, scratch, name, port, count, ask, opening, publish_at=None, publish=b""):
        program = compile("subscribers", scratch)
        self.name, self.count = name, count
        files = []
        for kind, content in (("ask", ask), ("publish", publish)):
            files.append(scratch.at(f"{name}-{kind}"))
            with open(files[-1], "wb") as file:
                file.write(content)
        arguments = [program, str(port), str(count), files[0], opening]
        if publish_at is not None:
            arguments += [str(publish_at), files[1]]
        self.process = harness.spawn(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
        self.output, self.complaints = Output(self.process.stdout), Output(self.process.stderr)

    @classmethod
    def of_syncd(cls, scratch, server, count, name="syncd"):
        # A socket's address has room for 107 bytes.
        link = scratch.at(f"{name}.sock")
        if not os.path.lexists(link):
            os.symlink(os.path.join(server.state, "syncd.sock"), link)
        return cls(scratch, name, server.port, count, syncd_events(server.port), "event: ready", link,
                   syncd_publish(server.port))

    def begin(self, command):
        with self.output.changed:
            self.output.lines.clear()
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def answer(self, seconds):
        """The numbers of the answer to what was begun."""
        line = self.output.wait(lambda text: text, seconds)
        if line is None:
            raise Failure(f"the clients of {self.name} do not answer: {self.complaints.tail()}")
        if line.startswith("failed"):
            raise Failure(f"the clients of {self.name}: {line}")
        return [int(word) for word in line.split()[1:]]

    def ask(self, command, seconds):
        self.begin(command)
        return self.answer(seconds)

    def open(self):
        """Everybody connects; milliseconds until the last stream stands."""
        return self.ask("open", 70)[0] / 1000

    def round(self):
        """One notice; milliseconds from publishing to receipt: p50, p99, last."""
        return [time / 1000 for time in self.ask("round", 20)[1:]]

    def rate(self, notices, seconds):
        return [time / 1000 for time in self.ask(f"rate {notices} {seconds}", seconds + 20)[1:]]

    def close(self):
        self.process.stdin.close()
        harness.stop(self.process)


class Broadcast:
    """The floor: one thread that sends to one after the other."""

    def __init__(self, scratch):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = harness.spawn([compile("broadcast", scratch), str(self.port)], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise Failure("broadcast does not answer") from None
                time.sleep(0.02)

    def close(self):
        harness.stop(self.process)
