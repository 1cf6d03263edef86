"""An authenticator app, and a member who signs in with it, on a node whose clock can be put forward."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pyotp
from tests import harness
from tests.harness import PASSWORD, Json, Workspace
from tests.http.later import LaterNode, later_node


@dataclass
class Authenticator:
    """Codes of steps that were not used yet; the node's clock follows where need be."""

    later: LaterNode
    secret: str
    last: int = 0

    def code(self) -> str:
        """A good code, each time another one."""
        now = int(self.later.clock.now().timestamp()) // 30
        self.last = max(self.last + 1, now)
        if self.last > now:
            self.later.forward(seconds=30 * (self.last - now))
        return self.at(self.last)

    def at(self, step: int) -> str:
        """The code of a step."""
        return pyotp.TOTP(self.secret).generate_otp(step)

    def wrong(self) -> str:
        """A code of no step near."""
        now = int(self.later.clock.now().timestamp()) // 30
        good = {self.at(step) for step in range(now - 3, now + 4)}
        return next(code for code in (f"{n:06}" for n in range(10)) if code not in good)


@dataclass
class Desk:
    """An owner at a node of their own."""

    later: LaterNode
    workspace: Workspace

    @property
    def client(self) -> httpx.AsyncClient:
        """Signed in as the owner."""
        return self.workspace.client

    async def enrol(self) -> tuple[Authenticator, list[str]]:
        """Turn the second factor on; returns the app and the recovery codes."""
        made = await self.workspace.post("/v1/me/2fa/setup", {"password": PASSWORD})
        app = Authenticator(self.later, made["secret"])
        confirmed = await self.workspace.post("/v1/me/2fa/confirm", {"code": app.code()})
        codes: list[str] = confirmed["recovery_codes"]
        return app, codes

    async def login(self) -> Json:
        """The data of a sign-in with the right password."""
        body = {"email": self.workspace.email, "password": PASSWORD}
        answer = await self.client.post("/v1/auth/login", json=body, headers={"Authorization": ""})
        assert answer.status_code == 200, answer.text
        data: Json = answer.json()["data"]
        return data

    async def challenge(self, token: str, **body: str) -> httpx.Response:
        """Answer the challenge of a sign-in."""
        headers = {"Authorization": f"Bearer {token}"}
        return await self.client.post("/v1/auth/2fa-challenge", json=body, headers=headers)


@asynccontextmanager
async def open_desk(database_url: str, gateway_url: str, folder: Path) -> AsyncIterator[Desk]:
    """A node and a workspace on it."""
    async with (
        later_node(database_url, gateway_url, folder) as later,
        harness.registered(later.node.services.public_url) as workspace,
    ):
        yield Desk(later, workspace)


def bearer(token: str) -> Json:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def refused(answer: httpx.Response, status: int, code: str) -> Json:
    """The error of an answer."""
    assert answer.status_code == status, answer.text
    [error] = answer.json()["errors"]
    assert error["code"] == code
    return dict(error)
