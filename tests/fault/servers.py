"""NATS servers that are killed: one alone, or a mesh in which each node has its own to begin with."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from plixa.http.relay.natsd import NatsServer
from tests.harness import free_port

SECRET = "secret-of-the-mesh"


class Server(NatsServer):
    """One that may be of a mesh, and that says what it has seen."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__()
        self.host = host
        self.route, self.monitor = free_port(), free_port()
        self.peers: Sequence[Server] = ()

    @property
    def url(self) -> str:
        """The same secret for all."""
        return f"nats://{SECRET}@{self.host}:{self.port}"

    def configured(self) -> str:
        """On all addresses, for nodes in namespaces of their own."""
        routes = ", ".join(f'"nats://{each.host}:{each.route}"' for each in self.peers if each is not self)
        mesh = f'cluster {{ name: mesh, listen: "0.0.0.0:{self.route}", routes: [{routes}] }}\n' if self.peers else ""
        return (
            f'server_name: "s{self.port}"\nlisten: "0.0.0.0:{self.port}"\nhttp: "127.0.0.1:{self.monitor}"\n'
            f'authorization {{ token: "{SECRET}" }}\nping_interval: "1s"\nping_max: 2\nwrite_deadline: "10s"\n{mesh}'
        )

    def seen(self, what: str) -> Any:
        """What it says at its monitor: `varz`, `connz?state=closed`."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}/{what}", timeout=5) as answer:
            return json.load(answer)


@contextmanager
def serving(number: int = 1) -> Iterator[list[Server]]:
    """So many that run, in a mesh if they are several."""
    servers = [Server() for _ in range(number)]
    for each in servers:
        each.peers = servers if number > 1 else ()
    try:
        for each in servers:
            each.start()
        yield servers
    finally:
        for each in servers:
            each.stop()


def urls(servers: Sequence[Server]) -> str:
    """As NATS_URL has them."""
    return ",".join(each.url for each in servers)
