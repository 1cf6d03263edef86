"""The rival: the same job done the way it is usually done, and done well.

FastAPI on uvicorn with uvloop and httptools, Pydantic for the body, a pool of asyncpg connections, one transaction a
message. What it stores for a message is what Plixa stores for a plain inbound one: a message that a unique key keeps
from coming twice, its conversation's row, the tenant's counter moved on by one, and an event at that position; there
is no timer and no outbox row, as Plixa writes none for such a message either. It is spared two things: what customers
wrote is not encrypted in its log, and a number's secret is looked up once and then remembered.

The counter makes a tenant's transactions wait for each other. It comes last, in one statement with the event, so that
they wait as little as can be; with `POSITIONS=sequence` there is none, and positions have gaps and come out of order.

    python -m uvicorn tests.bench.conventional:app     with DATABASE_URL and POOL
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import asyncpg
from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel

from plixa.storage.conversation.words import words_of

CONVERSATION = """
insert into conversations as c (tenant_id, number_id, phone, name, unread_count, last_message_id, last_activity_at)
values ($1, $2, $3, $4, 1, nextval('ids'), $5)
on conflict (tenant_id, number_id, phone) do update set
    unread_count = c.unread_count + 1,
    last_message_id = excluded.last_message_id,
    last_activity_at = greatest(c.last_activity_at, excluded.last_activity_at),
    name = excluded.name,
    updated_at = now()
returning id, last_message_id
"""
MESSAGE = """
insert into messages (
    tenant_id, id, conversation_id, number_id, key_id, direction, type, body, words, author, status, created_at
) values ($1, $2, $3, $4, $5, 'inbound', 'text', $6, $7, $8, 'received', $9)
on conflict (tenant_id, number_id, key_id) do nothing
"""
COUNTER = "update tenants set position = position + 1 where id = $1 returning position"
SEQUENCE = "select nextval('positions') as position"
EVENT = """
with moved as ({position})
insert into events (tenant_id, position, conversation_id, type, data)
select $1, position, $2, 'message.received', $3 from moved
"""
NUMBER = "select tenant_id, id from numbers where secret_hash = $1"
CONTACT = '{"kind":"contact","id":null,"name":null}'

Numbers = dict[bytes, tuple[int, int]]


class Key(BaseModel):
    """Which message, in which chat."""

    id: str
    remoteJid: str  # the gateway's name
    fromMe: bool = False


class Content(BaseModel):
    """What was said."""

    conversation: str


class Record(BaseModel):
    """One message."""

    key: Key
    message: Content
    messageTimestamp: int
    pushName: str | None = None


class Upsert(BaseModel):
    """The webhook's body."""

    event: str
    instance: str
    data: Record


class Told(BaseModel):
    """An event's data."""

    message_id: int
    key_id: str
    jid: str
    sent_at: datetime
    body: str


class SeenBefore(Exception):
    """The message is stored already; everything else of its transaction is taken back."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """A pool for as long as the application runs."""
    size = int(os.environ["POOL"])
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=size, max_size=size) as pool:
        app.state.pool = pool
        app.state.numbers = Numbers()
        app.state.event = EVENT.format(position=SEQUENCE if os.environ.get("POSITIONS") == "sequence" else COUNTER)
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/hooks/evolution")
async def receive(body: Upsert, x_plixa_secret: Annotated[str, Header()]) -> dict[str, bool]:
    """Answer once the message is durable; one that is here already is as good."""
    tenant, number = await _number(x_plixa_secret)
    try:
        async with app.state.pool.acquire() as connection, connection.transaction():
            await _store(connection, tenant, number, body.data)
    except SeenBefore:
        return {"stored": False}
    return {"stored": True}


async def _number(secret: str) -> tuple[int, int]:
    digest = hashlib.sha256(secret.encode()).digest()
    numbers: Numbers = app.state.numbers
    if digest not in numbers:
        row = await app.state.pool.fetchrow(NUMBER, digest)
        if row is None:
            raise HTTPException(401)
        numbers[digest] = (row["tenant_id"], row["id"])
    return numbers[digest]


async def _store(connection: Any, tenant: int, number: int, record: Record) -> None:
    key, text = record.key, record.message.conversation
    sent_at = datetime.fromtimestamp(record.messageTimestamp, UTC)
    phone = key.remoteJid.partition("@")[0]
    row = await connection.fetchrow(CONVERSATION, tenant, number, phone, record.pushName, sent_at)
    conversation_id, message_id = row
    message = (tenant, message_id, conversation_id, number, key.id, text, words_of(text), CONTACT, sent_at)
    if await connection.execute(MESSAGE, *message) == "INSERT 0 0":
        raise SeenBefore
    told = Told(message_id=message_id, key_id=key.id, jid=key.remoteJid, sent_at=sent_at, body=text)
    await connection.execute(app.state.event, tenant, conversation_id, told.model_dump_json())
