"""The panel's session in a browser: a cookie with its token, and a key that shows that a page of ours is asking.

A request by the cookie counts only with the key in `X-CSRF-Token`. The key is made from the token, so that nothing has
to be kept, and another session's key is no good.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from plixa.http.api.services import Services

HEADER = "X-CSRF-Token"
KEY = "plixa_csrf"
"""The cookie with the key: a page of ours reads it there, and learns from it that there is a session."""
DAY = 86_400
LONGEST = 400
"""Days; browsers keep no cookie for longer."""


def name_of(services: Services) -> str:
    """The cookie with the token. With TLS browsers see to it that it is this host's alone."""
    return "__Host-plixa" if _secure(services) else "plixa_session"


def csrf_of(services: Services, token: str) -> str:
    """The key that belongs to a session's token."""
    return services.store.keyring.application_key.fingerprint(f"csrf {token}").hex()


def token_of(services: Services, cookies: Mapping[str, str], key: str | None) -> str | None:
    """The token in a request's cookie, if the key that it shows is the one that belongs to it."""
    token = cookies.get(name_of(services), "")[:200]
    if not token or not key:
        return None
    return token if hmac.compare_digest(csrf_of(services, token).encode(), key[:200].encode()) else None


def made(services: Services, token: str) -> tuple[str, ...]:
    """The `Set-Cookie` headers that keep a session."""
    days = min(services.settings.session_days or LONGEST, LONGEST)
    return _both(services, token, csrf_of(services, token), days * DAY)


def gone(services: Services) -> tuple[str, ...]:
    """The `Set-Cookie` headers that take it away."""
    return _both(services, "", "", 0)


def _both(services: Services, token: str, key: str, age: int) -> tuple[str, ...]:
    end = f"; Path=/; Max-Age={age}; SameSite=Strict" + ("; Secure" if _secure(services) else "")
    return (f"{name_of(services)}={token}{end}; HttpOnly", f"{KEY}={key}{end}")


def _secure(services: Services) -> bool:
    return services.public_url.startswith("https://")
