#!/usr/bin/env python3
"""Sessions over HTTP: reading and changing a storage, passcodes made and redeemed, and what a session costs in memory."""

import argparse
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from harness import HERE, Failure, Scratch, Server, memory

BAR_READ_MS, BAR_UPDATE_MS, BAR_PAIRS, BAR_BYTES = 0.3, 0.5, 5_000, 4_096
STORAGE = ("hello", "read", "update")
# Requests a second and client where the time of one counts: with no pause between them it would be that of waiting for the others.
RATE = 100


def ask(program, *arguments):
    """What `sessions.c` measured: how many, seconds, p50 and p99 in ms."""
    done = harness.run([program, *(str(argument) for argument in arguments)], timeout=180)
    return [float(word) for word in done.stdout.split()]


def steady(pid):
    """The memory in bytes once it stands still: what a burst of requests needed for a moment is given back late."""
    before = memory(pid)["VmRSS"]
    for _ in range(20):
        time.sleep(1)
        after = memory(pid)["VmRSS"]
        if abs(after - before) < 64:
            break
        before = after
    return after * 1024


def bytes_each(program, server, count):
    """Bytes of a session with its storage, beyond a hundred of them; sessions a second."""
    place = os.path.join(server.state, "syncd.sock")
    ask(program, "open", place, 100, 8)
    before = steady(server.pid)
    opened, seconds, _, _ = ask(program, "open", place, count, 8)
    return (steady(server.pid) - before) / count, opened / seconds


def main():
    parser = argparse.ArgumentParser(description="Measures sessions over HTTP, beside as many of the smallest requests.")
    parser.add_argument("--syncd", required=True, metavar="BIN", help="the built program")
    parser.add_argument("--clients", type=int, default=8, help="at a time, for storages (default: %(default)s)")
    parser.add_argument("--couples", type=int, default=32, help="at a time, for passcodes (default: %(default)s)")
    parser.add_argument("--sessions", type=int, default=9_900, help="open at a time (default: %(default)s; 10,000 is the limit)")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=3, help="of one round and side (default: %(default)s)")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the result as JSON, too")
    options = parser.parse_args()
    binary = harness.program(options.syncd)
    harness.need("cc")
    with Scratch() as scratch:
        program = scratch.at("sessions")
        harness.run(["cc", "-O2", "-o", program, os.path.join(HERE, "sessions.c"), "-lpthread"])
        harness.generate(scratch.at("project"), 100)
        harness.heading(f"sessions: {options.clients} clients of storages, {options.couples} of passcodes")
        loads = [harness.load()]
        kinds = {kind: [] for kind in (*STORAGE, *(kind + " at leisure" for kind in STORAGE), "floor", "pairs")}
        # A client that has a storage of its own, and makes passcodes, is one of 21 R3.
        extra = ["--session-semantics", "21r3", "--web-listen", "127.0.0.1:0"]
        with Server(binary, scratch.at("project"), scratch, extra=extra) as server:
            web = server.output.wait(lambda line: line.startswith("syncd: web at ") and line, 1)
            if not web:
                raise Failure("syncd does not say where its web listener is")
            web = int(web.rsplit(":", 1)[1])
            for turn in range(-1, options.rounds):
                for kind in (list(kinds) if turn % 2 else reversed(kinds)):
                    rate = RATE if kind.endswith(" at leisure") else 0
                    couples = kind in ("floor", "pairs")
                    what = (server.port, web, options.couples) if couples else (server.port, rate, options.clients)
                    spent = harness.processor([server.pid])
                    done, seconds, p50, p99 = ask(program, kind.split()[0], *what, options.seconds)
                    spent = harness.processor([server.pid]) - spent
                    if turn >= 0:
                        kinds[kind].append([done / seconds, p50, p99, 1e6 * spent / done])
            server.require_alive()
        # Another server: what the others have left is not to be counted.
        with Server(binary, scratch.at("project"), scratch, name="memory") as server:
            each, rate = bytes_each(program, server, options.sessions)
        loads.append(harness.load())
    result = {kind: [harness.median(column) for column in zip(*rows)] for kind, rows in kinds.items()}
    names = {"hello": "GET hello", "read": "GET storage", "update": "PATCH storage", "floor": "two small requests", "pairs": "passcode, redeemed"}
    names |= {f"{kind} at leisure": f"{names[kind]}, {RATE} a second and client" for kind in STORAGE}
    for kind, (a_second, p50, p99, spent) in result.items():
        print(f"  {names[kind]:<38} n {len(kinds[kind])}   {a_second:>8,.0f} a second   p50 {p50:>6.3f} ms   p99 {p99:>6.2f} ms   "
              f"{spent:>4.0f} µs of processor")
    print(f"  {options.sessions:,} sessions with a storage: {each:,.0f} bytes each, opened at {rate:,.0f} a second")
    met = {"read": result["read at leisure"][1] <= BAR_READ_MS, "update": result["update at leisure"][1] <= BAR_UPDATE_MS,
           "pairs": result["pairs"][0] >= BAR_PAIRS, "bytes": each <= BAR_BYTES}
    print(f"  bars: read p50 {BAR_READ_MS} ms {word(met['read'])}, update p50 {BAR_UPDATE_MS} ms {word(met['update'])}, {BAR_PAIRS:,} "
          f"passcodes a second {word(met['pairs'])}, {BAR_BYTES:,} bytes {word(met['bytes'])}; load average {loads[0]} to {loads[1]}")
    harness.report({"benchmark": "sessions", "clients": options.clients, "couples": options.couples, "rounds": options.rounds,
                    "sides": {kind: dict(zip(("aSecond", "p50ms", "p99ms", "processorMicroseconds"), values)) for kind, values in result.items()},
                    "sessions": {"count": options.sessions, "bytesEach": round(each), "openedASecond": round(rate)},
                    "bars": {"readMs": BAR_READ_MS, "updateMs": BAR_UPDATE_MS, "pairs": BAR_PAIRS, "bytes": BAR_BYTES, "met": met},
                    "load": loads, "machine": harness.machine()}, options.json)
    return 0


def word(is_met):
    return "met" if is_met else "NOT met"


if __name__ == "__main__":
    harness.main(main)
