"""Ids are a workspace's own, and every workspace's first ones are the same: nothing is another one's, by any route.

A stranger who walks every route that names something, with the workspace's ids in the path and in the body, finds
nothing, is told nothing, and changes nothing.

The workspace has one of everything. What it is told of itself must be the same once another workspace has a row for
each of its rows, with the same ids and other words: a read that forgets to ask whose a row is finds both, or the wrong
one.
"""

from __future__ import annotations

from typing import Any

import trio
from tests.harness import Json, Workspace
from tests.http import people
from tests.http.house import House, body, query
from tests.http.tables import Tables
from tests.http.webhooks import CUSTOMER

from plixa import features
from plixa.actors.conversation import events as ev
from plixa.compose import Node
from plixa.engine.ports import Address
from plixa.http.api import Route
from plixa.storage.conversation import inbox

NEIGHBOUR = 987_654
LOG = ("events", "heads", "leases", "nodes", "reigns")
"""What is read by position, or says who serves whom: a copy would be another log."""
COLUMNS = """
select table_name, array_agg(column_name::text order by ordinal_position) as names,
       array_agg(data_type::text order by ordinal_position) as types
from information_schema.columns
where table_schema = 'public' and is_generated = 'NEVER' and is_identity = 'NO' and table_name not like 'events%'
group by table_name having bool_or(column_name = 'tenant_id')
"""
WORDS = ("body", "comment", "contact_name", "notes", "reason", "summary", "text", "words")
LIVING = ("request_id", "head", "now", "generated_at", "age_seconds", "waiting_seconds", "last_used_at", "last_seen_at")
"""Fields that change from call to call."""


async def _copied(tables: Tables, tenant: int) -> list[str]:
    """Give the neighbour a row for each of the workspace's; returns the tables that were copied."""
    done: list[str] = []
    for row in await tables.rows(COLUMNS):
        name = row["table_name"]
        if name in LOG:
            continue
        names = ", ".join(row["names"])
        values = ", ".join(map(_as_the_neighbours, row["names"], row["types"]))
        copy = f"insert into {name} ({names}) select {values} from {name} where tenant_id = $1 on conflict do nothing"
        await tables.rows(copy, tenant)
        # The workspace's own rows are behind the neighbour's now: to be found first is no merit.
        await tables.rows(f"update {name} set tenant_id = tenant_id where tenant_id = $1", tenant)
        found = await tables.rows(f"select count(*) as n from {name} where tenant_id = $1", NEIGHBOUR)
        if found[0]["n"]:
            done.append(name)
    return done


def _as_the_neighbours(column: str, kind: str) -> str:
    if column == "tenant_id":
        return str(NEIGHBOUR)
    return f"'of the neighbour: ' || {column}" if column in WORDS and kind == "text" else column


def _reads() -> list[Route]:
    return [route for route in features.routes() if route.method == "GET" and route.who in ("member", "owner")]


def _still(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _still(value) for key, value in found.items() if key not in LIVING}
    return [_still(each) for each in found] if isinstance(found, list) else found


async def _told(house: House) -> dict[str, Json]:
    told: dict[str, Json] = {}
    for route in _reads():
        answer = await house.call(route, **({"params": {"wait": 0}} if route.path == "/v1/events" else {}))
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        told[route.key] = {"status": answer.status_code, "body": _still(answer.json()) if is_json else answer.text}
    for contact in told["GET /v1/contacts"]["body"]["data"]:  # of some of whom others are a part
        answer = await house.client.get(f"/v1/contacts/{contact['id']}")
        told[f"contact {contact['id']}"] = _still(answer.json())
    return told


async def _rated(house: House, node: Node) -> None:
    workspace, at = house.chat.workspace, node.services.clock.now()
    address = Address(workspace.tenant, "conversation", house.ids["conversations"])
    for event in (ev.CsatAsked(asked_at=at, episode=1), ev.CsatRated(rating=2, rated_at=at, episode=1, stage="done")):
        await people.append(node, address, event)


