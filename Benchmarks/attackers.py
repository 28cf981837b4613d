"""Clients that mean harm, each a process of its own: they talk to 127.0.0.1 only.

usage: attackers.py slow PORT CONNECTIONS | attackers.py fuzz PORT RATE SEED DIGEST
Both go on until they are ended and tell on standard output, every second, what they did so far, as JSON.
"""

import collections
import json
import random
import selectors
import socket
import sys
import time

HEAD = b"GET /v1/hello HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-Slow: "


def dial(port):
    made = socket.socket()
    made.setblocking(False)
    made.connect_ex(("127.0.0.1", port))
    return made


def tell(told, facts):
    """Once a second."""
    if time.monotonic() < told + 1:
        return told
    print(json.dumps(facts), flush=True)
    return time.monotonic()


def slow(port, count):
    """Connections whose head never ends: a byte a second each. Who is thrown out comes back."""
    selector, told, thrown_out, opened = selectors.DefaultSelector(), 0.0, 0, 0
    due = collections.deque()
    open_sockets = 0
    while True:
        while open_sockets < count:
            made = dial(port)
            selector.register(made, selectors.EVENT_READ)
            due.append((time.monotonic(), made, HEAD % port))
            open_sockets += 1
            opened += 1
        for key, _ in selector.select(0.01):
            try:
                lost = not key.fileobj.recv(65536)
            except BlockingIOError:
                lost = False
            except OSError:
                lost = True
            if lost:
                selector.unregister(key.fileobj)
                key.fileobj.close()
                open_sockets -= 1
                thrown_out += 1
        while due and due[0][0] <= time.monotonic():
            _, made, piece = due.popleft()
            if made.fileno() < 0:
                continue
            try:
                made.send(piece)
            except BlockingIOError:
                pass
            except OSError:
                continue  # the selector tells of its end
            due.append((time.monotonic() + 1, made, b"a"))
        told = tell(told, {"open": open_sockets, "opened": opened, "thrownOut": thrown_out})


def seeds(port, digest):
    """Sound requests of every kind that a client without any proof can send."""
    host = b"127.0.0.1:%d" % port
    post = lambda path, body, more=b"": (b"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s"
                                         % (path, host, more, len(body), body))
    get = lambda path, more=b"": b"GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (path, host, more)
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    bundle = b"/v1/bundles/" + digest
    return [
        get(b"/v1/hello"), get(b"/v1/hello?since=1"), get(b"/v1/generations/current", b"If-None-Match: \"x\"\r\n"),
        get(bundle, b"Range: bytes=0-99\r\n"), get(bundle, b"Range: bytes=5-,2-3\r\nIf-Range: \"%s\"\r\n" % digest), get(b"/v1/manifests/" + digest),
        get(b"/v1/deltas/" + digest + b"/" + digest), b"HEAD %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (bundle, host),
        get(b"/v1/events", b"Accept: text/event-stream\r\nLast-Event-ID: 00000000000000aa:1:5\r\n"),
        get(b"/v1/events?wait=1&since=00000000000000aa:1:5", b"Accept: application/json\r\n"),
        get(b"/v1/events", upgrade) + b"\x81\x85\x01\x02\x03\x04iglhn" + b"\x89\x80\x01\x02\x03\x04" + b"\x88\x82\x00\x00\x00\x00\x03\xe8",
        post(b"/v1/sessions", b'{"client":"fuzz 1","api":{"min":1,"max":1},"user":"Designer","password":"x","development":false}'),
        post(b"/v1/sessions", b'{"machineName":"m","systemUserName":"s"}', b"Expect: 100-continue\r\n"),
        get(b"/v1/sessions/self", b"Authorization: Bearer AAAAAAAAAAAAAAAAAAAAAA\r\n"),
        post(b"/v1/reload", b'{"reason":"command","deadlineMs":10}'), post(b"/v1/barriers", b'{"files":[{"path":"a","size":1}],"deadline_ms":5}'),
        post(b"/v1/catalog/ops", b'{"op_id":"a","operations":[]}', b"If-Match: \"x\"\r\n"), get(b"/v1/clients"), get(b"/metrics"),
        b"POST /v1/sessions HTTP/1.1\r\nHost: " + host + b"\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\nTrailer: 1\r\n\r\n",
        b"OPTIONS /v1/hello HTTP/1.1\r\nHost: " + host + b"\r\nOrigin: http://127.0.0.1\r\nAccess-Control-Request-Method: GET\r\n\r\n",
    ]


PIECES = [b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b"%00", b"%2e%2e/", b"../", b"\xff\xfe", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n",
          b"Host: evil.example\r\n", b"999999999999999999999", b"-1", b"a" * 20_000, b"{" * 2_000, b"[" * 5_000, b"X: y\r\n" * 150, b"GET / HTTP/1.1\r\n\r\n"]


def mutate(choose, requests):
    """One to three changes: bits, bytes, pieces, halves of two requests, repetition."""
    data = bytearray(choose.choice(requests))
    for _ in range(choose.randint(1, 3)):
        at = choose.randrange(len(data) + 1)
        kind = choose.randrange(7)
        if kind == 0 and data:
            data[at - 1] ^= 1 << choose.randrange(8)
        elif kind == 1:
            del data[at:at + choose.randint(1, 20)]
        elif kind == 2:
            data[at:at] = choose.choice(PIECES)
        elif kind == 3:
            data[at:at] = choose.randbytes(choose.randint(1, 30))
        elif kind == 4:
            other = choose.choice(requests)
            data[at:] = other[choose.randrange(len(other)):]
        elif kind == 5:
            data += data[:at]
        else:
            del data[at:]
    return bytes(data[:200_000])


def fuzz(port, rate, seed, digest):
    """RATE changed requests a second, each on a connection of its own that lives half a second at most."""
    choose, selector = random.Random(seed), selectors.DefaultSelector()
    requests = seeds(port, digest)
    began, told, sent, answers = time.monotonic(), 0.0, 0, collections.Counter()
    alive = collections.deque()
    while True:
        while sent < (time.monotonic() - began) * rate:
            made = dial(port)
            selector.register(made, selectors.EVENT_WRITE, mutate(choose, requests))
            alive.append((time.monotonic() + 0.5, made))
            sent += 1
        for key, _ in selector.select(0.005):
            made = key.fileobj
            try:
                if key.data:
                    rest = key.data[made.send(key.data):]
                    selector.modify(made, selectors.EVENT_READ if not rest else selectors.EVENT_WRITE, rest)
                    continue
                answer = made.recv(65536)
                if answer.startswith(b"HTTP/1.1 "):
                    answers[answer[9:12].decode("latin-1")] += 1
                if answer:
                    continue
            except BlockingIOError:
                continue
            except OSError:
                answers["reset"] += 1
            selector.unregister(made)
            made.close()
        while alive and alive[0][0] <= time.monotonic():
            made = alive.popleft()[1]
            if made.fileno() >= 0:
                selector.unregister(made)
                made.close()
        told = tell(told, {"sent": sent, "answers": dict(sorted(answers.items()))})


if __name__ == "__main__":
    if sys.argv[1] == "slow":
        slow(int(sys.argv[2]), int(sys.argv[3]))
    else:
        fuzz(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5].encode())
