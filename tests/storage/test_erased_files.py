"""Files of erased conversations: the event names none of them, however many there are, and each goes as it is swept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from tests.storage.engines import TENANT, Engine, open_engine

from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.whatsapp.gateway import Content, Media, MessageKind, MessageSeen, Peer
from plixa.engine.actor import EffectDone
from plixa.engine.errors import Unavailable
from plixa.http.conversation.erasing import LATER, ErasedFiles
from plixa.storage.lifetime import rules

PEER = Peer("5511999990000", None, "5511999990000@s.whatsapp.net")
PICTURE = Content(MessageKind.IMAGE, None, "imageMessage", Media("image/jpeg"))


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[Engine]:
    async with open_engine(database_url) as engine:
        await engine.found()
        yield engine


class Files:
    """What removes files: `gone`, and `refuses` until it is told otherwise."""

    def __init__(self) -> None:
        self.gone: list[str] = []
        self.refuses: set[str] = set()

    async def remove(self, _tenant: int, name: str) -> None:
        if name in self.refuses:
            raise Unavailable("the files")
        self.gone.append(name)


def _eraser(engine: Engine, files: Files, ahead: timedelta = timedelta()) -> Any:
    clock = SimpleNamespace(now=lambda: datetime.now(UTC) + ahead + timedelta(seconds=1))
    return ErasedFiles(SimpleNamespace(database=engine.database, clock=clock), files)  # type: ignore[arg-type]


async def _sent(engine: Engine, conversation: int, number: int, *, stored: bool = True) -> int:
    """A customer sends a picture, which is fetched; its message's id."""
    seen = MessageSeen(f"P{conversation}-{number}", PEER, False, "contact", PICTURE, datetime.now(UTC))
    take = cmd.TakeMessage(seen=seen, contact_id=5, number_id=3)
    message_id = (await engine.ask("conversation", conversation, take)).first(ev.MessageReceived).message_id
    if stored:
        result = {"mime": "image/jpeg", "bytes": 3, "sha256": "00" * 32}
        await engine.ask("conversation", conversation, EffectDone(effect_id=f"media-{message_id}", result=result))
    return message_id


async def test_an_erased_conversation_names_no_files_and_they_go_in_chunks(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "CHUNK", 3)
    ids = [str(await _sent(engine, 100, number)) for number in range(7)]
    ids.append(str(await _sent(engine, 100, 8, stored=False)))  # still being fetched
    deleted = (await engine.ask("conversation", 100, cmd.Delete())).first(ev.ConversationDeleted)
    assert deleted.files == ()
    assert await engine.rows("select 1 from outbox where kind = 'media.erase'") == []
    await engine.swept()
    files = Files()
    files.refuses.add(ids[2])
    await _eraser(engine, files)._round()
    assert sorted(files.gone) == sorted(set(ids) - {ids[2]})
    files.refuses.clear()
    await _eraser(engine, files)._round()
    assert sorted(files.gone) == sorted(ids)


async def test_a_file_is_looked_at_once_more_and_then_forgotten(engine: Engine) -> None:
    message_id = str(await _sent(engine, 100, 1))
    await engine.ask("conversation", 100, cmd.Delete())
    await engine.swept()
    files = Files()
    for ahead, gone in ((timedelta(), 1), (timedelta(), 1), (LATER, 2), (2 * LATER, 2)):
        await _eraser(engine, files, ahead)._round()
        assert files.gone == [message_id] * gone
    assert await engine.rows("select 1 from erased_files") == []


async def test_a_file_that_somebody_else_has_too_stays(engine: Engine) -> None:
    await _sent(engine, 100, 1)
    other = await _sent(engine, 101, 1)
    await engine.ask("conversation", 100, cmd.Delete())
    await engine.swept()
    share = "update erased_files set stored_as = '{0}' where stored_as in (select stored_as from erased_files limit 1)"
    await engine.rows(share.format(other) + " returning 1")
    files = Files()
    await _eraser(engine, files)._round()
    assert files.gone == []
    assert (TENANT, str(other)) in await engine.rows("select tenant_id, stored_as from media_files")
