"""A backup of a serving node, brought back into an empty place: the same rows, files and states."""

from __future__ import annotations

import dataclasses
import gzip
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import pytest
import trio
from tests import harness
from tests.clients.bucket import BUCKET, KEY, REGION, SECRET, Bucket, open_bucket
from tests.conftest import Databases
from tests.harness import SECRET_KEY, Postgres
from tests.http.house import PICTURE, House
from tests.http.tables import Tables
from tests.storage.engines import open_engine

from plixa import migrations
from plixa.backing import back_up, bring_in, export, move_media, restore
from plixa.compose import Node, open_node
from plixa.doctor import first_of
from plixa.engine.errors import Conflict, NotFound
from plixa.engine.settings import Settings
from plixa.features import kinds, schema
from plixa.http.clients.objects.folder import FolderObjects
from plixa.http.clients.objects.settings import (
    S3_ACCESS_KEY_ID,
    S3_BUCKET,
    S3_REGION,
    S3_SECRET_ACCESS_KEY,
    S3_URL,
)
from plixa.http.conversation.media import Media, open_files
from plixa.http.conversation.settings import MEDIA_STORE
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.nodes.name_lock import only_process
from plixa.storage.postgres.bridge import Database, open_database
from plixa.storage.tools.bundle import give_out_from
from plixa.storage.tools.kept import BadBackup, Contents, list_of
from plixa.storage.tools.rekey import accept
from plixa.storage.tools.replay import Replayed, replay

FILE = """
insert into media_files values (1, 101, 100, 'image/png', 9, '', '101', now())
"""
T = TypeVar("T")
CHANGED = {"outbox", "schema_migrations"}
"""What is looked up before it goes out, and when the migrations were."""


@dataclass
class Little:
    """Settings of an installation, and of an empty one."""

    source: Settings
    empty: Settings

    @property
    def place(self) -> Path:
        """Where the backup goes."""
        return self.source.data_dir.parent / "backup"


def quiet(_: str) -> None:
    """Nobody looks."""


def with_bucket(settings: Settings, bucket: Bucket, **more: Any) -> Settings:
    """Those settings, with a bucket for what is to be in one."""
    at = {S3_URL: bucket.far.url, S3_REGION: REGION, S3_ACCESS_KEY_ID: KEY, S3_SECRET_ACCESS_KEY: SECRET}
    return dataclasses.replace(settings, own={**settings.own, **{each.name: at[each] for each in at}, **more})


@pytest.fixture
def empty(databases: Databases, node: Node, tmp_path: Path) -> Iterator[Settings]:
    """The settings of another installation, with nothing in it."""
    name, url = databases.take()
    yield dataclasses.replace(node.services.settings, database_url=url, data_dir=tmp_path / "elsewhere")
    databases.give_back(name)


async def folded(database: Database) -> Replayed:
    """All states of a database."""
    return await database.run(replay, Keyring(ApplicationKey(SECRET_KEY)), kinds(), schema())


async def rows_of(settings: Settings) -> tuple[dict[str, list[str]], Replayed]:
    """All rows of a database, and its states' hashes."""
    async with open_database(settings.database_url, size=2) as database:
        return await Tables(database).dump(), await folded(database)


@contextmanager
def told(kind: type[Exception], match: str) -> Iterator[None]:
    """As `pytest.raises`, of an error that stands alone in its groups, as the command line tells it."""
    with pytest.raises((kind, ExceptionGroup)) as caught:
        yield
    error = first_of(caught.value)
    assert isinstance(error, kind), repr(error)
    assert re.search(match, str(error)), str(error)


def files_in(folder: Path) -> dict[str, bytes]:
    """All files below, by their path."""
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


async def meanwhile_nothing_happened(
    tables: Tables, node: Node, tmp_path: Path, work: Callable[[Path], Awaitable[T]]
) -> tuple[T, Path, dict[str, list[str]], dict[int, str]]:
    """Do it once more where the house lived on meanwhile: a tick, a timer. What came of it, where, rows and hashes."""
    for number in count():
        place = tmp_path / f"place-{number}"
        rows, hashes = await tables.dump(), (await folded(node.services.database)).hashes
        done = await work(place)
        if (await tables.dump()) | {"backups": rows["backups"]} == rows:
            return done, place, rows, hashes
    raise AssertionError


