"""Random houses for the automation's machine: settings, flows with every kind of node, and what customers bring."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st
from tests.actors.given import NOON, Given, greeting, house, targets
from tests.actors.test_automation import RECEPTION
from tests.actors.test_conversation import ANA as AUTHOR, take, text
from tests.kinds import workspace

from plixa.actors.ai.config import AiConfig
from plixa.actors.assignment.rules import AssignmentRule
from plixa.actors.assignment.sectors import Sector
from plixa.actors.contacts.custom_fields import CustomField
from plixa.actors.contacts.labels import Label
from plixa.actors.conversation import commands as cmd
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.conversation.configs.csat import CsatConfig
from plixa.actors.conversation.configs.inbox import InboxConfig
from plixa.actors.flows.library import Flow
from plixa.actors.hours.business_hours import BusinessHours, Day
from plixa.actors.whatsapp.gateway import Content, Media, MessageKind
from plixa.actors.workspace.state import Member, Workspace
from plixa.engine.errors import PlixaError

ANA, BIA = Member(7, "Ana", "ana@plixa.example", "owner"), Member(8, "Bia", "bia@plixa.example", "agent")
FIELDS = {
    21: CustomField(id=21, name="Idade", key="age", type="number"),
    22: CustomField(id=22, name="Plano", key="plan", type="text"),
}
SALES, VIP = Sector(id=4, name="Vendas", user_ids=[8]), Label(id=11, name="VIP", color="#ff0000")
EVERYBODY = AssignmentRule(id=1, priority=1, condition_type="always", action_type="least_busy")
OPEN = [Day("09:00", "18:00", True)] * 7
WORDS = (
    *("oi", "1", "2", "3", "4", "Maria", "42", "12/12/2026", "quanto custa?", "preço", "falar com uma pessoa"),
    *("menu", "5", "obrigado", ""),
)
OPTIONS = "pqrst"
RICH: dict[str, tuple[str, dict[str, Any]]] = {
    "start": ("start", {"trigger": "first_message"}),
    "name": ("capture", {"text": "Seu nome?", "field": "name", "required": False}),
    "age": ("capture", {"text": "Sua idade?", "field": "age", "kind": "number", "max_tries": 2}),
    "adult": ("condition", {"rules": [{"field": "age", "op": "greater", "value": "17"}]}),
    "sort": ("set_field", {"field": "plan", "value": "{{age}}"}),
    "menu": (
        "menu",
        {
            "text": "Como posso ajudar, {{name}}?",
            "options": [{"id": each, "label": each * 9} for each in OPTIONS],
            "as": "buttons",
        },
    ),
    "sales": ("route", {"sector_id": 4}),
    "open": ("schedule", {}),
    "later": ("wait", {"minutes": 30}),
    "hold": ("wait", {"minutes": 20, "until_reply": True}),
    "card": ("message", {"text": "O cardápio", "media": {"kind": "image", "url": "https://plixa.example/c.png"}}),
    "ai": ("ai", {"goal": "Responder.", "max_turns": 2}),
    "person": ("handoff", {"text": "Já chamo.", "sector_id": 4, "note": "{{name}}"}),
    "bye": ("end", {"text": "Até logo!", "resolve": True}),
    "done": ("end", {}),
}
WAYS = """
start name, name age, age adult, adult true menu, adult false person, menu p ai, menu q sales, menu r later, menu s hold
menu t card, card menu, sales open, open open person, open closed done, later bye, hold answered sort, hold timeout done
sort menu, ai answered bye, ai handoff person, menu timeout done
"""


def _graph(trigger: dict[str, Any] | None = None, mark: str = "") -> str:
    """`mark` stands in what it says at its menu and at its end."""
    menu = {**RICH["menu"][1], "text": f"Como posso ajudar, {{{{name}}}}? {mark}"}
    nodes = {**RICH, "menu": ("menu", menu), "bye": ("end", {"text": f"Até logo! {mark}", "resolve": True})}
    if trigger is not None:
        nodes["start"] = ("start", trigger)
    ways = [way.split() for way in WAYS.replace("\n", ",").split(",") if way.strip()]
    edges = [
        {"id": str(at), "source": way[0], "target": way[-1], "condition": way[1] if len(way) > 2 else None}
        for at, way in enumerate(ways)
    ]
    shown = [{"id": id_, "type": kind, "data": data} for id_, (kind, data) in nodes.items()]
    return msgspec.json.encode({"nodes": shown, "edges": edges}).decode()


def _patient(flow: Flow, **changes: Any) -> Flow:
    """With a reminder and an end."""
    return msgspec.structs.replace(
        flow, reprompt_after_minutes=10, close_after_minutes=60, close_conversation_on_timeout=True, **changes
    )


def rich(id_: int = 52) -> Flow:
    """A reception with every kind of node, in its first version."""
    return _patient(Flow(id=id_, name="Clínica", version=1, versions={1: _graph()}, enabled=True))


PRICES = Flow(
    id=53,
    name="Preços",
    version=1,
    versions={1: _graph({"trigger": "keyword", "keywords": ["preço"]})},
    enabled=True,
)


def next_version(flow: Flow) -> Flow:
    """The flow with a new version, which tells its number."""
    version = flow.version + 1
    first = flow.start
    trigger = None if first is None else msgspec.to_builtins(first)
    graph = _graph({"trigger": "first_message", **(trigger or {})}, f"({version})")
    return msgspec.structs.replace(flow, version=version, versions={**flow.versions, version: graph})


SETTINGS: dict[str, st.SearchStrategy[Any]] = {
    "flow": st.sampled_from(("none", "none", "simple", "rich", "rich and keyword")),
    "ai": st.sampled_from((True, True, False)),
    "handoff": st.sampled_from((None, "Já vem alguém.", "")),
    "welcome": st.booleans(),
    "closed_message": st.booleans(),
    "survey": st.booleans(),
    "auto_close": st.booleans(),
    "rules": st.booleans(),
    "delay": st.sampled_from((0, 5, 300)),
    "hour": st.sampled_from((12, 17.95, 12, 3)),
}


def random_house(**on: Any) -> Workspace:
    """A workspace with these settings."""
    flows = {
        "none": (),
        "simple": (_patient(RECEPTION),),
        "rich": (rich(),),
        "rich and keyword": (rich(), PRICES),
    }[on["flow"]]
    return house(
        trial_ends_at=NOON + timedelta(days=30),
        members={7: ANA, 8: BIA},
        sectors={4: SALES},
        labels={11: VIP},
        custom_fields=FIELDS,
        assignment_rules={1: EVERYBODY} if on["rules"] else {},
        flows={flow.id: flow for flow in flows},
        ai=AiConfig("Uma padaria.", on["ai"], on["handoff"]),
        welcome=greeting(delay=on["delay"]) if on["welcome"] else msgspec.structs.replace(greeting(), enabled=False),
        business_hours=BusinessHours(True, "Fechado." if on["closed_message"] else None, list(OPEN), True),
        csat=CsatConfig(enabled=on["survey"], follow_up_enabled=True),
        inbox=InboxConfig(auto_close_hours=3 if on["auto_close"] else None),
        sla=targets(600, 7200),
    )


def changed(there: Workspace, **settings: Any) -> Workspace:
    """The workspace with other settings."""
    fields = {name: getattr(there, name) for name in there.__struct_fields__}
    return workspace(**{**fields, **settings})


FITTING = {"name": "Maria", "age": "42", "m": "1", "hold": "voltei", "ai": "quanto custa?"}
"""What fits where a flow waits; a menu takes a letter of `OPTIONS`."""
PICTURE, STICKER = Media("image/jpeg"), Media("image/webp")
THINGS: dict[str, Content] = {
    "picture": Content(MessageKind.IMAGE, None, "imageMessage", media=PICTURE),
    "picture with words": Content(MessageKind.IMAGE, "é este aqui", "imageMessage", media=PICTURE),
    "voice": Content(MessageKind.AUDIO, None, "audioMessage", media=Media("audio/ogg", voice=True)),
    "sticker": Content(MessageKind.STICKER, None, "stickerMessage", media=STICKER),
    "button": Content(MessageKind.TEXT, "…", "listResponseMessage", choice="plixa:1:52:menu:p"),
    "button back to the menu": Content(MessageKind.TEXT, "1", "listResponseMessage", choice="plixa:1:52:menu:q"),
    "button of another flow": Content(MessageKind.TEXT, "5", "listResponseMessage", choice="plixa:1:53:menu:p"),
    "button of another program": Content(MessageKind.TEXT, "2", "listResponseMessage", choice="p"),
}


# -- another conversation of the same customer ------------------------------------------------------------------------

BEFORE: dict[str, list[Any]] = {
    "is new": [],
    "is resolved": [cmd.Update(fields=("status",), status="resolved", by=7)],
    "is somebody's": [cmd.Update(fields=("assigned_user_id", "sector_id"), assigned_user_id=8, sector_id=4, by=7)],
    "is led by a person": [cmd.TakeOver(by=7), cmd.Snooze(until=NOON + timedelta(days=400))],
    "has a reminder": [
        cmd.Schedule(due=NOON + timedelta(days=400), author=AUTHOR, content=text("lembrete")),
        cmd.Label(label_id=11, attach=True, why="user:7"),
    ],
}
"""What somebody did in it."""


def absorbing(how: str, machine: Any) -> cmd.Absorb:
    """Another conversation, in which this was done, is a part of the machine's from now on."""
    survivor: Given = machine.conversation
    number = len(survivor.state.parts) + 1
    other = Given(CONVERSATION, CONVERSATION.initial(900 + number), survivor.workspace, survivor.at, _ids=survivor._ids)
    other.when(take(f"P{number}"))
    for command in BEFORE[how]:
        with suppress(PlixaError):  # whom or what it names is gone
            other.when(command)
    other.when(cmd.MergeAway(into_id=survivor.state.id, merge_id=number))
    return cmd.Absorb(part=other.state, merge_id=number)
