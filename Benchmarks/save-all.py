#!/usr/bin/env python3
"""A save-all of one changed method over the unix socket, and a durable copy of the same size as the floor of the file.

Each round saves a method and asks `POST /v1/barriers` for the generation, saves another and asks with "durable":"file",
and has a C program copy the bundle, fsync it, rename it and fsync the folder. An answer counts only if it holds the save.
"""

import argparse
import hashlib
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
import unixhttp
from harness import Failure, Scratch, Server

BAR_MS, BAR_RATIO = 5.0, 1.5
WARM_UP = 5
HERE = os.path.dirname(os.path.abspath(__file__))


def save_all(caller, name, content, durable):
    request = {"durable": durable, "files": [
        {"path": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}]}
    began = time.perf_counter_ns()
    status, _, answer = caller.ask("POST", "/v1/barriers", request)
    took = (time.perf_counter_ns() - began) / 1e6
    if status != 200 or [file["state"] for file in answer["files"]] != ["held"]:
        raise Failure(f"the save-all was answered with {status} {answer}")
    return took


def main():
    parser = argparse.ArgumentParser(description="Times a save-all, beside a durable copy of the bundle in C.")
    parser.add_argument("--syncd", required=True, metavar="BIN", help="the built program")
    parser.add_argument("--project", help="measure on a copy of this project's Project folder, not on a generated one")
    parser.add_argument("--files", type=int, default=11_000, help="size of the generated project (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=200, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the result as JSON, too")
    options = parser.parse_args()
    binary = harness.program(options.syncd)
    harness.need("cc")
    with Scratch() as scratch:
        project = scratch.at("project")
        if options.project:
            harness.copy_project(options.project, project)
        else:
            harness.generate(project, options.files, options.seed)
        floor_program = scratch.at("durable-copy")
        harness.run(["cc", "-O2", "-o", floor_program, os.path.join(HERE, "durable-copy.c")])
        files, size = harness.project_size(project)
        harness.heading(f"save-all: {files:,} files, {size / 1e6:.1f} MB")
        times = {"generation": [], "file": [], "floor": []}
        choose = random.Random(options.seed)
        methods = harness.methods_of(project)
        with Server(binary, project, scratch) as server:
            caller = unixhttp.Caller(server.state)
            bundle = scratch.at("bundle.4dz")
            harness.run([binary, "build", project, "-o", bundle], timeout=120)
            floor = harness.spawn([floor_program, bundle, os.path.join(server.state)], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True, bufsize=1)
            try:
                for turn in range(-WARM_UP, options.rounds):
                    kinds = ["generation", "file", "floor"]
                    choose.shuffle(kinds)
                    for kind in kinds:
                        # The file of the save before is written by now: people do not save 100 times a second.
                        time.sleep(0.05 + 0.02 * choose.random())
                        if kind == "floor":
                            floor.stdin.write("\n")
                            floor.stdin.flush()
                            took = int(floor.stdout.readline()) / 1e3
                        else:
                            path = choose.choice(methods)
                            content = b"// save %d\n" % turn + choose.randbytes(300).hex().encode() + b"\n"
                            harness.save(path, content)
                            took = save_all(caller, os.path.relpath(path, project), content, kind)
                        if turn >= 0:
                            times[kind].append(took)
            finally:
                harness.stop(floor)
            bundle_size = os.path.getsize(bundle)
    figures = {kind: {"n": len(v), "p50": round(harness.quantile(v, 0.5), 2), "p99": round(harness.quantile(v, 0.99), 2)}
               for kind, v in times.items()}
    names = {"generation": "answer, number durable", "file": 'answer with "durable":"file"', "floor": "C: copy, fsync, rename, fsync"}
    for kind, of in figures.items():
        print(f"  {names[kind]:<32} n {of['n']:>4}   p50 {of['p50']:>7.2f} ms   p99 {of['p99']:>7.2f} ms")
    ratio = figures["file"]["p50"] / figures["floor"]["p50"]
    met = figures["generation"]["p50"] <= BAR_MS and ratio <= BAR_RATIO
    print(f"  file to floor {ratio:.2f}; bar: p50 at most {BAR_MS} ms, and {BAR_RATIO} times the floor: {'met' if met else 'NOT met'}; "
          f"bundle {bundle_size:,} B; load average {harness.load()}")
    harness.report({"benchmark": "save-all", "files": files, "bytes": size, "milliseconds": figures, "ratio": round(ratio, 2),
                    "bar": {"p50": BAR_MS, "ratio": BAR_RATIO, "met": met}, "load": harness.load(), "machine": harness.machine()},
                   options.json)
    return 0


if __name__ == "__main__":
    harness.main(main)
