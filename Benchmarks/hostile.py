#!/usr/bin/env python3
"""A thousand clients whose requests never end, then mutated requests: what the others feel, and what stays behind.

The others ask for `hello` on a connection that they keep, and on a new one each time. Their normal is measured before
and after each attack. At the end the server must run, and have the descriptors and the memory that it had.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
import subscribers
from harness import Failure, Output, Scratch, Server, descriptors, memory

BAR_RATIO, BAR_MB = 2, 8
HERE = os.path.dirname(os.path.abspath(__file__))
ASK = b"GET /v1/hello HTTP/1.1\r\nHost: localhost:%d\r\n\r\n"


def connect(port):
    made = socket.create_connection(("127.0.0.1", port), timeout=20)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def ask(connection):
    connection.sendall(ASK % connection.getpeername()[1])
    if not connection.recv(65536).startswith(b"HTTP/1.1 200"):
        raise Failure("a sound request was not answered with 200")


def normal(port, seconds):
    """Milliseconds of requests, 100 a second each: on a kept connection, and with connecting."""
    kept, new = [], []
    connection = connect(port)
    ask(connection)
    ended = time.monotonic() + seconds
    while time.monotonic() < ended:
        began = time.perf_counter()
        ask(connection)
        kept.append(1000 * (time.perf_counter() - began))
        time.sleep(0.005)
        began = time.perf_counter()
        fresh = connect(port)
        ask(fresh)
        new.append(1000 * (time.perf_counter() - began))
        fresh.close()
        time.sleep(0.005)
    connection.close()
    return kept, new


class Attack:
    """A running attackers.py and what it told last."""

    def __init__(self, *words):
        self.process = harness.spawn([sys.executable, os.path.join(HERE, "attackers.py"), *map(str, words)], stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.output, self.complaints = Output(self.process.stdout), Output(self.process.stderr)

    def told(self):
        if self.process.poll() is not None:
            raise Failure(f"an attacker ended: {self.complaints.tail()}")
        return json.loads(self.output.lines[-1]) if self.output.lines else {}

    def wait(self, condition, seconds):
        if self.output.wait(lambda line: condition(json.loads(line)), seconds) is None:
            raise Failure(f"the attack does not get on: {self.output.tail()} {self.complaints.tail()}")

    def end(self):
        facts = self.told()
        harness.stop(self.process)
        return facts


def settled_descriptors(pid, wanted):
    """How many there are once no more than wanted are left, or after 30 s."""
    deadline = time.monotonic() + 30
    while descriptors(pid) > wanted and time.monotonic() < deadline:
        time.sleep(0.2)
    return descriptors(pid)


def summary(samples):
    return {kind: {"p50": round(harness.quantile(values, 0.5), 3), "p99": round(harness.quantile(values, 0.99), 3)}
            for kind, values in zip(("kept", "new"), samples)}


def main():
    parser = argparse.ArgumentParser(description="Measures what attackers cost the other clients, and what they leave behind.")
    parser.add_argument("--syncd", required=True, metavar="BIN", help="the built program")
    parser.add_argument("--slow", type=int, default=1_000, help="connections that never end their request (default: %(default)s)")
    parser.add_argument("--slow-seconds", type=int, default=30, help="default: %(default)s")
    parser.add_argument("--fuzz-seconds", type=int, default=30, help="default: %(default)s; a long run has 300")
    parser.add_argument("--rate", type=int, default=200, help="mutated requests a second (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the result as JSON, too")
    options = parser.parse_args()
    binary = harness.program(options.syncd)
    subscribers.require_open_files(options.slow)
    with Scratch() as scratch:
        harness.generate(scratch.at("project"), 100)
        harness.heading(f"hostile clients: {options.slow:,} slow ones, then {options.rate} mutated requests a second")
        loads = [harness.load()]
        with Server(binary, scratch.at("project"), scratch) as server:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/v1/generations/current", timeout=20) as answer:
                digest = json.load(answer)["digest"]
            # A first go of both, so that what a server makes once and keeps is not taken for a leak.
            for words in (("slow", server.port, options.slow), ("fuzz", server.port, options.rate, options.seed + 1, digest)):
                attack = Attack(*words)
                attack.wait(lambda facts: facts.get("open") == options.slow or facts.get("sent", 0) > 5 * options.rate, 60)
                time.sleep(2)
                attack.end()
            normal(server.port, 2)
            time.sleep(12)  # what the server still waits for, a head's deadline at most
            files_before = descriptors(server.pid)
            quiet = [normal(server.port, 10)]
            memory_before = memory(server.pid)["VmRSS"]

            attack = Attack("slow", server.port, options.slow)
            attack.wait(lambda facts: facts["open"] == options.slow, 60)
            slow = normal(server.port, options.slow_seconds)
            slow_facts = attack.end()
            time.sleep(3)
            quiet.append(normal(server.port, 10))
            memory_slow = memory(server.pid)["VmRSS"]

            attack = Attack("fuzz", server.port, options.rate, options.seed, digest)
            fuzz = normal(server.port, options.fuzz_seconds)
            fuzz_facts = attack.end()
            time.sleep(3)
            quiet.append(normal(server.port, 10))
            memory_after = memory(server.pid)["VmRSS"]
            server.require_alive()
            files_after = settled_descriptors(server.pid, files_before)
        loads.append(harness.load())
    usual = [sum((samples[kind] for samples in quiet), []) for kind in (0, 1)]
    result = {"normal": summary(usual), "slow": summary(slow), "fuzz": summary(fuzz)}
    for name, of in result.items():
        print(f"  {name:<8} kept connection p50 {of['kept']['p50']:>6.2f} ms   p99 {of['kept']['p99']:>6.2f} ms   "
              f"new connection p50 {of['new']['p50']:>6.2f} ms   p99 {of['new']['p99']:>6.2f} ms")
    ratio = max(result[name][kind][part] / result["normal"][kind][part] for name in ("slow", "fuzz") for kind in ("kept", "new") for part in ("p50", "p99"))
    grown = (memory_after - memory_before) / 1024
    met = ratio <= BAR_RATIO and files_after <= files_before and grown <= BAR_MB
    print(f"  slow: {slow_facts['opened']:,} connections opened, {slow_facts['thrownOut']:,} thrown out; "
          f"mutated: {fuzz_facts['sent']:,} requests, answers {fuzz_facts['answers']}")
    print(f"  descriptors {files_before} before, {files_after} after; memory {memory_before / 1024:.1f} MB, {memory_slow / 1024:.1f} MB after the slow ones, "
          f"{memory_after / 1024:.1f} MB at the end")
    print(f"  worst ratio to normal {ratio:.2f}; bar: at most {BAR_RATIO}, no more descriptors, at most {BAR_MB} MB more: "
          f"{'met' if met else 'NOT met'}; load average {loads[0]} to {loads[1]}")
    harness.report({"benchmark": "hostile", "milliseconds": result, "ratio": round(ratio, 3), "slow": slow_facts, "fuzz": fuzz_facts,
                    "descriptors": [files_before, files_after], "kB": [memory_before, memory_slow, memory_after],
                    "bar": {"ratio": BAR_RATIO, "MB": BAR_MB, "met": met}, "load": loads, "machine": harness.machine()}, options.json)
    return 0


if __name__ == "__main__":
    harness.main(main)
