"""Ids are a workspace's own, and every workspace's first ones are the same: nothing that is read is another one's.

The workspace has one of everything. What it is told of itself must be the same once another workspace has a row for
each of its rows, with the same ids and other words: a read that forgets to ask whose a row is finds both, or the wrong
one.
"""

from __future__ import annotations

from typing import Any

from tests.harness import Json
from tests.http.house import House
from tests.http.tables import Tables

from plixa import features
from plixa.http.api import Route

NEIGHBOUR = 987_654
LOG = ("events", "heads", "leases", "nodes")
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


async def test_a_neighbour_with_the_same_ids_changes_nothing_that_is_read(house: House, tables: Tables) -> None:
    before = await _told(house)
    copied = await _copied(tables, house.chat.workspace.tenant)
    assert {"contacts", "conversations", "media_files", "messages"} <= set(copied)
    after = await _told(house)
    assert len(before) > 40
    assert {key: told for key, told in after.items() if told != before[key]} == {}
