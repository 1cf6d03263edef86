"""What a restart of the gateway keeps, in a file: instances with their webhooks and sessions, messages, files, phones.

As with the gateway, what was on its way to a webhook is lost. SQLite writes each batch as one transaction, so that a
process that is killed leaves the last one whole. A batch is gathered on the loop (bytes that are encoded already) and
written in a thread, as soon as something has changed; the file holds what `World` holds and is bounded with it. A file
that cannot be read is put aside, for somebody to look at, and the world begins empty.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple, cast

import trio

from . import numbers
from .wire import JsonObject, encode
from .world import Instance, Media, Phone, Stored, Webhook, World

FILE = "simulator.sqlite"
_VERSION = 1
_TABLES = """
create table instances (name text primary key, body blob not null) without rowid;
create table phones (number text primary key, body blob not null) without rowid;
create table messages (
    seq integer primary key, owner text not null, id text not null, body blob not null, unique (owner, id));
create table media (
    seq integer primary key, owner text not null, id text not null, body blob not null, data blob not null,
    unique (owner, id));
"""
_AT_ONCE = 500
_AGAIN_AFTER = 1.0
_WAIT_FOR_ANOTHER = 12.0  # seconds: one that is about to stop still holds the file
_INSTANCE = (
    *("name", "id", "token", "number", "created_at", "settings", "state", "sender"),
    *("base64_active", "pairing_number", "closed_for", "closed_at"),
)
Key = tuple[str, str]
"""The id of an instance, and of a message of it."""


class Occupied(OSError):
    """Another process has the file."""


@dataclass(slots=True)
class _Batch:
    """What one transaction writes."""

    instances: dict[str, bytes] = field(default_factory=dict[str, bytes])
    gone: list[str] = field(default_factory=list[str])
    phones: dict[str, bytes] = field(default_factory=dict[str, bytes])
    messages: dict[Key, bytes] = field(default_factory=dict[Key, bytes])
    media: dict[Key, tuple[bytes, bytes]] = field(default_factory=dict[Key, tuple[bytes, bytes]])
    dropped: list[Key] = field(default_factory=list[Key])
    dropped_media: list[Key] = field(default_factory=list[Key])


class _Found(NamedTuple):
    """What the file holds, oldest first."""

    instances: dict[str, Instance]
    phones: dict[str, bytes]
    messages: dict[Key, tuple[Stored, Media | None]]


class Memory:
    """The file, and what has changed since it was last written. Told of changes by `Simulator`."""

    def __init__(self, world: World, path: Path) -> None:
        self._world = world
        self._path = path
        self._changed = trio.Event()
        self._messages: dict[Key, None] = {}  # in the order in which they came, which is that of the chat
        self._phones: dict[str, None] = {}
        self._instances_saved: dict[str, bytes] = {}
        self._saved: set[Key] = set()
        self._media_saved: set[Key] = set()

    def touch(self) -> None:
        """Something may have changed."""
        self._changed.set()

    def message(self, instance: Instance, message_id: str) -> None:
        """This message is new, or not what it was."""
        self._messages[instance.id, message_id] = None
        self.touch()

    def told(self, instance: Instance, data: object) -> None:
        """The webhook was told this: the messages that it names are new, or not what they were."""
        for message_id in _named_in(data):
            self.message(instance, message_id)
        self.touch()

    def phone(self, phone: Phone) -> None:
        """This phone is not what it was."""
        self._phones[phone.number] = None
        self.touch()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Fill the world from the file, then keep the file like the world until cancelled. Raises `Occupied`."""
        connection, found = await trio.to_thread.run_sync(_open, self._path)
        try:
            self._restore(found)
            task_status.started()
            await self._keep_writing(connection)
        finally:
            with trio.CancelScope(shield=True):
                await self._write_all(connection)
                await trio.to_thread.run_sync(connection.close)

    async def _keep_writing(self, connection: sqlite3.Connection) -> None:
        while True:
            await self._changed.wait()
            if not await self._write_all(connection):
                await trio.sleep(_AGAIN_AFTER)  # the disk is full, it may be; a simulator goes on all the same

    async def _write_all(self, connection: sqlite3.Connection) -> bool:
        """Write until the file is like the world; false where the disk would not have it."""
        self._changed = trio.Event()
        while True:
            batch = self._gather()
            try:
                await trio.to_thread.run_sync(_write, connection, batch)
            except sqlite3.Error as error:
                print(f"simulator: its state cannot be written ({error}); it is tried again.", file=sys.stderr)
                self._put_off(batch)
                return False
            except BaseException:  # cancelled before it was written: there is one more look at the end
                self._put_off(batch)
                raise
            self._note(batch)
            if not self._messages:
                return True

    def _put_off(self, batch: _Batch) -> None:
        """It is still to be written, before what came since."""
        self._messages = dict.fromkeys(batch.messages) | self._messages
        self._phones = dict.fromkeys(batch.phones) | self._phones
        self._changed.set()

    # -- from the world ------------------------------------------------------------------------------------------------

    def _gather(self) -> _Batch:
        by_id = {instance.id: instance for instance in self._world.instances.values()}
        batch = _Batch()
        for name, instance in self._world.instances.items():
            if self._instances_saved.get(name) != (body := _of_instance(instance)):
                batch.instances[name] = body
        batch.gone = [name for name in self._instances_saved if name not in self._world.instances]
        for number in self._phones:
            if phone := self._world.phones.get(number):
                batch.phones[number] = encode({"name": phone.name, "exists": phone.exists, "open": phone.open})
        self._phones = {}
        for key in list(self._messages)[:_AT_ONCE]:
            del self._messages[key]
            self._add_message(batch, by_id, key)
        self._drop(batch, by_id)
        return batch

    def _add_message(self, batch: _Batch, by_id: Mapping[str, Instance], key: Key) -> None:
        instance = by_id.get(key[0])
        stored = instance.messages.get(key[1]) if instance else None
        if instance is None or stored is None:
            return
        batch.messages[key] = encode({each.name: getattr(stored, each.name) for each in fields(Stored)})
        media = self._world.media(instance, stored.id)
        if media is not None and key not in self._media_saved:
            body = {"mimetype": media.mimetype, "file_name": media.file_name, "caption": media.caption}
            batch.media[key] = encode(body), media.data

    def _drop(self, batch: _Batch, by_id: Mapping[str, Instance]) -> None:
        """What the world has let go of since it was written; looked for only where the file has more than the world."""
        if len(self._saved) > sum(len(instance.messages) for instance in by_id.values()):
            batch.dropped = [key for key in self._saved if key[0] not in by_id or key[1] not in by_id[key[0]].messages]
        kept = self._world.media_keys
        if len(self._media_saved) > len(kept):
            batch.dropped_media = [key for key in self._media_saved if key not in kept]

    def _note(self, batch: _Batch) -> None:
        """It is in the file now."""
        self._instances_saved |= batch.instances
        for name in batch.gone:
            del self._instances_saved[name]
        self._saved |= batch.messages.keys()
        self._saved.difference_update(batch.dropped)
        self._media_saved |= batch.media.keys()
        self._media_saved.difference_update(batch.dropped_media)

    # -- into the world ------------------------------------------------------------------------------------------------

    def _restore(self, found: _Found) -> None:
        by_id: dict[str, Instance] = {}
        for name, instance in found.instances.items():
            self._world.add(instance)
            by_id[instance.id] = instance
            self._instances_saved[name] = _of_instance(instance)
        for number, body in found.phones.items():
            phone, kept = self._world.phone(number), json.loads(body)
            phone.name, phone.exists, phone.open = kept["name"], kept["exists"], kept["open"]
        for key, (stored, media) in found.messages.items():
            self._saved.add(key)
            if media is not None:
                self._media_saved.add(key)
            if owner := by_id.get(key[0]):
                self._put_back(owner, stored, media)
        self.touch()  # what there is no room for any more leaves the file, too

    def _put_back(self, instance: Instance, stored: Stored, media: Media | None) -> None:
        self._world.store(instance, stored, media)
        if numbers.is_phone(stored.chat):
            self._world.phone(stored.chat)


