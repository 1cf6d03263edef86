"""From what was seen to its actor, with actors and tables that only say what they are told to: each way it may go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from plixa.actors.contacts.routing import PeerRoute
from plixa.actors.conversation.commands import TakeMessage, TakeUpdate
from plixa.actors.merged import AskParts, Merged
from plixa.actors.whatsapp.gateway import (
    ConnectionSeen,
    Content,
    DeleteSeen,
    Ignored,
    LoggedOut,
    MessageKind,
    MessageSeen,
    NamesSeen,
    Peer,
    QrSeen,
    Seen,
    StatusSeen,
    Unreadable,
)
from plixa.actors.whatsapp.number import Observe
from plixa.engine.actor import Outcome
from plixa.engine.clock import ManualClock
from plixa.engine.errors import DeadLettered, Duplicate, NotFound, Refused, Unavailable
from plixa.engine.ports import Address
from plixa.engine.telemetry import Telemetry
from plixa.http.whatsapp import intake as taking
from plixa.http.whatsapp.directory import NumberKey
from plixa.http.whatsapp.intake import KNOWN, Intake
from plixa.http.whatsapp.qr import QrBoard
from plixa.storage.contacts import peers
from plixa.storage.conversation import messages as reads
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.whatsapp import early_updates

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
NUMBER = NumberKey(7, 3, b"")
WORDS = Content(MessageKind.TEXT, "oi", "conversation")
MESSAGE = MessageSeen("A", Peer("5511987650001", None, "jid"), False, "contact", WORDS, NOON, push_name="Ana")
TICK = StatusSeen("A", "read")


class Behind:
    """Actors, directory and tables: what they are asked is in `told`, what they answer stands in the others."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.answers: list[Any] = []
        self.conversations: list[int | None] = []
        self.erased = False
        self.held: dict[str, list[bytes]] = {}
        self.trouble = 0
        self.found = SimpleNamespace(by_phone=None, by_lid=None)

    # -- actors
    async def ask(self, address: Address, command: Any, *, actor: str, cause: str) -> Outcome:
        await trio.lowlevel.checkpoint()
        self.told.append(("ask", address.stream, command, actor, cause))
        answer = self.answers.pop(0) if self.answers else ("something",)
        if isinstance(answer, Exception):
            raise answer
        return Outcome(None, 1, answer)

    # -- directory
    async def route(self, tenant: int, number_id: int, peer: Peer, name: str | None, _cause: str) -> PeerRoute:
        await trio.lowlevel.checkpoint()
        self.told.append(("route", tenant, number_id, peer.phone, name))
        return PeerRoute(5, 9)

    async def unroute(self, tenant: int, conversation_id: int, _cause: str) -> None:
        await trio.lowlevel.checkpoint()
        self.told.append(("unroute", tenant, conversation_id))

    def forget(self, tenant: int, conversation_id: int) -> None:
        self.told.append(("forget", tenant, conversation_id))

    async def conversation_of(self, tenant: int, number_id: int, _key_id: str) -> int | None:
        await trio.lowlevel.checkpoint()
        assert (tenant, number_id) == (7, 3)
        return self.conversations.pop(0) if self.conversations else None

    # -- tables
    async def run(self, read: Any, *arguments: Any) -> Any:
        await trio.lowlevel.checkpoint()
        if read is reads.is_erased:
            return self.erased
        if read is peers.find_peer:
            return self.found
        if read is early_updates.hold:
            self.held.setdefault(arguments[2], []).append(arguments[3])
        elif read is early_updates.held:
            return list(enumerate(self.held.get(arguments[2], [])))
        elif read is early_updates.held_keys:
            return list(self.held)
        elif read is early_updates.release:
            self.told.append(("release", arguments[2], arguments[3]))
            self.held.pop(arguments[2], None)
        elif read is early_updates.releasable:
            self.told.append(("sweep", trio.current_time()))
            if self.trouble:
                self.trouble -= 1
                raise Unavailable("the database is away")
            return [(7, 3, key) for key in self.held]
        return None

    def asked(self) -> list[tuple[str, Any]]:
        """Who was asked what."""
        return [(each[1], each[2]) for each in self.told if each[0] == "ask"]

    def names(self) -> list[str]:
        return [each[0] for each in self.told]


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
def qr() -> QrBoard:
    return QrBoard()


