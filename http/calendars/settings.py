"""The settings of members' calendars."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from plixa.engine.settings import Setting, Settings, as_url, setting


def _no_secret(settings: Settings) -> str:
    missing = bool(settings[GOOGLE_CLIENT_ID]) is not bool(settings[GOOGLE_CLIENT_SECRET])
    return "set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET, both or neither" if missing else ""


def _in_the_clear(settings: Settings) -> str:
    wrong = settings[GOOGLE_URL] != "" and not settings[GOOGLE_URL].startswith("https://")
    return "must start with https://; leave it empty for the real Google" if wrong else ""


GOOGLE_CLIENT_ID = setting(
    "GOOGLE_CLIENT_ID",
    "",
    str,
    "OAuth client of Google, for members' calendars; empty: `plixa dev` starts a simulated Google",
)
GOOGLE_CLIENT_SECRET = setting("GOOGLE_CLIENT_SECRET", "", str, "its secret", secret=True, unsafe=_no_secret)
GOOGLE_URL = setting(
    "GOOGLE_URL",
    "",
    as_url,
    "where Google's consent, tokens and calendars are; empty: the real ones",
    unsafe=_in_the_clear,
)
GOOGLE_SIMULATOR_PORT = setting(
    "GOOGLE_SIMULATOR_PORT", "8082", int, "port of the simulated Google; 0 takes a free one"
)
SETTINGS: tuple[Setting[Any], ...] = (GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, GOOGLE_URL, GOOGLE_SIMULATOR_PORT)


def with_google(settings: Settings, client_id: str, secret: str, url: str) -> Settings:
    """The settings, with this Google."""
    google = {GOOGLE_CLIENT_ID.name: client_id, GOOGLE_CLIENT_SECRET.name: secret, GOOGLE_URL.name: url}
    return replace(settings, own={**settings.own, **google})
