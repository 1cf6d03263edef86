"""Lets agents join a site's workspace while the site itself is stopped; each gets a session at the panel."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import trio
from msgspec import Struct

from plixa.actors.workspace import events as ws
from plixa.engine.ports import Address, Commit
from plixa.features import kinds
from plixa.storage.people import vault
from tests.bench.engine import Engine, open_engine
from tests.bench.processes import run_module


class Spec(Struct, frozen=True, kw_only=True):
    """How many."""

    url: str
    count: int


async def main(spec: Spec) -> None:
    """Say what their Authorization headers are."""
    async with open_engine(spec.url) as engine:
        tenant, _ = await engine.only_number()
        user_ids = await engine.database.run(vault.next_ids, "users_id", spec.count)
        await _join(engine, Address(tenant, "workspace", tenant), user_ids)
        print(msgspec.json.encode(await _sign_in(engine, tenant, user_ids)).decode())


async def _join(engine: Engine, address: Address, user_ids: Sequence[int]) -> None:
    head, loaded, kind = await engine.store.own(address.tenant), await engine.store.load(address), kinds()["workspace"]
    state = loaded.state if loaded.state is not None else kind.initial(address.id)
    for each in loaded.events:
        state = kind.evolve(state, each.event)
    before, joined = (
        state,
        [ws.MemberJoined(user_id=id_, name=f"Agent {id_}", email=_email(id_), role="agent") for id_ in user_ids],
    )
    for event in joined:
        state = kind.evolve(state, event)
    commit = Commit(
        address=address,
        revision=loaded.revision + len(loaded.events),
        before=before,
        after=state,
        events=joined,
        at=datetime.now(UTC),
        actor="system",
        cause="bench",
        epoch=head.epoch,
        last_id=head.last_id,
    )
    await engine.store.commit(commit)


def _email(user_id: int) -> str:
    return f"agent{user_id}@plixa.example"


async def _sign_in(engine: Engine, tenant: int, user_ids: Sequence[int]) -> list[str]:
    token_ids = await engine.database.run(vault.next_ids, "tokens", len(user_ids))
    secret, now = secrets.token_hex(20), datetime.now(UTC)
    rows = [
        vault.token_row(token_id, tenant, user_id, "panel", secret, ["*"], now)
        for token_id, user_id in zip(token_ids, user_ids, strict=True)
    ]
    await engine.store.writer.write(rows)
    return [f"Bearer {token_id}|{secret}" for token_id in token_ids]


def join(url: str, count: int) -> list[str]:
    """Their Authorization headers. In a process of its own."""
    return msgspec.json.decode(run_module("agents", msgspec.json.encode(Spec(url=url, count=count))), type=list[str])


if __name__ == "__main__":
    trio.run(main, msgspec.json.decode(sys.stdin.readline(), type=Spec))
