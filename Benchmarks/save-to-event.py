#!/usr/bin/env python3
"""From one saved method to the notice that tells a client, beside the usual script: inotifywait + zip -FS.

Each round saves methods in two equal copies of one project: several in syncd's (they are quick), one in the peer's.
syncd's time ends when `reconnect-required` is received; the peer's when zip ends, for only then could its user be told.
"""

import argparse
import http.client
import io
import os
import random
import re
import shutil
import subprocess
import sys
import time
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from harness import EventStream, Failure, Output, Scratch, Server

BAR_MS, BAR_RATIO = 30, 5
WARM_UP = 2


class Editor:
    """Saves methods with new content each time; never twice the same size, so that zip -FS cannot miss one."""

    def __init__(self, project, seed):
        self.random = random.Random(seed)
        self.methods = harness.methods_of(project)
        self.originals = {}
        self.count = 0

    def save(self):
        path = self.random.choice(self.methods)
        if path not in self.originals:
            with open(path, "rb") as file:
                self.originals[path] = file.read()
        self.count += 1
        content = self.originals[path] + b"// save %d " % self.count + b"x" * (self.count % 211) + b"\n"
        return path, content, harness.save(path, content)


class Ours:
    def __init__(self, binary, project, scratch):
        self.server = Server(binary, project, scratch)
        self.stream = EventStream(self.server.port)
        ready = self.stream.next("ready", 20)
        if ready is None:
            raise Failure("the event stream did not begin with ready")
        generation = ready[1].get("generation") or {}
        self.gen, self.digest = generation.get("gen", self.server.gen), generation.get("digest")
        self.project, self.last = project, None
        self.unfinished = 0

    def save(self, editor, quiet):
        """Milliseconds from close() to the notice of the generation that holds the whole save."""
        self.last = path, content, closed = editor.save()
        received = None
        wait = 30
        while True:
            event = self.stream.next("reconnect-required", wait)
            if event is None:
                if received is None:
                    self.server.require_alive()
                    raise Failure(f"no reconnect-required within 30 s of saving {os.path.basename(path)}")
                return (received - closed) / 1e6
            moment, data = event
            if data["gen"] <= self.gen:
                continue
            # A second notice for one save means that the first was of a half-written file: then the second counts.
            self.unfinished += received is not None
            received, wait = moment, quiet
            self.gen, self.digest = data["gen"], data["digest"]

    def check(self):
        """The bundle that the last notice named holds the bytes that were saved last."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.request("GET", f"/v1/bundles/{self.digest}")
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise Failure(f"GET /v1/bundles/{self.digest[:12]}… was answered with {answer.status}: {body[:200]!r}")
        path, content, _ = self.last
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if archive.read(os.path.relpath(path, self.project)) != content:
                raise Failure(f"the bundle does not hold what was saved last in {os.path.basename(path)}")
        return len(body)

    def close(self):
        self.stream.close()
        harness.stop(self.server.process)


class Peer:
    def __init__(self, project):
        self.project = project
        harness.run(["zip", "-q", "-r", "app.4dz", "Project"], cwd=project, timeout=300)
        self.watch = harness.spawn(
            ["inotifywait", "-m", "-r", "-e", "close_write", "--format", "%w%f", "Project"], cwd=project,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", bufsize=1)
        self.complaints = Output(self.watch.stderr)
        if self.complaints.wait(lambda line: re.search("established", line), 120) is None:
            said = self.complaints.tail()
            harness.stop(self.watch)
            raise Failure(f"inotifywait did not establish its watches: {said}")
        self.output = Output(self.watch.stdout)
        self.seen = 0

    def save(self, editor):
        self.last = path, _, closed = editor.save()
        name = os.path.relpath(path, self.project)
        # Lines of earlier rounds are other saves: forget them, one save gives one line.
        if self.output.wait(lambda line: line == name, 30) is None:
            raise Failure(f"inotifywait did not report {name}")
        harness.run(["zip", "-FS", "-q", "-r", "app.4dz", "Project"], cwd=self.project, timeout=300)
        ended = time.perf_counter_ns()
        with self.output.changed:
            self.output.lines.clear()
        return (ended - closed) / 1e6

    def check(self):
        """zip's archive holds the last save, too: a comparison with something that misses changes would be none."""
        path, content, _ = self.last
        with zipfile.ZipFile(os.path.join(self.project, "app.4dz")) as archive:
            if archive.read(os.path.relpath(path, self.project)) != content:
                raise Failure(f"zip's archive does not hold what was saved last in {os.path.basename(path)}")
        return os.path.getsize(os.path.join(self.project, "app.4dz"))

    def close(self):
        harness.stop(self.watch)