# -- the file, in a thread --------------------------------------------------------------------------------------------


def _open(path: Path) -> tuple[sqlite3.Connection, _Found]:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _prepared(path)
    except sqlite3.OperationalError as error:
        raise Occupied(f"{path} cannot be used ({error}): does another simulator run on it?") from error
    except (sqlite3.DatabaseError, ValueError, TypeError, KeyError) as error:
        print(f"simulator: {path} cannot be read ({error}); it is put aside, and all begins empty.", file=sys.stderr)
        path.replace(path.with_suffix(".unreadable"))
        path.with_name(f"{path.name}-wal").unlink(missing_ok=True)
        return _prepared(path)


def _prepared(path: Path) -> tuple[sqlite3.Connection, _Found]:
    path.touch(mode=0o600)  # the webhooks' secrets are in it
    connection = sqlite3.connect(path, timeout=_WAIT_FOR_ANOTHER, check_same_thread=False, isolation_level=None)
    try:
        connection.execute("pragma locking_mode = exclusive")
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")  # a killed process loses nothing, a power cut the last moment
        connection.execute("begin exclusive")
        [version] = connection.execute("pragma user_version").fetchone()
        if version == 0:
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"pragma user_version = {_VERSION}")
        connection.execute("commit")
        if version not in (0, _VERSION):
            raise sqlite3.DatabaseError(f"it is of version {version}, and {_VERSION} was expected")
        return connection, _read(connection)
    except BaseException:
        connection.close()
        raise


