"""What is thrown at routes and at the gateway's webhook as bodies: wide, deep, long, junk. See `edge`.

Every route that takes a body gets every sort of junk in every field, whatever it is for: routes that come later are in
by themselves.
"""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import httpx
import trio
from PIL import Image

from plixa import features
from plixa.http.api import Route
from tests.fault.blows import HELD, Blow, Target

ROUTES = features.routes()
MIB = 1024 * 1024
AT_ONCE = 4
Json = dict[str, Any]


def junk(size: int) -> dict[str, Any]:
    """Values of about so many bytes of JSON, by what they are."""
    return {
        "wrong items": ["x"] * (size // 4),
        "numbers": [1] * (size // 2),
        "empty objects": [{}] * (size // 3),
        "empty lists": [[]] * (size // 3),
        "objects": [{"name": "x", "id": 1}] * (size // 22),
        "keys": {f"k{n}": n for n in range(size // 16)},
        "deep": _deep(200),
        "text": "a" * size,
        "blanks": " " * size,
        "commas": "a, " * (size // 3),
        "emoji": "😀" * (size // 12),
        "digits": "9" * size,
        "number": 10**300,
        "dots": "a." * (size // 2),
        "at": "@" * size,
        "braces": "{{" * (size // 2),
        "brackets": "[" * size,
        "newlines": "\n" * (size // 2),
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _deep(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


# -- routes -----------------------------------------------------------------------------------------------------------


async def routes(target: Target) -> None:
    """Every sort of junk in every field of every route."""
    tokens = cycle(target.tokens)
    bodies = [each for route in ROUTES for each in _bodies(route)]
    await _requests(target, [(method, path, body, next(tokens)) for method, path, body in bodies])


def _bodies(route: Route) -> Iterator[tuple[str, str, bytes]]:
    if route.body is None or route.form or route.who == "admin":
        return
    path = _path(route)
    size = route.max_body - 2_000
    for value in junk(size).values():
        yield route.method, path, _json(value)
    fields = [field.alias or name for name, field in route.body.model_fields.items()]
    for value in junk(size // len(fields) if fields else size).values():
        yield route.method, path, _json(dict.fromkeys(fields, value))
    for name in fields:
        for kind in ("wrong items", "objects", "keys", "text", "blanks"):
            yield route.method, path, _json({name: junk(size)[kind]})
    yield route.method, path, b'{"a":' * (size // 6) + b"1" + b"}" * (size // 6)
    yield route.method, path, b"[" * size


async def queries(target: Target) -> None:
    """The same in every parameter of every query, as far as a line goes."""
    tokens = cycle(target.tokens)
    found: list[tuple[str, str, bytes, str]] = []
    for route in ROUTES:
        if route.query is None or route.who == "admin":
            continue
        for name in route.query.model_fields:
            for value in ("a" * 14_000, "%20" * 4_600, "1," * 7_000, "%5B%22" * 2_300, "(" * 14_000, "a+-%22" * 2_300):
                found.append((route.method, f"{_path(route)}?{name}={value}", b"", next(tokens)))
    await _requests(target, found)


def _path(route: Route) -> str:
    path = route.path
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + "1" + rest.partition("}")[2]
    return path


async def _requests(target: Target, requests: list[tuple[str, str, bytes, str]]) -> None:
    waiting = iter(requests)

    async def send() -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{target.port}", timeout=30, trust_env=False) as client:
            for method, path, body, token in waiting:
                headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
                answer = await client.request(method, path, content=body or None, headers=headers)
                assert answer.status_code != 500, f"{method} {path[:200]} {body[:80]!r}: {answer.text[:200]}"

    async with trio.open_nursery() as nursery:
        for _ in range(AT_ONCE):
            nursery.start_soon(send)


# -- forms ------------------------------------------------------------------------------------------------------------


async def _upload(target: Target, path: str, field: str, name: str, data: bytes, token: str) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{target.port}", timeout=60, trust_env=False) as client:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"{path} {hash(data)}"}
        answer = await client.post(path, headers=headers, files={field: (name, data)})
        assert answer.status_code != 500, f"{path} {data[:80]!r}: {answer.text[:200]}"


async def forms(target: Target) -> None:
    """Forms of thousands of parts, or of one without an end."""
    start = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
    file = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n'
    bodies = (start * 20_000 + b"--b--", file * 20_000 + b"--b--", start[:-5] + b"\r\n--b" * 200_000, b"\r\n" * MIB)
    bodies += (b"--b\r\n" + b"a: b\r\n" * 200_000 + b"\r\nx\r\n--b--", b"--b" * 500_000)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{target.port}", timeout=60, trust_env=False) as client:
        tokens = cycle(target.tokens)
        for body in bodies:
            for path in ("/v1/contacts/import", "/v1/workspace-config/logo"):
                headers = {
                    "Authorization": f"Bearer {next(tokens)}",
                    "Content-Type": "multipart/form-data; boundary=b",
                }
                answer = await client.post(path, content=body, headers=headers)
                assert answer.status_code != 500, f"{path} {body[:80]!r}"


async def tables(target: Target) -> None:
    """Files of contacts: quotes, commas, lines, columns, one field."""
    tokens = cycle(target.tokens)  # each has a rate
    for data in (
        b'"' * 5 * MIB,
        b"," * 5 * MIB,
        b"\n" * 5 * MIB,
        b"phone,name\n" + b'"a\n' * MIB,
        b",".join(b"c%d" % n for n in range(500_000)) + b"\n1\n",
        b"phone\n" + b"9" * 5 * MIB,
        b"phone,name\n" + b"5511977776666,x\n" * 300_000,
        b"PK\3\4" + bytes(5 * MIB),
    ):
        await _upload(target, "/v1/contacts/import", "file", "a.csv", data, next(tokens))


def _png(width: int, height: int) -> bytes:
    """A picture that is tiny as a file."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes((width // 8 + 1) * height), 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def pictures(target: Target) -> None:
    """Pictures that are small as files and large as pictures, and files that are none."""
    animated = io.BytesIO()
    frames = [Image.new("P", (400, 400), n) for n in range(40)]
    tokens = cycle(target.tokens)
    frames[0].save(animated, "WEBP", save_all=True, append_images=frames[1:])
    for data in (_png(5_000, 5_000), _png(30_000, 30_000), animated.getvalue(), b"\x89PNG\r\n\x1a\n" + bytes(900_000)):
        await _upload(target, "/v1/workspace-config/logo", "logo", "a.png", data, next(tokens))


async def large_files(target: Target) -> None:
    """Files as large as they may be, with a key that has them hashed."""
    tokens = cycle(target.tokens)
    for route in ROUTES:
        if route.form:
            data = bytes(route.max_body - 2_000)
            await _upload(target, _path(route), route.file, "a.bin", data, next(tokens))


# -- webhooks ---------------------------------------------------------------------------------------------------------


def _webhook(event: str, data: bytes) -> bytes:
    return b'{"event":"%s","sender":"5511@s.whatsapp.net","data":%s}' % (event.encode(), data)


def _message(target: Target, n: int, text: str = "oi") -> Json:
    phone = f"55119{50_000_000 + n % 40:08}"
    message: Json = target.number.message(phone, text, f"EDGE{n:08}")["data"]
    return message


async def _posted(target: Target, bodies: list[bytes], patience: float = 60) -> None:
    headers = {**target.number.headers, "content-type": "application/json"}
    async with httpx.AsyncClient(timeout=patience, trust_env=False) as client:
        for body in bodies:
            answer = await client.post(target.number.url, content=body, headers=headers)
            assert answer.status_code == 200, f"{answer.status_code} {answer.text} {body[:100]!r}"


async def junk_items(target: Target) -> None:
    """Items that are none, by the million; with every event that the gateway knows."""
    many = b"[" + b",".join([b"1"] * 2_000_000) + b"]"
    some = b"[" + b",".join([b"[]"] * 4_900) + b"]"
    bodies = [_webhook("messages.upsert", many), _webhook("contacts.upsert", many)]
    for event in ("messages.upsert", "messages.update", "messages.delete", "contacts.upsert", "connection.update"):
        bodies.append(_webhook(event, some))
    await _posted(target, bodies)


async def junk_envelopes(target: Target) -> None:
    """Envelopes and items that are wide, deep, long or cannot be read quickly."""
    wide = b"{" + b",".join(b'"k%d":{}' % n for n in range(100_000)) + b"}"
    bodies = [
        b"[" * 5 * MIB,
        b"{" + b",".join(b'"k%d":1' % n for n in range(1_000_000)) + b',"event":"call"}',
        _webhook("messages.upsert", wide),
        _webhook("messages.upsert", b"[" + b",".join([b'{"a":[{}]}'] * 4_900) + b"]"),
        _webhook("messages.upsert", b'"' + b"\\ud800" * 600_000 + b'"'),
        _webhook("messages.upsert", b'"' + b"\\u00e9" * 3_000_000 + b'"'),
        _webhook("messages.upsert", b"9" * 3 * MIB),
        _webhook("messages.upsert", b'{"key":' * 100_000),
        b"\xef\xbb\xbf" + _webhook("messages.upsert", b"[" + b",".join([b"{}"] * 100_000) + b"]"),
        b"\xff" * 5 * MIB,
        b'{"event":"%s","data":{}}' % (b"x" * 5 * MIB),
        b'{"event":"messages.upsert","sender":[%s],"data":{}}' % b",".join([b"{}"] * 100_000),
    ]
    await _posted(target, bodies)


async def wide_messages(target: Target) -> None:
    """Real messages with junk in each of their places."""
    for value in junk(400_000).values():
        message = _message(target, 1)
        bodies = [_webhook("messages.upsert", json.dumps({**message, name: value}).encode()) for name in message]
        for inner in ("conversation", "extendedTextMessage", "imageMessage", "contactMessage", "pollCreationMessage"):
            whole = {**message, "message": {inner: value}}
            bodies.append(_webhook("messages.upsert", json.dumps(whole).encode()))
        await _posted(target, bodies)


async def a_history(target: Target) -> None:
    """Two thousand good messages of forty customers in one body, among junk."""
    items = [_message(target, n) for n in range(target.many * 2)] + [1, {}, None]  # type: ignore[list-item]
    await _posted(target, [_webhook("messages.upsert", json.dumps(items).encode())])


async def a_gateway_that_leaves(target: Target) -> None:
    """It posts a history and hangs up; nobody works on for it."""
    items = [_message(target, 100_000 + n) for n in range(target.many * 2)]
    with trio.move_on_after(1):
        await _posted(target, [_webhook("messages.upsert", json.dumps(items).encode())])
    await trio.sleep(HELD / 3)


BLOWS: dict[str, Blow] = {
    "junk in every field of every route": routes,
    "junk in every query": queries,
    "forms": forms,
    "large files": large_files,
    "tables": tables,
    "pictures": pictures,
    "webhooks of junk items": junk_items,
    "webhooks of junk": junk_envelopes,
    "messages with junk in them": wide_messages,
    "a history in one webhook": a_history,
    "a gateway that hangs up": a_gateway_that_leaves,
}
