"""Dates at the ends of the range, wherever one is taken: in bodies, queries and cursors. None crashes anything."""

from __future__ import annotations

from typing import Any

import pytest
from tests.harness import Json
from tests.http.house import House, body, query

from plixa import features
from plixa.http.api import Route, cursors

MOMENTS = ("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z")
DAYS = ("9999-12-31", "0001-01-01")
FORMATS = {"date-time": MOMENTS, "date": DAYS}
LISTS = ("/v1/conversations", "/v1/csat/ratings", "/v1/contacts?sort=latest")


def _dates(model: Any) -> list[tuple[str, str]]:
    """Fields of a model that take a date, and of which kind."""
    properties: Json = model.model_json_schema()["properties"] if model is not None else {}
    found = [(name, each) for name, schema in properties.items() for each in (schema, *schema.get("anyOf", ()))]
    return [(name, schema["format"]) for name, schema in found if schema.get("format") in FORMATS]


CASES = [
    (route, where, name, at)
    for route in features.routes()
    if route.who != "admin"  # staff have tokens of their own: tests/http/test_staff.py
    for where, model in (("json", route.body), ("params", route.query))
    for name, kind in _dates(model)
    for at in FORMATS[kind]
]


def test_there_are_dates_in_bodies_and_in_queries() -> None:
    assert {where for _, where, _, _ in CASES} == {"json", "params"}


async def test_a_date_at_the_ends_of_the_range_is_refused_wherever_one_is_taken(house: House) -> None:
    answers = {(case[0].key, *case[2:]): await _sent(house, *case) for case in CASES}
    assert answers == dict.fromkeys(answers, 422)


async def _sent(house: House, route: Route, where: str, name: str, at: str) -> int:
    sent: dict[str, Any] = {"json": body(route, house).get("json"), "params": query(route)}
    sent[where] = {**(sent[where] or {}), name: at}
    chosen: dict[str, Any] = {key: value for key, value in sent.items() if value is not None}
    return (await house.call(route, None, **chosen)).status_code


async def test_a_cursor_at_the_ends_of_the_range_is_none_that_a_list_gave(house: House) -> None:
    for path in LISTS:
        for at in MOMENTS:
            answer = await house.client.get(path, params={"cursor": cursors.encode([at, 1])})
            assert answer.status_code == 422, (path, at, answer.text)


@pytest.mark.parametrize("position", [2**63, -(2**63) - 1, 10**30])
async def test_a_cursor_with_a_number_that_is_no_id_is_none(house: House, position: int) -> None:
    conversation = house.ids["conversations"]
    for path in (f"/v1/conversations/{conversation}/messages", "/v1/messages/search?q=oi", "/v1/audit"):
        answer = await house.client.get(path, params={"cursor": cursors.encode(position)})
        assert answer.status_code == 422, (path, answer.text)
