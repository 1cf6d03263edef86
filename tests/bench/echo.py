"""What the server underneath can do at most: two applications that answer with what they were sent, and no more.

python -m tests.bench.echo stock|asgi|quart PORT

`stock` is `asgi` on Hypercorn as it comes, which is what messages are held against; the others are on the server that
Plixa is served by.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any, cast

import hypercorn.trio
import trio
from hypercorn.config import Config
from quart import request
from quart_trio import QuartTrio

from plixa.http.server.serving import listen, serve  # the very same server: the same listener and settings as Plixa's
from tests.bench.processes import HOST

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
    """Plain ASGI: the least that an application can be."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    for stage in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{stage}.complete"})


def quart() -> QuartTrio:
    """The same as a Quart route."""
    app = QuartTrio("echo")

    @app.post("/")
    async def echo() -> bytes | str:
        return await request.get_data()

    return app


async def run(name: str, port: int) -> None:
    """Serve until terminated."""
    app: Any = asgi if name == "asgi" else quart()
    async with trio.open_nursery() as nursery:
        await nursery.start(serve, app, listen(HOST, port), trio.Event())


async def run_stock(port: int) -> None:
    """The same on Hypercorn's own server."""
    config = Config()
    config.bind, config.include_server_header = [f"{HOST}:{port}"], False
    serve_stock: Any = partial(cast("Any", hypercorn.trio).serve, mode="asgi")
    await serve_stock(asgi, config)


if __name__ == "__main__":
    kind, port = sys.argv[1], int(sys.argv[2])
    trio.run(run_stock, port) if kind == "stock" else trio.run(run, kind, port)