@pytest.fixture
async def lived(house: House, tables: Tables) -> House:
    """One of everything, with a file from each side, and nothing under way."""
    message = await house.chat.written(type="image")
    path = f"/v1/conversations/{message['conversation_id']}/media-messages"
    assert (await house.client.post(path, files={"file": PICTURE})).status_code == 201
    await tables.settled()
    return house


async def test_what_is_restored_is_what_was_backed_up(
    lived: House, node: Node, tables: Tables, empty: Settings, tmp_path: Path
) -> None:
    """While the node serves; and what was restored serves, too."""
    settings = node.services.settings

    async def back_up_to(place: Path) -> Contents:
        return await back_up(settings, str(place), quiet)

    contents, place, before, hashes = await meanwhile_nothing_happened(tables, node, tmp_path, back_up_to)
    assert contents.keys == (ApplicationKey(SECRET_KEY).ids[0].hex(),)
    assert SECRET_KEY not in (place / list_of(0)).read_text()
    assert (contents.files.missing, contents.pictures.files > 0, contents.files.files > 1) == (0, True, True)
    assert await restore(empty, str(place), quiet) == contents

    after, states = await rows_of(empty)
    assert (states.hashes, states.wrong) == (hashes, [])
    assert {name for name in before if before[name] != after[name]} <= CHANGED
    assert {key: files_in(empty.data_dir / key) for key in ("media", "pictures")} == {
        key: files_in(settings.data_dir / key) for key in ("media", "pictures")
    }
    await _serves(lived, empty)


async def _serves(lived: House, empty: Settings) -> None:
    """With the tokens, ids and positions that there were; what is made next comes after the last one."""
    had = {each["id"] for each in (await lived.client.get("/v1/conversations")).json()["data"]}
    async with open_database(empty.database_url, size=1) as database:
        (last,) = await Tables(database).rows("select max(last_id) as id from heads where tenant_id > 0")
    async with (
        open_node(dataclasses.replace(empty, port=0)) as restored,
        httpx.AsyncClient(base_url=restored.services.public_url, headers=lived.client.headers) as client,
    ):
        assert {each["id"] for each in (await client.get("/v1/conversations")).json()["data"]} == had
        created = await client.post("/v1/labels", json={"name": "depois", "color": "#112233"})
        assert created.status_code == 201, created.text
        assert created.json()["data"]["id"] > last["id"]


# -- what must not be restored ----------------------------------------------------------------------------------------


@pytest.fixture
async def little(database_url: str, databases: Databases, tmp_path: Path) -> AsyncIterator[Little]:
    """A workspace with a conversation and a file, and another place with nothing in it."""
    name, url = databases.take()
    async with open_engine(database_url) as engine:
        await engine.found()
        await engine.write(100, "A1")
        await engine.answer(100, "um")
        await engine.answer(100, "dois")
        await engine.rows(FILE)
        await engine.database.run(accept, schema(), ApplicationKey(SECRET_KEY))
    source, empty = [
        harness.settings(url, "http://127.0.0.1:9", tmp_path / folder)
        for url, folder in ((database_url, "here"), (url, "there"))
    ]
    await FolderObjects(source.data_dir / "media").put("1/101", b"a picture")
    await FolderObjects(source.data_dir / "pictures").put("9d2f7c1e-0000-4000-8000-000000000000", PICTURE[1])
    yield Little(source, empty)
    databases.give_back(name)


