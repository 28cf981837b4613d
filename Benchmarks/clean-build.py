#!/usr/bin/env python3
"""A bundle from nothing: `syncd build` beside `zip -r -6 -q`. Fresh target each time, warm cache, interleaved, medians."""

import argparse
import os
import subprocess
import sys
import time
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from harness import Failure, Scratch


def timed(command, folder, target, environment):
    """Wall and processor seconds of one run."""
    if os.path.exists(target):
        os.remove(target)
    before = os.times()
    started = time.perf_counter()
    harness.run(command, cwd=folder, env=environment, timeout=600)
    wall = time.perf_counter() - started
    after = os.times()
    if not os.path.getsize(target):
        raise Failure(f"{command[0]} wrote nothing to {target}")
    return wall, after.children_user + after.children_system - before.children_user - before.children_system


def memory(command, folder, target, environment):
    """The most memory a run held, in kB: VmHWM, asked for until the process is gone.

    The figure that wait4() gives is of no use here: it starts with the driver's own size.
    """
    if os.path.exists(target):
        os.remove(target)
    most = 0
    process = harness.spawn(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 600
        while process.poll() is None:
            if time.monotonic() > deadline:
                raise Failure(f"{command[0]} took longer than 600 s")
            try:
                with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
                    for text in file:
                        if text.startswith("VmHWM:"):
                            most = max(most, int(text.split()[1]))
            except OSError:
                break
            time.sleep(0.002)
        if process.wait(60) != 0:
            raise Failure(f"{command[0]} ended with status {process.returncode}")
    finally:
        harness.stop(process)
    return most


def main():
    parser = argparse.ArgumentParser(description="Times a clean build of a bundle, beside zip -r -6.")
    parser.add_argument("--syncd", required=True, metavar="BIN", help="the built program")
    parser.add_argument("--project", help="a project's folder; without it one is generated")
    parser.add_argument("--files", type=int, default=11_000, help="size of the generated project (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=9, help="at least 7 (default: %(default)s)")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the result as JSON, too")
    options = parser.parse_args()
    if options.rounds < 7:
        parser.error("--rounds must be at least 7")
    binary = harness.program(options.syncd)
    harness.need("zip")
    with Scratch() as scratch:
        project = scratch.at("project")
        if options.project:
            project = os.path.abspath(options.project)
            if not os.path.isdir(os.path.join(project, "Project")):
                raise Failure(f"{options.project} holds no folder called Project")
        else:
            harness.generate(project, options.files)
        files, size = harness.project_size(project)
        harness.heading(f"clean build: {files:,} files, {size / 1e6:.1f} MB")
        targets = {"syncd": scratch.at("syncd.4dz"), "zip": scratch.at("zip.zip")}
        commands = {"syncd": [binary, "build", project, "-o", targets["syncd"]],
                    "zip": ["zip", "-r", "-6", "-q", targets["zip"], "Project"]}
        environment = scratch.environment()
        loads = [harness.load()]
        times = {"syncd": [], "zip": []}
        for turn in range(-1, options.rounds):  # the first warms the cache and is not counted
            for name in (("syncd", "zip") if turn % 2 else ("zip", "syncd")):
                measured = timed(commands[name], project, targets[name], environment)
                if turn >= 0:
                    times[name].append(measured)
        most = {n: max(memory(commands[n], project, targets[n], environment) for _ in range(2)) for n in commands}
        sizes, members = {}, {}
        for name, target in targets.items():
            sizes[name] = os.path.getsize(target)
            with zipfile.ZipFile(target) as archive:
                broken = archive.testzip()
                if broken:
                    raise Failure(f"{name}'s archive has a damaged member: {broken}")
                members[name] = len(archive.namelist())
        loads.append(harness.load())
    wall = {n: harness.median([w for w, _ in t]) for n, t in times.items()}
    cpu = {n: harness.median([c for _, c in t]) for n, t in times.items()}
    for name in ("syncd", "zip"):
        shown = {"syncd": "syncd build", "zip": "zip -r -6 -q"}[name]
        print(f"  {shown:<14} median {wall[name]:.3f} s (min {min(w for w, _ in times[name]):.3f}), processor {cpu[name]:.2f} s,"
              f" most memory {most[name] / 1024:.1f} MB, {sizes[name]:,} B in {members[name]:,} members")
    met = wall["syncd"] <= wall["zip"]
    print(f"  zip's time / syncd's {wall['zip'] / wall['syncd']:.2f}; bar: not slower than zip: {'met' if met else 'NOT met'};"
          f" {options.rounds} rounds; load average {loads[0]} to {loads[1]}")
    harness.report({"benchmark": "clean-build", "files": files, "bytes": size, "rounds": options.rounds,
                    "medianSeconds": wall, "processorSeconds": cpu, "mostMemoryKB": most, "archiveBytes": sizes, "members": members,
                    "ratio": round(wall["zip"] / wall["syncd"], 2), "bar": {"ratio": 1, "met": met},
                    "load": loads, "machine": harness.machine()}, options.json)
    return 0


if __name__ == "__main__":
    harness.main(main)
