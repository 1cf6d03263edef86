"""A bucket on loopback: as much of S3 as we use, with every signature verified by the letter, and faults by switch."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import trio
from tests.clients.far_end import Asked, FarEnd, HangUp, Reply, open_far_end

KEY, SECRET, REGION, BUCKET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-central-1", "pictures"
PAGE = 3
"""Keys that a list has at once: few, so that there are several."""


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
    """What is in it, and what goes wrong from now on.

    trouble: what is answered instead of everything. spoil: changes what is answered to a GET. then: is called before
    each request is answered.
    """

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.trouble: Reply | type[HangUp] | None = None
        self.spoil: Callable[[str, bytes], bytes] = lambda _key, data: data
        self.then: Callable[[Asked], None] = lambda _: None
        self.far: FarEnd

    def has(self) -> dict[str, bytes]:
        """The bytes by key."""
        return {key: data for key, (data, _) in self.objects.items()}

    async def script(self, asked: Asked) -> Reply:
        self.then(asked)
        if self.trouble is HangUp:
            raise HangUp
        if isinstance(self.trouble, Reply):
            return self.trouble
        problem = unsigned(asked)
        if problem is not None:
            return Reply(403, f"<Error><Code>{problem}</Code></Error>".encode())
        path, _, query = asked.target.partition("?")
        bucket, _, key = path.lstrip("/").partition("/")
        if bucket != BUCKET:
            return Reply(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        if query:
            return self.list({name: values[0] for name, values in parse_qs(query).items()})
        return self.answer(asked, key)

    def list(self, asked: dict[str, str]) -> Reply:
        """ListObjectsV2."""
        assert asked["list-type"] == "2"
        prefix, after = asked.get("prefix", ""), asked.get("continuation-token", "")
        keys = [key for key in sorted(self.objects) if key.startswith(prefix) and key > after]
        if "delimiter" in asked:
            keys = [key for key in keys if asked["delimiter"] not in key.removeprefix(prefix)]
        found, more = keys[:PAGE], len(keys) > PAGE
        lines = [f"<Contents><Key>{key}</Key><Size>{len(self.objects[key][0])}</Size></Contents>" for key in found]
        token = f"<NextContinuationToken>{found[-1]}</NextContinuationToken>" if more else ""
        body = f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{''.join(lines)}"
        space = "http://s3.amazonaws.com/doc/2006-03-01/"
        return Reply(200, f'<ListBucketResult xmlns="{space}">{body}</ListBucketResult>'.encode())

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
        kind = headers.get("content-type", "application/octet-stream")
        return Reply(200, self.spoil(key, body), (("content-type", kind),))


async def open_bucket(nursery: trio.Nursery) -> Bucket:
    """An empty one; serves until the nursery is cancelled."""
    bucket = Bucket()
    bucket.far = await open_far_end(nursery, bucket.script)
    return bucket
