"""A way to Postgres that can be closed in silence: whoever is on it hears nothing any more, and nobody hangs up."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import trio


class Way:
    """From a port of this machine to the embedded server's socket."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.{parts.port or 5432}"
        self._name = parts.path
        self._open = trio.Event()
        self._open.set()
        self._port = 0

    @property
    def url(self) -> str:
        """Of the database, by this way."""
        return f"postgresql://postgres@127.0.0.1:{self._port}{self._name}"

    def close(self) -> None:
        """From now on nothing goes through, for good."""
        self._open = trio.Event()

    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Be there until cancelled."""
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self._port = listener.socket.getsockname()[1]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.serve_listeners, self._serve, [listener])
            task_status.started()

    async def _serve(self, client: trio.SocketStream) -> None:
        await self._open.wait()
        async with client, await trio.open_unix_socket(self._socket) as server, trio.open_nursery() as nursery:
            nursery.start_soon(self._pass_on, client, server, nursery.cancel_scope)
            await self._pass_on(server, client, nursery.cancel_scope)

    async def _pass_on(self, source: trio.SocketStream, to: trio.SocketStream, over: trio.CancelScope) -> None:
        try:
            while data := await source.receive_some():
                await self._open.wait()
                await to.send_all(data)
        except trio.BrokenResourceError:
            pass  # the other end hears the same
        over.cancel()
