"""Everything that reads somebody's words: a customer's, a member's, a file's, a model's, the gateway's.

Each takes a text and does with it what the server does with words from there; what a declaration refuses before that (a
body of a route with its `max_length`) is cut to that length. None may raise, and none may take long.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, get_args

import httpx

from plixa.actors import addresses
from plixa.actors.ai import embedded, forms, loops, prompts, replies, shaping
from plixa.actors.ai.budget import estimate
from plixa.actors.ai.values import DialogueTurn, Faq, Knowledge, ReplyRequest, unused
from plixa.actors.assignment import choice as assignment
from plixa.actors.assignment.rules import AssignmentRule
from plixa.actors.contacts.custom_fields import CustomField, fitting
from plixa.actors.conversation import commands as cmd, rating
from plixa.actors.conversation.configs.csat import CsatConfig
from plixa.actors.flows import building, menus, rules, texts, words
from plixa.actors.flows.check import KnownToFlows
from plixa.actors.flows.graph import Graph
from plixa.actors.flows.library import Flow
from plixa.actors.flows.nodes import CaptureData, Rule
from plixa.actors.folding import READ
from plixa.engine.clock import SystemClock
from plixa.engine.errors import Invalid
from plixa.http.ai.answering import LOOK_BACK, turns_of
from plixa.http.api import cursors
from plixa.http.clients.bounded import retry_after
from plixa.http.clients.mail.kinds import clean
from plixa.http.contacts.reading import parse
from plixa.http.contacts.text import NotCsv
from plixa.http.conversation.routes import messages
from plixa.http.people.routes import auth
from plixa.http.whatsapp.evolution.answers import said
from plixa.http.whatsapp.evolution.client import events_for
from plixa.http.whatsapp.evolution.payload import scrub
from plixa.http.whatsapp.evolution.webhook import translate
from plixa.storage.contacts import reads as contacts
from plixa.storage.conversation import search
from plixa.storage.conversation.dialogue import Line
from plixa.storage.conversation.words import words_of
from tests.actors.flow_given import Walk, flow, node
from tests.actors.given import NOON, Given, greeting
from tests.actors.test_automation import QUIET, RECEPTION, WITH_AI, fire, fresh
from tests.actors.test_conversation import take
from tests.kinds import workspace

MODEL_WRITES = 20_000
"""Characters of a model's answer that are judged."""
RULES = [
    AssignmentRule(
        id=at, priority=at, condition_type="keyword", condition_value=f"palavra {at}", action_type="least_busy"
    )
    for at in range(1, 51)
]
KEYWORDS = {
    "nodes": [
        {"id": "s", "type": "start", "data": {"trigger": "keyword", "keywords": [f"bolo {at}" for at in range(20)]}},
        {"id": "e", "type": "end", "data": {"text": "Até logo."}},
    ],
    "edges": [{"id": "1", "source": "s", "target": "e"}],
}
CALLED = {at: Flow(id=at, name=f"{at}", version=1, versions={1: json.dumps(KEYWORDS)}, enabled=True) for at in range(9)}
FAQS = tuple(
    Faq(at, f"Quanto custa o bolo de número {at}?", f"O bolo {at} custa R$ {at},00.", at) for at in range(1, 60)
)
SHOP = Knowledge(
    description="Padaria no centro. Telefone (21) 3333-4444. Aberta de segunda a sexta, das 9h às 18h.",
    faqs=FAQS,
    hours="Segunda a sexta: 09:00-18:00.",
    locale="pt-BR",
    company="Padaria",
)
HOUSE = workspace(id=1, trial_ends_at=NOON + timedelta(days=9))
FIELDS = [CustomField(id=1, name="X", key="x", type=kind) for kind in ("text", "number", "date", "boolean")]
OPTIONS = [{"id": f"o{at}", "label": f"Opção número {at}", "keywords": [f"palavra {at}", "bolo"]} for at in range(20)]
Reader = Callable[[str], object]


# -- a customer's -----------------------------------------------------------------------------------------------------


def _writes(conversation: Given, text: str) -> None:
    """The customer writes; then the house has its say."""
    conversation.when(take("A", text, name=text))
    if "answer" in conversation.timers:
        fire(conversation, "answer")


def _rates(text: str, *, before: tuple[str, ...] = ()) -> None:
    conversation = fresh(csat=CsatConfig(enabled=True, follow_up_enabled=True), ai=WITH_AI)
    conversation.when(take("A"))
    conversation.when(cmd.Update(fields=("status",), status="resolved", by=7))
    for at, each in enumerate((*before, text)):
        conversation.when(take(f"B{at}", each), after=60)


def _answers(kind: str, text: str) -> None:
    """What a flow asked."""
    question = node("ask", "capture", text="?", field="name" if kind == "text" else "flow.x", kind=kind, required=False)
    if kind == "choice":
        question["data"]["options"] = [option["label"] for option in OPTIONS]
    Walk(flow(question, "start ask"), locale="pt-BR").begin().say(text)


