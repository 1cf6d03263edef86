"""Files that a flow names by their address: fetched when the message goes out.

The address was given by a customer of ours, so it is called by `safe_http` only; what comes back must be a file of the
kind that was promised. An address that does not answer is tried once more, and then the message fails: whatever is
said after it must not wait for somebody else's server.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import filetype
import httpx
import trio

from plixa.http.clients.bounded import FarAnswer, NoAnswer, exchange

WITHIN = 20.0
"""Seconds for all of one fetch."""
PAUSE = 1.0
LIMIT = 16 * 1024 * 1024
"""What WhatsApp takes of an image, a video or an audio file."""
_TYPED = ("image", "video", "audio")


class Lost(Exception):
    """The file cannot be had; the text says why, for the business."""


class File(NamedTuple):
    """What was fetched. `mime` is by its content, not by what the far end says."""

    mime: str
    data: bytes


class Links:
    """Fetches with a client of `safe_client`."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def fetch(self, url: str, kind: str) -> File:
        """The file behind a URL, as an image, video, audio or document. Raises `Lost`."""
        answer = await self._ask(url)
        if answer is None or answer.status >= 500:
            await trio.sleep(PAUSE)
            answer = await self._ask(url)
        if answer is None:
            raise Lost("Its address does not answer.")
        if not answer.ok:
            raise Lost(f"Its address answers with status {answer.status} instead of the file.")
        if not answer.whole:
            raise Lost(f"It has more than {LIMIT // 1024 // 1024} MB.")
        return _checked(answer.content, kind)

    async def _ask(self, url: str) -> FarAnswer | None:
        try:
            request = self._client.build_request("GET", url)
            return await exchange(self._client, request, within=WITHIN, limit=LIMIT)
        except httpx.InvalidURL as error:
            raise Lost("Its address is not a URL.") from error
        except NoAnswer as error:
            if error.hopeless:
                raise Lost(error.reason) from error
            return None


def _checked(data: bytes, kind: str) -> File:
    guess = cast("Any", filetype.guess_mime)  # pyright: ignore[reportUnknownMemberType]
    mime: str = guess(data) or "application/octet-stream"
    if not data:
        raise Lost("It is empty.")
    if kind in _TYPED and not mime.startswith(f"{kind}/"):
        raise Lost(f"What its address leads to is not of the kind {kind}.")
    return File(mime, data)
