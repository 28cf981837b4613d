"""The peer of the drivers that measure HTTP: Debian's nginx with a configuration of its own, on a port of 127.0.0.1."""

import os
import socket
import subprocess
import time

import harness
from harness import Failure

MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so"

CONFIGURATION = """
daemon off;
{user}pid {folder}/nginx.pid;
error_log {folder}/error.log error;
worker_processes {workers};
worker_rlimit_nofile 20000;
{module}
events {{ worker_connections 16384; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_requests 1000000000;
  open_file_cache max=100;
  types {{ application/zip 4dz; application/json json; }}
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ root {folder}/files; }}
    {channel}
  }}
}}
"""

# One channel that keeps nothing, as an event hub for whoever is there.
CHANNEL = """
    location = /publish { nchan_publisher; nchan_channel_id notices; nchan_store_messages off; }
    location = /subscribe { nchan_subscriber eventsource; nchan_channel_id notices; nchan_eventsource_ping_interval 15; }
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    def __init__(self, scratch, channel=False, workers="auto"):
        self.folder = scratch.at("nginx")
        os.makedirs(os.path.join(self.folder, "files"), exist_ok=True)
        if channel and not os.path.exists(MODULE):
            raise Failure("nginx has no nchan; install it with: apt-get install libnginx-mod-nchan")
        self.port = free_port()
        configuration = os.path.join(self.folder, "nginx.conf")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(
                folder=self.folder, port=self.port, workers=workers, user="user root;\n" if os.geteuid() == 0 else "",
                module=f"load_module {MODULE};" if channel else "", channel=CHANNEL if channel else ""))
        self.process = harness.spawn(["nginx", "-p", self.folder, "-c", configuration, "-e", os.path.join(self.folder, "error.log")],
                                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.close()
                    with open(os.path.join(self.folder, "error.log"), encoding="utf-8", errors="replace") as file:
                        raise Failure(f"nginx does not answer: {file.read()[-1000:]}") from None
                time.sleep(0.02)

    def serve(self, name, content):
        with open(os.path.join(self.folder, "files", name), "wb") as file:
            file.write(content)

    def workers(self):
        """The processes that do the work."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]

    def close(self):
        # SIGTERM ends the workers with the master; if it must be killed, they notice that their channel is closed.
        harness.stop(self.process)
