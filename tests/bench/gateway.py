"""A WhatsApp gateway that says yes: as much of one as a number needs to come to life, and no more.

It remembers the webhook that Plixa configures, which is where the bench then posts messages to.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

Json = dict[str, Any]


class Gateway(ThreadingHTTPServer):
    """`webhooks` receives the webhook of each instance that is created: url, headers and the instance's name.

    sent: how many texts it was given to send; sent_at: when the last one came, on the machine's monotonic clock.
    arrivals: to whom each went, and when it came.
    """

    daemon_threads = True
    request_queue_size = 511  # as Node's: of a burst's connections none is turned away

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.webhooks: Queue[Json] = Queue()
        self.sent = 0
        self.sent_at = 0.0
        self.arrivals: list[tuple[str, float]] = []
        self._counting = threading.Lock()

    def take(self, number: str) -> int:
        """One more text to be sent, to this number; returns how many there were."""
        with self._counting:
            self.sent += 1
            self.sent_at = time.monotonic()
            self.arrivals.append((number, self.sent_at))
            return self.sent

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Answers every request; only `instance/create` means anything."""

    protocol_version = "HTTP/1.1"
    server: Gateway

    def do_POST(self) -> None:
        """Create an instance, or agree to whatever it is."""
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        if self.path.startswith("/instance/create"):
            name = body["instanceName"]
            self.server.webhooks.put({**body["webhook"], "instance": name})
            self._answer(201, _created(name))
        elif self.path.startswith("/message/sendText"):
            self._answer(201, _sent(body, self.server.take(body["number"])))
        elif self.path.startswith("/chat/findMessages"):
            self._answer(200, {"messages": {"total": 0, "pages": 0, "currentPage": 1, "records": []}})
        else:
            self._answer(201, {})

    def do_GET(self) -> None:
        """What this gateway is, or the state of a connection: open."""
        name = self.path.rpartition("/")[2]
        state = {"instanceName": name, "state": "open"}
        self._answer(200, {"instance": state} if name else {"status": 200, "message": "Welcome", "version": "2.3.7"})

    def do_DELETE(self) -> None:
        """Agree."""
        self._answer(200, {"status": "SUCCESS", "error": False})

    def _answer(self, status: int, body: Json) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _created(name: str) -> Json:
    instance = {"instanceName": name, "instanceId": name, "integration": "WHATSAPP-BAILEYS", "status": "connecting"}
    return {"instance": instance, "hash": "bench", "settings": {}, "qrcode": {"count": 0}}


def _sent(body: Json, number: int) -> Json:
    key = {"remoteJid": f"{body['number']}@s.whatsapp.net", "fromMe": True, "id": f"3EB0{number:016X}"}
    return {
        "key": key,
        "status": "PENDING",
        "message": {"conversation": body["text"]},
        "messageTimestamp": int(time.time()),
    }


@contextmanager
def gateway() -> Iterator[Gateway]:
    """A gateway in a thread of its own; only part (f) has it send texts while it measures."""
    server = Gateway()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
