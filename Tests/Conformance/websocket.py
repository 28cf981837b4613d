"""The WebSocket, with `websockets` and `wsproto` as peers, and with frames that neither would send."""

import contextlib
import json
import os
import socket
import struct
import time

import wsproto
import wsproto.events
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from report import equal, expect
from server import LIMIT

PATH = "/v1/events"
LONGEST = 16 * 1024
TEXT, BINARY, CLOSE, PING = 0x81, 0x82, 0x88, 0x89


def open_events(server, query="", token=None, **options):
    fields = {"Authorization": f"Bearer {token}"} if token else {}
    return connect(f"ws://{server.host}{PATH}{query}", additional_headers=fields, open_timeout=LIMIT,
                   close_timeout=LIMIT, ping_interval=None, proxy=None, **options)


def open_at(stack, server, document, query, record):
    """A connection that begins at a generation, and its first message: another loop may hear of it a moment later."""
    limit = time.monotonic() + LIMIT
    while True:
        peer = stack.enter_context(open_events(server, query))
        ready = message(peer, document)
        if ready["data"]["generation"]["gen"] >= record["gen"] or time.monotonic() > limit:
            return peer, ready
        peer.close()


def message(socket_, document):
    """The next message; bookmarks may stand anywhere."""
    while True:
        found = document.check_event(json.loads(socket_.recv(timeout=LIMIT)))
        if found["event"] != "bookmark":
            return found


def until(socket_, document, name):
    while True:
        found = message(socket_, document)
        if found["event"] == name:
            return found


def frame(first, payload=b"", masked=True, length=None):
    """A frame, also one that RFC 6455 forbids."""
    count = len(payload) if length is None else length
    mark = 0x80 if masked else 0
    head = bytes([first])
    if count < 126:
        head += bytes([mark | count])
    elif count < 1 << 16:
        head += bytes([mark | 126]) + struct.pack(">H", count)
    else:
        head += bytes([mark | 127]) + struct.pack(">Q", count)
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))


class Peer:
    """wsproto on a socket of its own: it reads, and sends what it is told, also raw bytes."""

    def __init__(self, server, path=PATH):
        self.connection = socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT)
        self.protocol = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        self.send(self.protocol.send(wsproto.events.Request(host=server.host, target=path)))
        self.waiting = []
        self.text = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send(self, *pieces):
        for piece in pieces:
            self.connection.sendall(piece)

    def next(self):
        while not self.waiting:
            data = self.connection.recv(65536)
            self.protocol.receive_data(data or None)
            self.waiting = list(self.protocol.events())
            expect(data or self.waiting, "The server closed without a close frame.")
        return self.waiting.pop(0)

    def until(self, kind):
        """The next event of a kind; messages in between are passed over."""
        while not isinstance(event := self.next(), kind):
            expect(not isinstance(event, wsproto.events.CloseConnection), f"The server closed: {event}.")
        return event

    def message(self):
        text = ""
        while True:
            event = self.until(wsproto.events.TextMessage)
            text += event.data
            if event.message_finished:
                return json.loads(text)

    def closed(self):
        """The status that the server closes with; then nothing follows."""
        event = self.until(wsproto.events.CloseConnection)
        self.connection.settimeout(LIMIT)
        expect(self.connection.recv(1) == b"", "Bytes follow the close frame.")
        return event.code