@pytest.fixture
def intake(behind: Behind, qr: QrBoard) -> Intake:
    parts: Any = behind
    return Intake(parts, parts, parts, qr, ManualClock(NOON), ApplicationKey("a secret"), Telemetry(), "node-1")


# -- messages ---------------------------------------------------------------------------------------------------------

TAKE = TakeMessage(seen=MESSAGE, contact_id=5, number_id=3, replayed=False)


async def test_a_message_goes_where_its_sender_leads_under_their_name(intake: Intake, behind: Behind) -> None:
    assert await intake.take(NUMBER, MESSAGE, "webhook") == "stored"
    assert behind.told == [
        ("route", 7, 3, "5511987650001", "Ana"),
        ("ask", "conversation-9", TAKE, "contact", "webhook"),
    ]


async def test_a_name_on_what_we_wrote_is_not_the_contacts(intake: Intake, behind: Behind) -> None:
    ours = MessageSeen("A", MESSAGE.peer, True, "phone", WORDS, NOON, push_name="Shop")
    await intake.take(NUMBER, ours, "webhook")
    assert behind.told[0] == ("route", 7, 3, "5511987650001", None)


@pytest.mark.parametrize(
    ("answer", "aside", "result"),
    [
        (("something",), False, "stored"),
        (("something",), True, "stored"),
        ((), False, "duplicate"),
        ((), True, "ignored"),
        (Duplicate(KNOWN), False, "duplicate"),
    ],
)
async def test_what_became_of_a_message(intake: Intake, behind: Behind, answer: Any, aside: bool, result: str) -> None:
    behind.answers = [answer]
    seen = MessageSeen("A", MESSAGE.peer, False, "contact", Content(MessageKind.TEXT, "oi", "x", aside=aside), NOON)
    assert await intake.take(NUMBER, seen, "webhook") == result


async def test_a_number_that_was_given_twice_is_trouble_of_our_own(intake: Intake, behind: Behind) -> None:
    behind.answers = [Duplicate("another rule")]
    with pytest.raises(Unavailable):
        await intake.take(NUMBER, MESSAGE, "webhook")


async def test_what_was_erased_meanwhile_begins_anew_and_not_for_ever(intake: Intake, behind: Behind) -> None:
    behind.answers = [NotFound("conversation"), Merged(4), ("something",)]
    assert await intake.take(NUMBER, MESSAGE, "webhook") == "stored"
    assert behind.names() == ["route", "ask", "unroute", "route", "ask", "forget", "route", "ask"]
    assert ("unroute", 7, 9) in behind.told
    assert ("forget", 7, 9) in behind.told
    behind.answers = [NotFound("conversation")] * 3
    with pytest.raises(Unavailable):
        await intake.take(NUMBER, MESSAGE, "webhook")


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([AskParts((4, 6)), ("something",)], [9, 4]),
        ([AskParts((4, 6)), NotFound("conversation"), ("something",)], [9, 4, 6]),
        ([AskParts((4, 6)), Merged(1), NotFound("conversation"), ("something",)], [9, 4, 6, 9]),
    ],
)
async def test_parts_of_a_merged_conversation_are_asked_first(
    intake: Intake, behind: Behind, answers: list[Any], asked: Sequence[int]
) -> None:
    behind.answers = answers
    assert await intake.take(NUMBER, MESSAGE, "webhook") == "stored"
    assert [stream for stream, _ in behind.asked()] == [f"conversation-{id_}" for id_ in asked]
    *before, last = (command.parts_asked for _, command in behind.asked())
    assert (any(before), last) == (False, len(asked) == 4)


# -- what happens to messages -----------------------------------------------------------------------------------------


async def test_an_update_goes_to_its_message_and_on_to_where_it_was_merged(intake: Intake, behind: Behind) -> None:
    behind.conversations = [9]
    behind.answers = [Merged(4), ("something",)]
    assert await intake.take(NUMBER, TICK, "webhook") == "applied"
    assert behind.told == [
        ("ask", "conversation-9", TakeUpdate(update=TICK), "gateway", "webhook"),
        ("ask", "conversation-4", TakeUpdate(update=TICK), "gateway", "webhook"),
    ]


async def test_of_what_was_erased_nothing_is_kept(intake: Intake, behind: Behind) -> None:
    behind.conversations, behind.answers = [9], [NotFound("conversation")]
    assert await intake.take(NUMBER, TICK, "webhook") == "ignored"
    behind.erased = True
    assert await intake.take(NUMBER, TICK, "webhook") == "ignored"
    assert behind.held == {}


