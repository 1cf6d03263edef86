"""One contract for the folder and for S3; the S3 here is a server on loopback that verifies every signature itself."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
import trio
from PIL import Image
from tests.clients.bucket import BUCKET, KEY, REGION, SECRET, Bucket, open_bucket
from tests.clients.far_end import HangUp, Reply

from plixa.http.clients.pictures.errors import PictureStorageDown
from plixa.http.clients.pictures.folder import FolderPictures
from plixa.http.clients.pictures.s3 import S3Pictures
from plixa.http.clients.pictures.store import Behind, PictureStore, open_pictures

BASE = "https://cdn.example/pictures"


def picture(format_: str = "PNG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, format_)
    return out.getvalue()


@pytest.fixture
async def bucket(nursery: trio.Nursery) -> Bucket:
    return await open_bucket(nursery)


@pytest.fixture
async def s3(bucket: Bucket) -> AsyncIterator[S3Pictures]:
    async with S3Pictures(bucket.far.url, BUCKET, KEY, SECRET, REGION, BASE) as store:
        yield store


@pytest.fixture(params=["folder", "s3"])
async def store(request: pytest.FixtureRequest, s3: S3Pictures, tmp_path: Path) -> PictureStore:
    return s3 if request.param == "s3" else FolderPictures(tmp_path / "pictures", BASE + "/")


@pytest.mark.spec(315)
@pytest.mark.parametrize(("format_", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
async def test_what_was_put_can_be_got(store: PictureStore, format_: str, mime: str) -> None:
    key = await store.put(picture(format_), mime)
    assert str(uuid.UUID(key)) == key
    assert await store.get(key) == (picture(format_), mime)
    assert store.url(key) == f"{BASE}/{key}"
    assert await store.put(picture(format_), mime) != key


@pytest.mark.spec(317)
async def test_what_was_deleted_is_gone_and_may_be_deleted_again(store: PictureStore) -> None:
    key = await store.put(picture(), "image/png")
    for _ in range(2):
        await store.delete(key)
        assert await store.get(key) is None


SOME = uuid.UUID("4ec1b2b4-b074-4961-a782-6fa5c1a29a34")  # the same in every process that collects


@pytest.mark.parametrize(
    "key", ["", "..", "../../etc/passwd", "x" * 36, str(SOME).upper(), f"{SOME}\n",
            f"{SOME}.part", f"../pictures/{SOME}", f"{SOME}?acl",
            "00000000-0000-0000-0000-000000000000"]
)  # fmt: skip
async def test_a_key_that_is_none_is_not_there(store: PictureStore, bucket: Bucket, key: str) -> None:
    assert await store.get(key) is None
    await store.delete(key)
    assert bucket.far.asked == []


async def test_s3_is_told_the_type_and_that_it_never_changes(s3: S3Pictures, bucket: Bucket) -> None:
    key = await s3.put(picture(), "image/png")
    asked = bucket.far.asked[0]
    assert (asked.method, asked.target) == ("PUT", f"/{BUCKET}/{key}")
    assert asked.headers["content-type"] == "image/png"
    assert "immutable" in asked.headers["cache-control"]
    assert SECRET not in str(asked)


async def test_s3_with_a_wrong_secret(bucket: Bucket) -> None:
    async with S3Pictures(bucket.far.url, BUCKET, KEY, "wrong", REGION, BASE) as store:
        with pytest.raises(PictureStorageDown, match="SignatureDoesNotMatch") as caught:
            await store.put(picture(), "image/png")
    assert "wrong" not in str(caught.value)
    assert bucket.objects == {}


async def test_what_others_put_into_the_bucket_is_no_picture(s3: S3Pictures, bucket: Bucket) -> None:
    key = str(uuid.uuid4())
    bucket.objects[key] = (b"<script>alert(1)</script>", {"content-type": "image/png"})
    assert await s3.get(key) is None
    bucket.objects[key] = (picture() + b"\x00" * 17 * 1024 * 1024, {"content-type": "image/png"})
    with pytest.raises(PictureStorageDown):
        await s3.get(key)


@pytest.mark.parametrize("trouble", [Reply(500, b"oops"), Reply(503), Reply(301), HangUp])
async def test_s3_in_trouble(s3: S3Pictures, bucket: Bucket, trouble: Reply | type[HangUp]) -> None:
    bucket.trouble = trouble
    key = str(uuid.uuid4())
    for attempt in (lambda: s3.put(picture(), "image/png"), lambda: s3.get(key), lambda: s3.delete(key)):
        with pytest.raises(PictureStorageDown) as caught:
            await attempt()
        assert caught.value.status == 503


async def test_a_folder_in_trouble(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("a file")
    store = FolderPictures(tmp_path / "pictures", BASE)
    with pytest.raises(PictureStorageDown):
        await store.put(picture(), "image/png")
    for attempt in (lambda: store.get(str(uuid.uuid4())), lambda: store.delete(str(uuid.uuid4()))):
        with pytest.raises(PictureStorageDown):
            await attempt()


async def test_the_settings_say_which(tmp_path: Path) -> None:
    for bucket, kind in (("", FolderPictures), (BUCKET, Behind)):
        async with open_pictures(
            data_dir=tmp_path,
            public_base=BASE,
            s3_url="https://s3.example",
            s3_bucket=bucket,
            s3_region=REGION,
            s3_key=KEY,
            s3_secret=SECRET,
        ) as store:
            assert type(store) is kind


async def test_behind_the_bucket_what_is_still_in_the_folder_is_found_and_goes_from_both(
    s3: S3Pictures, tmp_path: Path
) -> None:
    folder = FolderPictures(tmp_path, BASE)
    store = Behind(s3, folder)
    old, new = await folder.put(picture(), "image/png"), await store.put(picture(), "image/png")
    assert await folder.get(new) is None
    for key in (old, new):
        assert await store.get(key) == (picture(), "image/png")
        await store.delete(key)
        assert (await store.get(key), await folder.get(key), await s3.get(key)) == (None, None, None)
