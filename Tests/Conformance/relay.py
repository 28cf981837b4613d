"""A relay on loopback: it brings tools that know only TCP to a unix socket, and sees what a browser sends."""

import contextlib
import socket
import threading


class Relay:
    """Passes bytes on until it is left; `target` gives a connection to where they go."""

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = set()
        self.heads = []
        self.lock = threading.Lock()

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        # Closing alone does not wake a thread that accepts.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()

    def cut(self):
        """Breaks every connection off."""
        with self.lock:
            connections, self.connections = self.connections, set()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(near,), daemon=True).start()

    def serve(self, near):
        try:
            far = self.target()
        except OSError:
            near.close()
            return
        with self.lock:
            self.connections |= {near, far}
        back = threading.Thread(target=self.copy, args=(far, near), daemon=True)
        back.start()
        self.copy(near, far, heads=self.heads)
        back.join()
        with self.lock:
            self.connections -= {near, far}
        near.close()
        far.close()

    @staticmethod
    def copy(source, target, heads=None):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if heads is not None and data[:4] in (b"GET ", b"POST", b"OPTI"):
                    heads.append(data.split(b"\r\n\r\n")[0].decode("latin-1"))
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def to_socket(path):
    def connect():
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        return connection
    return connect


def to_port(port):
    return lambda: socket.create_connection(("127.0.0.1", port()))
