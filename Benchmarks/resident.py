#!/usr/bin/env python3
"""What a server costs while nothing happens: memory after start and after many saves, processor time and wake-ups in
idle seconds. Beside it, at the same time and on the same tree: `inotifywait -m -r`, the least that watches at all."""

import argparse
import os
import random
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from harness import EventStream, Failure, Output, Scratch, Server, memory, processor


def activity(pid):
    """Processor seconds so far, and voluntary context switches of each thread."""
    switches = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/status", encoding="utf-8", errors="replace") as file:
                switches[thread] = int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", file.read(), re.M).group(1))
        except OSError:
            pass  # ended since
    return processor([pid]), switches


def switched(before, after):
    """Voluntary switches between two readings; a thread that ended takes its count with it."""
    return sum(count - before.get(thread, 0) for thread, count in after.items())


def main():
    parser = argparse.ArgumentParser(description="Measures a server's memory and its idle processor time.")
    parser.add_argument("--syncd", required=True, metavar="BIN", help="the built program")
    parser.add_argument("--project", help="measure on a copy of this project's Project folder, not on a generated one")
    parser.add_argument("--files", type=int, default=11_000, help="size of the generated project (default: %(default)s)")
    parser.add_argument("--saves", type=int, default=200, help="default: %(default)s")
    parser.add_argument("--idle", type=float, default=30, metavar="SECONDS", help="default: %(default)s")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the result as JSON, too")
    options = parser.parse_args()
    binary = harness.program(options.syncd)
    harness.need("inotifywait")
    with Scratch() as scratch:
        project = scratch.at("project")
        if options.project:
            harness.copy_project(options.project, project)
        else:
            harness.generate(project, options.files)
        files, size = harness.project_size(project)
        harness.heading(f"resident: {files:,} files, {size / 1e6:.1f} MB")
        loads = [harness.load()]
        watch = harness.spawn(["inotifywait", "-m", "-r", "-q", "-e", "close_write,create,delete,move", "Project"], cwd=project,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        try:
            peer_output = Output(watch.stdout)
            with Server(binary, project, scratch) as server:
                time.sleep(3)  # what a start leaves to be done afterwards
                first, peer_first = memory(server.pid), memory(watch.pid)

                chooser = random.Random(1)
                methods = harness.methods_of(project)
                stream = EventStream(server.port)
                if stream.next("ready", 20) is None:
                    raise Failure("the event stream did not begin with ready")
                gen = server.gen
                for number in range(options.saves):
                    path = chooser.choice(methods)
                    with open(path, "rb") as file:
                        content = file.read()[:6000]
                    harness.save(path, content + b"// save %d\n" % number)
                    while True:
                        event = stream.next("reconnect-required", 30)
                        if event is None:
                            server.require_alive()
                            raise Failure(f"no reconnect-required within 30 s of save {number + 1}")
                        if event[1]["gen"] > gen:
                            gen = event[1]["gen"]
                            break
                stream.close()
                time.sleep(5)
                second, peer_second = memory(server.pid), memory(watch.pid)

                before, peer_before = activity(server.pid), activity(watch.pid)
                time.sleep(options.idle)
                after, peer_after = activity(server.pid), activity(watch.pid)
                server.require_alive()
                ready_seconds = server.ready_seconds
            if watch.poll() is not None:
                raise Failure(f"inotifywait ended early: {peer_output.tail()}")
        finally:
            harness.stop(watch)
        loads.append(harness.load())

    idle = {"processor": round(after[0] - before[0], 3), "switches": switched(before[1], after[1])}
    peer_idle = {"processor": round(peer_after[0] - peer_before[0], 3), "switches": switched(peer_before[1], peer_after[1])}

    def line(name, of):
        megabytes = lambda key: f"{of[key] / 1024:.1f} MB" if key in of else "unknown"
        print(f"  {name:<30} VmRSS {megabytes('VmRSS'):>9}  Pss {megabytes('Pss'):>9}  anonymous {megabytes('Anonymous'):>9}"
              f"  most {megabytes('VmHWM'):>9}  threads {of.get('threads')}")

    line("syncd, started", first)
    line(f"syncd, after {options.saves} saves", second)
    line("inotifywait, started", peer_first)
    line(f"inotifywait, after {options.saves} saves", peer_second)
    print(f"  in {options.idle:g} s idle: syncd {idle['processor']:.2f} s of processor, {idle['switches']} voluntary switches;"
          f" inotifywait {peer_idle['processor']:.2f} s, {peer_idle['switches']}")
    met = idle["processor"] <= 0.01 * options.idle
    print(f"  ready after {ready_seconds:.2f} s; bar: at most 1 % of a core while idle: {'met' if met else 'NOT met'};"
          f" load average {loads[0]} to {loads[1]}")
    harness.report({"benchmark": "resident", "files": files, "bytes": size, "saves": options.saves, "readySeconds": round(ready_seconds, 3),
                    "kB": {"syncd": {"started": first, "afterSaves": second}, "inotifywait": {"started": peer_first, "afterSaves": peer_second}},
                    "idle": {"seconds": options.idle, "syncd": idle, "inotifywait": peer_idle}, "bar": {"idleShare": 0.01, "met": met},
                    "load": loads, "machine": harness.machine()}, options.json)
    return 0


if __name__ == "__main__":
    harness.main(main)