async def test_what_may_have_gone_out_since_is_looked_up_first(little: Little) -> None:
    """Sends that waited when the backup was made; what may be done twice is left as it was."""
    await back_up(little.source, str(little.place), quiet)
    await restore(little.empty, str(little.place), quiet)
    query = "select kind, state from outbox order by effect_id"
    async with open_database(little.source.database_url, size=1) as before:
        was = [tuple(row.values()) for row in await Tables(before).rows(query)]
    async with open_database(little.empty.database_url, size=1) as after:
        found = [tuple(row.values()) for row in await Tables(after).rows(query)]
    assert was.count(("gateway.send", "queued")) == 2
    assert found == [("gateway.send", "attempting") if each == ("gateway.send", "queued") else each for each in was]


async def _refused(place: Path, empty: Settings, said: str) -> None:
    with told(BadBackup, said):
        await restore(empty, str(place), quiet)
    async with open_database(empty.database_url, size=1) as database:
        assert (await Tables(database).rows("select count(*) as n from heads")) == [{"n": 0}]
    assert files_in(empty.data_dir) == {}


def _part(place: Path, glob: str) -> Path:
    return sorted(place.glob(glob))[0]


def _edited(place: Path, **changes: Any) -> None:
    file = place / list_of(0)
    file.write_bytes(msgspec.json.encode(msgspec.json.decode(file.read_bytes()) | changes))


