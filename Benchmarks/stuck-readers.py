#!/usr/bin/env python3
"""Clients that connect to the event stream and never read, while notices go to everybody all the time.

First without them, then with them, then without them again: how long a notice takes to the healthy clients, and what
the server's memory does. Who is cut by the server comes back at once, and is as stuck as before; one whose peer was
given up by the kernel hears nothing of that, so each comes anew when that time is over. They do so one after the
other, as clients do that know nothing of each other.
"""

import argparse
import os
import select
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
import subscribers
from harness import Scratch, Server, memory
from subscribers import Subscribers

BAR_MB, BAR_RATIO = 64, 2


class StuckReaders(threading.Thread):
    """Connections that ask for events and leave what comes where it is."""

    # A little more than the TCP_USER_TIMEOUT of an event stream.
    LIFE = 22

    def __init__(self, port, count):
        super().__init__(daemon=True)
        self.port, self.cut, self.over = port, 0, False
        self.poll = select.poll()
        self.sockets, self.ages = {}, {}
        now = time.monotonic()
        for number in range(count):
            self.connect(now - self.LIFE * number / count)

    def connect(self, born):
        made = socket.socket()
        made.settimeout(20)
        # Left alone, Linux takes in megabytes for a reader that sleeps, and none is stuck within a minute.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        made.connect(("127.0.0.1", self.port))
        made.sendall(subscribers.syncd_events(self.port))
        self.sockets[made.fileno()] = made
        self.ages[made.fileno()] = born
        self.poll.register(made, select.POLLRDHUP)

    def run(self):
        while not self.over:
            gone = {number for number, _ in self.poll.poll(20)}
            old = time.monotonic() - self.LIFE
            gone |= {number for number, born in self.ages.items() if born < old}
            for number in gone:
                self.poll.unregister(number)
                self.sockets.pop(number).close()
                del self.ages[number]
                self.cut += 1
                self.connect(time.monotonic())

    def close(self):
        self.over = True
        self.join()
        for made in self.sockets.values():
            made.close()


class Memory(threading.Thread):
    """Reads a process's resident memory every half second."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.seen, self.over = pid, [memory(pid)["VmRSS"]], threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.5):
            try:
                self.seen.append(memory(self.pid)["VmRSS"])
            except OSError:
                return  # it has ended

    def growth(self):
        """MB from the first reading to the largest."""
        self.over.set()
        self.join()
        return (max(self.seen) - self.seen[0]) / 1024


def main():
    parser = argparse.ArgumentParser(description="Measures what readers that are stuck cost the server and its other clients.")
    parser.add_argument("--syncd", required=True, metavar="BIN", help="the built program")
    parser.add_argument("--stuck", type=int, default=1_000, help="default: %(default)s")
    parser.add_argument("--healthy", type=int, default=100, help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=60, help="with the stuck ones; a third of it before and after (default: %(default)s)")
    parser.add_argument("--rate", type=int, default=100, help="notices a second (default: %(default)s)")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="the result as JSON, too")
    options = parser.parse_args()
    binary = harness.program(options.syncd)
    harness.need("cc")
    subscribers.require_open_files(options.stuck)
    with Scratch() as scratch:
        harness.generate(scratch.at("project"), 100)
        harness.heading(f"stuck readers: {options.stuck:,} beside {options.healthy} healthy ones, {options.rate} notices a second")
        loads = [harness.load()]
        with Server(binary, scratch.at("project"), scratch) as server:
            healthy = Subscribers.of_syncd(scratch, server, options.healthy)
            try:
                healthy.open()
                healthy.rate(options.rate, 5)
                before = healthy.rate(options.rate, max(5, options.seconds // 3))
                growing = Memory(server.pid)
                stuck = StuckReaders(server.port, options.stuck)
                stuck.start()
                try:
                    # Until the connections are full they take what comes, as anybody does.
                    healthy.rate(options.rate, 5)
                    during = healthy.rate(options.rate, options.seconds)
                    growth = growing.growth()
                finally:
                    stuck.close()
                time.sleep(2)
                after = healthy.rate(options.rate, max(5, options.seconds // 3))
                server.require_alive()
            finally:
                healthy.close()
        loads.append(harness.load())
    for name, (p50, p99, most) in (("before", before), ("with stuck readers", during), ("after", after)):
        print(f"  healthy clients, {name:<20} p50 {p50:>7.2f} ms   p99 {p99:>7.2f} ms   most {most:>7.2f} ms")
    ratio = during[1] / ((before[1] + after[1]) / 2)
    met = growth <= BAR_MB and ratio <= BAR_RATIO
    print(f"  memory grew by at most {growth:.1f} MB, {stuck.cut} stuck readers were cut; healthy clients' p99 {ratio:.2f} times the mean of before and after")
    print(f"  bar: at most {BAR_MB} MB and {BAR_RATIO} times: {'met' if met else 'NOT met'}; load average {loads[0]} to {loads[1]}")
    harness.report({"benchmark": "stuck-readers", "stuck": options.stuck, "healthy": options.healthy, "rate": options.rate,
                    "seconds": options.seconds, "growthMB": round(growth, 1), "cut": stuck.cut,
                    "milliseconds": {name: dict(zip(("p50", "p99", "most"), values)) for name, values in
                                     (("before", before), ("during", during), ("after", after))},
                    "ratio": round(ratio, 3), "bar": {"MB": BAR_MB, "ratio": BAR_RATIO, "met": met},
                    "load": loads, "machine": harness.machine()}, options.json)
    return 0


if __name__ == "__main__":
    harness.main(main)
