"""The routes of `/v1`, a file for each area of the contract. Importing a file declares its routes."""

from __future__ import annotations

from importlib import import_module

FILES = (
    "auth",
    "me",
    "phone_instances",
    "conversations",
    "messages",
    "inbox_work",
    "timeline",
    "search",
    "flows",
    "upkeep",
    "messages_api",
    "events",
)


def declare_all() -> None:
    """Import every file; doing it twice does nothing."""
    for name in FILES:
        import_module(f"plixa.http.routes.{name}")