def _read(connection: sqlite3.Connection) -> _Found:
    media = {
        (owner, id_): Media(data=data, **json.loads(body))
        for owner, id_, body, data in connection.execute("select owner, id, body, data from media order by seq")
    }
    messages = {
        (owner, id_): (Stored(**json.loads(body)), media.get((owner, id_)))
        for owner, id_, body in connection.execute("select owner, id, body from messages order by seq")
    }
    instances = connection.execute("select name, body from instances").fetchall()
    phones = connection.execute("select number, body from phones").fetchall()
    return _Found({name: _instance(json.loads(body)) for name, body in instances}, dict(phones), messages)


def _write(connection: sqlite3.Connection, batch: _Batch) -> None:
    connection.execute("begin")
    try:
        for statement, rows in _statements(batch):
            connection.executemany(statement, rows)
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def _statements(batch: _Batch) -> Iterator[tuple[str, list[Any]]]:
    again = "on conflict (owner, id) do update set body = excluded.body"
    yield "delete from instances where name = ?", [(name,) for name in batch.gone]
    yield "delete from messages where owner = ? and id = ?", batch.dropped
    yield "delete from media where owner = ? and id = ?", batch.dropped_media
    yield "insert or replace into instances values (?, ?)", list(batch.instances.items())
    yield "insert or replace into phones values (?, ?)", list(batch.phones.items())
    messages = [(*key, body) for key, body in batch.messages.items()]
    yield f"insert into messages (owner, id, body) values (?, ?, ?) {again}", messages
    media = [(*key, *file) for key, file in batch.media.items()]
    yield f"insert into media (owner, id, body, data) values (?, ?, ?, ?) {again}", media


# -- values -----------------------------------------------------------------------------------------------------------


def _named_in(data: object) -> Iterator[str]:
    """The ids of messages in what a webhook tells: of a record, an update or a deletion, and what a reaction is to."""
    if isinstance(data, dict):
        fields_ = cast("JsonObject", data)
        yield from (fields_[name] for name in ("id", "keyId") if isinstance(fields_.get(name), str))
        for name in ("key", "message", "reactionMessage"):
            yield from _named_in(fields_.get(name))


def _of_instance(instance: Instance) -> bytes:
    hook = None if instance.webhook is None else asdict(instance.webhook)
    return encode({name: getattr(instance, name) for name in _INSTANCE} | {"webhook": hook})


def _instance(kept: JsonObject) -> Instance:
    hook = kept.pop("webhook")
    return Instance(**kept, webhook=None if hook is None else Webhook(**hook))
