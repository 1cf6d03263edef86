"""Files in S3 or what speaks like it, by its HTTP API with signatures of version 4.

Invariants: no retry is made here; every exchange ends; a key is part of the path (`endpoint/bucket/key`), which all of
them understand. A file goes over in one request, so that there are never halves of one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
import trio
from httpx_auth import AWS4Auth

from plixa.http.clients.bounded import Closes, FarAnswer, NoAnswer, exchange
from plixa.http.clients.objects.errors import StorageDown
from plixa.http.clients.objects.keys import checked, is_key
from plixa.http.clients.tls import trusted

WITHIN, EACH_MB = 30.0, 2.0
"""Seconds for all of an exchange, and more of them for each megabyte: half a megabyte a second is slow enough."""
LARGEST = 160 * 1024 * 1024
IN_THREAD = 256 * 1024
"""Bytes from which on hashing them would hold up the loop."""
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_PAGE = 1000


class S3Objects(Closes):
    """As `ObjectStore`. Close it, or use it as `async with`.

    endpoint: "https://s3.eu-central-1.amazonaws.com", without the bucket. prefix: before all keys, or "".
    """

    def __init__(self, endpoint: str, bucket: str, region: str, key: str, secret: str, prefix: str = "") -> None:
        self._base = f"{endpoint.rstrip('/')}/{bucket}"
        self._prefix = f"{checked(prefix)}/" if prefix else ""
        self._auth = AWS4Auth(access_id=key, secret_key=secret, region=region, service="s3")
        self._http = httpx.AsyncClient(
            headers={"accept-encoding": "identity", "user-agent": "Plixa"},
            timeout=_TIMEOUT,
            verify=trusted(),
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close all connections; requests under way fail."""
        await self._http.aclose()

    async def put(self, key: str, data: bytes) -> None:
        answer = await self._ask("PUT", self._url(key), data)
        if not answer.ok:
            raise _refused(answer)

    async def get(self, key: str) -> bytes | None:
        answer = await self._ask("GET", self._url(key), expects=LARGEST)
        if answer.status == 404 and b"NoSuchBucket" not in answer.content:
            return None
        if not answer.ok or not answer.whole:
            raise _refused(answer)
        return answer.content

    async def delete(self, key: str) -> None:
        answer = await self._ask("DELETE", self._url(key))
        if not answer.ok and answer.status != 404:
            raise _refused(answer)

    async def clear(self, folder: str) -> None:
        async with aclosing(self.walk(f"{folder}/")) as found:
            async for key, _ in found:
                await self.delete(key)

    async def walk(self, prefix: str = "", *, below: bool = True) -> AsyncGenerator[tuple[str, int]]:
        token = ""
        while True:
            found, token = await self._page(self._prefix + prefix, token, {} if below else {"delimiter": "/"})
            for key, size in found:
                own = key.removeprefix(self._prefix)
                if is_key(own):
                    yield own, size
            if not token:
                return

    async def _page(self, prefix: str, token: str, more: dict[str, str]) -> tuple[list[tuple[str, int]], str]:
        """Some files whose keys begin so, and what asks for the next; "" at the end."""
        asked = {"list-type": "2", "max-keys": str(_PAGE), "prefix": prefix, **more}
        asked |= {"continuation-token": token} if token else {}
        query = "&".join(f"{name}={quote(asked[name], safe='')}" for name in sorted(asked))
        answer = await self._ask("GET", f"{self._base}?{query}")
        if not answer.ok or not answer.whole:
            raise _refused(answer)
        try:
            return _listed(answer.content)
        except (ElementTree.ParseError, ValueError) as error:
            raise StorageDown(f"The storage's list of files cannot be read: {error}") from error

    def _url(self, key: str) -> str:
        return f"{self._base}/{self._prefix}{checked(key)}"

    async def _ask(self, method: str, url: str, data: bytes = b"", expects: int = 0) -> FarAnswer:
        request = self._http.build_request(method, url, content=data)
        if len(data) < IN_THREAD:
            self._sign(request)
        else:
            await trio.to_thread.run_sync(self._sign, request)
        within = WITHIN + EACH_MB * max(len(data), expects) / 1024**2
        try:
            return await exchange(self._http, request, within=within, limit=LARGEST)
        except NoAnswer as error:
            raise StorageDown(f"The storage does not answer ({error.reason}). Try again.") from error

    def _sign(self, request: httpx.Request) -> None:
        next(self._auth.auth_flow(request))  # it hashes the body, which may be large


def _listed(xml: bytes) -> tuple[list[tuple[str, int]], str]:
    tree = ElementTree.fromstring(xml)
    name = tree.tag.rpartition("}")[0]
    at = f"{name}}}" if name else ""
    found = [
        (each.findtext(f"{at}Key", ""), int(each.findtext(f"{at}Size", "0"))) for each in tree.iter(f"{at}Contents")
    ]
    more = tree.findtext(f"{at}IsTruncated", "false") == "true"
    return found, tree.findtext(f"{at}NextContinuationToken", "") if more else ""


def _refused(answer: FarAnswer) -> StorageDown:
    if answer.ok:
        return StorageDown("The storage's file is larger than any of ours.")
    lasting = 400 <= answer.status < 500 and answer.status not in (408, 429)
    return StorageDown(f"The storage answered {answer.status}: {answer.start()}", lasting=lasting)
