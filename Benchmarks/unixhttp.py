"""HTTP over the same-machine socket, on one kept-alive connection."""

import json
import os
import socket


class Caller:
    def __init__(self, state_folder):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        folder = os.open(state_folder, os.O_RDONLY | os.O_DIRECTORY)
        try:  # a socket's address has room for 107 bytes
            self.socket.connect(f"/proc/self/fd/{folder}/syncd.sock")
        finally:
            os.close(folder)
        self.reader = self.socket.makefile("rb")

    def ask(self, method, path, body=None, fields=None):
        """The status, the header fields in lower case, and the JSON of the answer."""
        content = b"" if body is None else json.dumps(body).encode()
        head = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(content)}"]
        if body is not None:
            head.append("Content-Type: application/json")
        head += [f"{name}: {value}" for name, value in (fields or {}).items()]
        self.socket.sendall("\r\n".join(head + ["", ""]).encode() + content)
        line = self.reader.readline()
        if not line:
            raise ConnectionError("the server closed the connection")
        status, answered = int(line.split()[1]), {}
        while (line := self.reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode().partition(":")
            answered[name.strip().lower()] = value.strip()
        length = int(answered.get("content-length", 0))
        content = self.reader.read(length)
        if len(content) < length:
            raise ConnectionError("the server closed the connection in an answer")
        return status, answered, json.loads(content) if content else None

    def close(self):
        self.reader.close()
        self.socket.close()
