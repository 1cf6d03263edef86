"""Browsers that subscribed to pushes, and a push service on loopback that decrypts with their keys."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import http_ece
import httpx
import trio
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.clients.far_end import Asked, FarEnd, Reply
from tests.harness import Json, Workspace

PATH, ADMIN_PATH = "/v1/push/subscriptions", "/v1/admin/push/subscriptions"
SECRET = b"sixteen bytes ok"


def encoded(data: bytes) -> str:
    """base64url, as browsers write their keys."""
    return urlsafe_b64encode(data).decode().rstrip("=")


class Browser:
    """A subscriber with keys of its own; `name` is the end of its endpoint."""

    def __init__(self, far: FarEnd, name: str) -> None:
        self.target = f"/send/{name}"
        self._far = far
        self._private = ec.generate_private_key(ec.SECP256R1())
        point = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.keys = {"p256dh": encoded(point), "auth": encoded(SECRET)}
        self.body: Json = {"endpoint": far.url + self.target, "keys": self.keys, "content_encoding": "aes128gcm"}

    def asked(self) -> list[Asked]:
        """The pushes to this browser."""
        return [asked for asked in self._far.asked if asked.target == self.target]

    def read(self, asked: Asked) -> Json:
        """What a push says; raises for what was not meant for this browser."""
        plain = http_ece.decrypt(asked.body, private_key=self._private, auth_secret=SECRET, version="aes128gcm")
        said: Json = json.loads(plain)
        return said

    async def told(self, count: int = 1) -> list[Json]:
        """Wait for so many pushes."""
        with trio.fail_after(5):
            while len(self.asked()) < count:  # noqa: ASYNC110  # the far end has no event
                await trio.sleep(0.02)
        return [self.read(asked) for asked in self.asked()]


class Service:
    """The push service: `reply` is its answer to all."""

    def __init__(self) -> None:
        self.reply = Reply(201)
        self.far: FarEnd

    def browser(self, name: str) -> Browser:
        """One more subscriber."""
        return Browser(self.far, name)


async def subscribe(workspace: Workspace, browser: Browser, bearer: str | None = None) -> httpx.Response:
    """Register it, for the owner or whoever the header says."""
    headers = {"Authorization": bearer} if bearer is not None else {}
    return await workspace.client.post(PATH, json=browser.body, headers=headers)
