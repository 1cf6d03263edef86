"""A customer gone mad, in a process of its own: `python -m tests.fault.flood < order`; prints what came of it.

Many connections post messages of one and the same conversation as fast as they are answered, and wait when they are
told to (`Retry-After`), as the gateway does. By hand on bare sockets, so that the flood does not slow itself down.
"""

from __future__ import annotations

import re
import sys
from itertools import count

import msgspec
import trio

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_AFTER = re.compile(rb"retry-after: (\d+)", re.IGNORECASE)
_serials = count(1)


class Order(msgspec.Struct):
    """What to do. `body` is a webhook with `KEYID` and `TEXT` in it."""

    port: int
    path: str
    headers: dict[str, str]
    body: str
    connections: int
    seconds: float


class Outcome(msgspec.Struct):
    """`taken`: the texts of the messages that were answered 200."""

    taken: list[str] = []  # msgspec copies an empty default
    refused: int = 0
    slowest: float = 0.0


async def flood(order: Order) -> Outcome:
    """Post until the time is over; whatever is under way then is finished."""
    outcome = Outcome()
    until = trio.current_time() + order.seconds
    async with trio.open_nursery() as nursery:
        for _ in range(order.connections):
            nursery.start_soon(_connection, order, until, outcome)
    return outcome


async def _connection(order: Order, until: float, outcome: Outcome) -> None:
    async with await trio.open_tcp_stream("127.0.0.1", order.port) as stream:
        while trio.current_time() < until:
            serial = next(_serials)
            text = f"flood {serial} " + "x" * 3000
            began = trio.current_time()
            status, after = await _post(stream, order, f"F100D{serial:015d}", text)
            outcome.slowest = max(outcome.slowest, trio.current_time() - began)
            if status == 200:
                outcome.taken.append(text)
            else:
                outcome.refused += 1
                await trio.sleep(after)


async def _post(stream: trio.SocketStream, order: Order, key_id: str, text: str) -> tuple[int, float]:
    body = order.body.replace("KEYID", key_id).replace("TEXT", text).encode()
    lines = [f"POST {order.path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in order.headers.items()]
    await stream.send_all("\r\n".join((*lines, "", "")).encode() + body)
    answer = b""
    while not _complete(answer):
        chunk = await stream.receive_some(65_536)
        if not chunk:
            raise ConnectionError("the server hung up on the flood")
        answer += chunk
    status, after = _STATUS.match(answer), _AFTER.search(answer)
    return int(status[1]) if status else 0, float(after[1]) if after else 1.0


def _complete(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


if __name__ == "__main__":
    found = trio.run(flood, msgspec.json.decode(sys.stdin.buffer.read(), type=Order))
    sys.stdout.buffer.write(msgspec.json.encode(found))