FORBIDDEN = [
    ("an unmasked frame", 1002, [frame(TEXT, b"abc", masked=False)]),
    ("a compressed frame, which was never agreed on", 1002, [frame(0xC1, b"\xaa\x56\x4a\x04\x00")]),
    ("reserved bits", 1002, [frame(TEXT | 0x20, b"abc")]),
    ("a reserved opcode", 1002, [frame(0x83)]),
    ("a reserved control opcode", 1002, [frame(0x8B)]),
    ("a ping in two frames", 1002, [frame(0x09, b"a"), frame(0x80, b"b")]),
    ("a ping of 126 bytes", 1002, [frame(PING, bytes(126))]),
    ("a continuation of nothing", 1002, [frame(0x80, b"a")]),
    ("a message inside of another", 1002, [frame(0x01, b"a"), frame(TEXT, b"b")]),
    ("a frame over 16 kB", 1009, [frame(BINARY, bytes(LONGEST + 1))]),
    ("a frame that claims 2^62 bytes", 1009, [frame(BINARY, b"abc", length=1 << 62)]),
    ("a frame that claims 2^63 bytes", 1009, [frame(BINARY, b"abc", length=1 << 63)]),
    ("a text that is no UTF-8", 1007, [frame(TEXT, b"\xce\xba\xff")]),
    ("a text that stops being UTF-8 in its second frame", 1007, [frame(0x01, b"\xe2\x82"), frame(0x80, b"\x28")]),
    ("a close of one byte", 1002, [frame(CLOSE, b"\x03")]),
    ("a close with a reason that is no UTF-8", 1002, [frame(CLOSE, b"\x03\xe8\xff")]),
] + [(f"a close with status {code}", 1002, [frame(CLOSE, struct.pack(">H", code))])
     for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000)]

CLOSES = [(b"", 1000)] + [(struct.pack(">H", code) + b"bye", code)
                          for code in (1000, 1001, 1003, 1007, 1011, 3000, 4999)]


def check(report, document, server):
    with report.check("websockets: offers compression and a subprotocol, gets neither; the first message is ready"):
        with open_events(server, compression="deflate", subprotocols=["syncd"]) as peer:
            equal(list(peer.protocol.extensions), [], "What was agreed on")
            equal(peer.subprotocol, None, "The subprotocol")
            equal(message(peer, document)["event"], "ready", "The first message")
    with report.check("websockets: a published generation is told, with the position of the stream"):
        with open_events(server) as peer:
            ready = message(peer, document)
            record = server.change()
            notice = until(peer, document, "reconnect-required")
            equal(notice["data"]["digest"], record["digest"], "The digest of the notice")
            expect(notice["id"].startswith(f"{record['epoch']}:{record['gen']}:"), f"The id is {notice['id']}.")
            expect(notice["id"] != ready["id"], "Two events have one id.")
    with report.check("websockets: pings are answered, also between the frames of a message and with 125 bytes"):
        with open_events(server) as peer:
            for payload in (b"", b"x", os.urandom(125)):
                expect(peer.ping(payload).wait(LIMIT), "There is no answer to a ping.")
            peer.send(["thrown ", "away ", "in pieces"])
            peer.send(iter([b"\xff", b"\x00"]))
            expect(peer.ping(b"after").wait(LIMIT), "There is no answer to a ping after messages.")
    with report.check("websockets: closes with 1000, and the server answers with the same"):
        peer = open_events(server)
        peer.close(1000, "done")
        equal(peer.protocol.close_rcvd.code, 1000, "The status")
    check_resuming(report, document, server)
    check_frames(report, document, server)
    check_handshakes(report, document, server)
    check_endings(report, document, server)


def check_resuming(report, document, server):
    with report.check("websockets: ?since= goes on from a position, and reset tells of one that is lost"):
        with open_events(server) as peer:
            position = message(peer, document)["id"]
        epoch, generation, number = position.split(":")
        record = server.change()
        for since, why in [(position, None), (f"{int(epoch, 16) ^ 1:x}:{generation}:{number}", "epoch-changed"),
                           (f"{epoch}:{record['gen'] + 9}:{number}", "unknown-position"), ("gibberish", "unknown-position")]:
            with contextlib.ExitStack() as stack:
                peer, ready = open_at(stack, server, document, f"?since={since}", record)
                equal((ready["event"], ready["data"]["generation"]["gen"]), ("ready", record["gen"]), "The first message")
                if why:
                    reset = message(peer, document)
                    equal((reset["event"], reset["data"]), ("reset", {"why": why}), f"What follows since={since}")
                else:
                    peer.ping(b"").wait(LIMIT)
                    record = server.change()
                    equal(message(peer, document)["event"], "reconnect-required", "What follows a known position")


