"""The public waiting list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
import pytest
import trio
from tests.http.tables import Tables

from plixa.compose import Node
from plixa.http.api.limits import Limits


async def _join(node: Node, body: dict[str, Any]) -> httpx.Response:
    async with httpx.AsyncClient(base_url=node.services.public_url) as client:
        return await client.post("/v1/waitlist", json=body)


@pytest.mark.spec(294)
@pytest.mark.spec(295)
@pytest.mark.spec(297)
async def test_anybody_joins_and_the_address_is_kept_in_lower_case(node: Node, tables: Tables) -> None:
    body = {"email": "Ana.Lima@Padaria.Example", "locale": "pt-BR", "referrer": "https://plixa.example/?utm=hero"}
    answer = await _join(node, body)
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert data.keys() == {"id", "email", "created_at"}
    assert data["email"] == "ana.lima@padaria.example"
    assert datetime.fromisoformat(data["created_at"]).utcoffset() is not None
    [row] = await tables.rows("select * from waitlist")
    assert (row["id"], row["locale"], row["referrer"]) == (data["id"], body["locale"], body["referrer"])


@pytest.mark.spec(296)
async def test_an_address_is_listed_once(node: Node) -> None:
    assert (await _join(node, {"email": "ana@padaria.example"})).status_code == 201
    again = await _join(node, {"email": "ANA@padaria.example"})
    assert again.status_code == 409
    [error] = again.json()["errors"]
    assert (error["code"], error["message"]) == (
        "WAITLIST_EMAIL_ALREADY_REGISTERED",
        "This email is already on the waitlist.",
    )


@pytest.mark.spec(296)
async def test_of_fifty_who_join_at_once_with_one_address_one_is_new(node: Node, tables: Tables) -> None:
    node.services.limits = Limits(enabled=False)
    answers: list[int] = []

    async def join() -> None:
        answers.append((await _join(node, {"email": "ana@padaria.example"})).status_code)

    async with trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(join)
    assert sorted(answers) == [201] + [409] * 49
    assert len(await tables.rows("select * from waitlist")) == 1


@pytest.mark.spec(297)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", None),
        ("email", "nobody"),
        ("email", "a\x00@padaria.example"),
        ("locale", "português"),
        ("locale", "pt_BR"),
        ("locale", "p" * 40),
        ("referrer", "javascript:alert(1)"),
        ("referrer", "/pricing"),
        ("referrer", "https://"),
        ("referrer", "https://[x"),
        ("referrer", "https://plixa.example/" + "x" * 2048),
    ],
)
async def test_what_is_wrong_is_named(node: Node, field: str, value: object) -> None:
    answer = await _join(node, {"email": "ana@padaria.example", field: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["details"].keys() == {field}


async def test_an_address_of_the_network_joins_only_so_often(node: Node) -> None:
    answers = [await _join(node, {"email": f"ana{n}@padaria.example"}) for n in range(11)]
    assert {answer.status_code for answer in answers[:10]} == {201}
    assert answers[10].status_code == 429
    assert int(answers[10].headers["retry-after"]) > 0
