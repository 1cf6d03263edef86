"""What the simulated Stripe keeps: objects as they are shown, an account's apart from another's, and what happened."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, cast

from .errors import StripeRefusal, missing
from .settings import API_VERSION, StripeSettings

Json = dict[str, Any]
KEY_LIVES = 24 * 3600
MOST_EVENTS = 20_000


@dataclass(slots=True)
class Faults:
    """What goes wrong, by switch. Those of the API take effect on the next so many calls whose path begins with `path`.

    lost: the answer is lost after the act. unsent: the connection breaks before it. statuses: answered instead of
    acting. crashed: 500 after the act, kept for the key. slow: seconds before the answer.
    drop, double: shares of events that are not told, or twice. shuffle: events are told in any order.
    """

    path: str = ""
    lost: int = 0
    unsent: int = 0
    crashed: int = 0
    statuses: list[int] = field(default_factory=list[int])
    slow: float = 0.0
    drop: float = 0.0
    double: float = 0.0
    shuffle: bool = False


@dataclass(slots=True)
class Answered:
    """What a key was answered with; `body` None: it is being worked on."""

    request: str
    at: float
    status: int = 0
    body: Json | None = None


@dataclass(slots=True)
class Store:
    """One account's objects, by kind and id, in the order in which they were made."""

    account: str
    objects: dict[str, dict[str, Json]] = field(default_factory=dict[str, dict[str, Json]])
    answered: dict[str, Answered] = field(default_factory=dict[str, Answered])

    def of(self, kind: str) -> dict[str, Json]:
        """All of a kind."""
        return self.objects.setdefault(kind, {})

    def get(self, kind: str, id_: Any, param: str = "id") -> Json:
        """One of them. Raises `StripeRefusal` 404."""
        found = self.of(kind).get(str(id_))
        if found is None:
            raise missing(kind.replace("_", " "), str(id_), param)
        return found


class World:
    """Everything. `told` is called for each event that happens."""

    def __init__(self, settings: StripeSettings) -> None:
        self.settings = settings
        self.ahead = 0.0
        self.faults = Faults()
        self.stores: dict[str, Store] = {"": Store("")}
        self.events: list[Json] = []
        self.told: Callable[[Json], None] = lambda _event: None
        self.base = ""
        self.calls: list[tuple[str, str, Json]] = []
        """What was asked for: method, path, parameters; the last ones."""
        self._ids = 0

    @property
    def own(self) -> Store:
        """The platform's."""
        return self.stores[""]

    def now(self) -> int:
        """Unix seconds."""
        clock = self.settings.clock or time.time
        return int(clock() + self.ahead)

    def id(self, prefix: str) -> str:
        """A new id; those of one kind sort by when they were made."""
        self._ids += 1
        return f"{prefix}_{self._ids:06d}{secrets.token_hex(5)}"

    def store(self, account: str) -> Store:
        """An account's objects. Raises `StripeRefusal` 403 for one that is not connected."""
        found = self.stores.get(account)
        if found is None:
            raise StripeRefusal(
                f"The provided key does not have access to account '{account}' (or that account does not exist).",
                status=403,
                code="account_invalid",
            )
        return found

    def happened(self, store: Store, type_: str, about: Json, previous: Json | None = None) -> Json:
        """Note an event and tell it."""
        data: Json = {"object": deepcopy(about)}
        if previous is not None:
            data["previous_attributes"] = previous
        event: Json = {
            "id": self.id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(),
            "type": type_,
            "livemode": False,
            "data": data,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
        }
        if store.account:
            event["account"] = store.account
        self.events.append(event)
        del self.events[:-MOST_EVENTS]
        self.told(event)
        return event

    def each_store(self) -> Iterator[Store]:
        """The platform's and all connected accounts'."""
        yield from list(self.stores.values())


def listing(url: str, found: list[Json], params: Json) -> Json:
    """A page of a list, newest first."""
    rows, limit = found[::-1], min(int(params.get("limit", 10)), 100)
    if (after := params.get("starting_after")) is not None:
        rows = rows[next((n for n, row in enumerate(rows) if row["id"] == after), len(rows)) + 1 :]
    if (before := params.get("ending_before")) is not None:
        rows = rows[: next((n for n, row in enumerate(rows) if row["id"] == before), 0)]
        page = rows[-limit:]
    else:
        page = rows[:limit]
    return {"object": "list", "url": url, "has_more": len(rows) > len(page), "data": deepcopy(page)}


def visible(value: Any) -> Any:
    """Without what is kept only here, whose names begin with an underscore."""
    if isinstance(value, dict):
        return {name: visible(each) for name, each in cast("Json", value).items() if not name.startswith("_")}
    if isinstance(value, list):
        return [visible(each) for each in cast("list[Any]", value)]
    return value