def _turned(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


async def test_a_wrong_or_half_backup_is_told_before_anything_is_written(
    little: Little, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_room(*_: object) -> None:
        raise BadBackup("no room")

    with monkeypatch.context() as full, told(BadBackup, "no room"):
        full.setattr("plixa.storage.tools.backup.write_list", no_room)
        await back_up(little.source, str(tmp_path / "without-its-list"), quiet)
    async with open_database(little.source.database_url, size=1) as database:
        assert await Tables(database).rows("select 1 from backups") == []
    whole = little.place
    await back_up(little.source, str(whole), quiet)
    ways: dict[str, Callable[[Path], None]] = {
        "cut off before its end": lambda place: (place / list_of(0)).unlink(),
        "its digest is another one": lambda place: _edited(place, release="9.9"),
        "cannot be read": lambda place: (place / list_of(0)).write_bytes(b"{"),
        "has format 9": lambda place: _edited(place, format=9),
        "was changed": lambda place: _turned(_part(place, "tables/events/*.gz")),
        "is not there": lambda place: _part(place, "tables/messages/*.gz").unlink(),
        "bytes, and had": lambda place: _part(place, "files/*/*").write_bytes(b"half"),
        "pictures/": lambda place: _turned(_part(place, "pictures/*")),
    }
    for number, (said, way) in enumerate(ways.items()):
        place = tmp_path / f"spoilt-{number}"
        shutil.copytree(whole, place)
        way(place)
        await _refused(place, little.empty, said)
    elsewhere = dataclasses.replace(little.empty, secret_key="another key of the tests, longer than 32 signs")
    await _refused(whole, elsewhere, "is not PLIXA_SECRET_KEY")


async def test_nothing_is_written_over(little: Little) -> None:
    source, empty, place = little.source, little.empty, str(little.place)
    await back_up(source, place, quiet)
    with told(Conflict, "is not empty"):
        await back_up(source, place, quiet)
    async with open_database(empty.database_url) as database, only_process(database, "node-1"):
        with told(Conflict, "A server is running"):
            await restore(empty, place, quiet)
    await FolderObjects(empty.data_dir / "media").put("1/77", b"somebody's")
    with told(Conflict, "There are files already"):
        await restore(empty, place, quiet)
    assert files_in(empty.data_dir) == {"media/1/77": b"somebody's"}
    shutil.rmtree(empty.data_dir)
    await restore(empty, place, quiet)
    with told(Conflict, "The database is not empty"):
        await restore(empty, place, quiet)


async def test_one_that_is_cut_off_leaves_no_row_and_is_run_again(little: Little, nursery: trio.Nursery) -> None:
    """In the middle of the rows, the bucket gives something else than what was looked at."""
    bucket = await open_bucket(nursery)
    source, place = with_bucket(little.source, bucket), f"s3://{BUCKET}/b"
    await back_up(source, place, quiet)
    target, seen = with_bucket(little.empty, bucket), list[str]()

    def spoil(key: str, data: bytes) -> bytes:
        seen.append(key)
        return b"other" if seen.count(key) == 2 and key.startswith("b/tables/messages/") else data

    bucket.spoil = spoil
    with told(BadBackup, "messages"):
        await restore(target, place, quiet)
    async with open_database(target.database_url, size=1) as database:
        assert (await Tables(database).rows("select count(*) as n from heads")) == [{"n": 0}]
    assert files_in(target.data_dir) == files_in(source.data_dir)
    bucket.spoil = lambda _, data: data
    await restore(target, place, quiet)
    assert (await rows_of(target))[1].hashes == (await rows_of(source))[1].hashes


async def test_a_newer_database_is_told_from_an_older_backup(little: Little, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release restores what an earlier one made, into a database without tables; not what a later one made."""
    await back_up(little.source, str(little.place), quiet)
    known = migrations.migrations()
    monkeypatch.setattr(migrations, "migrations", lambda: known[:-1])
    with told(BadBackup, "Restore it with that release or a later one"):
        await restore(little.empty, str(little.place), quiet)
    later = migrations.Migration(9000, "9000_later_pre", "create table later (x integer)")
    monkeypatch.setattr(migrations, "migrations", lambda: [*known, later])
    async with open_database(little.empty.database_url, size=1) as database:
        await database.run(migrations.migrate)
    with told(Conflict, "9000_later_pre, which came after the backup"):
        await restore(little.empty, str(little.place), quiet)


@pytest.fixture
def bare(postgres: Postgres) -> Iterator[str]:
    """A database without any tables, as a new server has it."""
    postgres.execute("create database bare")
    yield postgres.url("bare")
    postgres.drop("bare")


async def test_it_goes_into_a_database_without_any_tables(little: Little, bare: str) -> None:
    await back_up(little.source, str(little.place), quiet)
    new = dataclasses.replace(little.empty, database_url=bare)
    await restore(new, str(little.place), quiet)
    assert (await rows_of(new))[1].hashes == (await rows_of(little.source))[1].hashes


# -- files in a bucket ------------------------------------------------------------------------------------------------


async def test_files_move_to_a_bucket_and_are_found_all_the_while(little: Little, nursery: trio.Nursery) -> None:
    bucket, folder = await open_bucket(nursery), little.source.data_dir
    with told(Conflict, "MEDIA_STORE"):
        await move_media(with_bucket(little.source, bucket), quiet)
    settings = with_bucket(little.source, bucket, **{MEDIA_STORE.name: "s3", S3_BUCKET.name: BUCKET})
    media, pictures = files_in(folder / "media"), files_in(folder / "pictures")
    async with open_files(settings) as files:
        assert await files.get("1/101") == media["1/101"]
        moved = await move_media(settings, quiet)
        assert (moved.files, moved.erased) == (len(media) + len(pictures), 0)
        assert bucket.has() == {f"media/{key}": data for key, data in media.items()} | pictures
        assert files_in(folder / "media") == files_in(folder / "pictures") == {}
        assert await files.get("1/101") == media["1/101"]
        await Media(files).remove_all(1)
    assert bucket.has() == pictures


# -- a workspace into another installation ----------------------------------------------------------------------------

OTHER_KEY = "the key of another installation, longer than 32 signs"


async def test_a_workspace_goes_into_another_installation(
    lived: House, node: Node, tables: Tables, empty: Settings, tmp_path: Path
) -> None:
    """Under another key, with the same states; members sign in with their passwords, numbers have new secrets."""
    tenant, there = lived.chat.workspace.tenant, dataclasses.replace(empty, secret_key=OTHER_KEY)

    async def export_to(place: Path) -> tuple[Contents, str]:
        return await export(node.services.settings, tenant, str(place), quiet)

    (contents, secret), place, _, hashes = await meanwhile_nothing_happened(tables, node, tmp_path, export_to)
    assert contents.states == hashes[tenant]
    written = b"".join(gzip.decompress(each.read_bytes()) for each in place.rglob("*.gz"))
    assert secret.encode() not in written + (place / "plixa-workspace.json").read_bytes()
    assert {each.name for each in (place / "tables").iterdir()} & {"tokens", "number_secrets"} == set()

    await bring_in(there, str(place), secret, quiet)
    async with open_database(there.database_url, size=1) as database:
        found = await database.run(replay, Keyring(ApplicationKey(OTHER_KEY)), kinds(), schema())
        models = {name: await Tables(database)._lines(name, f"where tenant_id = {tenant}") for name in ("messages",)}
        secrets = await Tables(database).rows("select secret_hash from number_secrets")
    assert (found.hashes, found.wrong) == ({tenant: contents.states}, [])
    was = Tables(node.services.database)
    assert len(models["messages"]) == len(await was._lines("messages", f"where tenant_id = {tenant}")) > 0
    assert secrets
    assert [row for row in await was.rows("select secret_hash from number_secrets") if row in secrets] == []
    assert files_in(there.data_dir / "media") == files_in(node.services.settings.data_dir / "media")

    async with (
        open_node(dataclasses.replace(there, port=0)) as other,
        httpx.AsyncClient(base_url=other.services.public_url) as client,
    ):
        credentials = {"email": lived.chat.workspace.email, "password": harness.PASSWORD}
        answer = await client.post("/v1/auth/login", json=credentials)
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['data']['token']}"
        mine = (await lived.client.get("/v1/conversations")).json()["data"]
        assert [each["id"] for each in (await client.get("/v1/conversations")).json()["data"]] == [
            each["id"] for each in mine
        ]
        async with harness.registered(other.services.public_url) as next_one:
            assert next_one.tenant > tenant
            assert next_one.user_id > lived.chat.workspace.user_id


async def test_what_is_taken_or_wrong_is_not_brought_in(little: Little) -> None:
    source, empty, place = little.source, little.empty, str(little.place)
    _, secret = await export(source, 1, place, quiet)
    with told(NotFound, "workspace"):
        await export(source, 7, f"{place}-2", quiet)
    with told(BadBackup, "not the key"):
        await bring_in(empty, place, "another", quiet)
    with told(Conflict, "There is a workspace 1 here"):
        await bring_in(source, place, secret, quiet)
    async with open_engine(empty.database_url) as engine:  # another workspace, whose owner has the same address
        await engine.rows("insert into members values (9, 9, 'owner1@plixa.example', 'Eva', 'owner', null, false)")
    with told(Conflict, "is taken here"):
        await bring_in(empty, place, secret, quiet)
    async with open_database(empty.database_url, size=1) as database:
        assert await Tables(database).rows("select count(*) as n from events") == [{"n": 0}]
        await Tables(database).rows("update members set email = 'eva@plixa.example', user_id = 1")
        with told(Conflict, "member 1 is somebody else here"):
            await bring_in(empty, place, secret, quiet)
        await Tables(database).rows("delete from members")
        await bring_in(empty, place, secret, quiet)
        assert (await folded(database)).hashes == (await rows_of(source))[1].hashes


async def test_ids_come_from_a_range_of_ones_own(little: Little) -> None:
    async with open_database(little.empty.database_url, size=1) as database:
        await database.run(give_out_from, 3)
        assert await Tables(database).rows("select nextval('tenants_id') as id") == [{"id": (3 << 40) + 1}]
        with told(Conflict, "given out already"):
            await database.run(give_out_from, 4)


def test_every_table_that_seals_goes_along_or_stays_for_a_reason() -> None:
    """What stays is good only where it is: secrets of numbers, links, browsers, linked calendars, answers, what waits
    for a webhook's other half, and what was told to endpoints."""
    stays = {name for name, table in schema().tables.items() if table.sealed and not table.moves}
    assert stays == {
        "admins", "answers", "calendar_links", "held_updates", "kept_bodies", "number_secrets", "one_time_secrets",
        "push_subscriptions", "vapid_keys", "webhook_deliveries", "webhook_events",
    }  # fmt: skip
    assert [name for name, table in schema().tables.items() if table.moves and table.sort == "read model"] == []
