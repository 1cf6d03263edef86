"""Staff hear of tickets while no page of theirs is open: who is told, in which language, and who is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count

import pytest
import trio
from tests.actors.given import NOON
from tests.clients.far_end import Reply
from tests.harness import Json, Workspace
from tests.http.browsers import ADMIN_PATH, Browser, Service
from tests.http.tables import Tables
from tests.http.test_staff import Desk, signed_in
from tests.kinds import workspace as business

from plixa.actors.desk import ticket as tickets
from plixa.actors.desk.ticket import TICKET, LastMessage, OpenTicket, Ticket, Write
from plixa.compose import Node
from plixa.engine.actor import Command, Moment
from plixa.http.desk.pushes import WORDS, said, told

PATH, STAFF_PATH = "/v1/support/tickets", "/v1/admin/support/tickets"


@pytest.mark.parametrize(
    ("commands", "pushed"),
    [
        ([OpenTicket(by=7, subject="s", body="b")], ["opened"]),
        ([Write(who="user", author=7, name="Bia", body="b")], ["written"]),
        ([Write(who="admin", author=1, name="Rita", body="b")], []),
        ([Write(who="admin", author=1, name="Rita", body="b", internal=True)], []),
        ([tickets.Assign(admin_id=1), tickets.MoveTicket(who="user", status="closed")], []),
    ],
)
def test_a_push_is_asked_for_where_a_member_writes(commands: Sequence[Command], pushed: list[str]) -> None:
    state = Ticket(id=3)
    if not isinstance(commands[0], OpenTicket):
        state = Ticket(id=3, opened_by=7, messages=1, last=LastMessage(1, "user", NOON))
    asked, now = list[str](), Moment(NOON, count(10), business(id=1))
    for command in commands:
        for event in TICKET.decide(state, command, now):
            state = TICKET.evolve(state, event)
            followed = [each for each in tickets.effects(state, event) if each.kind == "ticket.push"]
            asked += [each.request["what"] for each in followed]
    assert asked == pushed


def test_the_assignee_is_told_or_everybody_and_not_who_is_looking() -> None:
    mine, nobodys = Ticket(id=1, assignee=8), Ticket(id=1)
    assert told(nobodys, [7, 8, 9], ()) == [7, 8, 9]
    assert told(mine, [7, 8, 9], ()) == [8]
    assert told(mine, [7, 9], ()) == [7, 9]  # they are not staff any more
    assert (told(mine, [7, 8, 9], {8}), told(nobodys, [7, 8, 9], {8})) == ([], [7, 9])


def test_it_is_said_in_each_language_and_fits() -> None:
    ticket = Ticket(id=1, subject="s" * 5000)
    shown = {locale: said(ticket, "Padaria", "opened", locale)["title"] for locale in WORDS}
    assert len(set(shown.values())) == 3
    assert all("Padaria" in title for title in shown.values())
    assert said(ticket, "Padaria", "written", None) == said(ticket, "Padaria", "written", "en")
    assert len(said(ticket, "P" * 5000, "opened", "es")["title"]) <= 80
    assert len(said(ticket, "Padaria", "opened", "es")["body"]) <= 160


async def _with_browser(desk: Desk, browser: Browser, **more: str) -> int:
    await desk.post(ADMIN_PATH, {**browser.body, **more}, 201)
    me: Json = await desk.get("/v1/admin/me")
    assert len(me["push_key"]) == 87
    return int(me["id"])


async def test_whoever_of_staff_a_ticket_concerns_is_told(
    service: Service, node: Node, workspace: Workspace, tables: Tables
) -> None:
    name = (await workspace.get("/v1/me"))["data"]["tenant"]["name"]
    rita, ana = await signed_in(node, workspace), await signed_in(node, workspace, "ana@plixa.example")
    hers, his = service.browser("rita"), service.browser("ana")
    await _with_browser(rita, hers, locale="pt-BR")
    taker = await _with_browser(ana, his)
    made = await workspace.post(PATH, {"subject": "It is slow", "body": "a secret"})
    opened = {"body": "It is slow", "ticket_id": made["id"]}
    assert await hers.told() == [{"title": f"{name} tem uma nova pergunta", **opened}]
    assert await his.told() == [{"title": f"{name} has a new question", **opened}]
    await rita.post(f"{STAFF_PATH}/{made['id']}/assign", {"admin_id": taker})
    await rita.post(f"{STAFF_PATH}/{made['id']}/messages", {"body": "Since when?"}, 201)
    await workspace.post(f"{PATH}/{made['id']}/messages", {"body": "Monday"})
    assert (await his.told(2))[1]["title"] == f"{name} has written"
    assert len(hers.asked()) == 1
    service.reply = Reply(410)  # his browser is gone
    await workspace.post(f"{PATH}/{made['id']}/messages", {"body": "Hello?"})
    await his.told(3)
    with trio.fail_after(5):
        while len(await tables.rows("select 1 from push_subscriptions")) != 1:  # noqa: ASYNC110  # nobody tells of a row
            await trio.sleep(0.02)


async def test_what_is_no_news_any_more_is_told_to_nobody(
    service: Service, node: Node, workspace: Workspace, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plixa.http.desk.pushes.NEWS", timedelta(seconds=-1))
    rita, browser = await signed_in(node, workspace), service.browser("rita")
    await _with_browser(rita, browser)
    await workspace.post(PATH, {"subject": "It is slow", "body": "b"})
    with trio.fail_after(5):
        while not await tables.rows("select 1 from outbox where kind = 'ticket.push' and state = 'failed'"):  # noqa: ASYNC110
            await trio.sleep(0.02)
    assert browser.asked() == []
