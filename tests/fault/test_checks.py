"""The judges judged: evidence in which all is well, broken in every way that a promise can be broken."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from tests.fault import checks
from tests.fault.checks import CHECKS, Check, broken_promises
from tests.fault.evidence import GREETING, Evidence
from tests.fault.fold import Folded, differences, merged
from tests.fault.load import Acknowledged, Chat, Ledger, Read
from tests.fault.reading import Snapshot
from tests.harness import Json, Number, Workspace
from tests.mine import Mine

PHONE, TENANT = "5511960000001", 1
Breakage = Callable[[Evidence], Any]


def row(position: int, type_: str, **data: Any) -> Json:
    stream = {"tenant_id": TENANT, "stream": "conversation-7", "revision": position}
    return {**stream, "position": position, "type": type_, "data": data}


def sound() -> Evidence:
    """Two messages in, a greeting and a doubtful reply out, a snooze: all kept."""
    workspace = Workspace(cast("Any", None), TENANT, 1, "token", "ana@plixa.example")
    number = Number(1, "plixa-1", "", {})
    chat = Chat(workspace, number, PHONE, 7, True, ["in 1", "in 2"], [("out 1", 13)])
    types = ["message.received", "sla.started", "welcome.planned", "message.received", "welcome.sent", "sla.breached"]
    log = [row(at, type_) for at, type_ in enumerate(types, 1)]
    sends = ["message.sending", "message.uncertain", "message.deferred", "message.sending", "message.sent"]
    log += [row(at, type_, message_id=13) for at, type_ in enumerate(sends, 7)]
    log[0]["data"], log[3]["data"] = {"text": "in 1"}, {"text": "in 2"}
    log += [row(12, "conversation.snoozed"), row(13, "conversation.woken")]
    return Evidence(
        Ledger([chat], acks=[_ack("in 1", 1.0), _ack("in 2", 2.0)], reads=[Read("node-1", 2, 2)]),
        snapshots={TENANT: Snapshot(13, {7: {"id": 7, "contact_phone": PHONE}}, _messages())},
        shown={TENANT: [_shown(each) for each in log]},
        screens={PHONE: [_bubble(GREETING), _bubble("out 1")]},
        log=log,
        heads={TENANT: 13},
        reigns=[_reign(1, "node-1", 1, 0.0), _reign(2, "node-2", 5, 3.0)],
        nodes={8001: "node-1"},
        before={"messages": ["a", "b"]},
        after={"messages": ["a", "b"]},
    )


def _ack(text: str, at: float) -> Acknowledged:
    return Acknowledged(PHONE, text, at, at + 0.1, 8001)


def _reign(epoch: int, node: str, from_position: int, at: float) -> Json:
    began = datetime.fromtimestamp(at, UTC)
    return {"tenant_id": TENANT, "epoch": epoch, "node": node, "from_position": from_position, "at": began}


def _messages() -> dict[int, Json]:
    inbound = {id_: _message(id_, "inbound", text, "received", "contact") for id_, text in ((10, "in 1"), (11, "in 2"))}
    outbound = (_message(12, "outbound", GREETING, "delivered", "system"), _message(13, "outbound", "out 1"))
    return inbound | {message["id"]: message for message in outbound}


def _message(id_: int, direction: str, body: str, status: str = "delivered", author: str = "user") -> Json:
    message = {"id": id_, "conversation_id": 7, "direction": direction, "body": body, "status": status, "error": None}
    return {**message, "author": {"kind": author}}


def _shown(logged: Json) -> Json:
    data = logged["data"]
    message: Json = {"message": {"id": data["message_id"]}} if "message_id" in data else {}
    if "text" in data:
        message = {"message": {"body": data["text"]}}
    return {"offset": logged["position"], "type": logged["type"], "data": message}


def _bubble(text: str) -> Json:
    return {"text": text, "from": "business"}


def _log(*types: str) -> Breakage:
    def breaks(evidence: Evidence) -> None:
        evidence.log = [row(at, type_, message_id=13) for at, type_ in enumerate(types, 1)]

    return breaks


def _messages_of(evidence: Evidence) -> dict[int, Json]:
    return evidence.snapshots[TENANT].messages


def _renumber(evidence: Evidence) -> None:
    del evidence.log[3]


def _later(ack: Acknowledged) -> Acknowledged:
    return dataclasses.replace(ack, sent=ack.sent + 5, at=ack.at + 5)


def _silently_twice(evidence: Evidence) -> None:
    evidence.screens[PHONE].append(_bubble("out 1"))
    evidence.shown[TENANT] = [each for each in evidence.shown[TENANT] if each["type"] != "message.uncertain"]


BREAKAGES: list[tuple[Check, Breakage]] = [
    (checks.messages_arrive_once_and_in_order, lambda e: _messages_of(e).pop(10)),
    (checks.messages_arrive_once_and_in_order, lambda e: _messages_of(e).update({9: {**_messages_of(e)[11], "id": 9}})),
    (checks.messages_arrive_once_and_in_order, lambda e: e.ledger.chats[0].acknowledged.reverse()),
    (checks.replies_are_kept_once_and_in_order, lambda e: _messages_of(e).pop(13)),
    (checks.replies_are_sent_once, lambda e: e.screens[PHONE].pop()),
    (checks.replies_are_sent_once, lambda e: e.screens[PHONE].append(_bubble("out 2"))),
    (checks.replies_are_sent_once, _silently_twice),
    (checks.replies_end_delivered, lambda e: _messages_of(e)[13].update(status="unknown")),
    (checks.no_send_is_repeated_before_it_is_settled, _log("message.sending", "message.sending")),
    (checks.no_send_is_repeated_before_it_is_settled, _log("message.sending", "message.uncertain", "message.sending")),
    (checks.greetings_fire_once, _log("welcome.planned")),
    (checks.greetings_fire_once, _log("welcome.planned", "welcome.sent", "welcome.sent")),
    (checks.greetings_fire_once, _log("welcome.planned", "welcome.dropped", "welcome.sent")),
    (checks.snoozes_end_once, _log("conversation.snoozed")),
    (checks.snoozes_end_once, _log("conversation.snoozed", "conversation.woken", "conversation.woken")),
    (checks.clocks_run_out_once, _log("sla.started", "sla.breached", "sla.breached")),
    (checks.positions_are_gapless, _renumber),
    (checks.positions_are_gapless, lambda e: e.heads.update({TENANT: 14})),
    (checks.the_push_shows_the_log, lambda e: e.shown[TENANT].pop(3)),
    (checks.the_push_shows_the_log, lambda e: e.shown[TENANT].reverse()),
    (checks.the_push_shows_the_log, lambda e: e.shown[TENANT].append({"offset": 99, "type": "message.sent"})),
    (checks.the_log_keeps_real_time, lambda e: e.ledger.acks.__setitem__(0, _later(e.ledger.acks[0]))),
    (checks.reigns_follow_each_other, lambda e: e.reigns[1].update(from_position=0)),
    (checks.reigns_follow_each_other, lambda e: e.reigns[1].update(from_position=15)),
    (checks.commits_are_of_those_who_reign, lambda e: e.nodes.update({8001: "node-2"})),
    (checks.reads_show_what_was_acknowledged, lambda e: e.ledger.reads.append(Read("node-1", 3, 2))),
    (checks.nothing_is_left_over, lambda e: e.unsettled.append("send-13")),
    (checks.nothing_is_left_over, lambda e: e.put_aside.append({"place": "parked"})),
    (checks.a_rebuild_changes_nothing, lambda e: e.after.update(messages=["a", "c"])),
    (checks.a_rebuild_changes_nothing, lambda e: e.after.clear()),
]


def test_sound_evidence_is_found_sound() -> None:
    assert broken_promises(sound()) == []


def test_a_second_sending_that_was_announced_is_no_breach() -> None:
    evidence = sound()
    evidence.screens[PHONE].append(_bubble("out 1"))
    assert list(checks.replies_are_sent_once(evidence)) == []
    assert checks.doubled(evidence) == 1


@pytest.mark.parametrize(("check", "breakage"), BREAKAGES)
def test_every_breach_is_found(check: Check, breakage: Breakage) -> None:
    evidence = sound()
    breakage(evidence)
    assert list(check(evidence))


def test_every_promise_is_tried() -> None:
    assert {check for check, _ in BREAKAGES} == set(CHECKS)


def test_folding_merges_objects_and_replaces_everything_else() -> None:
    old = {"a": 1, "last": {"x": 1, "y": 2}, "labels": [1, 2], "gone": {"z": 1}}
    assert merged(old, {"last": {"y": 3}, "labels": [3], "gone": None}) == {
        "a": 1,
        "last": {"x": 1, "y": 3},
        "labels": [3],
        "gone": None,
    }


def test_a_deleted_conversation_takes_its_messages_along() -> None:
    folded = Folded(Mine(1))
    folded.take({"offset": 1, "data": {"conversation_id": 7, "message": {"id": 1}, "conversation": {"id": 7}}})
    folded.take({"offset": 2, "data": {"conversation_id": 7, "conversation": {"id": 7, "deleted": True}}})
    assert (folded.conversations, folded.messages, folded.offset) == ({}, {}, 2)


def test_what_is_shown_wrongly_is_found() -> None:
    truth = Snapshot(1, {7: {"id": 7, "notes": "VIP", "sla": {"met_at": None}}}, {})
    folded = Folded(Mine(1), conversations={7: {"id": 7, "notes": None, "sla": {"met_at": "now"}}, 8: {"id": 8}})
    assert len(list(differences(folded, truth))) == 3
