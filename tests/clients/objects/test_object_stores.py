"""One contract for files in a folder and in a bucket, and what the bucket's far end may do to us."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
from tests.clients.bucket import BUCKET, KEY, REGION, SECRET, Bucket, open_bucket
from tests.clients.far_end import Asked, HangUp, Reply

from plixa.http.clients.objects import steady
from plixa.http.clients.objects.errors import StorageDown
from plixa.http.clients.objects.folder import FolderObjects
from plixa.http.clients.objects.s3 import IN_THREAD, S3Objects
from plixa.http.clients.objects.steady import Steady
from plixa.http.clients.objects.store import Bucket as Place, ObjectStore, open_objects


@pytest.fixture
async def bucket(nursery: trio.Nursery) -> Bucket:
    return await open_bucket(nursery)


@pytest.fixture
async def s3(bucket: Bucket) -> AsyncIterator[S3Objects]:
    async with S3Objects(bucket.far.url, BUCKET, REGION, KEY, SECRET, "media") as store:
        yield store


@pytest.fixture(params=["folder", "s3"])
async def store(request: pytest.FixtureRequest, s3: S3Objects, tmp_path: Path) -> ObjectStore:
    return s3 if request.param == "s3" else FolderObjects(tmp_path / "media")


async def keys(store: ObjectStore, prefix: str = "", *, below: bool = True) -> list[str]:
    return [key async for key, _ in store.walk(prefix, below=below)]


async def test_what_was_put_is_there_until_it_is_deleted(store: ObjectStore) -> None:
    assert await store.get("1/22") is None
    for data in (b"first", b"", b"a second one" * IN_THREAD):
        await store.put("1/22", data)
        assert await store.get("1/22") == data
    for _ in range(2):
        await store.delete("1/22")
        assert await store.get("1/22") is None


async def test_lists_are_in_order_and_as_deep_as_asked(store: ObjectStore) -> None:
    there = ["10/1", "1/2", "1/10", "1/2b", "2/1", "logo", "1a", "1-/x"]
    for key in there:
        await store.put(key, key.encode())
    assert await keys(store) == sorted(there)
    assert [each async for each in store.walk("1/")] == [("1/10", 4), ("1/2", 3), ("1/2b", 4)]
    assert await keys(store, "1/2") == ["1/2", "1/2b"]
    assert await keys(store, "3") == []
    assert await keys(store, below=False) == ["1a", "logo"]


@pytest.mark.parametrize("key", ["", "/etc", "../x", "a/../b", "a//b", ".x", "a/.part", "a b", "a?b", "a/", "é"])
async def test_what_is_no_key_goes_nowhere(store: ObjectStore, bucket: Bucket, key: str) -> None:
    for attempt in (lambda: store.put(key, b""), lambda: store.get(key), lambda: store.delete(key)):
        with pytest.raises(ValueError, match="is no key"):
            await attempt()
    assert bucket.far.asked == []


async def test_a_folder_shows_nothing_half_written(tmp_path: Path) -> None:
    store = FolderObjects(tmp_path)
    await store.put("1/2", b"whole")
    (tmp_path / "1" / ".0123.part").write_bytes(b"hal")
    assert await keys(store) == ["1/2"]
    assert (tmp_path / "1").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "1" / "2").stat().st_mode & 0o777 == 0o600


async def test_a_folder_in_trouble(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("a file")
    with pytest.raises(StorageDown):
        await FolderObjects(tmp_path / "media").put("1/2", b"x")


@pytest.mark.parametrize("trouble", [Reply(500, b"oops"), Reply(503), Reply(301), HangUp])
async def test_s3_in_trouble(s3: S3Objects, bucket: Bucket, trouble: Reply | type[HangUp]) -> None:
    bucket.trouble = trouble
    for attempt in (lambda: s3.put("1", b""), lambda: s3.get("1"), lambda: s3.delete("1"), lambda: keys(s3)):
        with pytest.raises(StorageDown) as caught:
            await attempt()
        assert caught.value.status == 503
        assert not caught.value.lasting


async def test_a_list_that_cannot_be_read_is_trouble(s3: S3Objects, bucket: Bucket) -> None:
    bucket.trouble = Reply(200, b"<html>a proxy of the hotel's")
    with pytest.raises(StorageDown, match="list"):
        await keys(s3)


async def test_a_wrong_secret_is_told_at_once_and_shown_to_nobody(bucket: Bucket) -> None:
    async with open_objects(Place(bucket.far.url, BUCKET, REGION, KEY, "wrong")) as store:
        with pytest.raises(StorageDown, match="SignatureDoesNotMatch") as caught:
            await Steady(store).put("1", b"x")
    assert caught.value.lasting
    assert "wrong" not in str(caught.value)
    assert len(bucket.far.asked) == 1


async def test_a_bucket_that_is_not_there_is_no_missing_file(bucket: Bucket) -> None:
    async with S3Objects(bucket.far.url, "another", REGION, KEY, SECRET) as store:
        with pytest.raises(StorageDown, match="NoSuchBucket"):
            await store.get("1")


async def test_a_tool_is_patient(s3: S3Objects, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "PAUSES", (0.0, 0.0))

    def thrice(_: Asked) -> None:
        bucket.trouble = Reply(503) if len(bucket.far.asked) < 3 else None

    bucket.then = thrice
    await Steady(s3).put("1", b"x")
    assert bucket.has() == {"media/1": b"x"}
    bucket.then = lambda _: setattr(bucket, "trouble", Reply(503))
    with pytest.raises(StorageDown):
        await Steady(s3).get("1")
    assert len(bucket.far.asked) == 6
