"""The routes of `/v1`, a file for each area of the contract. Importing a file declares its routes."""

from __future__ import annotations

from importlib import import_module

FILES = (
    "auth",
    "me",
    "sessions",
    "passwords",
    "emails",
    "two_factor",
    "api_tokens",
    "admin_auth",
    "phone_instances",
    "contacts",
    "contacts_files",
    "conversations",
    "messages",
    "inbox_work",
    "merging",
    "timeline",
    "search",
    "flows",
    "assignment",
    "reports",
    "ai",
    "upkeep",
    "team",
    "availability",
    "account",
    "audit",
    "digest",
    "messages_api",
    "events",
    "push",
    "logo",
    "onboarding",
    "waitlist",
)


def declare_all() -> None:
    """Import every file; doing it twice does nothing."""
    for name in FILES:
        import_module(f"plixa.http.routes.{name}")