async def test_what_comes_too_early_is_held_sealed(intake: Intake, behind: Behind) -> None:
    assert await intake.take(NUMBER, TICK, "webhook") == "early"
    [sealed] = behind.held["A"]
    assert b"read" not in sealed
    assert behind.told == []
    assert intake.held.may_have((7, 3), "A")


async def test_a_message_that_comes_while_its_update_is_being_held_has_it_at_once(
    intake: Intake, behind: Behind
) -> None:
    behind.conversations = [None, 9, 9]
    assert await intake.take(NUMBER, TICK, "webhook") == "early"
    assert behind.asked() == [("conversation-9", TakeUpdate(update=TICK))]
    assert behind.held == {}


@pytest.mark.parametrize("answer", [("something",), DeadLettered(), Refused("No.")])
async def test_what_is_held_is_released_once_whatever_becomes_of_it(
    intake: Intake, behind: Behind, answer: Any, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    await intake.take(NUMBER, TICK, "webhook")
    await intake.take(NUMBER, DeleteSeen("A"), "webhook")
    behind.conversations, behind.answers = [9], [answer, ("something",)]
    await nursery.start(intake.run)
    await trio.sleep(1)
    updates = [command.update for _, command in behind.asked()]
    assert updates == [TICK, DeleteSeen("A")]
    assert [each[1:] for each in behind.told if each[0] == "release"] == [("A", [0, 1])]
    dropped = intake._telemetry.put_aside.labels("held_update")._value.get()
    assert dropped == isinstance(answer, Refused)


async def test_what_waits_is_looked_for_now_and_then_and_soon_after_trouble(
    intake: Intake, behind: Behind, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    began, behind.trouble = trio.current_time(), 2
    await nursery.start(intake.run)
    await trio.sleep(2 * taking.SWEEP_SECONDS + 3)
    times = [round(each[1] - began, 3) for each in behind.told if each[0] == "sweep"]
    assert times == [0.0, 0.5, 1.0, 11.5, 22.0]


# -- the number itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "clears"),
    [
        (ConnectionSeen("open", 200), True),
        (LoggedOut(), True),
        (ConnectionSeen("connecting", 0), False),
        (ConnectionSeen("close", 428), False),
    ],
)
async def test_a_code_goes_once_it_is_of_no_use(
    intake: Intake, behind: Behind, qr: QrBoard, seen: Seen, clears: bool
) -> None:
    assert await intake.take(NUMBER, QrSeen("2@x", None), "webhook") == "applied"
    assert await intake.take(NUMBER, seen, "webhook") == "applied"
    assert (qr.get(7, 3, NOON) is None) == clears
    assert behind.told == [("ask", "number-3", Observe(seen=seen), "gateway", "webhook")]


@pytest.mark.parametrize(
    ("phone", "lid", "by_phone", "by_lid", "learnt"),
    [
        ("5511987650001", "99", PeerRoute(5, 9), None, True),
        ("5511987650001", "99", None, PeerRoute(5, 9), True),
        ("5511987650001", "99", PeerRoute(5, 9), PeerRoute(5, 9), False),
        ("5511987650001", "99", None, None, False),
        ("5511987650001", None, PeerRoute(5, 9), None, False),
        (None, "99", None, PeerRoute(5, 9), False),
    ],
)
async def test_which_phone_a_hidden_id_is_is_learnt_of_those_who_wrote(
    intake: Intake, behind: Behind, phone: str | None, lid: str | None, by_phone: Any, by_lid: Any, learnt: bool
) -> None:
    behind.found = SimpleNamespace(by_phone=by_phone, by_lid=by_lid)
    assert await intake.take(NUMBER, NamesSeen(((Peer(phone, lid, "jid"), "Ana"),)), "webhook") == "ignored"
    assert behind.told == ([("route", 7, 3, phone, "Ana")] if learnt else [])


@pytest.mark.parametrize(("seen", "result"), [(Ignored("group"), "ignored"), (Unreadable("no key"), "unreadable")])
async def test_what_is_not_for_us_asks_nobody(intake: Intake, behind: Behind, seen: Seen, result: str) -> None:
    assert await intake.take(NUMBER, seen, "webhook") == result
    assert behind.told == []
