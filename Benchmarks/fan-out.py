#!/usr/bin/env python3
"""One notice to thousands of event streams: from the request that publishes it to its receipt by the last client.

Beside syncd: a C program that does nothing but send to one client after the other (`broadcast.c`), and nginx with
nchan. The clients of all three are the same C program (`subscribers.c`), the notice has the same text, rounds take
turns. syncd's notice is a message to all clients, asked for on the unix socket; the others' is a POST.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
import subscribers
from harness import Scratch, Server
from nginx import Nginx
from subscribers import Broadcast, Subscribers

BAR_FLOOR, BAR_NCHAN = 1.2, 0.8
WARM_UP = 3


def main():
    parser = argparse.ArgumentParser(description="Times one notice to many event streams, beside a C program and nginx nchan.")
    parser.add_argument("--syncd", required=True, metavar="BIN", help="the built program")
    parser.add_argument("--clients", type=int, default=5_000, help="of each server (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=40, help="default: %(default)s")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the result as JSON, too")
    options = parser.parse_args()
    binary = harness.program(options.syncd)
    harness.need("nginx", "cc")
    subscribers.require_open_files(options.clients)
    closing = []
    with Scratch() as scratch:
        harness.generate(scratch.at("project"), 100)
        harness.heading(f"fan-out: one notice to {options.clients:,} event streams")
        loads = [harness.load()]
        try:
            server = Server(binary, scratch.at("project"), scratch)
            closing.append(lambda: harness.stop(server.process))
            floor = Broadcast(scratch)
            closing.append(floor.close)
            # The fewer workers, the fewer hand-overs: one is nchan's quickest on few cores.
            nchan = Nginx(scratch, channel=True, workers=1)
            closing.append(nchan.close)
            ask = lambda port, path: subscribers.request(port, "GET", path, fields=["Accept: text/event-stream"])
            publish = lambda port, path: subscribers.request(port, "POST", path, subscribers.TEXT.encode())
            sides = {
                "syncd": Subscribers.of_syncd(scratch, server, options.clients),
                "C, one thread": Subscribers(scratch, "broadcast", floor.port, options.clients, ask(floor.port, "/"), "200 OK",
                                             floor.port, publish(floor.port, "/")),
                "nginx nchan": Subscribers(scratch, "nchan", nchan.port, options.clients, ask(nchan.port, "/subscribe"), "200 OK",
                                           nchan.port, publish(nchan.port, "/publish")),
            }
            for clients in sides.values():
                closing.append(clients.close)
            opened = {name: clients.open() for name, clients in sides.items()}
            times = {name: [] for name in sides}
            for turn in range(-WARM_UP, options.rounds):
                names = list(sides)
                for name in names[turn % 3:] + names[:turn % 3]:
                    figures = sides[name].round()
                    if turn >= 0:
                        times[name].append(figures)
            server.require_alive()
        finally:
            for close in reversed(closing):
                close()
        loads.append(harness.load())
    result = {name: [harness.median(column) for column in zip(*rows)] for name, rows in times.items()}
    for name, (p50, p99, last) in result.items():
        print(f"  {name:<16} n {len(times[name]):>3}   p50 {p50:>7.2f} ms   p99 {p99:>7.2f} ms   last {last:>7.2f} ms   "
              f"best last {min(row[2] for row in times[name]):>7.2f} ms   all connected in {opened[name]:,.0f} ms")
    ours = result["syncd"][2]
    to_floor, to_nchan = ours / result["C, one thread"][2], ours / result["nginx nchan"][2]
    met = to_floor <= BAR_FLOOR and to_nchan <= BAR_NCHAN
    print(f"  last delivery: {to_floor:.2f} times the C program, {to_nchan:.2f} times nchan; "
          f"bar: at most {BAR_FLOOR} and {BAR_NCHAN}: {'met' if met else 'NOT met'}; load average {loads[0]} to {loads[1]}")
    harness.report({"benchmark": "fan-out", "clients": options.clients, "rounds": options.rounds,
                    "milliseconds": {name: dict(zip(("p50", "p99", "last"), values)) for name, values in result.items()},
                    "connectedAfterMs": opened, "ratio": {"floor": round(to_floor, 3), "nchan": round(to_nchan, 3)},
                    "bar": {"floor": BAR_FLOOR, "nchan": BAR_NCHAN, "met": met}, "load": loads, "machine": harness.machine()}, options.json)
    return 0


if __name__ == "__main__":
    harness.main(main)