def _chooses(text: str) -> None:
    Walk(flow(node("menu", "menu", text="?", options=OPTIONS), "start menu"), contact={"name": text}).begin().say(text)


def _is_met(text: str) -> None:
    """A condition on what was captured, each way."""
    for op in get_args(Rule.__annotations__["op"]) or ("is", "contains", "one_of", "greater", "less"):
        rules.rule_holds(Rule(field="x", op=op, value=text[:1000]), text)


def _dialogue(text: str, length: int = prompts.SUMMARY_TURNS) -> list[Line]:
    """A whole conversation of such words, as they are stored: the house's, then the customer's."""
    kept = scrub(text)[:READ]
    return [Line(at, "user" if at < length // 4 else "contact", "", f"{at} {kept}", NOON) for at in range(length)]


def _request(text: str) -> ReplyRequest:
    turns = turns_of(_dialogue(text, LOOK_BACK))
    return ReplyRequest(knowledge=SHOP, turns=turns, now=NOON, customer_name=scrub(text))


def _is_a_loop(text: str) -> None:
    sides = ("contact", "us")
    loops.detect([loops.Said(sides[at % 2], NOON, text) for at in range(LOOK_BACK)])


CUSTOMERS: Mapping[str, Reader] = {
    "a message, nothing on": lambda text: _writes(fresh(), text),
    "a message, a greeting and a reception": lambda text: _writes(
        fresh(flows={50: RECEPTION}, welcome=greeting(), inbox=QUIET), text
    ),
    "a message, the AI on": lambda text: _writes(fresh(ai=WITH_AI), text),
    "a message, flows with keywords": lambda text: _writes(fresh(flows=CALLED), text),
    "a message, keyword rules": lambda text: assignment.decide_assignment(RULES, text, (), None, ()),
    "a rating": _rates,
    "a comment on a rating": partial(_rates, before=("2",)),
    "a text as a rating": rating.read,
    **{f"an answer of kind {kind}": partial(_answers, kind) for kind in get_args(CaptureData.__annotations__["kind"])},
    "a choice from a menu": _chooses,
    "a condition": _is_met,
    "a tap": menus.tap_of,
    "the wish for a person": words.command_in,
    "the AI's embedded answer": lambda text: embedded.reply(_request(text)),
    "the AI's prompt and price": lambda text: estimate(prompts.reply(_request(text)), "gpt-x"),
    "the AI's suggestions": lambda text: embedded.suggest(_request(text)),
    "the AI's summary": lambda text: embedded.summarise(turns_of(_dialogue(text)), "pt-BR"),
    "the prompt of a summary": lambda text: prompts.summary(turns_of(_dialogue(text)), "pt-BR"),
    "two machines talking": _is_a_loop,
    "words for the search": words_of,
}


# -- the gateway's ----------------------------------------------------------------------------------------------------


def _webhook(content: Mapping[str, Any], text: str) -> None:
    key = {"id": "3EB0", "remoteJid": "5511999990001@s.whatsapp.net", "fromMe": False}
    record = {"key": key, "message": content, "pushName": text, "messageTimestamp": text, "status": text}
    for event in ("messages.upsert", "messages.edited", "messages.update", "messages.delete", text):
        translate({"event": event, "sender": text, "data": record}, now=NOON)


def _told(text: str) -> None:
    """Whatever else the gateway tells."""
    for event in ("connection.update", "qrcode.updated", "contacts.update", "status.instance"):
        fields = (
            "state",
            "statusReason",
            "wuid",
            "profileName",
            "remoteJid",
            "lid",
            "pushName",
            "statusCode",
            "qrcode",
        )
        translate({"event": event, "data": dict.fromkeys(fields, text)}, now=NOON)
        translate({"event": event, "data": {"remoteJid": f"{text}@lid", "qrcode": {"code": text}}}, now=NOON)


CARD = "BEGIN:VCARD\nFN:{0}\nitem1.TEL;waid={0}:{0}\nTEL:{0}\nEND:VCARD"
GATEWAYS: Mapping[str, Reader] = {
    "a text": lambda text: _webhook({"conversation": text}, text),
    "a card": lambda text: _webhook({"contactMessage": {"vcard": CARD.format(text[:5000])}}, text),
    "a card of that alone": lambda text: _webhook({"contactMessage": {"vcard": text}}, text),
    "a poll": lambda text: _webhook(
        {"pollCreationMessage": {"name": text, "options": [{"optionName": text}] * 9}}, text
    ),
    "a place": lambda text: _webhook({"locationMessage": {"degreesLatitude": text, "name": text, "url": text}}, text),
    "an order": lambda text: _webhook({"orderMessage": {"itemCount": text, "totalAmount1000": text}}, text),
    "an event": lambda text: _webhook({"eventMessage": {"startTime": text, "name": text}}, text),
    "a form": lambda text: _webhook(
        {"interactiveResponseMessage": {"nativeFlowResponseMessage": {"paramsJson": text[:16_384]}}}, text
    ),
    "a picture": lambda text: _webhook({"imageMessage": {"fileLength": text, "jpegThumbnail": text}}, text),
    "anything else": _told,
    "an error": lambda text: said({"response": {"message": [text]}, "error": text}),
    "its version": lambda text: events_for(text[:64]),
    "when to try again": lambda text: retry_after(
        httpx.Headers({b"retry-after": text.encode("utf-8", "replace")}), datetime(2026, 1, 1, tzinfo=UTC)
    ),
}


# -- a model's --------------------------------------------------------------------------------------------------------


def _model_answers(text: str) -> None:
    """An answer on an FAQ's ground, in a dialogue that is full of the same."""
    action = forms.SendReply(text[:MODEL_WRITES], ("faq:2",))
    replies.judge(_request(text), action, unused())
    replies.judge(_request(text), forms.SendReply(text[:2000], ("dialogue",)), unused())


def _model_builds(text: str) -> None:
    with suppress(Invalid):
        building.build(text, KnownToFlows({}, {}), Graph())


def _model_fills(text: str) -> None:
    with suppress(forms.NotAForm):
        forms.read_form(text, forms.RepliesForm)
    forms.read_plain(text)
    forms.read_call([forms.Call(forms.SEND_REPLY, text)], text)


MODELS: Mapping[str, Reader] = {
    "an answer": _model_answers,
    "a form": _model_fills,
    "a flow": _model_builds,
    "suggestions": lambda text: shaping.suggestions([text, *text[:5000].split(".")], _request("oi"), unused()),
    "a summary": lambda text: shaping.summary([text], turns_of(_dialogue("oi")), "pt-BR", unused()),
    "a better description": lambda text: shaping.improved(forms.ImprovedForm(text, [text] * 9), "Padaria.", unused()),
    "a shorter message": lambda text: shaping.shorter(forms.ShorterForm(text), text + "!", unused()),
    "hours": lambda text: shaping.hours(
        forms.HoursForm(True, [forms.DayForm("09:00", "18:00", True)] * 7, text), "9h às 18h", unused()
    ),
}


# -- a member's, or a file's ------------------------------------------------------------------------------------------


def _file(text: str) -> None:
    """As the whole file, and in its cells."""
    clock = SystemClock()
    for data in (text, f"phone,name,notes,labels\n{text},{text},{text},{text}\n", f'phone\n"{text}"\n'):
        with suppress(NotCsv):
            parse(data.encode("utf-8", "replace"), HOUSE, clock)


def _cursor(text: str) -> None:
    for cursor in (text, urlsafe_b64encode(text.encode("utf-8", "replace")).decode()):
        with suppress(Invalid):
            cursors.decode(cursor, tuple[datetime, int])


def _value(text: str) -> None:
    for field in FIELDS:
        with suppress(ValueError):  # a sentence for whoever typed it
            fitting(field, text)


MEMBERS: Mapping[str, Reader] = {
    "rules, tried out": lambda text: assignment.decide_assignment(RULES, text[:4096], (), None, ()),
    "a keyword": lambda text: assignment.has_phrase("bom dia", text[:200]),
    "the AI, tried out": lambda text: embedded.reply(
        ReplyRequest(
            knowledge=Knowledge(description=text[:4000], faqs=(Faq(1, text[:280], text[:2000]),)),
            turns=(DialogueTurn("user", text[:4000]),) * 20,
            now=NOON,
        )
    ),
    "a description": lambda text: embedded.improve(text[:4000], "pt-BR"),
    "a message to be shortened": lambda text: embedded.shorten(text[:4096]),
    "hours in a description": lambda text: embedded.extract_hours(text[:4000]),
    "a wish for a flow": lambda text: _wishes_for_a_flow((DialogueTurn("user", text[:4000]),) * 30),
    "a template": lambda text: texts.render(text[:4096], *_run_of(text)),
    "placeholders": lambda text: texts.named_in(text[:4096]),
    "a search for contacts": lambda text: contacts.search_query(1, text[:200]),
    "a search for messages": lambda text: search.query_of(text[:200]),
    "a file of contacts": _file,
    "a cursor": _cursor,
    "a custom field's value": _value,
    "an e-mail address": addresses.address_problem,
    "a name in a mail": clean,
    "a file's name": messages._file_name,
    "a company's name": lambda text: auth.slug_of(text[:255]),
}


def _wishes_for_a_flow(history: tuple[DialogueTurn, ...]) -> None:
    with suppress(Invalid):
        embedded.build_flow(history, "pt-BR")


def _run_of(text: str) -> tuple[Any, Any]:
    walk = Walk(flow(node("ask", "capture", text="?", field="name"), "start ask"), contact={"name": text}).begin()
    return walk.run, walk.context


READERS: Mapping[str, Reader] = {
    f"{whose}: {what}": reader
    for whose, readers in {
        "a customer's": CUSTOMERS,
        "the gateway's": GATEWAYS,
        "a model's": MODELS,
        "a member's": MEMBERS,
    }.items()
    for what, reader in readers.items()
}