def figures(values):
    return {"n": len(values), "p50": round(harness.quantile(values, 0.5), 2), "p90": round(harness.quantile(values, 0.9), 2),
            "p99": round(harness.quantile(values, 0.99), 2), "min": round(min(values), 2), "max": round(max(values), 2)}


def line(name, of):
    print(f"  {name:<28} n {of['n']:>4}   p50 {of['p50']:>9.2f} ms   p90 {of['p90']:>9.2f} ms   p99 {of['p99']:>9.2f} ms")


def main():
    parser = argparse.ArgumentParser(description="Times one save until a client is told, beside inotifywait + zip -FS.")
    parser.add_argument("--syncd", required=True, metavar="BIN", help="the built program")
    parser.add_argument("--project", help="measure on copies of this project's Project folder, not on a generated one")
    parser.add_argument("--files", type=int, default=11_000, help="size of the generated project (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--saves", type=int, default=10, help="saves to syncd in a round (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the result as JSON, too")
    options = parser.parse_args()
    if options.rounds < 1 or options.saves < 1:
        parser.error("--rounds and --saves must be at least 1")
    binary = harness.program(options.syncd)
    harness.need("zip", "inotifywait")
    with Scratch() as scratch:
        mine, theirs = scratch.at("ours"), scratch.at("peer")
        if options.project:
            harness.copy_project(options.project, mine)
        else:
            harness.generate(mine, options.files, options.seed)
        shutil.copytree(mine, theirs, symlinks=True)
        files, size = harness.project_size(mine)
        harness.heading(f"save to event: {files:,} files, {size / 1e6:.1f} MB")
        loads = [harness.load()]
        peer = Peer(theirs)
        try:
            ours = Ours(binary, mine, scratch)
            try:
                first, second = Editor(mine, options.seed), Editor(theirs, options.seed)
                our_times, peer_times = [], []
                pause = random.Random(options.seed)
                for turn in range(-WARM_UP, options.rounds):
                    for side in ((0, 1) if turn % 2 else (1, 0)):
                        if side:
                            peer_time = peer.save(second)
                        else:
                            # 80 to 130 ms without another save in between, spent listening for a second notice.
                            batch = [ours.save(first, 0.08 + 0.05 * pause.random()) for _ in range(options.saves)]
                    if turn >= 0:
                        our_times += batch
                        peer_times.append(peer_time)
                bundle = ours.check()
                zipped = peer.check()
                unfinished = ours.unfinished
            finally:
                ours.close()
        finally:
            peer.close()
        loads.append(harness.load())
    our, their = figures(our_times), figures(peer_times)
    ratio = their["p50"] / our["p50"]
    line("syncd: notice received", our)
    line("inotifywait + zip -FS: done", their)
    met = our["p50"] <= BAR_MS and ratio >= BAR_RATIO
    print(f"  ratio of the medians {ratio:.1f}; bar: p50 at most {BAR_MS} ms and {BAR_RATIO} times faster: {'met' if met else 'NOT met'}")
    print(f"  bundle {bundle:,} B, zip's {zipped:,} B; saves that took two notices {unfinished}; load average {loads[0]} to {loads[1]}")
    harness.report({"benchmark": "save-to-event", "files": files, "bytes": size, "milliseconds": {"syncd": our, "peer": their},
                    "peer": "inotifywait + zip -FS -q -r", "ratio": round(ratio, 2), "twoNotices": unfinished,
                    "bundleBytes": bundle, "peerBytes": zipped, "bar": {"p50": BAR_MS, "ratio": BAR_RATIO, "met": met},
                    "load": loads, "machine": harness.machine()}, options.json)
    return 0


if __name__ == "__main__":
    harness.main(main)
