"""One contract for the folder and for S3; the S3 here is a server on loopback that verifies every signature itself."""

from __future__ import annotations

import hashlib
import hmac
import re
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
import trio
from PIL import Image
from tests.clients.far_end import Asked, FarEnd, HangUp, Reply, open_far_end

from plixa.http.clients.pictures.errors import PictureStorageDown
from plixa.http.clients.pictures.folder import FolderPictures
from plixa.http.clients.pictures.s3 import S3Pictures
from plixa.http.clients.pictures.store import PictureStore, open_pictures

KEY, SECRET, REGION, BUCKET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-central-1", "pictures"
BASE = "https://cdn.example/pictures"


def picture(format_: str = "PNG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, format_)
    return out.getvalue()


def expected_signature(asked: Asked, signed: list[str], stamp: str, secret: str = SECRET) -> str:
    """Signature version 4 by the letter of its specification."""
    path, _, query = asked.target.partition("?")
    headers = "".join(f"{name}:{' '.join(asked.headers[name].split())}\n" for name in signed)
    body_hash = hashlib.sha256(asked.body).hexdigest()
    canonical = "\n".join([asked.method, path, query, headers, ";".join(signed), body_hash])
    scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in (stamp[:8], REGION, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def unsigned(asked: Asked) -> str | None:
    """What S3 would object to in a request's signature, or None."""
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?"
        r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})",
        asked.headers.get("authorization", ""),
    )
    if found is None:
        return "MissingSecurityHeader"
    key, day, region, names, signature = found.groups()
    signed, stamp = names.split(";"), asked.headers["x-amz-date"]
    at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    must = {"host", *(name for name in asked.headers if name.startswith("x-amz-") or name == "content-type")}
    if signed != sorted(signed) or not must <= set(signed):
        return "AccessDenied: there were headers which were not signed"
    if (key, day, region) != (KEY, stamp[:8], REGION) or abs(datetime.now(UTC) - at) > timedelta(minutes=15):
        return "InvalidAccessKeyId"
    if asked.headers["x-amz-content-sha256"] != hashlib.sha256(asked.body).hexdigest():
        return "XAmzContentSHA256Mismatch"
    return None if hmac.compare_digest(signature, expected_signature(asked, signed, stamp)) else "SignatureDoesNotMatch"


class Bucket:
    """As much of S3 as we use."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.trouble: Reply | type[HangUp] | None = None
        self.far: FarEnd

    async def script(self, asked: Asked) -> Reply:
        if self.trouble is HangUp:
            raise HangUp
        if isinstance(self.trouble, Reply):
            return self.trouble
        problem = unsigned(asked)
        if problem is not None:
            return Reply(403, f"<Error><Code>{problem}</Code></Error>".encode())
        bucket, _, key = asked.target.lstrip("/").partition("/")
        if bucket != BUCKET:
            return Reply(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        return self.answer(asked, key)

    def answer(self, asked: Asked, key: str) -> Reply:
        if asked.method == "PUT":
            self.objects[key] = (asked.body, asked.headers)
            return Reply(200)
        if asked.method == "DELETE":
            self.objects.pop(key, None)
            return Reply(204)
        if key not in self.objects:
            return Reply(404, b"<Error><Code>NoSuchKey</Code></Error>")
        body, headers = self.objects[key]
        return Reply(200, body, (("content-type", headers["content-type"]),))


@pytest.fixture
async def bucket(nursery: trio.Nursery) -> Bucket:
    bucket = Bucket()
    bucket.far = await open_far_end(nursery, bucket.script)
    return bucket


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
    for bucket, kind in (("", FolderPictures), (BUCKET, S3Pictures)):
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