def check_frames(report, document, server):
    with report.check(f"wsproto: what RFC 6455 forbids ends the connection with its status ({len(FORBIDDEN)} cases)"):
        for name, status, frames in FORBIDDEN:
            with Peer(server) as peer:
                equal(peer.message()["event"], "ready", "The first message")
                peer.send(b"".join(frames))
                equal(peer.closed(), status, f"The status after {name}")
    with report.check(f"wsproto: a close is answered with its own status ({len(CLOSES)} cases)"):
        for payload, status in CLOSES:
            with Peer(server) as peer:
                peer.until(wsproto.events.AcceptConnection)
                peer.send(frame(CLOSE, payload))
                equal(peer.closed(), status, f"The answer to a close of {payload!r}")
    with report.check("wsproto: frames come byte by byte, many at once, and up to 16 kB"):
        with Peer(server) as peer:
            peer.until(wsproto.events.AcceptConnection)
            peer.send(*(bytes([byte]) for byte in frame(PING, b"slow") + frame(TEXT, "é".encode())))
            equal(bytes(peer.until(wsproto.events.Pong).payload), b"slow", "The answer to a slow ping")
            peer.send(b"".join(frame(PING, bytes([number])) for number in range(100)))
            for number in range(100):
                equal(bytes(peer.until(wsproto.events.Pong).payload), bytes([number]), "The answer to one of many pings")
            peer.send(frame(BINARY, bytes(LONGEST)) + frame(PING, b"end"))
            equal(bytes(peer.until(wsproto.events.Pong).payload), b"end", "The answer after a long frame")


def check_handshakes(report, document, server):
    fields = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
              "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    cases = [("another version", {"Sec-WebSocket-Version": "8"}, 426), ("no version", {"Sec-WebSocket-Version": None}, 426),
             ("no key", {"Sec-WebSocket-Key": None}, 400), ("a short key", {"Sec-WebSocket-Key": "YQ=="}, 400),
             ("no Connection", {"Connection": "keep-alive"}, 400), ("a foreign page", {"Origin": "http://evil.example"}, 403),
             ("a token that nobody has", {"Authorization": "Bearer 0"}, 401)]
    with report.check(f"a request that cannot become a WebSocket is refused ({len(cases)} cases)"):
        for name, change, status in cases:
            asked = {key: value for key, value in {**fields, **change}.items() if value is not None}
            answer = server.ask("GET", PATH, asked)
            equal(answer.status, status, f"The answer to {name}")
            document.check("Problem", answer.json())
            if status == 426:
                equal((answer.fields.get("upgrade"), answer.fields.get("sec-websocket-version")), ("websocket", "13"),
                      "What a 426 offers")


def check_endings(report, document, server):
    with report.check("websockets: a dropped client hears of it in its last message, and the connection ends with 1001"):
        session = server.open_session(client="conformance")
        with open_events(server, token=session["token"]) as peer, open_events(server) as other:
            message(peer, document)
            answer = server.ask_locally("DELETE", f"/v1/clients/{session['id']}")
            equal(answer.status, 204, "The answer to dropping a client")
            equal(message(peer, document)["event"], "session", "The last message")
            equal(ending(peer), 1001, "The status")
            expect(other.ping(b"").wait(LIMIT), "Another client is gone too.")
    with report.check("websockets: a server that stops says drain, and the connection ends with 1001"):
        with open_events(server) as peer:
            message(peer, document)
            server.stop()
            equal(message(peer, document)["event"], "drain", "The last message")
            equal(ending(peer), 1001, "The status")
    server.start()


def ending(peer):
    try:
        found = peer.recv(timeout=LIMIT)
    except ConnectionClosed as end:
        return end.rcvd.code if end.rcvd else "nothing"
    return f"a message, {found}"
