"""The webhook's door with nobody behind it: what is answered, what is kept, and what the watch hears of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from plixa.actors.whatsapp.gateway import Seen
from plixa.engine.brake import LIMIT, Brake, Work
from plixa.engine.clock import SystemClock
from plixa.engine.errors import DeadLettered, Overloaded, Refused, Unavailable
from plixa.engine.telemetry import Telemetry
from plixa.http.whatsapp import ingress as door
from plixa.http.whatsapp.directory import NumberKey
from plixa.http.whatsapp.ingress import PREFIX, Ingress, Scope
from plixa.http.whatsapp.unreadable import Body

NUMBER = NumberKey(7, 3, hashlib.sha256(b"s3cret").digest())
REMOVED = NumberKey(7, 4, NUMBER.secret_hash, removed=True)


class Behind:
    """Directory, intake, watch and what is kept, in one: each says what it was asked."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.results: list[Any] = []

    async def number(self, instance: str) -> NumberKey | None:
        await trio.lowlevel.checkpoint()
        return {"shop": NUMBER, "gone": REMOVED}.get(instance)

    async def take(self, number: NumberKey, _seen: Seen, _cause: str) -> str:
        await trio.lowlevel.checkpoint()
        self.told.append(("taken", number))
        result = self.results.pop(0) if self.results else "stored"
        if isinstance(result, Exception):
            raise result
        return str(result)

    async def keep(self, _number: NumberKey, why: str, _body: Body) -> None:
        await trio.lowlevel.checkpoint()
        self.told.append(("kept", why))

    def heard(self, _: NumberKey) -> None:
        self.told.append(("heard", None))

    def suspect(self, _: NumberKey) -> None:
        self.told.append(("suspect", None))

    def doubt(self, _: NumberKey) -> None:
        self.told.append(("doubt", None))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.told]


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
def brake() -> Brake:
    return Brake(SystemClock())


@pytest.fixture
def ingress(behind: Behind, brake: Brake) -> Ingress:
    parts: Any = behind
    return Ingress(parts, parts, parts, parts, SystemClock(), Telemetry(), brake)


async def asked(
    ingress: Ingress,
    *chunks: bytes,
    secret: bytes = b"s3cret",
    path: str = "shop",
    method: str = "POST",
    ends: bool = True,
) -> tuple[int, str, dict[bytes, bytes]]:
    """What is answered to a body that comes in these pieces; `ends`: and then the client is not gone."""
    coming: list[Any] = [{"type": "http.request", "body": each, "more_body": True} for each in chunks[:-1]]
    coming.append({"type": "http.request", "body": chunks[-1] if chunks else b"", "more_body": not ends})
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await trio.lowlevel.checkpoint()
        if coming:
            return dict(coming.pop(0))
        if not ends:
            return {"type": "http.disconnect"}
        return await trio.sleep_forever()

    async def send(event: dict[str, Any]) -> None:
        await trio.lowlevel.checkpoint()
        sent.append(event)

    scope: Scope = {
        "method": method,
        "path": PREFIX + path,
        "headers": [(b"accept", b"*"), (b"x-plixa-secret", secret)],
    }
    await ingress(scope, receive, send)
    start, body = sent
    return start["status"], body["body"].decode(), dict(start["headers"])


def message(*texts: str) -> bytes:
    """A webhook with messages of these texts."""
    each = [
        {
            "key": {"remoteJid": "5511987650001@s.whatsapp.net", "fromMe": False, "id": f"K{n}"},
            "message": {"conversation": text},
            "messageType": "conversation",
            "messageTimestamp": 1796000000,
        }
        for n, text in enumerate(texts)
    ]
    return json.dumps({"event": "messages.upsert", "data": each if len(each) > 1 else each[0]}).encode()


def event(name: str, **data: Any) -> bytes:
    """Another webhook."""
    return json.dumps({"event": name, "data": data}).encode()


async def test_what_was_stored_is_answered_and_counts_as_heard(ingress: Ingress, behind: Behind) -> None:
    body = message("oi")
    status, text, headers = await asked(ingress, body[:9], body[9:])
    assert (status, text, headers[b"content-length"]) == (200, "stored", b"6")
    assert b"retry-after" not in headers
    assert behind.told == [("taken", NUMBER), ("heard", None)]


@pytest.mark.parametrize(
    ("asks", "answer"),
    [
        ({"ends": False}, (503, "disconnected")),
        ({"secret": b"wrong"}, (409, "refused")),
        ({"secret": b""}, (409, "refused")),
        ({"path": "nobody"}, (409, "refused")),
        ({"path": "shop/more"}, (200, "stored")),
        ({"path": "gone"}, (200, "ignored")),
        ({"method": "GET"}, (405, "method")),
    ],
)
async def test_who_asks_and_how_is_looked_at_first(ingress: Ingress, asks: Any, answer: tuple[int, str]) -> None:
    status, text, headers = await asked(ingress, message("oi"), **asks)
    assert (status, text) == answer
    assert headers.get(b"retry-after") == (b"1" if status == 503 else None)


@pytest.mark.parametrize(
    ("result", "answer", "heard"),
    [
        ("duplicate", (200, "duplicate"), ["taken", "heard"]),
        (DeadLettered(), (200, "dead_letter"), ["taken", "heard"]),
        (Refused("No."), (200, "unreadable"), ["taken", "kept", "heard"]),
        (Unavailable("away"), (503, "postponed"), ["taken"]),
        (Overloaded("x"), (503, "postponed"), ["taken"]),
        (LookupError("a bug"), (503, "error"), ["taken"]),
    ],
)
async def test_trouble_of_our_own_is_tried_again_and_what_is_not_wanted_is_kept(
    ingress: Ingress, behind: Behind, result: Any, answer: tuple[int, str], heard: list[str]
) -> None:
    behind.results = [result]
    assert (await asked(ingress, message("oi")))[:2] == answer
    assert behind.names == heard