async def _as_it_is_sent(house: House, node: Node) -> list[Any]:
    """What no route shows: the message as whoever sends it reads it."""
    run, tenant = node.services.database.run, house.chat.workspace.tenant
    stored = await house.chat.inbox.stored(house.ids["conversations"])
    messages = await run(inbox.get_messages, [(tenant, each["id"]) for each in stored])
    return [messages[tenant, each["id"]]["body"] for each in stored]


SOON = (
    "select from timers where due_at < now() + interval '5 seconds' "
    "union all select from messages where created_at > now() - interval '4 seconds' limit 1"  # may still write
)
CONSENT = "GET /v1/scheduling/calendar/google/connect"
"""Another state each time."""


async def test_a_neighbour_with_the_same_ids_changes_nothing_that_is_read(
    house: House, tables: Tables, node: Node
) -> None:
    await _rated(house, node)
    with trio.fail_after(20):  # what conversations do by themselves, seconds after somebody wrote, is done
        while await tables.rows(SOON):  # noqa: ASYNC110  # rows have no event
            await trio.sleep(0.05)
    await tables.settled()
    before, sent = await _told(house), await _as_it_is_sent(house, node)
    copied = await _copied(tables, house.chat.workspace.tenant)
    assert {"contacts", "conversations", "csat_ratings", "media_files", "messages"} <= set(copied)
    after = await _told(house)
    assert await _as_it_is_sent(house, node) == sent
    assert len(before) > 40
    assert {key: told for key, told in after.items() if told != before[key]}.keys() <= {CONSENT}


# -- every route, with another workspace's ids ------------------------------------------------------------------------

OF_ONES_OWN = {
    "GET /v1/events",
    "GET /v1/images/{key}",  # public: the key is the secret
}
IN_BODIES: dict[str, Json] = {
    "POST /v1/conversations/bulk": {"action": "close", "ids": ["conversations"]},
    "POST /v1/auto-assignment-rules": {
        "priority": 1, "condition_type": "always", "action_type": "assign_user", "action_user_id": "members",
    },
    "POST /v1/sectors": {"name": "x", "user_ids": ["members"]},
    "POST /v1/views": {"name": "x", "filters": {"label": "labels", "assignee": "members"}},
}  # fmt: skip
"""Bodies that name what is the other workspace's: by the part of a path that its id stands behind."""


def _named() -> list[Route]:
    return [
        route
        for route in features.routes()
        if route.who in ("member", "owner") and "{" in route.path and route.key not in OF_ONES_OWN
    ]


async def test_another_workspaces_ids_open_nothing_on_any_route(
    house: House, neighbour: Workspace, tables: Tables
) -> None:
    await tables.settled()
    mine = house.chat.workspace
    before = await tables.tenant(mine.tenant)
    assert CUSTOMER in "".join(before["contacts"])
    found: dict[str, int] = {}
    for route in _named():
        answer = await neighbour.client.request(
            route.method, house.path(route), params=query(route), **body(route, house)
        )
        found[route.key] = answer.status_code
        for word in (CUSTOMER, mine.email, "Bom dia!"):
            assert word not in answer.text, route.key
    assert len(found) > 60
    assert list(found.values()).count(404) > 60
    assert {key for key, status in found.items() if status not in (404, 403)} <= REFUSED_BEFORE
    for key, sent in IN_BODIES.items():
        method, path = key.split()
        answer = await neighbour.client.request(method, path, json=_with_ids(sent, house))
        assert CUSTOMER not in answer.text
    await tables.settled()
    after = await tables.tenant(mine.tenant)
    assert {name for name in before if after[name] != before[name]} == set()


REFUSED_BEFORE: set[str] = set()
"""Routes that look at the body first; what they say is of the body only."""


def _with_ids(sent: Any, house: House) -> Any:
    if isinstance(sent, dict):
        return {key: _with_ids(value, house) if key not in ("name", "action") else value for key, value in sent.items()}
    if isinstance(sent, list):
        return [_with_ids(each, house) for each in sent]
    if isinstance(sent, str) and sent in house.ids:
        return house.ids[sent]
    return sent
