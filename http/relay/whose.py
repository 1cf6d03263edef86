"""Which tenant a request is about, by what it shows, whether or not that is any good: only its home can tell.

    a mounted path    its feature knows: the gateway's instance
    a bearer          its token's id; whose token it is never changes, so it is asked once
    a cookie          the same, of a browser's session
    a first frame     the same, of a socket that says who it is only then

None is nobody's: a page, a stranger, staff. That is served where it came in, and may turn out to be somebody's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from plixa.http.api import auth, cookies
from plixa.http.api.services import Services
from plixa.storage.people import vault

API = "/v1/"
STAFF = "/v1/admin/"
TOKENS = 100_000
"""Tokens whose tenant is remembered; some 100 bytes each."""
Belongs = Mapping[str, Callable[[str], Awaitable[int | None]]]


class FirstFrame(msgspec.Struct):
    """What a socket says first, as far as it matters here."""

    op: str = ""
    token: str = ""
    csrf: str = ""


_frame = msgspec.json.Decoder(FirstFrame).decode


class Whose:
    """See the module's text. belongs: by the beginning of a path, how to find its tenant."""

    def __init__(self, services: Services, belongs: Belongs) -> None:
        self._services = services
        self._belongs = belongs
        self._tokens: OrderedDict[int, int] = OrderedDict()

    @property
    def known(self) -> int:
        """How many tokens are remembered."""
        return len(self._tokens)

    async def request(self, scope: Mapping[str, Any]) -> int | None:
        """Of a request. Raises `Unavailable`."""
        path: str = scope["path"]
        if not path.startswith(API):
            return None
        for prefix, of in self._belongs.items():
            if path.startswith(prefix):
                return await of(path)
        # Staff are nobody's: what they ask for is in all tenants.
        return await self.token(self._shown(scope)) or None

    def mounted(self, path: str) -> bool:
        """Whether this is one of the mounted paths, where doing it twice is doing it once."""
        return path.startswith(tuple(self._belongs))

    async def token(self, token: str | None) -> int | None:
        """Of a token, good or not. Raises `Unavailable`."""
        text = (token or "").partition("|")[0]
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            return None
        known = self._tokens.get(int(text))
        return known if known is not None else await self._look_up(int(text))

    async def _look_up(self, token_id: int) -> int | None:
        tenant = await self._services.database.run(vault.tenant_of_token, token_id)
        if tenant is not None:
            self._tokens[token_id] = tenant
            if len(self._tokens) > TOKENS:
                self._tokens.popitem(last=False)
        return tenant

    def _shown(self, scope: Mapping[str, Any]) -> str | None:
        authorization = header(scope, b"authorization")
        return auth.token_of(authorization) if authorization is not None else self.cookie(scope)

    def cookie(self, scope: Mapping[str, Any]) -> str | None:
        """The token in the session's cookie."""
        wanted = cookies.name_of(self._services)
        for each in (header(scope, b"cookie") or "").split(";"):
            name, _, value = each.strip().partition("=")
            if name == wanted:
                return value.strip('"')
        return None

    def offered(self, scope: Mapping[str, Any]) -> str | None:
        """The token that a socket shows before it says anything."""
        token = auth.token_of(header(scope, b"authorization"))
        return token or next((each[7:] for each in scope.get("subprotocols", ()) if each.startswith("bearer.")), None)

    def said(self, scope: Mapping[str, Any], text: str | bytes | None) -> str | None:
        """The token that its first frame names."""
        try:
            frame = _frame(text or b"")
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return None
        return frame.token or (self.cookie(scope) if frame.csrf else None)


def header(scope: Mapping[str, Any], name: bytes) -> str | None:
    """A header's value."""
    return next((value.decode("latin-1") for given, value in scope["headers"] if given == name), None)