async def test_a_server_that_stops_takes_nothing_new(ingress: Ingress, behind: Behind) -> None:
    ingress.drain()
    assert (await asked(ingress, message("oi")))[:2] == (503, "draining")
    assert behind.told == []


@pytest.mark.parametrize("results", [["ignored", "stored", "duplicate"], ["stored", "early"]])
async def test_of_several_items_the_one_that_says_most_is_answered(
    ingress: Ingress, behind: Behind, results: Sequence[str]
) -> None:
    behind.results = [*results]
    assert (await asked(ingress, message(*"abc"[: len(results)])))[:2] == (200, "stored")
    assert behind.names == [*["taken"] * len(results), "heard"]


async def test_of_many_reasons_the_most_frequent_are_kept_and_how_many_more_there_are(
    ingress: Ingress, behind: Behind
) -> None:
    why = [f"Reason {n}." for n in range(7)]
    behind.results = [Refused(each) for each in (*why, why[3])]
    assert (await asked(ingress, message(*"abcdefgh")))[:2] == (200, "unreadable")
    [kept] = [what for name, what in behind.told if name == "kept"]
    assert kept.startswith("Reason 3. (×2) Reason 0. Reason 1.")
    assert kept.endswith(" And 2 other reasons.")


async def test_reasons_of_ever_new_kinds_are_bounded_and_known_ones_go_on_being_counted(
    ingress: Ingress, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MOST_KINDS", 2)
    behind.results = [Refused(each) for each in ("A.", "B.", "C.", "B.")]
    await asked(ingress, message(*"abcd"))
    assert ("kept", "B. (×2) A.") in behind.told


@pytest.mark.parametrize(
    ("body", "doubts"),
    [
        (event("connection.update", state="close", statusReason=428), True),
        (event("connection.update", state="connecting", statusReason=0), True),
        (event("connection.update", state="open", statusReason=200), False),
        (event("logout.instance"), True),
        (message("oi"), False),
    ],
)
async def test_a_connection_that_is_lost_or_coming_is_looked_at(
    ingress: Ingress, behind: Behind, body: bytes, doubts: bool
) -> None:
    assert (await asked(ingress, body))[0] == 200
    assert ("doubt" in behind.names) == doubts


@pytest.mark.parametrize("name", ["logout.instance", "remove.instance"])
async def test_a_farewell_is_answered_whoever_says_it(ingress: Ingress, behind: Behind, name: str) -> None:
    assert (await asked(ingress, event(name), secret=b"wrong"))[:2] == (200, "ignored")
    padded = event(name, why="x" * door.MAX_FAREWELL)
    assert (await asked(ingress, padded, secret=b"wrong"))[0] == 409
    assert (await asked(ingress, message(name), secret=b"wrong"))[0] == 409
    ingress.drain()
    assert (await asked(ingress, event(name)))[:2] == (200, "ignored")
    assert behind.told == []


async def test_what_is_no_json_is_kept(ingress: Ingress, behind: Behind) -> None:
    assert (await asked(ingress, b"{"))[:2] == (200, "unreadable")
    assert behind.names == ["kept", "heard"]


async def test_a_body_that_is_too_large_is_kept_and_looked_up(
    ingress: Ingress, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MAX_BODY", 100)
    assert (await asked(ingress, b"x" * 60, b"x" * 41))[:2] == (200, "too_large")
    assert behind.names == ["kept", "suspect", "heard"]


async def test_all_bodies_together_are_bounded_and_what_ended_makes_room(
    ingress: Ingress, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = message("oi")
    monkeypatch.setattr(door, "IN_FLIGHT", len(body) // 2)
    assert (await asked(ingress, body[:-9], body[-9:]))[:2] == (503, "postponed")
    for _ in range(3):
        assert (await asked(ingress, body))[:2] == (200, "stored")


async def test_a_body_that_never_ends_is_given_up(ingress: Ingress, autojump_clock: MockClock) -> None:
    async def receive() -> dict[str, Any]:
        await trio.sleep(20)
        return {"type": "http.request", "body": b"x", "more_body": True}

    sent: list[Any] = []

    async def send(event: dict[str, Any]) -> None:
        await trio.lowlevel.checkpoint()
        sent.append(event)

    scope: Scope = {"method": "POST", "path": f"{PREFIX}shop", "headers": [(b"x-plixa-secret", b"s3cret")]}
    began = trio.current_time()
    await ingress(scope, receive, send)
    assert (sent[0]["status"], sent[1]["body"]) == (503, b"slow")
    assert trio.current_time() - began <= door.BODY_WITHIN + door.FAREWELL_WITHIN


async def test_a_body_that_stopped_the_server_twice_is_kept_and_not_read(
    ingress: Ingress, behind: Behind, brake: Brake
) -> None:
    """Known by whose it is and by its content: another one of the same number is read."""
    where = "number 3 of workspace 7"
    work = Work(lambda: where, lambda: f"{where} ".encode() + message("oi"))
    for _ in range(LIMIT):
        brake.strike(work, "here")
    assert (await asked(ingress, message("oi")))[:2] == (200, "unreadable")
    assert behind.told == [("kept", "It stopped the server twice, and was not read again.")]
    assert (await asked(ingress, message("bom dia")))[:2] == (200, "stored")
