"""Pictures in S3 or what speaks like it (R2, MinIO, Spaces), by its HTTP API with signatures of version 4.

Invariants: no retry is made here; every exchange ends; a key is part of the path (`endpoint/bucket/key`), which all of
them understand.
"""

from __future__ import annotations

from uuid import uuid4

import httpx
from httpx_auth import AWS4Auth

from plixa.http.clients.bounded import Closes, FarAnswer, NoAnswer, exchange
from plixa.http.clients.pictures.cleaning import mime_of
from plixa.http.clients.pictures.errors import PictureStorageDown
from plixa.http.clients.pictures.keys import is_key
from plixa.http.clients.tls import trusted

_WITHIN = 30.0  # seconds for all of an exchange
_LARGEST = 16 * 1024 * 1024  # bytes
_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
_FOR_EVER = "public, max-age=31536000, immutable"


class S3Pictures(Closes):
    """As `PictureStore`. Close it, or use it as `async with`. public_base: the URL before the key.

    endpoint: "https://s3.eu-central-1.amazonaws.com", without the bucket.
    """

    def __init__(self, endpoint: str, bucket: str, key: str, secret: str, region: str, public_base: str) -> None:
        self._base = f"{endpoint.rstrip('/')}/{bucket}"
        self._public_base = public_base.rstrip("/")
        self._http = httpx.AsyncClient(
            auth=AWS4Auth(access_id=key, secret_key=secret, region=region, service="s3"),
            headers={"accept-encoding": "identity", "user-agent": "Plixa"},
            timeout=_TIMEOUT,
            verify=trusted(),
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close all connections; requests under way fail."""
        await self._http.aclose()

    async def put(self, data: bytes, mime: str) -> str:
        key = str(uuid4())
        await self.keep(key, data, mime)
        return key

    async def keep(self, key: str, data: bytes, mime: str) -> None:
        """Put it under a key that it was given before, in another store. Raises as `put`."""
        answer = await self._ask("PUT", key, data, {"content-type": mime, "cache-control": _FOR_EVER})
        if not answer.ok:
            raise _refused(answer)

    async def get(self, key: str) -> tuple[bytes, str] | None:
        if not is_key(key):
            return None
        answer = await self._ask("GET", key)
        if answer.status == 404:
            return None
        if not answer.ok or not answer.whole:
            raise _refused(answer)
        mime = mime_of(answer.content)  # not what the storage says: others may write there, too
        return (answer.content, mime) if mime is not None else None

    async def delete(self, key: str) -> None:
        if not is_key(key):
            return
        answer = await self._ask("DELETE", key)
        if not answer.ok and answer.status != 404:
            raise _refused(answer)

    def url(self, key: str) -> str:
        return f"{self._public_base}/{key}"

    async def _ask(self, method: str, key: str, data: bytes = b"", headers: dict[str, str] | None = None) -> FarAnswer:
        request = self._http.build_request(method, f"{self._base}/{key}", content=data, headers=headers)
        try:
            return await exchange(self._http, request, within=_WITHIN, limit=_LARGEST)
        except NoAnswer as error:
            raise PictureStorageDown(f"The picture storage does not answer ({error.reason}). Try again.") from error


def _refused(answer: FarAnswer) -> PictureStorageDown:
    return PictureStorageDown(f"The picture storage answered {answer.status}: {answer.start()}")
