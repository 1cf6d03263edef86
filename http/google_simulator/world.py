"""What there is: accounts with one calendar each, grants, tokens, channels, and the switches of what goes wrong."""

from __future__ import annotations

import base64
import itertools
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .settings import GoogleSettings

Json = dict[str, Any]
REMEMBERED = 5_000
PREFIX = "https://www.googleapis.com/auth/"
TOKEN_LASTS = 3599


@dataclass
class Faults:
    """How often each goes wrong from now on. path: only where a path has this in it.

    unauthorised: 401. rates: 403 with a rate limit. full: 403 `quotaExceeded`. busy: 429. crashed: 500 after the work
    was done. away: 503 before it. lost: the connection breaks after the work; unsent: before it. garbled: no JSON.
    unknown: free/busy with errors inside a 200. slow: seconds before each answer. dead: `invalid_grant` at the token
    endpoint; brief: with "Bad Request" as its only word. unknown_client: `invalid_client`. expired: a list's sync token
    is too old. quiet: pushes that are lost; doubled: that come twice; forged: that carry a wrong token.
    """

    path: str = ""
    unauthorised: int = 0
    rates: int = 0
    full: int = 0
    busy: int = 0
    crashed: int = 0
    away: int = 0
    lost: int = 0
    unsent: int = 0
    garbled: int = 0
    unknown: int = 0
    slow: float = 0.0
    dead: int = 0
    brief: int = 0
    unknown_client: int = 0
    expired: int = 0
    quiet: int = 0
    doubled: int = 0
    forged: int = 0


@dataclass
class Stored:
    """An event. change: the number of its last change, by which lists go on."""

    data: Json
    change: int

    @property
    def id(self) -> str:
        return str(self.data["id"])

    @property
    def alive(self) -> bool:
        return str(self.data["status"]) != "cancelled"


@dataclass
class Channel:
    id: str
    account: str
    address: str
    token: str
    resource: str
    until: float
    number: int = 0


@dataclass
class Account:
    """Somebody at Google. scopes: what this project was granted; none where it was revoked."""

    email: str
    sub: str
    zone: str
    events: dict[str, Stored] = field(default_factory=dict[str, Stored])
    scopes: frozenset[str] = frozenset()


@dataclass
class Code:
    account: str
    redirect: str
    challenge: str
    scopes: frozenset[str]
    offline: bool


class World:
    """All of it. ahead: seconds that the clock was put forward."""

    def __init__(self, settings: GoogleSettings) -> None:
        self.settings = settings
        self.accounts: dict[str, Account] = {}
        self.codes: dict[str, Code] = {}
        self.refresh: dict[str, str] = {}
        self.access: dict[str, tuple[str, float]] = {}
        self.channels: dict[str, Channel] = {}
        self.used_channels: set[str] = set()
        self.pushes: list[tuple[str, Json]] = []
        self.faults = Faults()
        self.calls: list[tuple[str, str]] = []
        self.ahead = 0.0
        self.base = ""
        self._numbers = itertools.count(1)

    def now(self) -> float:
        """Unix seconds."""
        clock = self.settings.clock or time.time
        return clock() + self.ahead

    def text(self) -> str:
        """The same as Google writes it."""
        return datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def number(self) -> int:
        """One more each time."""
        return next(self._numbers)

    def account(self, email: str) -> Account:
        """Somebody; new where nobody has that address."""
        if email not in self.accounts:
            sub = str(10**20 + len(self.accounts) + 1)
            self.accounts[email] = Account(email, sub, self.settings.zone)
        return self.accounts[email]

    def revoke(self, email: str) -> None:
        """All that the account has granted this project, whoever asked for it."""
        self.account(email).scopes = frozenset()
        self.refresh = {token: whose for token, whose in self.refresh.items() if whose != email}
        self.access = {token: held for token, held in self.access.items() if held[0] != email}

    def strikes(self, which: str, path: str) -> bool:
        """Whether this goes wrong now; once less from then on."""
        left: int = getattr(self.faults, which)
        if left < 1 or self.faults.path not in path:
            return False
        setattr(self.faults, which, left - 1)
        return True

    def change(self, account: Account, data: Json) -> Stored:
        """An event as it is now; whoever watches is told."""
        number = self.number()
        stored = Stored({**data, "etag": f'"{number}"', "updated": self.text()}, number)
        account.events[stored.id] = stored
        for channel in self.channels.values():
            if channel.account == account.email and channel.until > self.now():
                self.tell(channel, "exists")
        return stored

    def tell(self, channel: Channel, state: str) -> None:
        """Queue a push; numbers have gaps."""
        channel.number += 1 if state == "sync" else 1 + channel.number % 3
        times = 0 if self.strikes("quiet", "") else 2 if self.strikes("doubled", "") else 1
        headers = {
            "X-Goog-Channel-ID": channel.id,
            "X-Goog-Channel-Token": "forged" if self.strikes("forged", "") else channel.token,
            "X-Goog-Resource-ID": channel.resource,
            "X-Goog-Resource-State": state,
            "X-Goog-Message-Number": str(channel.number),
        }
        self.pushes += [(channel.address, headers)] * times

    def id_token(self, account: Account) -> str:
        """Unsigned: it comes straight from here."""
        return ".".join(_part(each) for each in ({"alg": "none"}, {"sub": account.sub, "email": account.email}, {}))


def _part(data: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")
